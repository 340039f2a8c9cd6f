import type { Viewer } from "../../access/actor.ts";
import { maySee, type Placed, requireOver } from "../../access/policy.ts";
import { invalidInput, notFound } from "../../kernel/errors.ts";
import type { CheckedPerson } from "../attributes/attribute.checks.ts";
import type { FillMemory } from "../profile-templates/profile-template.fills.ts";
import type { UserEntity, UserStatus } from "../users/user.entity.ts";
import type { StatusMove } from "../users/user.following.ts";
import { edgeBetween, LIFECYCLE, type LifecycleOperation } from "../users/user.lifecycle.ts";
import { type ProfileValues, tagsProblem } from "../users/user.profile.ts";
import { refuseErased, requireCreatable, requireWritable } from "../users/user.rules.ts";
import { assignProfile, newAccount } from "../users/user.service.ts";
import { transitioned } from "../users/user.transitions.ts";
import { type Aspect, type PersonChange, permissionsFor, type StatusChange, writesProfile } from "./bulk.change.ts";
import { type ContactDecision, decideContacts, NO_CONTACTS } from "./bulk.contacts.ts";
import { decideGroups, type HeldMember, keysOf, type NewMember } from "./bulk.groups.ts";
import { tagsAfter, withLists } from "./bulk.lists.ts";
import { NOTHING_OFFERED, type Offered, offeredTo, undoFills } from "./bulk.offers.ts";
import { decideRoles, type HeldGrant, type NewGrant, roleChange } from "./bulk.roles.ts";
import { camel, changedColumns, rowOf, type Standings } from "./bulk.standing.ts";

/** Values of a person by the catalogue's field names; only those that a change concerns. */
export type Values = Record<string, unknown>;

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
  /** What attributes become, where they are given; of who comes back, what they are. */
  checked: CheckedPerson | undefined;
  move: StatusMove | undefined;
  give: readonly NewGrant[];
  revoke: readonly HeldGrant[];
  join: readonly NewMember[];
  leave: readonly HeldMember[];
  /** Which values are templates' from then on. */
  fills: Omit<FillMemory, "userId">;
  /** What takes it back. */
  undo: PersonChange;
  /** What it cannot put back. */
  notes: string[];
}

/** Decides what a change comes to for a person, by the rules of the single mutations, and throws what they would throw. */
export function decide(viewer: Viewer, userId: string, change: PersonChange, standings: Standings): Decision {
  const user = standings.people.get(userId);
  const placed = standings.places.get(userId);
  if (!user || !placed || !maySee(viewer, placed)) throw notFound("user", "userId");
  for (const permission of permissionsFor(change)) requireOver(viewer, permission, placed, "userId");
  refuseErased(user);
  const after = { ...user };
  const isStaying = change.status !== undefined && isOver(change.status, standings.now);
  const move = change.status && !isStaying ? takeStep(change.status, user, after, standings) : undefined;
  const offered = change.templates
    ? offeredTo(viewer, { user, placed, status: after.status, change }, standings)
    : NOTHING_OFFERED;
  const profile = withLists(user, { ...change, profile: offered.profile ?? change.profile });
  if (writesProfile({ ...change, profile })) writeProfile(viewer, placed, { ...change, profile }, after, standings);
  const contacts = change.contacts && decideContacts(userId, heldBy(userId, standings), change.contacts, standings.now);
  const { lapses, ...given } = decideGiven(
    viewer,
    placed,
    { change, offered, staysOut: after.status === "DELETED" || after.status === "ARCHIVED" },
    standings,
  );
  const columns = changedColumns(user, after);
  const undone = undoProfile(user, after, columns);
  const back = move && stepBack(move, user);
  const returns = move?.from === "DELETED";
  return {
    userId,
    version: user.version,
    ...shownValues({ user, after, columns, contacts, given }, standings),
    place: placed,
    isNew: false,
    columns,
    contacts,
    names: renames(columns) || returns ? after : undefined,
    checked: profile?.attributes === undefined && !returns ? undefined : { ...checkedOf(user, after), returns },
    move,
    ...given,
    fills: change.fills ?? { noted: offered.fills, forgotten: [] },
    undo: {
      ...(undone ? { profile: undone } : {}),
      ...(contacts ? { contacts: contacts.undo } : {}),
      ...(back ? { status: back } : {}),
      ...undoGiven(given, standings),
      ...undoFills(user, change, offered, standings),
    },
    notes: [
      ...notesOf(move, back !== undefined),
      ...(isStaying ? ["STATUS_STAYS"] : []),
      ...(lapses ? ["ROLE_IS_OVER"] : []),
    ],
  };
}

type Given = Pick<Decision, "give" | "revoke" | "join" | "leave">;

/** Roles and groups, those of templates with those that the change names. */
function decideGiven(
  viewer: Viewer,
  placed: Placed,
  { change, offered, staysOut }: { change: PersonChange; offered: Offered; staysOut: boolean },
  { roles, groups }: Standings,
): Given & { lapses: boolean } {
  const { addRoles = [], removeRoles = [], addGroups = [], removeGroups = [], endMembers = [] } = change;
  const ofRoles = { add: [...addRoles, ...offered.roles], remove: removeRoles, staysOut };
  const ofGroups = { add: [...addGroups, ...offered.groups], remove: removeGroups, end: endMembers, staysOut };
  return { ...decideRoles(viewer, placed, ofRoles, roles), ...decideGroups(viewer, placed, ofGroups, groups) };
}

const undoGiven = ({ give, revoke, join, leave }: Given, { roles }: Standings): PersonChange => ({
  ...(give.length > 0
    ? { removeRoles: give.map((grant) => ({ ...roleChange(grant, roles), grantId: grant.id })) }
    : {}),
  ...(revoke.length > 0 ? { addRoles: revoke.map((grant) => roleChange(grant, roles)) } : {}),
  ...(join.length > 0 ? { endMembers: join.map(({ id, groupId }) => ({ memberId: id, groupId })) } : {}),
  ...(leave.length > 0 ? { addGroups: leave.map(({ groupId, templateId }) => ({ groupId, templateId })) } : {}),
});

interface Concerned {
  user: UserEntity;
  after: UserEntity;
  columns: object;
  contacts: ContactDecision | undefined;
  given: Given;
}

/** What a change concerns, before and after; of roles and groups what is taken and what is given. */
function shownValues(
  { user, after, columns, contacts, given }: Concerned,
  { roles, groups, now }: Standings,
): Pick<Decision, "before" | "after"> {
  const { give, revoke, join, leave } = given;
  const fields = fieldsOf(columns);
  // When a grant began is no part of what changes.
  const known = ({ startsAt, ...grant }: NewGrant): NewGrant => ({
    ...grant,
    startsAt: startsAt && startsAt > now ? startsAt : null,
  });
  const shown = (grants: readonly NewGrant[], members: readonly NewMember[]): Values => ({
    ...(give.length + revoke.length > 0 ? { roleGrants: grants.map((grant) => roleChange(known(grant), roles)) } : {}),
    ...(join.length + leave.length > 0 ? { groupKeys: keysOf(members, groups) } : {}),
  });
  return {
    before: { ...valuesOf(user, after, fields), ...contacts?.before, ...shown(revoke, leave) },
    after: { ...valuesOf(after, user, fields), ...contacts?.after, ...shown(give, join) },
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
  const columns = rowOf(made);
  const set = fieldsOf(columns).filter((name) => !isEmpty(made[name as keyof UserEntity]));
  return {
    userId,
    version: 0,
    before: {},
    after: { ...valuesOf(made, EMPTY, set), ...reached?.after },
    place,
    isNew: true,
    columns,
    contacts: reached,
    names: made,
    checked: { ...checkedOf(EMPTY, made), isNew: true },
    move: undefined,
    give: [],
    revoke: [],
    join: [],
    leave: [],
    fills: { noted: [], forgotten: [] },
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

/** Whether whoever takes the step keeps no way in that they may have, an invitation's included. */
const endsAccess = ({ from, to }: StatusMove): boolean =>
  edgeBetween(from, to)?.edge.follows.includes("END_LINKS") === true;

/** What of a step cannot be taken back, as NOTES has it. */
const notesOf = (move: StatusMove | undefined, back: boolean): string[] => [
  ...(move && !back ? ["STATUS_NOT_REVERTIBLE"] : []),
  ...(move && endsAccess(move) ? ["ACCESS_NOT_REVERTIBLE"] : []),
];

/** Whether anything is to be written. */
export const isChange = ({ columns, contacts, give, revoke, join, leave }: Decision): boolean =>
  Object.keys(columns).length > 0 ||
  contacts !== undefined ||
  [give, revoke, join, leave].some((list) => list.length > 0);

/** What of the person it concerns. */
export function aspectsOf({ isNew, columns, contacts, move, give, revoke, join, leave }: Decision): Aspect[] {
  const written = Object.entries(columns).filter(([, value]) => !isNew || value !== null);
  const fields = fieldsOf(Object.fromEntries(written));
  const isPlace = (name: string) => name in NAMES;
  const isStatus = (name: string) => name === "status" || name === "statusUntil";
  const groups = join.length + leave.length > 0;
  return [
    ...(contacts || fields.some((name) => !isPlace(name) && !isStatus(name)) ? (["PROFILE"] as const) : []),
    ...(fields.some(isPlace) ? (["PLACE"] as const) : []),
    ...(isNew || move || fields.some(isStatus) ? (["STATUS"] as const) : []),
    ...(groups || give.length + revoke.length > 0 ? (["ROLES"] as const) : []),
    ...(groups ? (["GROUPS"] as const) : []),
  ];
}

function writeProfile(
  viewer: Viewer,
  placed: Placed,
  change: PersonChange,
  after: UserEntity,
  { facts }: Standings,
): void {
  const { profile = {}, contacts = {} } = change;
  requireWritable(viewer, placed, { profile, contacts }, facts);
  const tags = tagsAfter(after, change);
  const problem = tagsProblem(tags);
  if (problem) throw invalidInput([{ path: "tags", message: `${problem}.` }]);
  assignProfile(after, { ...profile, tags });
}

/** Whether a status that is put back would have ended. */
const isOver = ({ until, isBack }: StatusChange, now: Date): boolean =>
  isBack === true && until !== null && new Date(until) <= now;

function takeStep(
  { operation, until }: StatusChange,
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

const renames = (columns: object): boolean => "username" in columns || "employee_number" in columns;

/** What the columns are called in the catalogue; bookkeeping is left out. */
const NAMES: Readonly<Record<string, string>> = { orgUnitId: "orgUnit", managerId: "manager" };
const UNTOLD = new Set(
  "id version statusReason statusChangedAt statusBefore deletedAt source createdAt updatedAt".split(" "),
);

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
function stepBack({ from, to }: StatusMove, before: UserEntity): StatusChange | undefined {
  for (const [operation, { from: starts, to: end, mayEnd }] of Object.entries(LIFECYCLE)) {
    const target: UserStatus = end === "BEFORE" ? from : end;
    if (!starts.includes(to) || target !== from) continue;
    const until = (mayEnd && before.statusUntil?.toISOString()) || null;
    return { operation: operation as LifecycleOperation, until, isBack: true };
  }
  return undefined;
}
