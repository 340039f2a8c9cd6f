import { ServiceTokenService } from "../../src/features/auth/service-token.service.ts";
import { parseId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { someCause } from "./database.ts";
import type { TestGateway } from "./gateway.ts";

/*
 * A directory arranged through the API itself, with names that differ from each other. Every function gives public ids.
 */

let serial = 0;
const next = () => ++serial;

/** The UUID inside a public id. */
export const uuid = (id: string): string => parseId(id)?.uuid as string;

/** A unit, below the given one or a root. */
export async function makeUnit(gateway: TestGateway, parentId: string | null = null): Promise<string> {
  const input = { code: `U${next()}`, name: "Unit", kind: "TEAM", parentId };
  const { createOrgUnit } = await gateway.run(
    "mutation ($input: CreateOrgUnitInput!) { createOrgUnit(input: $input) { orgUnit { id } } }",
    { input },
  );
  return createOrgUnit.orgUnit.id;
}

/** An active user, in the given unit or in none. */
export async function makeUser(gateway: TestGateway, orgUnitId: string | null = null): Promise<string> {
  const input = { username: `user${next()}`, displayName: `User ${serial}`, status: "ACTIVE", orgUnitId };
  const { createUser } = await gateway.run(
    "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }",
    { input },
  );
  return createUser.user.id;
}

export interface MadeRole {
  id: string;
  key: string;
}

export async function makeRole(
  gateway: TestGateway,
  permissions: readonly Permission[],
  inheritKeys: readonly string[] = [],
): Promise<MadeRole> {
  const input = { key: `role${next()}`, name: "Role", permissions, inheritKeys };
  const { createRole } = await gateway.run(
    "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id key } } }",
    { input },
  );
  return createRole.role;
}

export const GRANT = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { grant { id } position } }";

/** A grant's id. */
export async function grant(
  gateway: TestGateway,
  granteeId: string,
  roleKey: string,
  more: { scopeId?: string; startsAt?: string; expiresAt?: string; reason?: string } = {},
): Promise<string> {
  const { grantRole } = await gateway.run(GRANT, { input: { granteeId, roleKey, ...more } });
  return grantRole.grant.id;
}

/** The secret of a user's own token. */
export async function tokenOf(gateway: TestGateway, userId: string): Promise<string> {
  const command = { name: "test", holder: { userId: uuid(userId) }, expiresAt: null };
  return (await new ServiceTokenService(gateway.database).issue(someCause, command)).value.secret;
}

/** The secret of a machine's token. */
export async function machineToken(
  gateway: TestGateway,
  permissions: readonly Permission[],
  scopes: readonly string[] | "everywhere" = "everywhere",
  expiresAt: Date | null = null,
): Promise<string> {
  const scopeIds = scopes === "everywhere" ? scopes : scopes.map(uuid);
  const command = { name: "machine", holder: { permissions, scopeIds }, expiresAt };
  return (await new ServiceTokenService(gateway.database).issue(someCause, command)).value.secret;
}

/** A user who holds these permissions over a unit, or everywhere: their id and the secret of their token. */
export async function makeHolder(
  gateway: TestGateway,
  permissions: readonly Permission[],
  scopeId?: string,
): Promise<{ id: string; token: string; grantId: string }> {
  const id = await makeUser(gateway, scopeId ?? null);
  const { key } = await makeRole(gateway, permissions);
  const grantId = await grant(gateway, id, key, scopeId === undefined ? {} : { scopeId });
  return { id, token: await tokenOf(gateway, id), grantId };
}
