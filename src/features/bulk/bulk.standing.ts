import { type RawBuilder, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Placed } from "../../access/policy.ts";
import { wasCancelled } from "../../database/error-mapping.ts";
import type { Tx } from "../../database/transaction.ts";
import { isSameJson } from "../../kernel/same.ts";
import { loadTemplateFacts, type TemplateFacts } from "../profile-templates/profile-template.offers.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import type { UserEntity } from "../users/user.entity.ts";
import { placesOfUsers } from "../users/user.place.ts";
import { type ChangeFacts, loadFacts } from "../users/user.rules.ts";
import { type PersonChange, writesContacts, writesGroups, writesRoles } from "./bulk.change.ts";
import { type HeldContacts, loadContacts } from "./bulk.contacts.ts";
import { type GroupFacts, loadGroups, lockGroups } from "./bulk.groups.ts";
import { loadRoles, type RoleFacts } from "./bulk.roles.ts";

/** Everything that deciding about the people of a batch takes; loaded in as many statements for a thousand as for one. */
export interface Standings {
  /** Locked until the transaction ends, unless it is only looked; whoever is absent is gone. */
  people: ReadonlyMap<string, UserEntity>;
  places: ReadonlyMap<string, Placed>;
  facts: ChangeFacts;
  roles: RoleFacts | undefined;
  groups: GroupFacts | undefined;
  templates: TemplateFacts | undefined;
  /** Of those whose contacts are to change. */
  contacts: ReadonlyMap<string, HeldContacts>;
  now: Date;
  /** Why: kept with every status that changes. */
  reason: string | null;
}

/** Locking people or groups took longer than a statement may, since others held them: that is no fault of anybody's change, and may pass. */
export class StillHeld extends Error {
  /** As it came. */
  readonly code = "57014";
}

async function waiting<T>(locked: Promise<T>): Promise<T> {
  try {
    return await locked;
  } catch (error) {
    throw wasCancelled(error) ? new StillHeld("People or groups stayed locked by others.", { cause: error }) : error;
  }
}

interface Wanted {
  userId: string;
  change: PersonChange;
}

/** Locks groups and people, each in the order of their ids, unless it is only looked, and loads what deciding about these changes takes. */
export async function loadStandings(
  tx: Tx,
  viewer: Viewer,
  wanted: readonly Wanted[],
  { orgTimezone, locks = true }: { orgTimezone: string; locks?: boolean },
): Promise<Standings> {
  const ids = [...new Set(wanted.map(({ userId }) => userId))].sort();
  const changes = [...new Set(wanted.map(({ change }) => change))];
  const areAsked = changes.some((one) => one.templates || one.fills);
  const templates = areAsked ? await loadTemplateFacts(tx, ids, orgTimezone) : undefined;
  const { joining, leaving, ofTemplates } = namedBy(changes, templates);
  const locked = await waiting(lockGroups(tx, viewer, [...joining, ...leaving]));
  const people = await waiting(peopleOf(tx, ids, locks));
  // Whoever is to be made has none yet.
  const reached = wanted.filter(({ change }) => writesContacts(change) && !change.create).map(({ userId }) => userId);
  return {
    people,
    places: await placesOfUsers(tx.sql, ids, viewer),
    facts: await loadFacts(
      tx,
      viewer,
      changes.map(({ profile }) => profile ?? {}),
    ),
    roles: changes.some(writesRoles) ? await loadRoles(tx, viewer, ids, changes, ofTemplates) : undefined,
    groups: locked.size > 0 ? await loadGroups(tx, viewer, ids, locked, joining) : undefined,
    templates,
    contacts: reached.length > 0 ? await loadContacts(tx, reached) : new Map(),
    now: tx.now,
    reason: tx.cause.reason ?? null,
  };
}

/**
 * Locks whatever batches to come will lock, in the one order in which everybody does: groups, then people, each in the order of their ids, then the graph of
 * roles. So that no batch waits for people while an earlier one's groups and roles are held. `people`: a query of their ids.
 */
export async function lockAll(
  tx: Tx,
  viewer: Viewer,
  people: RawBuilder<unknown>,
  changes: readonly PersonChange[],
): Promise<void> {
  // Whom they fit is not asked here, and so not what day it is anywhere.
  const templates = changes.some((one) => one.templates) ? await loadTemplateFacts(tx, [], "UTC") : undefined;
  const { joining, leaving } = namedBy(changes, templates);
  const roles = changes.some((one) => writesRoles(one) || writesGroups(one));
  await lockInOrder(tx, viewer, { groups: [...joining, ...leaving], people, roles });
}

/** The same of groups that are named, and whether roles are given or taken. */
export async function lockInOrder(
  tx: Tx,
  viewer: Viewer,
  { groups, people, roles }: { groups: readonly string[]; people: RawBuilder<unknown>; roles: boolean },
): Promise<void> {
  await waiting(lockGroups(tx, viewer, groups));
  await waiting(lockEverybody(tx, people));
  if (roles || groups.length > 0) await lockRoleGraph(tx);
}

/** Locks people in the order of their ids; `people`: a query of these. */
export const lockEverybody = (tx: Tx, people: RawBuilder<unknown>): Promise<unknown> =>
  sql`SELECT count(*) FROM (SELECT FROM user_account WHERE id IN (${people}) ORDER BY id FOR UPDATE) locked`.execute(
    tx.sql,
  );

async function peopleOf(tx: Tx, ids: readonly string[], locks: boolean): Promise<ReadonlyMap<string, UserEntity>> {
  const found = tx.sql
    .selectFrom("user_account")
    .selectAll()
    .where("id", "=", sql<string>`ANY (${[...ids]}::uuid[])`)
    .orderBy("id");
  const rows = await (locks ? found.forUpdate() : found).execute();
  return new Map(rows.map((row) => [row.id, entityOf(row)]));
}

/** The groups and roles that changes name, and that the templates have which they apply. */
function namedBy(changes: readonly PersonChange[], facts: TemplateFacts | undefined) {
  const applied = (facts?.templates ?? [])
    .map(({ template }) => template)
    .filter(({ id }) => changes.some(({ templates }) => templates && (!templates.ids || templates.ids.includes(id))));
  return {
    joining: [
      ...changes.flatMap(({ addGroups = [] }) => addGroups.map(({ groupId }) => groupId)),
      ...applied.flatMap(({ groups }) => groups.map(({ groupId }) => groupId)),
    ],
    leaving: changes.flatMap(({ removeGroups = [], endMembers = [] }) => [
      ...removeGroups,
      ...endMembers.map(({ groupId }) => groupId),
    ]),
    ofTemplates: applied.flatMap(({ roles }) => roles),
  };
}

/** A name made of another one, once for each. */
function renaming(rename: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? rename(name);
    known.set(name, found);
    return found;
  };
}

/** What a column is called in units of work, and the other way round. */
export const camel = renaming((column) => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
const snake = renaming((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

/** A row as units of work have it. */
const entityOf = (row: object): UserEntity =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [camel(column), value])) as unknown as UserEntity;

/** An account as a row: everything that is set of it. */
export function rowOf(account: object): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(account)) if (value !== null) row[snake(name)] = value;
  return row;
}

/** The columns of a person in which two states differ, with the later values. */
export function changedColumns(before: UserEntity, after: UserEntity): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    const old = before[name as keyof UserEntity];
    if (!isSameJson(old, value)) changed[snake(name)] = value;
  }
  return changed;
}
