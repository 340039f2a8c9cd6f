import { ServiceTokenService } from "../../src/features/auth/service-token.service.ts";
import { parseId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { someCause } from "./database.ts";
import type { TestGateway } from "./gateway.ts";
import { graphql } from "./gql/gql.ts";
import type { CreateOrgUnitInput, CreateUserInput, UserFilter } from "./gql/graphql.ts";

/*
 * A directory for tests, arranged through the API itself. Names carry a counter, so that cases of one file do not meet. Ids are the public ones.
 */

let made = 0;

/** A name that no other case uses. */
export const unique = (stem: string): string => `${stem}-${++made}`;

/** The UUID inside a public id. */
export const uuid = (id: string): string => parseId(id)?.uuid as string;

/** The id of what a payload shows; whoever makes it here may see it. */
const idOf = (shown: { id: string } | null | undefined): string => (shown as { id: string }).id;

export interface Made {
  id: string;
  position: string;
}

/** Makes an org unit; a root without a parent. */
export async function makeUnit(gateway: TestGateway, input: Partial<CreateOrgUnitInput> = {}): Promise<Made> {
  const code = input.code ?? unique("unit");
  const { createOrgUnit } = await gateway.run(
    graphql(`mutation MakeUnit($input: CreateOrgUnitInput!) {
      createOrgUnit(input: $input) { orgUnit { id } position } }`),
    { input: { code, name: input.name ?? code, kind: input.kind ?? "DEPARTMENT", parentId: input.parentId ?? null } },
  );
  return { id: idOf(createOrgUnit.orgUnit), position: createOrgUnit.position };
}

/** Makes an active user. */
export async function makeUser(
  gateway: TestGateway,
  input: Partial<CreateUserInput> = {},
): Promise<Made & { username: string }> {
  const username = input.username ?? unique("user");
  const { createUser } = await gateway.run(
    graphql(`mutation MakeUser($input: CreateUserInput!) {
      createUser(input: $input) { user { id } position } }`),
    { input: { status: "ACTIVE", ...input, username } },
  );
  return { id: idOf(createUser.user), position: createUser.position, username };
}

/** The usernames that a search finds, in its order. */
export async function find(
  gateway: TestGateway,
  filter: UserFilter,
  more: Readonly<Record<string, unknown>> = {},
  token?: string,
): Promise<string[]> {
  const { users } = await gateway.run(
    graphql(`query FindUsers($filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $includeDeleted: Boolean) {
      users(filter: $filter, orderBy: $orderBy, first: $first, includeDeleted: $includeDeleted) { nodes { username } } }`),
    { filter, first: 500, orderBy: [{ field: "USERNAME" }], ...more },
    token,
  );
  return users?.nodes.map(({ username }) => username) ?? [];
}

export interface MadeRole {
  id: string;
  key: string;
}

/** Makes a role. */
export async function makeRole(
  gateway: TestGateway,
  permissions: readonly Permission[],
  inheritKeys: readonly string[] = [],
): Promise<MadeRole> {
  const input = { key: unique("role"), name: "Role", permissions, inheritKeys };
  const { createRole } = await gateway.run(
    "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id key } } }",
    { input },
  );
  return createRole.role;
}

export const GRANT = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { grant { id } position } }";

/** Grants a role. Gives the grant's id. */
export async function grant(
  gateway: TestGateway,
  granteeId: string,
  roleKey: string,
  more: { scopeId?: string; startsAt?: string; expiresAt?: string; reason?: string } = {},
): Promise<string> {
  const { grantRole } = await gateway.run(GRANT, { input: { granteeId, roleKey, ...more } });
  return grantRole.grant.id;
}

/** The secret of a person's own token: their grants decide what it may do. */
export async function tokenOf(gateway: TestGateway, userId: string): Promise<string> {
  const command = { name: unique("token"), holder: { userId: uuid(userId) }, expiresAt: null };
  return (await new ServiceTokenService(gateway.database).issue(someCause, command)).value.secret;
}

/** The secret of a machine's token with these permissions, everywhere or over some units. */
export async function machineToken(
  gateway: TestGateway,
  permissions: readonly Permission[],
  scopes: readonly string[] | "everywhere" = "everywhere",
  expiresAt: Date | null = null,
): Promise<string> {
  const scopeIds = scopes === "everywhere" ? scopes : scopes.map(uuid);
  const command = { name: unique("machine"), holder: { permissions, scopeIds }, expiresAt };
  return (await new ServiceTokenService(gateway.database).issue(someCause, command)).value.secret;
}

/** A user who holds these permissions over a unit, or everywhere: their id and the secret of their token. */
export async function makeHolder(
  gateway: TestGateway,
  permissions: readonly Permission[],
  scopeId?: string,
): Promise<{ id: string; token: string; grantId: string }> {
  const { id } = await makeUser(gateway, { orgUnitId: scopeId ?? null });
  const { key } = await makeRole(gateway, permissions);
  const grantId = await grant(gateway, id, key, scopeId === undefined ? {} : { scopeId });
  return { id, token: await tokenOf(gateway, id), grantId };
}
