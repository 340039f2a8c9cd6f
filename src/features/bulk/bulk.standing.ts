import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Placed } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { pathsOfUnits } from "../org/org-unit.path.ts";
import { lockRoleGraph, type RoleGraph, type RoleNode } from "../roles/role.graph.ts";
import { requireGrantable } from "../roles/role-grant.addition.ts";
import type { UserEntity } from "../users/user.entity.ts";
import { placesOfUsers } from "../users/user.place.ts";
import { type ChangeFacts, loadFacts } from "../users/user.rules.ts";
import { type PersonChange, type RoleChange, writesContacts, writesRoles } from "./bulk.change.ts";
import { type HeldContacts, loadContacts } from "./bulk.contacts.ts";

/** A grant that has not ended. */
export interface HeldGrant {
  id: string;
  userId: string;
  roleId: string;
  scopeId: string | null;
  scopePath: readonly string[];
  expiresAt: Date | null;
}

/** Roles as the people of a batch may be given them. */
export interface RoleFacts {
  graph: RoleGraph;
  /** The role that may be given, or why it may not, by what is to be given. */
  grantable: ReadonlyMap<string, RoleNode | RollcallError>;
  scopes: ReadonlyMap<string, readonly string[]>;
  held: ReadonlyMap<string, readonly HeldGrant[]>;
}

/** Everything that deciding about the people of a batch takes; loaded in as many statements for a thousand as for one. */
export interface Standings {
  /** Locked until the transaction ends; whoever is absent is gone. */
  people: ReadonlyMap<string, UserEntity>;
  places: ReadonlyMap<string, Placed>;
  facts: ChangeFacts;
  roles: RoleFacts | undefined;
  /** Of those whose contacts are to change. */
  contacts: ReadonlyMap<string, HeldContacts>;
  now: Date;
  /** Why: kept with every status that changes. */
  reason: string | null;
}

interface Wanted {
  userId: string;
  change: PersonChange;
}

/** Locks people in the order of their ids and loads what deciding about these changes takes. */
export async function loadStandings(tx: Tx, viewer: Viewer, wanted: readonly Wanted[]): Promise<Standings> {
  const ids = [...new Set(wanted.map(({ userId }) => userId))].sort();
  const rows = await tx.sql
    .selectFrom("user_account")
    .selectAll()
    .where("id", "=", sql<string>`ANY (${ids}::uuid[])`)
    .orderBy("id")
    .forUpdate()
    .execute();
  const changes = [...new Set(wanted.map(({ change }) => change))];
  // Whoever is to be made has none yet.
  const reached = wanted.filter(({ change }) => writesContacts(change) && !change.create).map(({ userId }) => userId);
  return {
    people: new Map(rows.map((row) => [row.id, entityOf(row)])),
    places: await placesOfUsers(tx.sql, ids, viewer),
    facts: await loadFacts(
      tx,
      viewer,
      changes.map(({ profile }) => profile ?? {}),
    ),
    roles: changes.some(writesRoles) ? await loadRoles(tx, viewer, ids, changes) : undefined,
    contacts: reached.length > 0 ? await loadContacts(tx, reached) : new Map(),
    now: tx.now,
    reason: tx.cause.reason ?? null,
  };
}

const camel = (column: string): string => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A row as units of work have it. */
const entityOf = (row: object): UserEntity =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [camel(column), value])) as unknown as UserEntity;

/** An account as a row: everything that is set of it. */
export const rowOf = (account: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(account).map(([name, value]) => [snake(name), value]));

/** The columns of a person in which two states differ, with the later values. */
export function changedColumns(before: UserEntity, after: UserEntity): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    const old = before[name as keyof UserEntity];
    if (old !== value && JSON.stringify(old) !== JSON.stringify(value)) changed[snake(name)] = value;
  }
  return changed;
}

/** Under what a role that is to be given is found among the grantable ones. */
export const grantKey = ({ roleKey, scopeId, expiresAt }: RoleChange): string =>
  JSON.stringify([roleKey, scopeId ?? null, expiresAt ?? null]);

async function loadRoles(
  tx: Tx,
  viewer: Viewer,
  ids: readonly string[],
  changes: readonly PersonChange[],
): Promise<RoleFacts> {
  const additions = changes.flatMap(({ addRoles }) => addRoles ?? []);
  const removals = changes.flatMap(({ removeRoles }) => removeRoles ?? []);
  const graph = await lockRoleGraph(tx);
  const keys = [...additions, ...removals].flatMap(({ roleKey }) => graph.byKey(roleKey)?.id ?? []);
  const { rows } = await sql<Omit<HeldGrant, "scopePath">>`
    SELECT id, user_id AS "userId", role_id AS "roleId", scope_id AS "scopeId", expires_at AS "expiresAt" FROM role_grant
    WHERE user_id = ANY(${[...ids]}::uuid[]) AND role_id = ANY(${[...new Set(keys)]}::uuid[])
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${tx.now})
    ORDER BY id`.execute(tx.sql);
  const scopeIds = [...additions, ...rows].flatMap(({ scopeId }) => scopeId ?? []);
  const scopes = scopeIds.length > 0 ? await pathsOfUnits(tx.sql, [...new Set(scopeIds)]) : new Map();
  const grantable = new Map<string, RoleNode | RollcallError>();
  for (const addition of additions) {
    const key = grantKey(addition);
    if (!grantable.has(key)) grantable.set(key, await grantableRole(tx, viewer, graph, addition, scopes));
  }
  const held = rows.map((row) => ({ ...row, scopePath: row.scopeId ? (scopes.get(row.scopeId) ?? []) : [] }));
  return { graph, grantable, scopes, held: Map.groupBy(held, ({ userId }) => userId) };
}

async function grantableRole(
  tx: Tx,
  viewer: Viewer,
  graph: RoleGraph,
  { roleKey, scopeId, expiresAt }: RoleChange,
  scopes: ReadonlyMap<string, readonly string[]>,
): Promise<RoleNode | RollcallError> {
  const scope = { id: scopeId ?? null, path: scopeId ? (scopes.get(scopeId) ?? []) : [] };
  const period = { startsAt: viewer.now, expiresAt: expiresAt ? new Date(expiresAt) : null };
  try {
    return await requireGrantable(
      tx,
      viewer,
      graph,
      { roleKey, scope, period },
      { role: "roleKey", until: "expiresAt" },
    );
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
}
