import type { Author } from "../../access/author.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { LIFECYCLE, type LifecycleOperation, statusAfter } from "../users/user.lifecycle.ts";

/** What can be scheduled beside the steps of the lifecycle: it changes no status. */
export type OtherStep = "invite" | "transfer";

export type ScheduledOperation = LifecycleOperation | OtherStep;

interface Step {
  permission: Permission;
  /** The audit log's action. */
  action: string;
  /** The statuses in which it is possible. */
  from: readonly UserStatus[];
  mayEnd?: true;
}

/** Whoever is without access for now, or left, is neither invited nor moved: roles that a move grants would wait for them. */
export const OTHER_STEPS: Readonly<Record<OtherStep, Step>> = {
  invite: { permission: "USER_LIFECYCLE", action: "user.invited", from: ["PENDING", "ACTIVE"] },
  transfer: {
    permission: "USER_UPDATE",
    action: "user.transferred",
    from: ["PENDING", "ACTIVE", "LOCKED", "SUSPENDED"],
  },
};

export const isOtherStep = (operation: ScheduledOperation): operation is OtherStep =>
  Object.hasOwn(OTHER_STEPS, operation);

/** What a scheduled step needs, beside USER_LIFECYCLE, and what it is called. */
export const stepOf = (operation: ScheduledOperation): Step =>
  isOtherStep(operation) ? OTHER_STEPS[operation] : LIFECYCLE[operation];

/** Where a scheduled step leads from a status; undefined where it is not possible there. */
export function statusBehind(
  operation: ScheduledOperation,
  status: UserStatus,
  before: UserStatus | null,
): UserStatus | undefined {
  if (!isOtherStep(operation)) return statusAfter(operation, status, before);
  return OTHER_STEPS[operation].from.includes(status) ? status : undefined;
}

/** Somebody's step that is due. */
export interface TakenStep {
  scheduledId: string;
  userId: string;
}

/** Takes a step that is none of the lifecycle, as its author; what stands in the way is thrown, and nothing is written. */
export type StepTaker = (tx: Tx, author: Author, step: TakenStep) => Promise<Consequence[]>;

/** Who takes them: in features that come later. */
export type StepTakers = Readonly<Record<OtherStep, StepTaker>>;
