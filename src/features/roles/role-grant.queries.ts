import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { RoleGrant, type RoleGrantRecord } from "./role-grant.types.ts";

/** Whether the holder of the grants that are called by this alias is not ACTIVE, so that they give nothing; a group never rests. */
const resting = (alias: string): RawBuilder<SqlBool> =>
  sql`EXISTS (SELECT FROM user_account holder WHERE holder.id = ${sql.ref(`${alias}.user_id`)} AND holder.status <> 'ACTIVE')`;

const COLUMNS = sql`g.id, g.user_id AS "userId", g.group_id AS "groupId", g.role_id AS "roleId", g.scope_id AS "scopeId", g.starts_at AS "startsAt",
  g.expires_at AS "expiresAt", g.granted_by_kind AS "grantedByKind", g.granted_by_id AS "grantedById",
  g.granted_by_name AS "grantedByName", g.granted_at AS "grantedAt", g.reason, g.revoked_at AS "revokedAt", ${resting("g")} AS resting`;

/** Reads grants from the base table, as they are at an instant. Whoever asks has decided that the viewer may see them. */
export class RoleGrantQueries {
  constructor(private readonly database: Database) {}

  /** The grant; null where there is none. */
  async byId(id: string, now: Date): Promise<RoleGrant | null> {
    const [grant] = await this.#select("role_grant", sql`g.id = ${id}`, now);
    return grant ?? null;
  }

  /**
   * What each of these users was granted, themselves or by a group that they belong to, in the order of the ids, the oldest grant first; inactive
   * ones only where asked for.
   */
  async ofUsers(userIds: readonly string[], includeInactive: boolean, now: Date): Promise<RoleGrant[][]> {
    const which = sql<SqlBool>`g.user_id = ANY(${[...userIds]}::uuid[])`;
    const grants = await this.#select("held_grant", includeInactive ? which : both(which, inForce(now)), now);
    const byUser = Map.groupBy(grants, (grant) => grant.userId);
    return userIds.map((id) => byUser.get(id) ?? []);
  }

  /** The same of groups. */
  async ofGroups(groupIds: readonly string[], includeInactive: boolean, now: Date): Promise<RoleGrant[][]> {
    const which = sql<SqlBool>`g.group_id = ANY(${[...groupIds]}::uuid[])`;
    const grants = await this.#select("role_grant", includeInactive ? which : both(which, inForce(now)), now);
    const byGroup = Map.groupBy(grants, (grant) => grant.groupId);
    return groupIds.map((id) => byGroup.get(id) ?? []);
  }

  async #select(from: "role_grant" | "held_grant", condition: RawBuilder<SqlBool>, now: Date): Promise<RoleGrant[]> {
    const { rows } = await sql<RoleGrantRecord>`
      SELECT ${COLUMNS} FROM ${sql.table(from)} g WHERE ${condition} ORDER BY g.granted_at, g.id`.execute(
      this.database.reader,
    );
    return rows.map((row) => new RoleGrant(row, now));
  }
}

const both = (a: RawBuilder<SqlBool>, b: RawBuilder<SqlBool>): RawBuilder<SqlBool> => sql`${a} AND ${b}`;

const inForce = (now: Date): RawBuilder<SqlBool> =>
  sql`g.revoked_at IS NULL AND g.starts_at <= ${now} AND (g.expires_at IS NULL OR g.expires_at > ${now}) AND NOT ${resting("g")}`;
