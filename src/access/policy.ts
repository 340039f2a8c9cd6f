import { forbidden, notFound, RollcallError } from "../kernel/errors.ts";
import type { Permission } from "../kernel/permissions.ts";
import { and, FALSE, type Filter, not, or, TRUE } from "../search/filter.ts";
import { covers, holdsAnywhere, holdsOver, type Reach, reachOf, type Standing, type Viewer } from "./actor.ts";

/** What access knows of a user: who they are, where they stand, and whether they are deleted. */
export interface Placed extends Standing {
  userId: string;
  deleted: boolean;
}

/** The users over whom the viewer holds a permission, as a filter. */
export const heldOver = (viewer: Viewer, permission: Permission): Filter => {
  const conditioned = viewer.narrowed?.conditioned.get(permission);
  if (conditioned) return and(within(conditioned.reach), conditioned.over);
  return within(reachOf(viewer, permission));
};

const within = (reach: Reach): Filter => {
  if (reach === "everywhere") return TRUE;
  if (reach.length === 0) return FALSE;
  return { kind: "criterion", field: "orgUnit", operator: "withinAny", operand: reach };
};

/** The viewer's own record, as a filter; nobody's for a machine. */
export const itself = ({ userId }: Viewer): Filter =>
  userId === null ? FALSE : { kind: "criterion", field: "id", operator: "eq", operand: userId };

const deleted: Filter = { kind: "criterion", field: "status", operator: "eq", operand: "DELETED" };

/** The users that the viewer may see, as a filter: those in reach of USER_READ and themselves; deleted ones only with USER_DELETE. */
export function sightOf(viewer: Viewer): Filter {
  const alive = heldOver(viewer, "USER_READ");
  const seen = viewer.userId === null ? alive : or(alive, itself(viewer));
  return and(seen, or(not(deleted), heldOver(viewer, "USER_DELETE")));
}

/** The same decision about one user. */
export function maySee(viewer: Viewer, user: Placed): boolean {
  if (user.deleted && !holdsOver(viewer, "USER_DELETE", user)) return false;
  return user.userId === viewer.userId || holdsOver(viewer, "USER_READ", user);
}

/** Whether the viewer holds a permission over a user. Nobody's own record is theirs to change by being theirs. */
export const mayDo = (viewer: Viewer, permission: Permission, user: Placed): boolean =>
  holdsOver(viewer, permission, user);

/** Passes where the viewer may do this to the user; NOT_FOUND where they may not even see them, else FORBIDDEN. */
export function requireOver(viewer: Viewer, permission: Permission, user: Placed, inputPath = "input.id"): void {
  if (!maySee(viewer, user)) throw notFound("user", inputPath);
  if (!mayDo(viewer, permission, user)) throw forbidden(permission);
}

/**
 * Passes where moving somebody, or a unit with everybody in it, gives the viewer nothing over them that they did not have:
 * whoever holds more at the place where it goes would widen their own sight by bringing it there. FORBIDDEN names what
 * they would gain; whoever holds it at both ends, or at neither, may make the move.
 */
export function requireNoGain(viewer: Viewer, from: readonly string[], to: readonly string[], inputPath: string): void {
  const conditioned = [...(viewer.narrowed?.conditioned ?? [])].map(([one, { reach }]) => [one, reach] as const);
  for (const [permission, reach] of [...viewer.grants, ...conditioned]) {
    if (!covers(reach, to) || covers(reach, from)) continue;
    throw new RollcallError(
      "FORBIDDEN",
      `Nobody gains by a move: you hold ${permission} where this goes, but not where it stands.`,
      { permission, inputPath },
    );
  }
}

/** Passes where the viewer holds the permission over at least one unit. */
export function requireAnywhere(viewer: Viewer, permission: Permission): void {
  if (!holdsAnywhere(viewer, permission)) throw forbidden(permission);
}

/** Passes where the viewer holds the permission at a place in the hierarchy; without a place (the root) it must be held everywhere. */
export function requireAt(viewer: Viewer, permission: Permission, unitPath: readonly string[]): void {
  if (!covers(reachOf(viewer, permission), unitPath)) throw forbidden(permission);
}
