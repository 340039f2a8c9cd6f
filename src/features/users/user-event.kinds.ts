import type { Change, LoggedRow } from "../../feed/change.ts";
import type { Field } from "../../search/field.ts";
import { userCatalogue } from "./user.fields.ts";

/** What can happen to a person, in the order in which an event names it. */
export const USER_EVENT_TYPES = {
  CREATED: "The record was made.",
  INVITED: "The person was asked to join.",
  UPDATED: "Something of the person's own record changed that has no type of its own.",
  MOVED: "The person belongs to another org unit.",
  MANAGER_CHANGED: "The person has another manager, or none.",
  ACTIVATED: "The person became active.",
  DEACTIVATED: "The person became inactive.",
  LOCKED: "The person was locked out.",
  UNLOCKED: "The person is no longer locked out.",
  SUSPENDED: "The person was suspended.",
  REINSTATED: "The suspension ended.",
  ARCHIVED: "The person was archived.",
  DELETED: "The person was deleted; they can be restored for a while.",
  RESTORED: "The person is no longer deleted.",
  ERASED: "The record is gone for good.",
  ROLE_GRANTED: "A role was granted.",
  ROLE_REVOKED: "A grant of a role was revoked or ended.",
  GROUP_JOINED: "The person belongs to a group.",
  GROUP_LEFT: "The person no longer belongs to a group.",
  SIGNED_IN: "The person signed in.",
  SESSION_ENDED: "A session ended.",
  PASSWORD_CHANGED: "The password was set.",
  MFA_CHANGED: "The second factors are others.",
};

export type UserEventType = keyof typeof USER_EVENT_TYPES;

/** One field of a person's own record that differs. */
export interface Difference {
  field: Field;
  types: readonly UserEventType[];
}

/** Derived from other fields, or from other people and units; or bookkeeping of the change itself. */
const NOT_OWN = new Set([
  "text",
  "id",
  "version",
  "statusChangedAt",
  "updatedAt",
  "emailDomain",
  "mfaEnrolled",
  "directReportCount",
  "roles",
  "permissions",
  "groups",
]);

const OWN = [...userCatalogue.fields.values()].filter(({ name }) => !NOT_OWN.has(name));

/** The value of a field that is shown: not always the one that is asked about. */
export const shownValue = (field: Field, row: LoggedRow | null): unknown =>
  row?.[field.shownColumn ?? field.column] ?? null;

/** A change tells many viewers of the same differences. */
const FOUND = new WeakMap<object, readonly Difference[]>();

/** What differs in a person's own record between two states of their search row, and what that is called. */
export function differences(change: Pick<Change, "operation" | "before" | "after">): readonly Difference[] {
  const known = FOUND.get(change);
  if (known) return known;
  const found = differencesIn(change);
  FOUND.set(change, found);
  return found;
}

function differencesIn({ operation, before, after }: Pick<Change, "operation" | "before" | "after">): Difference[] {
  if (operation !== "UPDATE") {
    const types: UserEventType[] = [operation === "INSERT" ? "CREATED" : "ERASED"];
    return OWN.filter((field) => !isNothing(shownValue(field, after ?? before))).map((field) => ({ field, types }));
  }
  const old = before as LoggedRow;
  const fresh = after as LoggedRow;
  const differing = OWN.filter((field) => differs(field, old, fresh)).map((field) => ({
    field,
    types: typesOf(field.name, old, fresh),
  }));
  if (!same(old.invited_at ?? null, fresh.invited_at ?? null)) differing.push({ field: VERSION, types: ["INVITED"] });
  // Addresses, identities and the like: the record changed in something that the search row does not hold.
  const elsewhere = differing.length === 0 && old.version !== fresh.version;
  return elsewhere ? [{ field: VERSION, types: ["UPDATED"] }] : differing;
}

const VERSION = userCatalogue.fields.get("version") as Field;

/** Whether a difference is told by its type alone: the field says no more than that something changed. */
export const isUntold = ({ field }: Difference): boolean => field === VERSION;

const isNothing = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.keys(value as object).length === 0);

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function differs(field: Field, before: LoggedRow, after: LoggedRow): boolean {
  if (field.name === "roleGrants") return same(grantIds(before), grantIds(after)) === false;
  return !same(shownValue(field, before), shownValue(field, after));
}

/** The grants themselves: their roles and scopes can be changed by what others do. */
const grantIds = (row: LoggedRow): readonly string[] =>
  (row.role_grants as readonly { id: string }[]).map(({ id }) => id);

function typesOf(field: string, before: LoggedRow, after: LoggedRow): readonly UserEventType[] {
  switch (field) {
    case "status":
      return [statusEdge(String(before.status), String(after.status))];
    case "statusReason":
    case "deletedAt":
      return before.status === after.status ? ["UPDATED"] : [];
    case "orgUnit":
      return ["MOVED"];
    case "manager":
      return ["MANAGER_CHANGED"];
    case "roleGrants":
      return grantTypes(new Set(grantIds(before)), new Set(grantIds(after)));
    case "groupKeys":
      return groupTypes(new Set(shownList(before.group_keys)), new Set(shownList(after.group_keys)));
    case "lastLoginAt":
      return ["SIGNED_IN"];
    case "failedLoginCount":
    case "lastLoginCountry":
      return before.last_login_at === after.last_login_at ? ["UPDATED"] : [];
    case "activeSessionCount":
      return Number(after.active_session_count) < Number(before.active_session_count) ? ["SESSION_ENDED"] : [];
    case "passwordChangedAt":
      return ["PASSWORD_CHANGED"];
    case "mfaMethods":
      return ["MFA_CHANGED"];
    default:
      return ["UPDATED"];
  }
}

const BECOMES: Readonly<Record<string, UserEventType>> = {
  INACTIVE: "DEACTIVATED",
  LOCKED: "LOCKED",
  SUSPENDED: "SUSPENDED",
  ARCHIVED: "ARCHIVED",
  DELETED: "DELETED",
};

/** From ACTIVE and PENDING on, what the status becomes says it; back to ACTIVE, what it was. */
function statusEdge(from: string, to: string): UserEventType {
  if (from === "DELETED") return "RESTORED";
  if (to === "ACTIVE" && from === "LOCKED") return "UNLOCKED";
  if (to === "ACTIVE" && from === "SUSPENDED") return "REINSTATED";
  return BECOMES[to] ?? (to === "ACTIVE" ? "ACTIVATED" : "UPDATED");
}

const shownList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function groupTypes(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>): readonly UserEventType[] {
  const joined = [...after].some((key) => !before.has(key));
  const left = [...before].some((key) => !after.has(key));
  return [...(joined ? (["GROUP_JOINED"] as const) : []), ...(left ? (["GROUP_LEFT"] as const) : [])];
}

function grantTypes(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly UserEventType[] {
  const granted = [...after].some((id) => !before.has(id));
  const revoked = [...before].some((id) => !after.has(id));
  return [...(granted ? (["ROLE_GRANTED"] as const) : []), ...(revoked ? (["ROLE_REVOKED"] as const) : [])];
}
