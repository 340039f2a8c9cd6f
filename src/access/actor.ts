import type { Permission } from "../kernel/permissions.ts";
import type { Filter } from "../search/filter.ts";

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

/** Where a permission is held, of the people there only over those who match a filter. */
export interface Conditioned {
  reach: Reach;
  over: Filter;
}

/** What a rule, by its name, does not find given. */
export interface Refusal {
  permission: Permission;
  obstacle: "HOURS" | "NETWORK";
  rule: string;
}

/** What access rules (schema/ACCESS-RULES.md) leave of what somebody holds. */
export interface Narrowed {
  /** Permissions that hold over some people only. They are absent from `grants`: who does not ask for the condition is refused. */
  conditioned: ReadonlyMap<Permission, Conditioned>;
  /** Permissions that are held, and cannot be used now or from here. */
  refusals: readonly Refusal[];
  /** Whether an hour or the actor's own attributes decided about something, so that it is to be looked at again as they change. */
  passing: boolean;
  /** The civil date at the operation's instant, for conditions that depend on it. */
  today: string;
}

/** The types of custom attributes. */
export type DefinedType = "STRING" | "NUMBER" | "BOOLEAN" | "DATE" | "CHOICE" | "SET";

/** What of an attribute's definition decides who may ask what about it. */
export interface DefinedAttribute {
  type: DefinedType;
  /** What must be held over a person, beside what reading attributes needs; null: nothing. */
  permission: Permission | null;
  /** Whether its values are kept in an order that has everybody. */
  ordered: boolean;
}

/** The attributes that are defined, by key, removed ones too, whose values the log and the past may hold. */
export type DefinedAttributes = ReadonlyMap<string, DefinedAttribute>;

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
  /** What access rules left; absent where no rule concerns the viewer. */
  narrowed?: Narrowed | undefined;
  /** The custom attributes that are defined; absent where none is. */
  defined?: DefinedAttributes | undefined;
  /** Permissions that are not held at all are absent. */
  grants: ReadonlyMap<Permission, Reach>;
  /** The operation's instant by the database's clock. */
  now: Date;
}

const NOWHERE: readonly string[] = [];

/** Where the viewer holds a permission; an empty list where they do not hold it. */
export const reachOf = (viewer: Viewer, permission: Permission): Reach => viewer.grants.get(permission) ?? NOWHERE;

/** Whether the viewer holds a permission over at least one unit. */
export const holdsAnywhere = (viewer: Viewer, permission: Permission): boolean =>
  viewer.grants.has(permission) || viewer.narrowed?.conditioned.has(permission) === true;

/** Whether it depends on where anybody or anything stands what the viewer may do. */
export const isBounded = ({ grants, narrowed }: Viewer): boolean =>
  (narrowed?.conditioned.size ?? 0) > 0 || [...grants.values()].some((reach) => reach !== "everywhere");

/** Where somebody stands, and which conditions of the viewer's permissions they meet; none where that was not asked for. */
export interface Standing {
  unitPath: readonly string[];
  meets?: readonly string[] | null | undefined;
}

/** Whether the viewer holds a permission over somebody who stands here. */
export function holdsOver(viewer: Viewer, permission: Permission, { unitPath, meets }: Standing): boolean {
  if (covers(reachOf(viewer, permission), unitPath)) return true;
  const conditioned = viewer.narrowed?.conditioned.get(permission);
  return conditioned !== undefined && covers(conditioned.reach, unitPath) && meets?.includes(permission) === true;
}

/** Whether a reach covers something that stands at the end of this path of units (from the root down). */
export const covers = (reach: Reach, unitPath: readonly string[]): boolean =>
  reach === "everywhere" || unitPath.some((unit) => reach.includes(unit));

/** Where either reach holds. */
export function joinReach(a: Reach, b: Reach): Reach {
  if (a === "everywhere" || b === "everywhere") return "everywhere";
  return [...new Set([...a, ...b])];
}
