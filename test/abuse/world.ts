import { SECRET } from "../support/gateway-process.ts";
import type { Pool } from "./values.ts";
import type { Victim } from "./victim.ts";

/*
 * A small directory to abuse, with what must not be told to everybody: each canary is readable for whoever holds one permission alone.
 */

export interface Asker {
  name: string;
  token: string | null;
  /** What must not stand in any answer to them, nor in the log. */
  hidden: readonly string[];
}

export interface World {
  askers: readonly Asker[];
  pool: Pool;
}

/** Planted where reading takes a permission, by that permission. */
export const CANARIES = {
  USER_READ_CONTACT: "canary-contact-51c0",
} as const;

const CREATE_USER = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } position } }";
const CREATE_UNIT = "mutation ($input: CreateOrgUnitInput!) { createOrgUnit(input: $input) { orgUnit { id } } }";
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
const GRANT = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { grant { id } } }";
const CREATE_TOKEN =
  "mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { secret serviceToken { id } } }";
const CREATE_GROUP = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }";
const CREATE_SEARCH =
  "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";

/** Fills an empty gateway. */
export async function makeWorld(victim: Victim): Promise<World> {
  const unit = async (code: string, parentId: string | null): Promise<string> =>
    (await victim.run(CREATE_UNIT, { input: { code, name: code, kind: "DEPARTMENT", parentId } })).createOrgUnit.orgUnit
      .id;
  const root = await unit("root", null);
  const units = [root, await unit("north", root), await unit("south", root)];
  const people: string[] = [];
  for (let i = 0; i < 12; i++) {
    const input = {
      username: `person-${i}`,
      status: "ACTIVE",
      orgUnitId: units[i % 3],
      email: `${CANARIES.USER_READ_CONTACT}-${i}@example.com`,
      title: ["Night shift lead", "Nurse", "Engineer"][i % 3],
      tags: [["on-call"], ["day", "west"], []][i % 3],
      attributes: { badge: i, team: `t${i % 4}` },
      ...(i > 0 && i % 3 === 0 ? { managerId: people[0] } : {}),
    };
    people.push((await victim.run(CREATE_USER, { input })).createUser.user.id);
  }
  const role = (await victim.run(CREATE_ROLE, { input: { key: "reader", name: "Reader", permissions: ["USER_READ"] } }))
    .createRole.role.id;
  const grants: string[] = [];
  for (const granteeId of people.slice(0, 3))
    grants.push((await victim.run(GRANT, { input: { granteeId, roleKey: "reader" } })).grantRole.grant.id);
  const group = (await victim.run(CREATE_GROUP, { input: { key: "night", name: "Night" } })).createGroup.group.id;
  const search = (await victim.run(CREATE_SEARCH, { input: { name: "Nurses", filter: { title: { eq: "Nurse" } } } }))
    .createSavedSearch.savedSearch.id;
  const token = async (name: string, permissions: string[], scopeIds?: string[]): Promise<[string, string]> => {
    const input = { kind: "ORGANISATION", name, permissions, ...(scopeIds ? { scopeIds } : {}) };
    const { createServiceToken } = await victim.run(CREATE_TOKEN, { input });
    return [createServiceToken.secret, createServiceToken.serviceToken.id];
  };
  const [reader] = await token("reader", ["USER_READ", "ORG_READ", "ROLE_READ"]);
  const [manager] = await token(
    "manager",
    ["USER_READ", "USER_CREATE", "USER_UPDATE", "USER_LIFECYCLE", "BULK_RUN", "GROUP_MANAGE"],
    [units[1] as string],
  );
  const [, victimToken] = await token("for the taking", ["USER_READ"]);
  const secrets = [SECRET, reader, manager];
  const hiddenFrom = (own: string | null, ...canaries: string[]) => [
    ...secrets.filter((one) => one !== own),
    ...canaries,
  ];
  return {
    askers: [
      { name: "nobody", token: null, hidden: hiddenFrom(null, CANARIES.USER_READ_CONTACT) },
      { name: "a reader", token: reader, hidden: hiddenFrom(reader, CANARIES.USER_READ_CONTACT) },
      { name: "a manager of a part", token: manager, hidden: hiddenFrom(manager, CANARIES.USER_READ_CONTACT) },
      { name: "whoever may do everything", token: SECRET, hidden: secrets },
    ],
    pool: new Map([
      ["user", people],
      ["unit", units],
      ["role", [role]],
      ["grant", grants],
      ["group", [group]],
      ["search", [search]],
      ["token", [victimToken]],
      ["cursor", []],
    ]),
  };
}
