import { Field, ID, Int, ObjectType } from "type-graphql";
import type { ActorKind } from "../../access/actor.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { FieldChange } from "../../graphql/field-change.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { Actor } from "../users/actor.types.ts";
import { PERMISSION } from "../users/user.fields.ts";
import { APPROVAL_KINDS, APPROVAL_STATES, type RequestedChange } from "./approval.kinds.ts";
import type { ApprovalStepRecord, Decider } from "./approval-request.entity.ts";

export const ApprovalKindEnum = enumOf({
  name: "ApprovalRequestKind",
  describe: "What an approval request would do.",
  values: APPROVAL_KINDS,
});

export const ApprovalStateEnum = enumOf({
  name: "ApprovalState",
  describe: "What has become of an approval request. All but PENDING are final.",
  values: APPROVAL_STATES,
});

export const DeciderKindEnum = enumOf({
  name: "ApprovalDeciderKind",
  describe: "By what somebody may decide a step. It is asked at the moment of deciding.",
  values: {
    MANAGER: "The manager of the person it concerns.",
    UNIT_HEAD: "The head of the person's unit, or of the next above that has one who may.",
    ROLE: "Whoever holds a role over the person's unit or everywhere.",
    PERMISSION: "Whoever holds a permission.",
  },
});

export const DecisionEnum = enumOf({
  name: "ApprovalDecision",
  describe: "What was decided of a step.",
  values: { APPROVED: "It may be done.", REJECTED: "It may not be done, and the request is closed." },
});

/** A request as queries read it. */
export interface ApprovalRequestRecord {
  id: string;
  version: number;
  kind: string;
  state: string;
  userId: string | null;
  subjectId: string | null;
  requesterKind: ActorKind;
  requesterId: string | null;
  requesterName: string;
  reason: string | null;
  payload: Record<string, unknown>;
  steps: ApprovalStepRecord[];
  step: number;
  expiresAt: Date;
  remindAt: Date | null;
  reminders: number;
  failureCode: string | null;
  failureMessage: string | null;
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  subjectName: string | null;
  /** Whether the viewer is told what it would change. */
  party: boolean;
  mayDecide: boolean;
  /** The names that those who decided have now, and the keys of the roles, by UUID. */
  names: Record<string, string>;
  roles: Record<string, string>;
}

@ObjectType({ description: "One way of being the one who decides a step." })
@Read(carried)
export class ApprovalDecider {
  @Field(() => DeciderKindEnum, { description: "By what." })
  by!: string;

  @Field(() => String, { nullable: true, description: "The role's key, by ROLE; null where the role is gone." })
  roleKey!: string | null;

  @Field(() => enumOf(PERMISSION), { nullable: true, description: "The permission, by PERMISSION." })
  permission!: Permission | null;

  @Field(() => Boolean, {
    description: "Whether the permission must be held everywhere, and not only over the person it concerns.",
  })
  everywhere!: boolean;
}

@ObjectType({ description: "One step of an approval request, and what was decided of it." })
@Read(carried)
export class ApprovalStep {
  @Field(() => Int, { description: "Its place, from 1. A step can be decided once those before it were approved." })
  place!: number;

  @Field(() => [ApprovalDecider], { description: "Who may decide: one person of any of these." })
  deciders!: ApprovalDecider[];

  @Field(() => DecisionEnum, { nullable: true, description: "What was decided; null where nothing was." })
  decision!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When." })
  decidedAt!: Date | null;

  @Field(() => Actor, { nullable: true, description: "Who decided." })
  decidedBy!: Actor | null;

  @Field(() => Actor, { nullable: true, description: "In whose place, where a delegate decided." })
  decidedFor!: Actor | null;

  @Field(() => String, {
    nullable: true,
    description: "What was said with it; null for viewers who neither asked nor decide.",
  })
  comment!: string | null;
}

@ObjectType({ description: "Why an approved request was not carried out." })
@Read(carried)
export class ApprovalFailure {
  @Field(() => String, { description: "The code of the refusal, as in extensions.code." })
  code!: string;

  @Field(() => String, {
    nullable: true,
    description: "What stood in the way; null for viewers who neither asked nor decide.",
  })
  message!: string | null;
}

@ObjectType({
  implements: Node,
  description: "A change that waits for another person's word, or did: schema/APPROVALS.md.",
})
@Read(carried)
export class ApprovalRequest extends Node {
  readonly nodeType = "ApprovalRequest";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to decide what you saw." })
  readonly version: number;

  @Field(() => ApprovalKindEnum, { description: "What it would do." })
  readonly kind: string;

  @Field(() => ApprovalStateEnum, { description: "What has become of it." })
  readonly state: string;

  @Field(() => ID, { nullable: true, description: "What it is about." })
  readonly subjectId: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The name of the person whom it concerns; null where it concerns none, and for viewers who neither asked nor decide.",
  })
  readonly subjectName: string | null;

  @Field(() => Actor, { description: "Who asked." })
  readonly requester: Actor;

  @Field(() => String, {
    nullable: true,
    description: "Why, in the requester's words; null for viewers who neither asked nor decide.",
  })
  readonly reason: string | null;

  @Field(() => [FieldChange], {
    description:
      "What would change; redacted for viewers who neither asked nor decide, and custom attributes that the viewer may not read of the person.",
  })
  readonly changes: FieldChange[];

  @Field(() => [ApprovalStep], { description: "The steps in order." })
  readonly steps: ApprovalStep[];

  @Field(() => Int, { description: "The place of the step that is due, or of the last that was reached." })
  readonly currentStep: number;

  @Field(() => Boolean, { description: "Whether the viewer may decide it now, with their own right or as a delegate." })
  readonly viewerMayDecide: boolean;

  @Field(() => DateTimeScalar, { description: "From when nobody can decide it any more." })
  readonly expiresAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When those who may decide are reminded next." })
  readonly remindAt: Date | null;

  @Field(() => Int, { description: "How often they were reminded." })
  readonly reminderCount: number;

  @Field(() => ApprovalFailure, { nullable: true, description: "Why it was not carried out, where it is FAILED." })
  readonly failure: ApprovalFailure | null;

  @Field(() => DateTimeScalar, { description: "When it was asked for." })
  readonly createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  readonly updatedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it came to its end." })
  readonly closedAt: Date | null;

  /** Values of hidden fields are nobody's to see here who may not read them of the person. */
  constructor(record: ApprovalRequestRecord, changes: readonly RequestedChange[], hidden: ReadonlySet<string>) {
    super();
    const { party } = record;
    this.id = publicId("ApprovalRequest", record.id);
    this.version = record.version;
    this.kind = record.kind;
    this.state = record.state;
    this.subjectId = record.subjectId;
    this.subjectName = party ? record.subjectName : null;
    this.requester = new Actor(record.requesterKind, record.requesterId, record.requesterName);
    this.reason = party ? record.reason : null;
    this.changes = changes.map(({ field, before, after }) =>
      party && !hidden.has(field)
        ? { field, before, after, redacted: false }
        : { field, before: null, after: null, redacted: true },
    );
    this.steps = record.steps.map((step, place) => stepOf(step, place + 1, record));
    this.currentStep = record.step;
    this.viewerMayDecide = record.mayDecide;
    this.expiresAt = record.expiresAt;
    this.remindAt = record.remindAt;
    this.reminderCount = record.reminders;
    this.failure = record.failureCode
      ? { code: record.failureCode, message: party ? record.failureMessage : null }
      : null;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
    this.closedAt = record.closedAt;
  }
}

function stepOf(
  step: ApprovalStepRecord,
  place: number,
  { names, roles, party }: Pick<ApprovalRequestRecord, "names" | "roles" | "party">,
): ApprovalStep {
  const person = (id: string | undefined) => (id ? new Actor("USER", id, names[id] ?? "somebody who is gone") : null);
  return {
    place,
    deciders: step.deciders.map((decider) => deciderOf(decider, roles)),
    decision: step.decision ?? null,
    decidedAt: step.at ? new Date(step.at) : null,
    decidedBy: person(step.by),
    decidedFor: person(step.for),
    comment: party ? (step.comment ?? null) : null,
  };
}

const deciderOf = (decider: Decider, roles: Readonly<Record<string, string>>): ApprovalDecider => ({
  by: decider.by,
  roleKey: decider.by === "ROLE" ? (roles[decider.roleId] ?? null) : null,
  permission: decider.by === "PERMISSION" ? decider.permission : null,
  everywhere: decider.by === "PERMISSION" && decider.over === "EVERYWHERE",
});

export const ApprovalRequestConnection = connectionOf("ApprovalRequest", () => ApprovalRequest, "approval requests");

@ObjectType({ description: "The request after the decision." })
@Read(carried)
export class ApprovalRequestPayload extends MutationPayload {
  @Field(() => ApprovalRequest, {
    nullable: true,
    description: "The request; null once it is out of the viewer's sight.",
  })
  approvalRequest!: ApprovalRequest | null;
}
