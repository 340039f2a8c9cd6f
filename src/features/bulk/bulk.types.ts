import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { BulkPlanRecord, BulkState } from "../../database/bulk-tables.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import { Actor } from "../users/actor.types.ts";
import { KIND_ENUM, STATE_ENUM } from "./bulk.enums.ts";
import type { Preview } from "./bulk.planner.ts";
import type { LimitFinding } from "./safety-limit.check.ts";

@ObjectType("BulkProblem", { description: "Why somebody cannot be changed, or was not." })
@Read(carried)
export class BulkProblemType {
  @Field(() => String, { description: "The code that the single mutation would answer with, e.g. FORBIDDEN." })
  code!: string;

  @Field(() => String, { description: "The same in words." })
  message!: string;

  @Field(() => String, { nullable: true, description: "The field that it is about." })
  field?: string | null;

  @Field(() => String, { nullable: true, description: "The permission that is missing over the person." })
  permission?: string | null;
}

@ObjectType({ description: "How far applying a plan has come." })
@Read(carried)
export class BulkProgress {
  @Field(() => Int, { description: "How many people are to be changed." })
  total!: number;

  @Field(() => Int, { description: "How many have an outcome." })
  done!: number;

  @Field(() => Int, { description: "How many were changed." })
  changed!: number;

  @Field(() => Int, { description: "How many were so already." })
  unchanged!: number;

  @Field(() => Int, { description: "How many had changed since the plan, or are gone." })
  conflicts!: number;

  @Field(() => Int, { description: "For how many it was not allowed any more." })
  refused!: number;

  @Field(() => Int, { description: "How many the database refused." })
  failed!: number;

  @Field(() => Int, { description: "How many were not reached." })
  skipped!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      "People a second: since it began, else as the plan's estimate has it. Null where nothing was measured.",
  })
  peoplePerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "About how many seconds are left; null where that cannot be said.",
  })
  secondsLeft!: number | null;
}

/** How far a plan has come, from its row, or from the row as the log carries it. */
export function progressOf(
  plan: Omit<BulkPlanRecord, "started_at" | "updated_at"> & {
    started_at: Date | string | null;
    updated_at: Date | string;
  },
): BulkProgress {
  const { changing: total, changed, same: unchanged, conflicts, refused, failed, skipped } = plan;
  const done = changed + unchanged + conflicts + refused + failed;
  const ms = plan.started_at ? new Date(plan.updated_at).getTime() - new Date(plan.started_at).getTime() : 0;
  // The first batch's own time is not in it: it begins and ends at one instant.
  const measured = ms > 0 && done > 0 ? (done / ms) * 1000 : null;
  const peoplePerSecond = measured ?? plan.people_per_second;
  const over = ["DONE", "CANCELLED", "FAILED", "EXPIRED"].includes(plan.state);
  const left = over ? 0 : total - done;
  const secondsLeft = left === 0 ? 0 : peoplePerSecond ? left / peoplePerSecond : null;
  return { total, done, changed, unchanged, conflicts, refused, failed, skipped, peoplePerSecond, secondsLeft };
}

@ObjectType({ description: "What a safety limit was found to be for a plan." })
@Read(carried)
export class BulkLimitFinding {
  @Field(() => String, { description: "The limit's name." })
  name!: string;

  @Field(() => Boolean, { description: "Whether the plan exceeds it, so that a second person must agree." })
  exceeded!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: "How many people who count would change; null for viewers without SETTINGS_MANAGE everywhere.",
  })
  people!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "Of how many; null for viewers without SETTINGS_MANAGE everywhere.",
  })
  of!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many people earlier plans were to change that count with them; null for viewers without SETTINGS_MANAGE everywhere.",
  })
  earlier!: number | null;

  static of(found: LimitFinding, counted: boolean): BulkLimitFinding {
    const { name, exceeded, people, of, earlier = 0 } = found;
    const counts = counted ? { people, of, earlier } : { people: null, of: null, earlier: null };
    return Object.assign(new BulkLimitFinding(), { name, exceeded, ...counts });
  }
}

@ObjectType({
  implements: Node,
  description:
    "A change of many people, rehearsed: what it would do, person by person, and what became of it. Nothing is changed until applyBulk. Seen by whoever planned it, and by holders of BULK_RUN everywhere.",
})
@Read(carried)
export class BulkPlan extends Node {
  readonly nodeType = "BulkPlan";
  readonly uuid: string;
  readonly preview: Preview;
  readonly revertsId: string | null;
  /** Whom it is for and what is to be changed, as it was asked for, and by whom. */
  readonly asked: Pick<BulkPlanRecord, "target" | "change" | "planner_kind" | "planner_id">;

  @Field(() => STATE_ENUM, { description: "Where it stands." })
  state: BulkState;

  @Field(() => KIND_ENUM, { description: "What it was made of." })
  kind: BulkPlanRecord["kind"];

  @Field(() => String, { nullable: true, description: "Why, in the planner's words: kept in the audit log." })
  reason: string | null;

  @Field(() => Actor, { description: "Who planned it." })
  planner: Actor;

  @Field(() => String, { description: "What everything that it does carries in the audit log as operationId." })
  operationId: string;

  @Field(() => Boolean, { description: "Whether it exceeds a safety limit, so that a second person must agree." })
  needsApproval: boolean;

  @Field(() => ID, {
    nullable: true,
    description: "The request for the second person's agreement, once it was asked for.",
  })
  approvalRequestId: string | null;

  @Field(() => Int, { description: "How many people it is for." })
  peopleCount: number;

  @Field(() => Int, {
    description: "How many would be changed, those included who would be made or deactivated for being missing.",
  })
  changingCount: number;

  @Field(() => Int, { description: "How many would be made." })
  creatingCount: number;

  @Field(() => Int, { description: "How many would be deactivated for not being in the file." })
  missingCount: number;

  @Field(() => Int, { description: "How much is wrong with cells of the file." })
  problemCount: number;

  @Field(() => Int, { description: "How many are so already." })
  unchangedCount: number;

  @Field(() => Int, { description: "How many cannot be changed." })
  errorCount: number;

  @Field(() => [ConsequenceType], {
    description: "What else would happen. All are counted; of each kind the first hundred are named.",
  })
  consequences: Consequence[];

  @Field(() => Float, {
    nullable: true,
    description:
      "About how long applying it takes: as fast as the last plan of a hundred people or more was applied, before there was one as fast as the rehearsal; null where nobody would be changed.",
  })
  estimatedSeconds: number | null;

  @Field(() => BulkProgress, { description: "How far applying it has come." })
  progress: BulkProgress;

  @Field(() => String, { nullable: true, description: "Why it FAILED." })
  problem: string | null;

  @Field(() => DateTimeScalar, { description: "When it was planned." })
  plannedAt: Date;

  @Field(() => DateTimeScalar, { description: "Until when it can be applied, or approved." })
  expiresAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When applying it began." })
  startedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it came to its end." })
  finishedAt: Date | null;

  constructor(row: BulkPlanRecord) {
    super();
    this.id = publicId("BulkPlan", row.id);
    this.uuid = row.id;
    this.preview = row.preview as unknown as Preview;
    this.revertsId = row.reverts_id;
    this.state = row.state;
    this.kind = row.kind;
    this.asked = row;
    this.reason = row.reason;
    this.planner = new Actor(row.planner_kind, row.planner_id, row.planner_name);
    this.operationId = row.operation_id;
    this.needsApproval = row.needs_approval;
    this.approvalRequestId = row.approval_id && publicId("ApprovalRequest", row.approval_id);
    this.peopleCount = row.people;
    this.changingCount = row.changing;
    this.creatingCount = row.creating;
    this.missingCount = row.missing;
    this.problemCount = row.problems;
    this.unchangedCount = row.unchanged;
    this.errorCount = row.errors;
    this.consequences = this.preview.consequences;
    this.estimatedSeconds = row.people_per_second ? row.changing / row.people_per_second : null;
    this.progress = progressOf(row);
    this.problem = row.problem;
    this.plannedAt = row.created_at;
    this.expiresAt = row.expires_at;
    this.startedAt = row.started_at;
    this.finishedAt = row.finished_at;
  }
}

export const BulkPlanConnection = connectionOf("BulkPlan", () => BulkPlan, "bulk plans");

@ObjectType({ description: "The plan as it stands." })
@Read(carried)
export class BulkPlanPayload extends MutationPayload {
  @Field(() => BulkPlan, { description: "The plan." })
  plan!: BulkPlan;
}
