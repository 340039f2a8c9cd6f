import { RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { UserStatus } from "./user.entity.ts";

/*
 * The lifecycle (schema/LIFECYCLE.md). A user stands in one of seven statuses; an operation moves them along one of the edges below, and
 * no other way exists: what is not listed is refused with ILLEGAL_TRANSITION.
 *
 *   PENDING ──activate──▶ ACTIVE ◀──activate── INACTIVE, ARCHIVED
 *   ACTIVE ──lock──▶ LOCKED ──unlock──▶ ACTIVE
 *   ACTIVE, LOCKED ──suspend──▶ SUSPENDED ──reinstate──▶ ACTIVE
 *   PENDING, ACTIVE, LOCKED, SUSPENDED ──deactivate──▶ INACTIVE
 *   PENDING, INACTIVE, SUSPENDED ──archive──▶ ARCHIVED
 *   any ──delete──▶ DELETED ──restore──▶ the status before
 *
 * Every edge changes status, statusReason, statusChangedAt and the version, in one transaction with its consequences. Which guards stand
 * before an edge and what follows from it is said here and nowhere else; who carries it out, in whichever feature, is handed over
 * (`LifecyclePart`), and `checkLifecycle` refuses a table that names what nobody carries out.
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

/** What must be so before an edge is taken. */
export const GUARDS = {
  ROLES_STAY_MANAGED: "Somebody else who is active manages roles everywhere, for as long as this person did.",
  NAMES_ARE_FREE: "Nobody else has taken the username or the employee number meanwhile.",
  STILL_RESTORABLE: "The retention period has not ended.",
} as const;

export type LifecycleGuard = keyof typeof GUARDS;

/** What follows from an edge, in the order in which it is done. */
export const FOLLOWINGS = {
  END_SESSIONS: "Open sessions end.",
  REVOKE_TOKENS: "Personal tokens are revoked, for good.",
  END_LINKS: "Invitations and other links in mails hold no more, and mail that waits is withdrawn.",
  END_GRANTS: "Role grants end that have not ended.",
  HAND_OVER:
    "Where the step was scheduled as a leave: reports, saved searches and groups go to the successor, and grants and memberships end.",
  FORGET_ATTEMPTS: "Failed sign-ins are forgotten.",
  CANCEL_SCHEDULES:
    "Scheduled transitions are cancelled that could no longer be carried out, walked in their order from the new status.",
  END_DELEGATIONS: "Delegations of approvals end, given and received.",
  WITHDRAW_WISHES: "Changes of their own profile that wait for approval are taken back.",
  REPORT_WAITING:
    "Scheduled steps of others that wait in the person's name are told of, and approval requests that wait for them as a manager.",
  REPORT_GROUPS:
    "Dynamic groups are told of, whose members stand still since the person may no longer ask by the search.",
  REPORT_REPORTS: "Direct reports are told of, who now report to nobody active.",
  REPORT_UNITS: "Org units are told of, whose head is no longer active.",
} as const;

export type LifecycleFollowing = keyof typeof FOLLOWINGS;

/** What a restore brings back of what the deletion ended, and says of what it cannot. */
export const RESTORATIONS = {
  GRANTS: "Grants that the deletion ended, as long as they would not have ended since and their role and unit exist.",
  REPORTS: "Reports who still have the person as their manager.",
  UNITS: "Org units of which the person still is the head.",
  GROUPS: "Dynamic groups that are made of searches of the person, where they may ask by them again.",
  MANAGER: "The link to the manager, which stays; it is told where they are no longer active.",
} as const;

export type LifecycleRestoration = keyof typeof RESTORATIONS;

/** Statuses that an operation leads away from, with what stands before it and what follows. */
export interface Edge {
  from: readonly UserStatus[];
  guards: readonly LifecycleGuard[];
  follows: readonly LifecycleFollowing[];
}

export interface Transition {
  /** Of all its edges. */
  from: readonly UserStatus[];
  /** BEFORE: the status that the user had before. */
  to: UserStatus | "BEFORE";
  permission: Permission;
  /** The audit log's action. */
  action: string;
  /** Whether the status may be given an end, after which it ends by itself. */
  mayEnd?: true;
  edges: readonly Edge[];
  /** What comes back, of an operation that takes another one back. */
  restores?: readonly LifecycleRestoration[];
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

export const OPERATIONS = [
  "activate",
  "deactivate",
  "lock",
  "unlock",
  "suspend",
  "reinstate",
  "archive",
  "delete",
  "restore",
] as const satisfies readonly LifecycleOperation[];

const define = (transition: Omit<Transition, "from">): Transition => ({
  ...transition,
  from: STATUSES.filter((status) => transition.edges.some(({ from }) => from.includes(status))),
});

/** Whoever is not active is signed in nowhere, and holds no key. */
const SHUT_OUT = ["END_SESSIONS", "REVOKE_TOKENS", "END_LINKS"] as const;
/** Nothing waits for whoever has left. */
const LEAVES = ["CANCEL_SCHEDULES", "END_DELEGATIONS", "WITHDRAW_WISHES", "REPORT_WAITING"] as const;
const LEFT_BEHIND = ["REPORT_REPORTS", "REPORT_UNITS"] as const;

export const LIFECYCLE: Readonly<Record<LifecycleOperation, Transition>> = {
  activate: define({
    to: "ACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.activated",
    edges: [{ from: ["PENDING", "INACTIVE", "ARCHIVED"], guards: [], follows: ["CANCEL_SCHEDULES"] }],
  }),
  deactivate: define({
    to: "INACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.deactivated",
    edges: [
      {
        from: ["ACTIVE"],
        guards: ["ROLES_STAY_MANAGED"],
        follows: [...SHUT_OUT, "HAND_OVER", ...LEAVES, ...LEFT_BEHIND],
      },
      {
        from: ["PENDING", "LOCKED", "SUSPENDED"],
        guards: ["ROLES_STAY_MANAGED"],
        follows: [...SHUT_OUT, "HAND_OVER", ...LEAVES],
      },
    ],
  }),
  lock: define({
    to: "LOCKED",
    permission: "USER_LIFECYCLE",
    action: "user.locked",
    mayEnd: true,
    edges: [{ from: ["ACTIVE"], guards: ["ROLES_STAY_MANAGED"], follows: [...SHUT_OUT, ...LEFT_BEHIND] }],
  }),
  unlock: define({
    to: "ACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.unlocked",
    edges: [{ from: ["LOCKED"], guards: [], follows: ["FORGET_ATTEMPTS"] }],
  }),
  suspend: define({
    to: "SUSPENDED",
    permission: "USER_LIFECYCLE",
    action: "user.suspended",
    mayEnd: true,
    edges: [
      { from: ["ACTIVE"], guards: ["ROLES_STAY_MANAGED"], follows: [...SHUT_OUT, ...LEFT_BEHIND] },
      { from: ["LOCKED"], guards: [], follows: [...SHUT_OUT] },
    ],
  }),
  reinstate: define({
    to: "ACTIVE",
    permission: "USER_LIFECYCLE",
    action: "user.reinstated",
    edges: [{ from: ["SUSPENDED"], guards: [], follows: [] }],
  }),
  archive: define({
    to: "ARCHIVED",
    permission: "USER_LIFECYCLE",
    action: "user.archived",
    edges: [
      {
        from: ["PENDING", "SUSPENDED"],
        guards: ["ROLES_STAY_MANAGED"],
        follows: [...SHUT_OUT, "END_GRANTS", ...LEAVES, "REPORT_GROUPS"],
      },
      { from: ["INACTIVE"], guards: [], follows: [...SHUT_OUT, "END_GRANTS", ...LEAVES, "REPORT_GROUPS"] },
    ],
  }),
  delete: define({
    to: "DELETED",
    permission: "USER_DELETE",
    action: "user.deleted",
    edges: [
      {
        from: ["ACTIVE"],
        guards: ["ROLES_STAY_MANAGED"],
        follows: [...SHUT_OUT, "END_GRANTS", ...LEAVES, "REPORT_GROUPS", ...LEFT_BEHIND],
      },
      {
        from: ["PENDING", "LOCKED", "SUSPENDED"],
        guards: ["ROLES_STAY_MANAGED"],
        follows: [...SHUT_OUT, "END_GRANTS", ...LEAVES, "REPORT_GROUPS"],
      },
      { from: ["INACTIVE", "ARCHIVED"], guards: [], follows: [...SHUT_OUT, "END_GRANTS", ...LEAVES, "REPORT_GROUPS"] },
    ],
  }),
  restore: define({
    to: "BEFORE",
    permission: "USER_DELETE",
    action: "user.restored",
    edges: [{ from: ["DELETED"], guards: ["NAMES_ARE_FREE", "STILL_RESTORABLE"], follows: [] }],
    restores: ["GRANTS", "REPORTS", "UNITS", "GROUPS", "MANAGER"],
  }),
};

/** Which guards, followings and restorations somebody carries out. */
export interface CarriedOut {
  guards: ReadonlySet<string>;
  follows: ReadonlySet<string>;
  restores: ReadonlySet<string>;
}

/**
 * Throws where the table contradicts itself: an unknown status, an edge to where it starts, two operations for one edge, a status without a
 * way in or out; and where it names a guard or a consequence that nobody carries out.
 */
export function checkLifecycle(
  table: Readonly<Record<string, Transition>> = LIFECYCLE,
  carriedOut?: CarriedOut | undefined,
): void {
  const edges = new Map<string, string>();
  const known = (status: string) => (STATUSES as readonly string[]).includes(status);
  for (const [operation, { to, edges: own }] of Object.entries(table)) {
    for (const status of own.flatMap(({ from }) => from)) {
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
  if (carriedOut) requireCarriedOut(table, carriedOut);
}

function requireCarriedOut(table: Readonly<Record<string, Transition>>, carriedOut: CarriedOut): void {
  for (const [operation, { edges, restores = [] }] of Object.entries(table)) {
    const missing = [
      ...edges.flatMap(({ guards }) => guards.filter((name) => !carriedOut.guards.has(name))),
      ...edges.flatMap(({ follows }) => follows.filter((name) => !carriedOut.follows.has(name))),
      ...restores.filter((name) => !carriedOut.restores.has(name)),
    ];
    if (missing.length > 0) throw new Error(`${operation}: nobody carries out ${missing.join(", ")}.`);
  }
}

/** Where an operation leads from a status; undefined where it leads nowhere from there. */
export function statusAfter(
  operation: LifecycleOperation,
  status: UserStatus,
  before: UserStatus | null,
): UserStatus | undefined {
  const { from, to } = LIFECYCLE[operation];
  return from.includes(status) ? ((to === "BEFORE" ? before : to) ?? undefined) : undefined;
}

/** The edge between two statuses, and the operation that takes it; undefined where there is none. Out of DELETED there is but the way back. */
export function edgeBetween(from: UserStatus, to: UserStatus): { transition: Transition; edge: Edge } | undefined {
  for (const transition of Object.values(LIFECYCLE)) {
    if (transition.to !== to && transition.to !== "BEFORE") continue;
    const edge = transition.edges.find((one) => one.from.includes(from));
    if (edge) return { transition, edge };
  }
  return undefined;
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
  const { to } = LIFECYCLE[operation];
  const target = to === "BEFORE" ? before : to;
  const reached = statusAfter(operation, status, before);
  if (reached) return reached;
  throw new RollcallError("ILLEGAL_TRANSITION", `A user who is ${status} cannot be moved by ${operation}User.`, {
    from: status,
    ...(target ? { to: target } : {}),
    allowed: nextStatuses(status, before),
    inputPath: "input.id",
  });
}
