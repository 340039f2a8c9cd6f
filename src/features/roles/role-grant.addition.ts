import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { requireAt } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, notFound, type RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { RoleGrantEntity } from "./role.entity.ts";
import type { RoleGraph, RoleNode } from "./role.graph.ts";
import { type Holdings, loadHoldings } from "./role.holding.ts";

/** What a grant is given over: a unit, with the ids from the root down to it, or everywhere. */
export interface Scope {
  id: string | null;
  path: readonly string[];
}

export const EVERYWHERE: Scope = { id: null, path: [] };

/** From when until when; without an end, for good. */
export interface Period {
  startsAt: Date;
  expiresAt: Date | null;
}

/** Whom a role is given to, and where they stand: a person in their unit, a group in the unit that decides who manages it. */
export interface GranteeAt {
  kind: "User" | "Group";
  id: string;
  unitPath: readonly string[];
}

export interface Addition {
  grantee: GranteeAt;
  roleKey: string;
  scope: Scope;
  period: Period;
  reason?: string | null;
}

/** Which inputs name the role, and say until when it is granted where that can be said. */
export interface GrantInputs {
  role: string;
  until?: string;
}

/**
 * Gives a role to a user or a group that the viewer may see, and gives the grant's id. The viewer must hold ROLE_GRANT over the grantee and
 * over the scope, and over the scope, until the grant ends, everything that the role allows. CONFLICT where the grantee was given it there for some
 * time of the period already. The grantee and the graph must be locked.
 */
export async function addGrant(
  tx: Tx,
  author: Author,
  graph: RoleGraph,
  addition: Addition,
  inputs: GrantInputs,
): Promise<string> {
  const { viewer } = author;
  const { grantee, scope, period } = addition;
  requireAt(viewer, "ROLE_GRANT", grantee.unitPath);
  const role = requireGrantable(viewer, { graph, holdings: await loadHoldings(tx, viewer) }, addition, inputs);
  await refuseOverlap(tx, grantee, role.id, scope.id, period);
  const grant = tx.em.create(RoleGrantEntity, {
    id: newId(),
    userId: grantee.kind === "User" ? grantee.id : null,
    groupId: grantee.kind === "Group" ? grantee.id : null,
    roleId: role.id,
    scopeId: scope.id,
    ...period,
    grantedByKind: viewer.kind,
    grantedById: viewer.id,
    grantedByName: viewer.name,
    grantedAt: tx.now,
    reason: addition.reason ?? null,
    revokedAt: null,
  });
  tx.em.persist(grant);
  return grant.id;
}

/** The roles as they stay until the transaction ends, and what the viewer holds. */
export interface Granting {
  graph: RoleGraph;
  holdings: Holdings;
}

/** The role, where the viewer may give it to people over the scope for so long, whoever they are; else what `addGrant` throws. */
export function requireGrantable(
  viewer: Viewer,
  { graph, holdings }: Granting,
  { roleKey, scope, period }: Pick<Addition, "roleKey" | "scope" | "period">,
  inputs: GrantInputs,
): RoleNode {
  requireAt(viewer, "ROLE_GRANT", scope.path);
  const role = holdsAnywhere(viewer, "ROLE_READ") ? graph.byKey(roleKey) : undefined;
  if (!role) throw notFound("role", inputs.role);
  const given = { path: scope.path, until: period.expiresAt, ...(inputs.until ? { untilPath: inputs.until } : {}) };
  holdings.require(graph.permissionsOf(role.id), given, inputs.role);
  return role;
}

async function refuseOverlap(
  tx: Tx,
  grantee: GranteeAt,
  roleId: string,
  scopeId: string | null,
  { startsAt, expiresAt }: Period,
): Promise<void> {
  const overlapping = await tx.sql
    .selectFrom("role_grant")
    .select("id")
    .where(grantee.kind === "User" ? "user_id" : "group_id", "=", grantee.id)
    .where("role_id", "=", roleId)
    .where("scope_id", "is not distinct from", scopeId)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", startsAt)]))
    .$if(expiresAt !== null, (query) => query.where("starts_at", "<", expiresAt as Date))
    .executeTakeFirst();
  if (overlapping) throw heldAlready(grantee.kind);
}

/** The refusal to give what is held for some of the time. */
export const heldAlready = (kind: GranteeAt["kind"]): RollcallError =>
  conflict(`The ${kind.toLowerCase()} holds this role over this scope already, at some time of this period.`, {
    inputPath: "input",
    field: "role",
  });
