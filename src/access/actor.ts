import type { Permission } from "../kernel/permissions.ts";

export type ActorKind = "USER" | "SERVICE" | "SYSTEM";

/** Where a permission is held: everywhere, or over these org units and all below them. */
export type Reach = "everywhere" | readonly string[];

/** What a person has proved in the session that they ask in. */
export interface ViewerSession {
  id: string;
  /** When they last proved that it is them. */
  authenticatedAt: Date;
  /** Whether by two factors, or by one that is as good as two. */
  multiFactor: boolean;
  /** Good for enrolling a factor or setting a password, and for nothing else. */
  enrolmentOnly: boolean;
}

/** Who is asking, and what they may do at the operation's instant. Ids are UUIDs. */
export interface Viewer {
  kind: ActorKind;
  /** The token's or the user's id; null for the gateway itself. */
  id: string | null;
  name: string;
  /** The person behind the token, where there is one. */
  userId: string | null;
  /** The token by which they are known, where it is one of those that this gateway keeps. */
  tokenId?: string | undefined;
  /** The session that the person signed in to; absent where they, or a machine, ask by a token without one. */
  session?: ViewerSession | undefined;
  /** Permissions that are not held at all are absent. */
  grants: ReadonlyMap<Permission, Reach>;
  /** The operation's instant by the database's clock. */
  now: Date;
}

const NOWHERE: readonly string[] = [];

/** Where the viewer holds a permission; an empty list where they do not hold it. */
export const reachOf = (viewer: Viewer, permission: Permission): Reach => viewer.grants.get(permission) ?? NOWHERE;

/** Whether the viewer holds a permission over at least one unit. */
export const holdsAnywhere = (viewer: Viewer, permission: Permission): boolean => viewer.grants.has(permission);

/** Whether a reach covers something that stands at the end of this path of units (from the root down). */
export const covers = (reach: Reach, unitPath: readonly string[]): boolean =>
  reach === "everywhere" || unitPath.some((unit) => reach.includes(unit));

/** Where either reach holds. */
export function joinReach(a: Reach, b: Reach): Reach {
  if (a === "everywhere" || b === "everywhere") return "everywhere";
  return [...new Set([...a, ...b])];
}
