import { sql } from "kysely";
import { publicId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import type { TestGateway } from "../support/gateway.ts";
import type { Held, Person, World } from "./matrix.world.ts";

/*
 * What the base tables say of everybody, read without the gateway's own code.
 */

export async function readUnits({ database }: TestGateway): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ id: string; parent_id: string | null }>`SELECT id, parent_id FROM org_unit`.execute(
    database.reader,
  );
  const parents = new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
  const pathOf = (id: string | null): string[] => (id === null ? [] : [...pathOf(parents.get(id) ?? null), id]);
  return new Map(rows.map(({ id }) => [publicId("OrgUnit", id), pathOf(id).map((one) => publicId("OrgUnit", one))]));
}

export async function readPeople(
  { database }: TestGateway,
  units: Map<string, string[]>,
): Promise<Map<string, Person>> {
  const { rows } = await sql<{
    id: string;
    username: string;
    display_name: string;
    status: string;
    org_unit_id: string | null;
  }>`
    SELECT id, username, display_name, status, org_unit_id FROM user_account`.execute(database.reader);
  return new Map(
    rows.map(({ id, username, display_name: displayName, status, org_unit_id }) => {
      const unitPath = org_unit_id ? (units.get(publicId("OrgUnit", org_unit_id)) ?? []) : [];
      return [publicId("User", id), { id: publicId("User", id), username, displayName, status, unitPath }];
    }),
  );
}

export async function readGrantees({ database }: TestGateway): Promise<Map<string, string>> {
  const rows = await database.reader.selectFrom("role_grant").select(["id", "user_id", "group_id"]).execute();
  return new Map(
    rows.map(({ id, user_id, group_id }) => [
      publicId("RoleGrant", id),
      user_id ? publicId("User", user_id) : publicId("Group", group_id as string),
    ]),
  );
}

export async function readMembers({ database }: TestGateway): Promise<Map<string, string[]>> {
  const rows = await database.reader.selectFrom("group_member").select(["group_id", "user_id"]).execute();
  const byGroup = Map.groupBy(rows, ({ group_id }) => publicId("Group", group_id));
  return new Map([...byGroup].map(([id, members]) => [id, members.map(({ user_id }) => publicId("User", user_id))]));
}

export async function readSessions({ database }: TestGateway): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; user_id: string }>`SELECT id, user_id FROM session`.execute(database.reader);
  return new Map(rows.map(({ id, user_id }) => [publicId("Session", id), publicId("User", user_id)]));
}

export async function readSchedules({ database }: TestGateway): Promise<Map<string, string>> {
  const rows = await database.reader.selectFrom("scheduled_transition").select(["id", "user_id"]).execute();
  return new Map(rows.map(({ id, user_id }) => [publicId("ScheduledTransition", id), publicId("User", user_id)]));
}

export async function readTokens({ database }: TestGateway): Promise<World["tokens"]> {
  const { rows } = await sql<{ id: string; user_id: string | null; scope_ids: string[] | null }>`
    SELECT id, user_id, scope_ids FROM service_token`.execute(database.reader);
  return new Map(
    rows.map(({ id, user_id, scope_ids }) => [
      publicId("ServiceToken", id),
      {
        userId: user_id && publicId("User", user_id),
        scopes: scope_ids?.map((one) => publicId("OrgUnit", one)) ?? null,
      },
    ]),
  );
}

/** What a person's grants in force allow, with everything that their roles inherit, by the tables alone. */
export async function readGrants({ database }: TestGateway, id: string): Promise<Held[]> {
  const roles = await sql<{ id: string; permissions: Permission[] }>`SELECT id, permissions FROM role`.execute(
    database.reader,
  );
  const inherits = await sql<{ role_id: string; inherits_id: string }>`SELECT * FROM role_inheritance`.execute(
    database.reader,
  );
  const grants = await sql<{ role_id: string; scope_id: string | null; user_id: string }>`
    SELECT role_id, scope_id, user_id FROM role_grant
    WHERE user_id IS NOT NULL AND revoked_at IS NULL AND starts_at <= now() AND (expires_at IS NULL OR expires_at > now())`.execute(
    database.reader,
  );
  const permissions = new Map(roles.rows.map((role) => [role.id, role.permissions]));
  const allows = (role: string): Permission[] => [
    ...(permissions.get(role) ?? []),
    ...inherits.rows.filter(({ role_id }) => role_id === role).flatMap(({ inherits_id }) => allows(inherits_id)),
  ];
  return grants.rows
    .filter(({ user_id }) => publicId("User", user_id) === id)
    .flatMap(({ role_id, scope_id }) =>
      allows(role_id).map((one): Held => [one, scope_id && publicId("OrgUnit", scope_id)]),
    );
}

export async function readAttributes({ database }: TestGateway): Promise<World["attributes"]> {
  const rows = await database.reader
    .selectFrom("attribute_definition")
    .select(["key", "type", "read_permission"])
    .execute();
  return new Map(
    rows.map(({ key, type, read_permission }) => [key, { type, permission: read_permission as Permission | null }]),
  );
}
