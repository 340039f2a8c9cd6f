import { ServiceTokenService } from "../../src/features/auth/service-token.service.ts";
import { uuidOf } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { someCause } from "./database.ts";
import type { TestGateway } from "./gateway.ts";
import { graphql } from "./gql/gql.ts";
import type { CreateOrgUnitInput, CreateUserInput, UserFilter } from "./gql/graphql.ts";

/*
 * People and units for tests, made through the API. Names carry a counter, so that cases of one file do not meet.
 */

let made = 0;

/** A name that no other case uses. */
export const unique = (stem: string): string => `${stem}-${++made}`;

/** The id of what a payload shows; whoever makes it here may see it. */
const idOf = (made: { id: string } | null | undefined): string => (made as { id: string }).id;

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

/** The secret of a machine's token with these permissions, everywhere or over some units. */
export async function makeToken(
  gateway: TestGateway,
  permissions: readonly Permission[],
  within?: readonly string[],
): Promise<string> {
  const scopeIds = within?.map((id) => uuidOf("OrgUnit", id, "within")) ?? "everywhere";
  const issued = await new ServiceTokenService(gateway.database).issue(someCause, {
    name: unique("token"),
    holder: { permissions, scopeIds },
    expiresAt: null,
  });
  return issued.value.secret;
}

/** The secret of a person's own token: their grants decide what it may do. */
export async function makePersonalToken(gateway: TestGateway, userId: string): Promise<string> {
  const issued = await new ServiceTokenService(gateway.database).issue(someCause, {
    name: unique("token"),
    holder: { userId: uuidOf("User", userId, "userId") },
    expiresAt: null,
  });
  return issued.value.secret;
}
