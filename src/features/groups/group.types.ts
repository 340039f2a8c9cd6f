import { Field, ID, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { DeletePayload, MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { GroupKind } from "./group.entity.ts";

export const GROUP_KIND = enumOf({
  name: "GroupKind",
  describe: "How a group's members are kept.",
  values: {
    STATIC: "By hand: people are added and removed.",
    DYNAMIC: "By a saved search: whoever it finds belongs to the group.",
  },
});

/** A group as queries read it. */
export interface GroupRecord {
  id: string;
  version: number;
  key: string;
  name: string;
  description: string | null;
  kind: GroupKind;
  savedSearchId: string | null;
  ownerId: string | null;
  orgUnitId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

@ObjectType({
  implements: Node,
  description:
    "A named set of people, which can be granted roles and asked about in filters. schema/GROUPS.md says how membership is kept and what it gives.",
})
@Read(carried)
export class Group extends Node {
  readonly nodeType = "Group";
  readonly uuid: string;
  readonly savedSearchId: string | null;
  readonly ownerId: string | null;
  readonly orgUnitId: string | null;

  @Field(() => Int, {
    description: "Increases at every change of the group itself; pass it as expectedVersion to refuse a lost update.",
  })
  version: number;

  @Field(() => String, { description: "The short name by which the group is asked about; it never changes." })
  key: string;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => String, { nullable: true, description: "What the group is for." })
  description: string | null;

  @Field(() => GROUP_KIND, { description: "How its members are kept; it never changes." })
  kind: GroupKind;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed, apart from its members." })
  updatedAt: Date;

  constructor(record: GroupRecord) {
    super();
    this.id = publicId("Group", record.id);
    this.uuid = record.id;
    this.version = record.version;
    this.key = record.key;
    this.name = record.name;
    this.description = record.description;
    this.kind = record.kind;
    this.savedSearchId = record.savedSearchId;
    this.ownerId = record.ownerId;
    this.orgUnitId = record.orgUnitId;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

export const GroupConnection = connectionOf("Group", () => Group, "groups");

@ObjectType({ description: "The group after the change." })
@Read(carried)
export class GroupPayload extends MutationPayload {
  @Field(() => Group, { nullable: true, description: "The group; null where the viewer may not see groups." })
  group!: Group | null;
}

/** What became of one person of a list. */
export type MemberOutcome = "ADDED" | "REMOVED" | "UNCHANGED" | "NOT_FOUND";

const MEMBER_OUTCOME = enumOf({
  name: "GroupMemberResult",
  describe: "What became of one person of a list.",
  values: {
    ADDED: "They belong to the group now.",
    REMOVED: "They belong to the group no more.",
    UNCHANGED: "They belonged to it already, or did not.",
    NOT_FOUND: "Nobody has this id, of those whom the viewer may see and who are not deleted.",
  },
});

@ObjectType({ description: "What became of one person of a list." })
@Read(carried)
export class GroupMemberOutcome {
  @Field(() => ID, { description: "The id that was given." })
  userId!: string;

  @Field(() => MEMBER_OUTCOME, { description: "What became of them." })
  outcome!: MemberOutcome;
}

@ObjectType({ description: "The group, and what became of each person." })
@Read(carried)
export class GroupMembersPayload extends MutationPayload {
  @Field(() => Group, { nullable: true, description: "The group; null where the viewer may not see groups." })
  group!: Group | null;

  @Field(() => Int, { description: "How many people were added or removed." })
  changedCount!: number;

  @Field(() => [GroupMemberOutcome], {
    description: "What became of each person, each once, in the order in which they were given.",
  })
  outcomes!: GroupMemberOutcome[];
}

@ObjectType({ description: "The group that is gone." })
@Read(carried)
export class DeleteGroupPayload extends DeletePayload {
  @Field(() => [ConsequenceType], {
    description: "What else the same transaction did: grants to the group end with it.",
  })
  consequences!: ConsequenceType[];
}
