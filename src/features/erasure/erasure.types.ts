import { Field, ID, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { ApprovalRequest } from "../approvals/approval.types.ts";
import { ERASURE_GROUNDS, type ErasureGround } from "./erasure.grounds.ts";
import type { NamedIn } from "./erasure.naming.ts";
import type { ErasureRecord, HeldRows, LegalHoldRecord, PreviewRecord } from "./erasure.queries.ts";

export const ErasureGroundEnum = enumOf({
  name: "ErasureGround",
  describe: "Why a person is erased. It stays with the tombstone.",
  values: ERASURE_GROUNDS,
});

export const ErasureFateEnum = enumOf({
  name: "ErasureFate",
  describe: "What becomes of rows about a person who is erased.",
  values: {
    DELETED: "The rows go.",
    CLEARED: "The rows stay as links to a tombstone; what they say of the person is taken out.",
    DERIVED: "They follow from what is cleared, in the same commit.",
    LOG: "They go once every consumer of the change feed has read the erasure: within seconds.",
    STAYS: "They stay; why says why.",
  },
});

@ObjectType({
  implements: Node,
  description: "A reason for which a person may not be erased for now. Read by whoever may erase the person.",
})
@Read(carried)
export class LegalHold extends Node {
  readonly nodeType = "LegalHold";

  @Field(() => ID, { description: "The person on hold." })
  userId: string;

  @Field(() => String, { description: "Why." })
  reason: string;

  @Field(() => DateTimeScalar, { description: "Since when." })
  placedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "Until when; null while it holds." })
  releasedAt: Date | null;

  constructor({ id, userId, reason, placedAt, releasedAt }: LegalHoldRecord) {
    super();
    this.id = publicId("LegalHold", id);
    this.userId = publicId("User", userId);
    this.reason = reason;
    this.placedAt = placedAt;
    this.releasedAt = releasedAt;
  }
}

@ObjectType({ description: "A setting or somebody else's saved search whose text holds a value of the person." })
@Read(carried)
export class NamingText {
  @Field(() => String, {
    description:
      "The table: saved_search, access_rule, sign_in_policy, approval_policy, safety_limit, bulk_plan, profile_template, retention_policy, import_template, approval_request, service_token, user_group, role, org_unit or attribute_definition.",
  })
  table!: string;

  @Field(() => ID, { description: "Which of them." })
  id!: string;
}

@ObjectType({
  implements: Node,
  description: "That a person was erased: what is left to show it by. Read by whoever may erase people there.",
})
@Read(carried)
export class UserErasure extends Node {
  readonly nodeType = "UserErasure";

  @Field(() => ID, { description: "The tombstone." })
  userId: string;

  @Field(() => ErasureGroundEnum, { description: "On which ground." })
  ground: ErasureGround;

  @Field(() => ID, { nullable: true, description: "The approval request by which it was made." })
  approvalRequestId: string | null;

  @Field(() => JSONObjectScalar, { description: "How many rows went, by table." })
  gone: Record<string, number>;

  @ListSize(50)
  @Field(() => [NamingText], {
    description:
      "What names the person and was left as it is: whoever it belongs to has to change it. Owners of saved searches were told by mail.",
  })
  namedIn: NamingText[];

  @Field(() => DateTimeScalar, { description: "When the tombstone was made." })
  erasedAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When the change feed had given the person up too; null for the seconds until then.",
  })
  finishedAt: Date | null;

  constructor({ id, userId, ground, requestId, gone, named, erasedAt, finishedAt }: ErasureRecord) {
    super();
    this.id = publicId("UserErasure", id);
    this.userId = publicId("User", userId);
    this.ground = ground;
    this.approvalRequestId = requestId && publicId("ApprovalRequest", requestId);
    this.gone = gone;
    this.namedIn = (named ?? []).map(namingText);
    this.erasedAt = erasedAt;
    this.finishedAt = finishedAt;
  }
}

@ObjectType({
  description:
    "Rows of one table in which a person lies, and what an erasure does to them. A table is told of more than once where others' rows hold the person as well.",
})
@Read(carried)
export class HeldData {
  @Field(() => String, { description: "The table." })
  table!: string;

  @Field(() => Int, { description: "How many rows." })
  rows!: number;

  @Field(() => ErasureFateEnum, { description: "What becomes of them." })
  fate!: HeldRows["fate"];

  @ListSize(80)
  @Field(() => [String], { description: "The columns that go; of rows that stay, those that say it." })
  columns!: string[];

  @Field(() => String, { nullable: true, description: "Of rows that stay, and of others' rows: why." })
  why!: string | null;
}

@ObjectType({ description: "What would become of everything that is held about a person." })
@Read(carried)
export class ErasurePreview {
  @Field(() => ID, { description: "The person." })
  userId: string;

  @Field(() => Boolean, { description: "Whether it could be asked for now: no legal hold, and not erased already." })
  erasable: boolean;

  @ListSize(50)
  @Field(() => [LegalHold], { description: "The legal holds that stand in the way." })
  holds: LegalHold[];

  @ListSize(110)
  @Field(() => [HeldData], { description: "What is held, by table." })
  data: HeldData[];

  @ListSize(50)
  @Field(() => [NamingText], {
    description:
      "What an erasure leaves as it is, although it names the person: whoever it belongs to has to change it, for it would mean something else without the value.",
  })
  namedIn: NamingText[];

  @Field(() => UserErasure, { nullable: true, description: "The erasure, where it was made already." })
  erasure: UserErasure | null;

  constructor({ userId, held, holds, named, erasure }: PreviewRecord) {
    const blocking = holds.filter(({ releasedAt }) => releasedAt === null);
    this.userId = publicId("User", userId);
    this.erasable = blocking.length === 0 && !erasure;
    this.holds = blocking.map((hold) => new LegalHold(hold));
    this.data = held;
    this.namedIn = named.map(namingText);
    this.erasure = erasure ? new UserErasure(erasure) : null;
  }
}

const KINDS = {
  saved_search: "SavedSearch",
  access_rule: "AccessRule",
  sign_in_policy: "SignInPolicy",
  approval_policy: "ApprovalPolicy",
  safety_limit: "SafetyLimit",
  bulk_plan: "BulkPlan",
  profile_template: "ProfileTemplate",
  retention_policy: "RetentionPolicy",
  import_template: "ImportTemplate",
  approval_request: "ApprovalRequest",
  service_token: "ServiceToken",
  user_group: "Group",
  role: "Role",
  org_unit: "OrgUnit",
  attribute_definition: "AttributeDefinition",
} as const;

const namingText = ({ table, id }: NamedIn): NamingText => ({
  table,
  id: publicId(KINDS[table as keyof typeof KINDS], id),
});

@ObjectType({ description: "What became of asking for an erasure." })
@Read(carried)
export class EraseUserPayload extends MutationPayload {
  @Field(() => ApprovalRequest, {
    nullable: true,
    description: "The request that waits for a second person; null where the person is erased already.",
  })
  approvalRequest!: ApprovalRequest | null;

  @Field(() => UserErasure, { nullable: true, description: "The erasure, where it was made before." })
  erasure!: UserErasure | null;
}

@ObjectType({ description: "The legal hold." })
@Read(carried)
export class LegalHoldPayload extends MutationPayload {
  @Field(() => LegalHold, { nullable: true, description: "As it is now." })
  hold!: LegalHold | null;
}

@ObjectType({ description: "What is held about a person." })
@Read(carried)
export class ExportPersonalDataPayload extends MutationPayload {
  @Field(() => JSONObjectScalar, {
    description:
      "The document: format, subject, exportedAt, and data by table, each row by its columns. Secrets are not in it, and other people are in it by their ids alone: schema/ERASURE.md.",
  })
  document!: Record<string, unknown>;
}
