import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { maySee, type Placed, requireAt } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, invalidInput, RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { insertRows } from "../imports/bulk.write.ts";
import { pathsOfUnits } from "../org/org-unit.path.ts";
import { lockRoleGraph, type RoleGraph, type RoleNode } from "../roles/role.graph.ts";
import { keepRoleManager } from "../roles/role.guard.ts";
import { type Holdings, loadHoldings } from "../roles/role.holding.ts";
import { heldAlready, requireGrantable } from "../roles/role-grant.addition.ts";
import { seesGrantsOf } from "../roles/role-grant.service.ts";
import { changedSince, type PersonChange, type RoleChange } from "./bulk.change.ts";

/** A role that is given by a change. */
export interface NewGrant {
  id: string;
  roleId: string;
  scopeId: string | null;
  /** Null: as soon as it is given. */
  startsAt: Date | null;
  expiresAt: Date | null;
  /** The template that it comes of, null where that is gone; undefined: given by hand. */
  templateId: string | null | undefined;
}

/** A grant that has not ended. */
export interface HeldGrant extends NewGrant {
  userId: string;
  startsAt: Date;
  scopePath: readonly string[];
}

/** Roles as the people of a batch may be given them. */
export interface RoleFacts {
  graph: RoleGraph;
  holdings: Holdings;
  /** The paths of units, by their ids. */
  scopes: Map<string, readonly string[]>;
  /** Grants of the roles that the changes name, by person. */
  held: ReadonlyMap<string, readonly HeldGrant[]>;
  /** The role that may be given, or why it may not, by what is to be given. */
  known: Map<string, RoleNode | RollcallError>;
  /** From when on is in force what is given now. */
  now: Date;
}

/** What deciding about roles takes, of these changes and these templates' roles. To be called behind the locks of people and groups. */
export async function loadRoles(
  tx: Tx,
  viewer: Viewer,
  ids: readonly string[],
  changes: readonly PersonChange[],
  ofTemplates: readonly { roleId: string; unitId: string | null }[],
): Promise<RoleFacts> {
  const additions = changes.flatMap(({ addRoles }) => addRoles ?? []);
  const removals = changes.flatMap(({ removeRoles }) => removeRoles ?? []);
  const graph = await lockRoleGraph(tx);
  const named = [...additions, ...removals].flatMap(({ roleKey }) => graph.byKey(roleKey)?.id ?? []);
  const roleIds = new Set([...named, ...ofTemplates.map(({ roleId }) => roleId)]);
  const { rows } = await sql<Omit<HeldGrant, "scopePath"> & { ofTemplate: boolean }>`
    SELECT g.id, g.user_id AS "userId", g.role_id AS "roleId", g.scope_id AS "scopeId",
      g.starts_at AS "startsAt", g.expires_at AS "expiresAt",
      t.template_id AS "templateId", t.grant_id IS NOT NULL AS "ofTemplate"
    FROM role_grant g LEFT JOIN profile_template_grant t ON t.grant_id = g.id
    WHERE g.user_id = ANY(${[...ids]}::uuid[]) AND g.role_id = ANY(${[...roleIds]}::uuid[])
      AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
    ORDER BY g.id`.execute(tx.sql);
  const units = [
    ...[...additions, ...rows].flatMap(({ scopeId }) => scopeId ?? []),
    ...ofTemplates.flatMap(({ unitId }) => unitId ?? []),
  ];
  const scopes = new Map(units.length > 0 ? await pathsOfUnits(tx.sql, [...new Set(units)]) : []);
  const held = rows.map(({ ofTemplate, ...row }) => ({
    ...row,
    templateId: ofTemplate ? row.templateId : undefined,
    scopePath: row.scopeId ? (scopes.get(row.scopeId) ?? []) : [],
  }));
  const holdings = await loadHoldings(tx, viewer);
  const now = startOf(tx, viewer);
  return { graph, holdings, scopes, held: Map.groupBy(held, ({ userId }) => userId), known: new Map(), now };
}

const later = (one: Date, other: Date): Date => (one < other ? other : one);
const startOf = (tx: Tx, viewer: Viewer): Date => later(viewer.now, tx.now);

/** From when until when; without an end, for good. */
type Period = Pick<HeldGrant, "startsAt" | "expiresAt">;

const covers = (held: Period, { startsAt, expiresAt }: Period): boolean =>
  held.startsAt <= startsAt &&
  (held.expiresAt === null || (expiresAt !== null && held.expiresAt.getTime() >= expiresAt.getTime()));
const overlaps = (held: Period, { startsAt, expiresAt }: Period): boolean =>
  (held.expiresAt === null || held.expiresAt > startsAt) && (expiresAt === null || held.startsAt < expiresAt);

/** What becomes of somebody's roles. */
export interface RoleDecision {
  give: NewGrant[];
  revoke: HeldGrant[];
  /** Whether something is not put back, since its time is over. */
  lapses: boolean;
}

/**
 * What of these roles somebody is given and loses, by the rules of grantRole and revokeRole. Whoever holds a role from now on until the end that is asked
 * for, or longer, is so already; CONFLICT where they hold it for a part of that time.
 */
export function decideRoles(
  viewer: Viewer,
  placed: Placed,
  { add, remove, staysOut }: { add: readonly RoleChange[]; remove: readonly RoleChange[]; staysOut: boolean },
  facts: RoleFacts | undefined,
): RoleDecision {
  if (!facts || (add.length === 0 && remove.length === 0)) return { give: [], revoke: [], lapses: false };
  if (add.length > 0 && staysOut) throw conflict("Whoever is deleted or archived cannot be granted anything.");
  const held = facts.held.get(placed.userId) ?? [];
  if (remove.length > 0) requireAt(viewer, "ROLE_GRANT", placed.unitPath);
  const sees = maySee(viewer, placed) && seesGrantsOf(viewer, placed);
  if (sees) refuseGone(remove, held, facts.now);
  const revoke = sees ? held.filter((grant) => remove.some((one) => isMeant(one, grant, facts.graph))) : [];
  for (const { scopePath } of revoke) requireAt(viewer, "ROLE_GRANT", scopePath);
  const left = held.filter((grant) => !revoke.includes(grant));
  return { revoke, ...given(viewer, placed, { add, left }, facts) };
}

/** What is given beside what is left. */
function given(
  viewer: Viewer,
  { unitPath }: Placed,
  { add, left }: { add: readonly RoleChange[]; left: readonly HeldGrant[] },
  facts: RoleFacts,
): Omit<RoleDecision, "revoke"> {
  const give: (NewGrant & Period)[] = [];
  let lapses = false;
  for (const addition of add) {
    requireAt(viewer, "ROLE_GRANT", unitPath);
    const period = periodOf(addition, facts.now);
    if (period === undefined) {
      lapses = true;
      continue;
    }
    const role = grantable(viewer, facts, addition);
    const scopeId = addition.scopeId ?? null;
    const same = [...left, ...give].filter((grant) => grant.roleId === role.id && grant.scopeId === scopeId);
    if (same.some((grant) => covers(grant, period))) continue;
    if (same.some((grant) => overlaps(grant, period))) throw heldAlready("User");
    give.push({ id: newId(), roleId: role.id, scopeId, ...period, templateId: addition.templateId });
  }
  return {
    give: give.map((grant) => ({ ...grant, startsAt: grant.startsAt > facts.now ? grant.startsAt : null })),
    lapses,
  };
}

/** When what is added is in force; undefined for what is put back and would have ended. INVALID_INPUT where it is given and would have ended. */
function periodOf({ startsAt, expiresAt }: RoleChange, now: Date): Period | undefined {
  const period = {
    startsAt: startsAt ? later(new Date(startsAt), now) : now,
    expiresAt: expiresAt ? new Date(expiresAt) : null,
  };
  if (!period.expiresAt || period.expiresAt > period.startsAt) return period;
  if (startsAt) return undefined;
  throw invalidInput([{ path: "input.expiresAt", message: "must be in the future." }]);
}

/** Whether a person was granted a role themselves, over this scope, from now on and for good. */
export const holds = (facts: RoleFacts, userId: string, roleId: string, scopeId: string | null): boolean =>
  (facts.held.get(userId) ?? []).some(
    (grant) =>
      grant.roleId === roleId && grant.scopeId === scopeId && covers(grant, { startsAt: facts.now, expiresAt: null }),
  );

function grantable(viewer: Viewer, facts: RoleFacts, { roleKey, scopeId, expiresAt }: RoleChange): RoleNode {
  const key = JSON.stringify([roleKey, scopeId ?? null, expiresAt ?? null]);
  const known = facts.known.get(key) ?? found();
  facts.known.set(key, known);
  if (known instanceof RollcallError) throw known;
  return known;

  function found(): RoleNode | RollcallError {
    const scope = { id: scopeId ?? null, path: scopeId ? (facts.scopes.get(scopeId) ?? []) : [] };
    const period = { startsAt: viewer.now, expiresAt: expiresAt ? new Date(expiresAt) : null };
    try {
      return requireGrantable(viewer, facts, { roleKey, scope, period }, { role: "roleKey", until: "expiresAt" });
    } catch (error) {
      if (error instanceof RollcallError) return error;
      throw error;
    }
  }
}

/** STALE_VERSION where a grant that is to be taken is not there any more, and somebody has taken it since. */
function refuseGone(remove: readonly RoleChange[], held: readonly HeldGrant[], now: Date): void {
  const isGone = ({ grantId, expiresAt }: RoleChange) =>
    grantId !== undefined && !held.some(({ id }) => id === grantId) && !(expiresAt && new Date(expiresAt) <= now);
  if (remove.some(isGone)) throw changedSince();
}

const isMeant = ({ roleKey, scopeId, grantId }: RoleChange, grant: HeldGrant, graph: RoleGraph): boolean =>
  grantId !== undefined
    ? grant.id === grantId
    : graph.byKey(roleKey)?.id === grant.roleId && (scopeId === undefined || scopeId === grant.scopeId);

/** A grant as a change that gives it: again with its beginning, where that is known. */
export const roleChange = (
  { roleId, scopeId, startsAt, expiresAt, templateId }: NewGrant,
  facts: RoleFacts | undefined,
): RoleChange & { scopeId: string | null } => ({
  roleKey: facts?.graph.byId(roleId)?.key ?? "",
  scopeId,
  ...(startsAt ? { startsAt: startsAt.toISOString() } : {}),
  expiresAt: expiresAt?.toISOString() ?? null,
  ...(templateId === undefined ? {} : { templateId }),
});

/** What people are given, of those who are changed together: before anything is taken, so that whoever follows somebody who manages roles is there already. */
export async function writeGrants(
  tx: Tx,
  viewer: Viewer,
  due: readonly { userId: string; give: readonly NewGrant[] }[],
): Promise<void> {
  const rows = due.flatMap(({ userId, give }) =>
    give.map(({ id, roleId, scopeId, startsAt, expiresAt }) => ({
      id,
      user_id: userId,
      role_id: roleId,
      scope_id: scopeId,
      starts_at: later(startsAt ?? viewer.now, startOf(tx, viewer)),
      expires_at: expiresAt,
      granted_by_kind: viewer.kind,
      granted_by_id: viewer.id,
      granted_by_name: viewer.name,
      granted_at: tx.now,
      reason: tx.cause.reason ?? null,
      revoked_at: null,
    })),
  );
  if (rows.length > 0) await insertRows(tx.sql, "role_grant", rows);
}

/** What they lose; CONFLICT where nobody would manage roles any more. */
export async function endGrants(tx: Tx, due: readonly { revoke: readonly HeldGrant[] }[]): Promise<void> {
  const ending = due.flatMap(({ revoke }) => revoke.map(({ id }) => id));
  if (ending.length === 0) return;
  const graph = await lockRoleGraph(tx);
  await keepRoleManager(tx, { graph }, { graph, without: { grantIds: ending } }, "userId");
  await sql`UPDATE role_grant SET revoked_at = ${tx.now} WHERE id = ANY(${ending}::uuid[])`.execute(tx.sql);
}
