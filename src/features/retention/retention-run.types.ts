import { Field, ID, Int, ObjectType } from "type-graphql";
import type { BulkProblem } from "../../database/bulk-tables.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { BulkProblemType } from "../bulk/bulk.types.ts";
import type { LimitFinding } from "../bulk/safety-limit.check.ts";
import type { RetentionForecast, RetentionRunRecord } from "./retention.runs.ts";
import { ACTION_ENUM } from "./retention-policy.types.ts";

export const RUN_STATE_ENUM = enumOf({
  name: "RetentionRunState",
  describe: "How far a run of a retention policy has come.",
  values: {
    WAITING_APPROVAL: "It exceeds a safety limit, and waits for a second person.",
    RUNNING: "It is carried out, batch by batch.",
    DONE: "Everybody has an outcome.",
    CANCELLED:
      "It was not approved, or its policy was changed, turned off or deleted. Who was not reached is as before.",
  },
});

export const RETENTION_OUTCOME_ENUM = enumOf({
  name: "RetentionOutcome",
  describe: "What became of somebody in a run.",
  values: { DONE: "The policy's action was done.", PASSED_OVER: "They were left as they are; obstacle says why." },
});

export const OBSTACLE_ENUM = enumOf({
  name: "RetentionObstacle",
  describe: "Why a retention policy passes somebody over.",
  values: {
    LEGAL_HOLD: "They are on a legal hold.",
    STILL_RESTORABLE: "They were deleted, and can still be restored: User.restorableUntil says until when.",
    GUARD: "A rule of the lifecycle refuses it; problem says which.",
    NO_LONGER_DUE: "Between the list and their turn they came to be as the policy does not mean them.",
    FAILED: "The database refused it, of them alone.",
  },
});

@ObjectType({ description: "Somebody whom a retention policy concerns, and what became of them, or would." })
@Read(carried)
export class RetentionPerson {
  readonly userUuid: string;

  @Field(() => ID, { description: "Whom." })
  userId: string;

  @Field(() => RETENTION_OUTCOME_ENUM, { nullable: true, description: "What became of them; null before their turn." })
  outcome: string | null;

  @Field(() => OBSTACLE_ENUM, { nullable: true, description: "Why they are passed over; null for everybody else." })
  obstacle: string | null;

  @Field(() => BulkProblemType, { nullable: true, description: "What the rule says that refuses it." })
  problem: BulkProblem | null;

  constructor(row: {
    user_id: string;
    outcome: string | null;
    obstacle: string | null;
    problem: BulkProblem | null;
  }) {
    this.userUuid = row.user_id;
    this.userId = publicId("User", row.user_id);
    this.outcome = row.outcome;
    this.obstacle = row.obstacle;
    this.problem = row.problem;
  }
}

export const RetentionPersonConnection = connectionOf(
  "RetentionPerson",
  () => RetentionPerson,
  "people whom a retention policy concerns",
);

@ObjectType({
  implements: Node,
  description: "What a retention policy did at a time, or is about to do. schema/RETENTION.md says what happens when.",
})
@Read(carried)
export class RetentionRun extends Node {
  readonly nodeType = "RetentionRun";
  readonly uuid: string;
  readonly policyUuid: string;
  readonly found: LimitFinding[];
  readonly approvalUuid: string | null;

  @Field(() => String, { description: "The policy's name, as it was." })
  policyName: string;

  @Field(() => ACTION_ENUM, { description: "What it does." })
  action: string;

  @Field(() => RUN_STATE_ENUM, { description: "How far it has come." })
  state: string;

  @Field(() => Boolean, {
    description: "Whether it is the policy's own run of a day; false where somebody asked for it.",
  })
  scheduled: boolean;

  @Field(() => Int, { description: "How many people it was to touch when it began." })
  peopleCount: number;

  @Field(() => Int, { description: "Of how many it was done." })
  doneCount: number;

  @Field(() => Int, { description: "How many were passed over, from the beginning or at their turn." })
  passedOverCount: number;

  @Field(() => String, { description: "By which its commits are found in the audit log." })
  operationId: string;

  @Field(() => String, { nullable: true, description: "Why it was cancelled." })
  problem: string | null;

  @Field(() => DateTimeScalar, { description: "When its people were listed." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it began; null while it waits." })
  startedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was over." })
  finishedAt: Date | null;

  constructor(row: RetentionRunRecord) {
    super();
    this.uuid = row.id;
    this.policyUuid = row.policy_id;
    this.found = row.limits as LimitFinding[];
    this.approvalUuid = row.approval_id;
    this.id = publicId("RetentionRun", row.id);
    this.policyName = row.policy_name;
    this.action = row.action;
    this.state = row.state;
    this.scheduled = row.day !== null;
    this.peopleCount = row.people;
    this.doneCount = row.done;
    this.passedOverCount = row.passed_over;
    this.operationId = row.operation_id;
    this.problem = row.problem;
    this.createdAt = row.created_at;
    this.startedAt = row.started_at;
    this.finishedAt = row.finished_at;
  }
}

export const RetentionRunConnection = connectionOf("RetentionRun", () => RetentionRun, "runs of retention policies");

@ObjectType({ description: "The run of a retention policy." })
@Read(carried)
export class RetentionRunPayload extends MutationPayload {
  @Field(() => RetentionRun, { nullable: true, description: "As it is now." })
  run!: RetentionRun | null;
}

@ObjectType({ description: "What a retention policy would do now. Nothing of it happens by looking." })
@Read(carried)
export class RetentionPreview {
  readonly forecast!: RetentionForecast;

  @Field(() => Int, { description: "How many people in the viewer's sight it would touch." })
  dueCount!: number;

  @Field(() => Int, { description: "How many people in the viewer's sight it would pass over." })
  passedOverCount!: number;
}
