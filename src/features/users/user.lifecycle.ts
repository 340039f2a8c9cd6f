import { RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { UserStatus } from "./user.entity.ts";

/*
 * The lifecycle. A user stands in one of seven statuses; an operation moves them along one of the edges below, and no other
 * way exists: what is not listed is refused with ILLEGAL_TRANSITION.
 *
 *   PENDING ──activate──▶ ACTIVE ◀──activate── INACTIVE, ARCHIVED
 *   ACTIVE ──lock──▶ LOCKED ──unlock──▶ ACTIVE
 *   ACTIVE, LOCKED ──suspend──▶ SUSPENDED ──reinstate──▶ ACTIVE
 *   PENDING, ACTIVE, LOCKED, SUSPENDED ──deactivate──▶ INACTIVE
 *   PENDING, INACTIVE, SUSPENDED ──archive──▶ ARCHIVED
 *   any ──delete──▶ DELETED ──restore──▶ the status before
 *
 * Every edge changes status, statusReason, statusChangedAt and the version, in one transaction with its consequences.
 */

export type LifecycleOperation =
  | "activate"
  | "deactivate"
  | "lock"
  | "unlock"
  | "suspend"
  | "reinstate"
  | "archive"
  | "delete"
  | "restore";

export interface Transition {
  from: readonly UserStatus[];
  /** BEFORE: the status that the user had before. */
  to: UserStatus | "BEFORE";
  permission: Permission;
  /** The audit log's action. */
  action: string;
  /** Whether the status may be given an end, after which it ends by itself. */
  mayEnd?: true;
}

export const STATUSES: readonly UserStatus[] = [
  "PENDING",
  "ACTIVE",
  "INACTIVE",
  "LOCKED",
  "SUSPENDED",
  "ARCHIVED",
  "DELETED",
];

export const LIFECYCLE: Readonly<Record<LifecycleOperation, Transition>> = {
  activate: {
    from: ["PENDING", "INACTIVE", "ARCHIVED"],
    to: "ACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.activated",
  },
  deactivate: {
    from: ["PENDING", "ACTIVE", "LOCKED", "SUSPENDED"],
    to: "INACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.deactivated",
  },
  lock: { from: ["ACTIVE"], to: "LOCKED", permission: "USER_LIFECYCLE", action: "user.locked", mayEnd: true },
  unlock: { from: ["LOCKED"], to: "ACTIVE", permission: "USER_LIFECYCLE", action: "user.unlocked" },
  suspend: {
    from: ["ACTIVE", "LOCKED"],
    to: "SUSPENDED",
    permission: "USER_LIFECYCLE",
    action: "user.suspended",
    mayEnd: true,
  },
  reinstate: { from: ["SUSPENDED"], to: "ACTIVE", permission: "USER_LIFECYCLE", action: "user.reinstated" },
  archive: {
    from: ["PENDING", "INACTIVE", "SUSPENDED"],
    to: "ARCHIVED",
    permission: "USER_LIFECYCLE",
    action: "user.archived",
  },
  delete: {
    from: ["PENDING", "ACTIVE", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED"],
    to: "DELETED",
    permission: "USER_DELETE",
    action: "user.deleted",
  },
  restore: { from: ["DELETED"], to: "BEFORE", permission: "USER_DELETE", action: "user.restored" },
};

/** Throws where the table contradicts itself: an unknown status, an edge to where it starts, two operations for one edge, a status without a way in or out. */
export function checkLifecycle(table: Readonly<Record<string, Transition>> = LIFECYCLE): void {
  const edges = new Map<string, string>();
  const known = (status: string) => (STATUSES as readonly string[]).includes(status);
  for (const [operation, { from, to }] of Object.entries(table)) {
    for (const status of from) {
      const edge = `${status} → ${to}`;
      if (!known(status) || (to !== "BEFORE" && !known(to))) throw new Error(`${operation}: ${edge} names no status.`);
      if (status === to) throw new Error(`${operation}: ${edge} leads nowhere.`);
      if (edges.has(edge)) throw new Error(`${operation} and ${edges.get(edge)} both lead ${edge}.`);
      edges.set(edge, operation);
    }
  }
  for (const status of STATUSES) {
    if (!Object.values(table).some(({ from }) => from.includes(status)))
      throw new Error(`No way leads out of ${status}.`);
    if (status !== "PENDING" && !Object.values(table).some(({ to }) => to === status))
      throw new Error(`No way leads to ${status}.`);
  }
}

/** The statuses that may come next; `before` is where a deleted user would be restored to. */
export function nextStatuses(status: UserStatus, before: UserStatus | null): UserStatus[] {
  const next = Object.values(LIFECYCLE)
    .filter(({ from }) => from.includes(status))
    .map(({ to }) => (to === "BEFORE" ? before : to));
  return STATUSES.filter((candidate) => next.includes(candidate));
}

/** Where an operation leads a user from their status; ILLEGAL_TRANSITION names what may come next instead. */
export function targetOf(operation: LifecycleOperation, status: UserStatus, before: UserStatus | null): UserStatus {
  const { from, to } = LIFECYCLE[operation];
  const target = to === "BEFORE" ? before : to;
  if (from.includes(status) && target) return target;
  throw new RollcallError("ILLEGAL_TRANSITION", `A user who is ${status} cannot be moved by ${operation}User.`, {
    from: status,
    ...(target ? { to: target } : {}),
    allowed: nextStatuses(status, before),
    inputPath: "input.id",
  });
}
