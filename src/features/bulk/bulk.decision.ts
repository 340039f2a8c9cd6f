import type { Viewer } from "../../access/actor.ts";
import { maySee, type Placed, requireAt, requireOver } from "../../access/policy.ts";
import { conflict, invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { CheckedPerson } from "../attributes/attribute.checks.ts";
import { seesGrantsOf } from "../roles/role-grant.service.ts";
import type { UserEntity, UserStatus } from "../users/user.entity.ts";
import type { StatusMove } from "../users/user.following.ts";
import { LIFECYCLE, type LifecycleOperation } from "../users/user.lifecycle.ts";
import { type ProfileValues, tagsProblem } from "../users/user.profile.ts";
import { refuseErased, requireCreatable, requireWritable } from "../users/user.rules.ts";
import { assignProfile, newAccount } from "../users/user.service.ts";
import { transitioned } from "../users/user.transitions.ts";
import { type PersonChange, permissionsFor, type RoleChange, writesProfile } from "./bulk.change.ts";
import { type ContactDecision, decideContacts, NO_CONTACTS } from "./bulk.contacts.ts";
import { changedColumns, grantKey, type HeldGrant, rowOf, type Standings } from "./bulk.standing.ts";

/** Values of a person by the catalogue's field names; only those that a change concerns. */
export type Values = Record<string, unknown>;

/** A role that is given by this change. */
export interface NewGrant {
  id: string;
  roleId: string;
  scopeId: string | null;
  expiresAt: Date | null;
}

/** What a change comes to for one person. */
export interface Decision {
  userId: string;
  /** The version that was found. */
  version: number;
  before: Values;
  after: Values;
  /** Where they stand, or will. */
  place: Placed;
  /** Whether the person is made. */
  isNew: boolean;
  /** Columns of the account to write; empty where they stay as they are. */
  columns: Record<string, unknown>;
  /** How they are reached from now on; undefined where that stays as it is. */
  contacts: ContactDecision | undefined;
  /** What must be unique about the person afterwards, where that is to be asked. */
  names: Pick<UserEntity, "id" | "username" | "employeeNumber"> | undefined;
  /** What attributes become, where they are given. */
  checked: CheckedPerson | undefined;
  move: StatusMove | undefined;
  give: readonly NewGrant[];
  revoke: readonly HeldGrant[];
  /** What takes it back. */
  undo: PersonChange;
  /** What it cannot put back. */
  notes: string[];
}

/** Decides what a change comes to for a person, by the rules of the single mutations, and throws what they would throw. */
export function decide(viewer: Viewer, userId: string, change: PersonChange, standings: Standings): Decision {
  const user = standings.people.get(userId);
  const placed = standings.places.get(userId);
  if (!user || !placed) throw notFound("user", "userId");
  for (const permission of permissionsFor(change)) requireOver(viewer, permission, placed, "userId");
  refuseErased(user);
  const after = { ...user };
  if (writesProfile(change)) writeProfile(viewer, placed, change, after, standings);
  const contacts = change.contacts && decideContacts(userId, heldBy(userId, standings), change.contacts, standings.now);
  const move = change.status ? takeStep(change.status, user, after, standings) : undefined;
  const { give, revoke } = decideRoles(viewer, placed, change, standings);
  const columns = changedColumns(user, after);
  const concerned = fieldsOf(columns);
  const undone = undoProfile(user, after, columns);
  const back = move && stepBack(move, user);
  return {
    userId,
    version: user.version,
    before: { ...valuesOf(user, after, concerned), ...contacts?.before, ...rolesBefore(give, revoke, standings) },
    after: { ...valuesOf(after, user, concerned), ...contacts?.after, ...rolesAfter(give, revoke, standings) },
    place: placed,
    isNew: false,
    columns,
    contacts,
    names: renames(columns) || move?.from === "DELETED" ? after : undefined,
    checked: change.profile?.attributes === undefined ? undefined : checkedOf(user, after),
    move,
    give,
    revoke,
    undo: {
      ...(undone ? { profile: undone } : {}),
      ...(contacts ? { contacts: contacts.undo } : {}),
      ...(back ? { status: back } : {}),
      ...(give.length > 0 ? { removeRoles: give.map((grant) => roleChange(grant, standings)) } : {}),
      ...(revoke.length > 0 ? { addRoles: revoke.map((grant) => roleChange(grant, standings)) } : {}),
    },
    notes: notesOf(move, back !== undefined),
  };
}

/** Decides about somebody who is to be made, by the rules of createUser, and throws what it would throw. */
export function decideCreation(viewer: Viewer, userId: string, change: PersonChange, standings: Standings): Decision {
  const { create, profile = {}, contacts = {} } = change;
  if (!create || !profile.username) throw invalidInput([{ path: "username", message: "must not be empty." }]);
  const place = requireCreatable(viewer, userId, { profile, contacts }, standings.facts);
  const given = { ...create, profile: { ...profile, username: profile.username }, reason: standings.reason };
  const made = newAccount(userId, given, standings.now) as unknown as UserEntity;
  const problem = tagsProblem(made.tags);
  if (problem) throw invalidInput([{ path: "tags", message: `${problem}.` }]);
  const reached = decideContacts(userId, NO_CONTACTS, contacts, standings.now);
  const set = fieldsOf(rowOf(made)).filter((name) => !isEmpty(made[name as keyof UserEntity]));
  return {
    userId,
    version: 0,
    before: {},
    after: { ...valuesOf(made, EMPTY, set), ...reached?.after },
    place,
    isNew: true,
    columns: rowOf(made),
    contacts: reached,
    names: made,
    checked: { ...checkedOf(EMPTY, made), isNew: true },
    move: undefined,
    give: [],
    revoke: [],
    undo: { status: { operation: "delete", until: null } },
    notes: [],
  };
}

const EMPTY = { attributes: {} } as UserEntity;
const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === "object" && !(value instanceof Date) && Object.keys(value).length === 0);

const heldBy = (userId: string, { contacts }: Standings) => contacts.get(userId) ?? NO_CONTACTS;

/** The version that writing leaves the person with. */
export const versionAfter = ({ isNew, version, columns, contacts }: Decision): number =>
  isNew ? 1 : version + (Object.keys(columns).length > 0 || contacts ? 1 : 0);

/** What of a step cannot be taken back, as NOTES has it. */
const notesOf = (move: StatusMove | undefined, back: boolean): string[] => [
  ...(move && !back ? ["STATUS_NOT_REVERTIBLE"] : []),
  ...(move?.from === "ACTIVE" ? ["ACCESS_NOT_REVERTIBLE"] : []),
];

/** Whether anything is to be written. */
export const isChange = ({ columns, contacts, give, revoke }: Decision): boolean =>
  Object.keys(columns).length > 0 || contacts !== undefined || give.length > 0 || revoke.length > 0;

function writeProfile(
  viewer: Viewer,
  placed: Placed,
  change: PersonChange,
  after: UserEntity,
  { facts }: Standings,
): void {
  const { profile = {}, contacts = {}, addTags = [], removeTags = [] } = change;
  requireWritable(viewer, placed, { profile, contacts }, facts);
  const gone = new Set(removeTags);
  const tags = [...(profile.tags ?? after.tags).filter((tag) => !gone.has(tag)), ...addTags];
  const problem = tagsProblem([...new Set(tags)]);
  if (problem) throw invalidInput([{ path: "tags", message: `${problem}.` }]);
  assignProfile(after, { ...profile, tags });
}

function takeStep(
  { operation, until }: NonNullable<PersonChange["status"]>,
  user: UserEntity,
  after: UserEntity,
  { now, reason }: Standings,
): StatusMove | undefined {
  const { to } = LIFECYCLE[operation];
  // Whoever stands there already is left as they are, so that a plan that is made again finds nothing to do.
  if (user.status === to) return undefined;
  const values = transitioned(user, { operation, until: until ? new Date(until) : null, reason }, now);
  Object.assign(after, values);
  return { userId: user.id, from: user.status, to: values.status as UserStatus, until: values.statusUntil };
}

function decideRoles(
  viewer: Viewer,
  placed: Placed,
  { addRoles = [], removeRoles = [] }: PersonChange,
  { roles }: Standings,
): { give: NewGrant[]; revoke: HeldGrant[] } {
  if (!roles || (addRoles.length === 0 && removeRoles.length === 0)) return { give: [], revoke: [] };
  if (addRoles.length > 0 && placed.deleted) throw conflict("A deleted user cannot be granted anything.");
  requireAt(viewer, "ROLE_GRANT", placed.unitPath);
  const held = roles.held.get(placed.userId) ?? [];
  const give: NewGrant[] = [];
  for (const addition of addRoles) {
    const role = roles.grantable.get(grantKey(addition));
    if (!role || role instanceof RollcallError) throw role ?? notFound("role", "roleKey");
    const scopeId = addition.scopeId ?? null;
    const same = (grant: { roleId: string; scopeId: string | null }) =>
      grant.roleId === role.id && grant.scopeId === scopeId;
    if ([...held, ...give].some(same)) continue;
    const expiresAt = addition.expiresAt ? new Date(addition.expiresAt) : null;
    give.push({ id: newId(), roleId: role.id, scopeId, expiresAt });
  }
  const sees = maySee(viewer, placed) && seesGrantsOf(viewer, placed);
  const revoke = sees ? held.filter((grant) => removeRoles.some((one) => isMeant(one, grant, roles.graph))) : [];
  for (const { scopePath } of revoke) requireAt(viewer, "ROLE_GRANT", scopePath);
  return { give, revoke };
}

const isMeant = (
  { roleKey, scopeId }: RoleChange,
  grant: HeldGrant,
  graph: NonNullable<Standings["roles"]>["graph"],
): boolean => graph.byKey(roleKey)?.id === grant.roleId && (scopeId === undefined || scopeId === grant.scopeId);

const roleChange = (
  { roleId, scopeId, expiresAt }: NewGrant | HeldGrant,
  { roles }: Standings,
): RoleChange & { scopeId: string | null } => ({
  roleKey: roles?.graph.byId(roleId)?.key ?? "",
  scopeId,
  expiresAt: expiresAt?.toISOString() ?? null,
});

/** The roles that a change concerns, as the person held them; of a change that concerns none, nothing. */
const rolesBefore = (give: readonly NewGrant[], revoke: readonly HeldGrant[], standings: Standings): Values =>
  give.length + revoke.length === 0 ? {} : { roleGrants: revoke.map((grant) => roleChange(grant, standings)) };

const rolesAfter = (give: readonly NewGrant[], revoke: readonly HeldGrant[], standings: Standings): Values =>
  give.length + revoke.length === 0 ? {} : { roleGrants: give.map((grant) => roleChange(grant, standings)) };

const renames = (columns: object): boolean => "username" in columns || "employee_number" in columns;

/** What the columns are called in the catalogue; bookkeeping is left out. */
const NAMES: Readonly<Record<string, string>> = { orgUnitId: "orgUnit", managerId: "manager" };
const UNTOLD = new Set(
  "id version statusReason statusChangedAt statusBefore deletedAt source createdAt updatedAt".split(" "),
);
const camel = (column: string): string => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const fieldsOf = (columns: object): string[] =>
  Object.keys(columns)
    .map(camel)
    .filter((name) => !UNTOLD.has(name));

/** The values of these fields; of attributes those alone that differ from the other state's. */
const valuesOf = (user: UserEntity, other: UserEntity, fields: readonly string[]): Values =>
  Object.fromEntries(
    fields.map((name) => [
      NAMES[name] ?? name,
      name === "attributes" ? differing(user.attributes, other.attributes) : (user[name as keyof UserEntity] ?? null),
    ]),
  );

/** The values by key in which an object differs from another one. */
const differing = (from: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(from).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(other[key])),
  );

const checkedOf = ({ id, attributes: before }: UserEntity, { attributes: after }: UserEntity): CheckedPerson => ({
  id,
  before,
  after,
  isNew: false,
});

/** The profile that puts back what differs; undefined where nothing of it does. */
function undoProfile(before: UserEntity, after: UserEntity, columns: object): ProfileValues | undefined {
  const fields = fieldsOf(columns).filter((name) => name !== "status" && name !== "statusUntil");
  if (fields.length === 0) return undefined;
  const values: Record<string, unknown> = valuesOfColumns(before, fields);
  if ("attributes" in values) values.attributes = undoAttributes(before.attributes, after.attributes);
  return values as ProfileValues;
}

const valuesOfColumns = (user: UserEntity, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.map((name) => [name, user[name as keyof UserEntity] ?? null]));

/** Attributes are merged: what was added is removed by null, what was there is set again. */
const undoAttributes = (before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> => ({
  ...Object.fromEntries(Object.keys(differing(after, before)).map((key) => [key, null])),
  ...differing(before, after),
});

/** The step that leads back, where there is one. */
function stepBack({ from, to }: StatusMove, before: UserEntity): PersonChange["status"] {
  for (const [operation, { from: starts, to: end, mayEnd }] of Object.entries(LIFECYCLE)) {
    const target: UserStatus = end === "BEFORE" ? from : end;
    if (!starts.includes(to) || target !== from) continue;
    return { operation: operation as LifecycleOperation, until: (mayEnd && before.statusUntil?.toISOString()) || null };
  }
  return undefined;
}
