import { type RawBuilder, type SqlBool, sql } from "kysely";
import { holdsAnywhere, reachOf, type Viewer } from "../../access/actor.ts";
import { heldOver } from "../../access/policy.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { UNKNOWN_MAKER } from "../auth/service-token.service.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { Right } from "./approval.rights.ts";

/*
 * Who sees a request and who may decide it, as conditions on a row `r` of approval_request beside what stands in FROM_REQUESTS. Everything
 * is asked of the base tables at the moment of asking; units and conditions of access rules as of the last commit.
 */

type Sql = RawBuilder<SqlBool>;

/** Who asks, in whose rights, when. */
export interface Deciding {
  viewer: Viewer;
  rights: readonly Right[];
  now: Date;
  today: string;
}

/** Requests `r`, with the account `a` and the search row `u` of the person whom each concerns, and the token `m` of a machine that asked. */
export const FROM_REQUESTS = sql`approval_request r LEFT JOIN user_account a ON a.id = r.user_id LEFT JOIN user_search u ON u.user_id = r.user_id
  LEFT JOIN service_token m ON m.id = r.requester_id AND r.requester_kind = 'SERVICE'`;

/** The request is pending, and the viewer may decide its step, in one of their rights. */
export const decidable = (deciding: Deciding): Sql =>
  sql`(r.state = 'PENDING' AND r.expires_at > ${deciding.now} AND ${anyOf(deciding.rights.map((right) => decidableBy(right, deciding)))})`;

/** The same in one of these rights alone. */
export const decidableBy = (right: Right, deciding: Deciding): Sql => {
  const own = deciding.rights.find(({ userId }) => userId === deciding.viewer.userId);
  const people = own === undefined || own === right ? [right] : [right, own];
  const apart = people.map(
    (one) =>
      sql<SqlBool>`(NOT ${hasAsked(one)} AND r.user_id IS DISTINCT FROM ${one.userId}::uuid AND NOT ${hasDecided(one.userId)})`,
  );
  return sql`(${allOf(apart)} AND ${entitled(right, deciding, sql`r.steps -> (r.step - 1) -> 'deciders'`)})`;
};

/** The viewer asked for it, may decide a step that was reached, or decided one: they see all of it. */
export function isParty(deciding: Deciding): Sql {
  const { viewer, rights } = deciding;
  const soFar = sql`(SELECT coalesce(jsonb_agg(d), '[]') FROM jsonb_array_elements(r.steps) WITH ORDINALITY s (step, place)
    CROSS JOIN jsonb_array_elements(s.step -> 'deciders') d WHERE s.place <= r.step)`;
  return anyOf([
    sql<SqlBool>`(r.requester_kind = ${viewer.kind} AND r.requester_id = ${viewer.id}::uuid)`,
    ...(viewer.userId === null ? [] : [hasDecided(viewer.userId)]),
    ...rights.map(
      (right) =>
        sql<SqlBool>`(r.user_id IS DISTINCT FROM ${right.userId}::uuid AND r.user_id IS DISTINCT FROM ${viewer.userId}::uuid AND ${entitled(right, deciding, soFar)})`,
    ),
  ]);
}

/** The viewer reads the audit log of whom it concerns: they see the request, and nothing of what it would change. */
export function isAudited({ viewer, now, today }: Deciding): Sql {
  if (!holdsAnywhere(viewer, "AUDIT_READ")) return sql`false`;
  if (reachOf(viewer, "AUDIT_READ") === "everywhere") return sql`true`;
  return sql`coalesce(${filterToSql(heldOver(viewer, "AUDIT_READ"), { catalogue: userCatalogue, alias: "u", now, today })}, false)`;
}

/**
 * The request is this person's own, or may be: a machine asks for whoever was told a secret of its token, and where it is not known who all of them
 * are, for everybody who makes tokens of machines.
 */
const hasAsked = ({ userId, makesTokens }: Right): Sql =>
  sql`(r.requester_id IS NOT DISTINCT FROM ${userId}::uuid OR (r.requester_kind = 'SERVICE'
    AND coalesce(m.maker_ids, ${[UNKNOWN_MAKER]}::uuid[]) && ${makesTokens ? [userId, UNKNOWN_MAKER] : [userId]}::uuid[]))`;

const hasDecided = (userId: string | null): Sql =>
  sql`(r.steps @> ${JSON.stringify([{ by: userId }])}::jsonb OR r.steps @> ${JSON.stringify([{ for: userId }])}::jsonb)`;

/** Whether somebody is one of these deciders, whatever else stands in their way. */
function entitled(
  { userId, viewer, inPerson, roles }: Right,
  { now, today }: Deciding,
  deciders: RawBuilder<unknown>,
): Sql {
  const ways: Sql[] = [];
  if (inPerson)
    ways.push(
      sql`(d.by = 'MANAGER' AND a.manager_id = ${userId}::uuid)`,
      sql`(d.by = 'UNIT_HEAD' AND ${HEAD} = ${userId}::uuid)`,
    );
  if (roles.length > 0)
    ways.push(sql`(d.by = 'ROLE' AND EXISTS (
      SELECT FROM unnest(${roles.map(([role]) => role)}::uuid[], ${roles.map(([, scope]) => scope)}::uuid[]) held (role_id, scope_id)
      WHERE held.role_id = d."roleId" AND (held.scope_id IS NULL OR held.scope_id = ANY(u.unit_path))))`);
  for (const permission of ALL_PERMISSIONS)
    if (holdsAnywhere(viewer, permission)) ways.push(byPermission(viewer, permission, { now, today }));
  if (ways.length === 0) return sql`false`;
  return sql`EXISTS (SELECT FROM jsonb_to_recordset(${deciders}) d (by text, "roleId" uuid, permission text, over text) WHERE ${anyOf(ways)})`;
}

function byPermission(viewer: Viewer, permission: Permission, moment: { now: Date; today: string }): Sql {
  const asked = sql`d.by = 'PERMISSION' AND d.permission = ${permission}`;
  if (reachOf(viewer, permission) === "everywhere") return sql`(${asked})`;
  const over = filterToSql(heldOver(viewer, permission), { catalogue: userCatalogue, alias: "u", ...moment });
  return sql`(${asked} AND d.over = 'SUBJECT' AND ${over})`;
}

/** The head of the person's unit, or of the next above that has one who is active and neither the person nor the requester, nor who made the machine's token that asked. */
const HEAD = sql`(SELECT h.id FROM unnest(u.unit_path) WITH ORDINALITY p (id, depth) JOIN org_unit o ON o.id = p.id
  JOIN user_account h ON h.id = o.head_id AND h.status = 'ACTIVE'
  WHERE h.id <> r.user_id AND h.id IS DISTINCT FROM r.requester_id AND (m.maker_ids IS NULL OR h.id <> ALL(m.maker_ids)) ORDER BY p.depth DESC LIMIT 1)`;

const anyOf = (ways: readonly Sql[]): Sql => (ways.length === 0 ? sql`false` : sql`(${sql.join(ways, sql` OR `)})`);
const allOf = (ways: readonly Sql[]): Sql => sql`(${sql.join(ways, sql` AND `)})`;
