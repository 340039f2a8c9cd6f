import { expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { followTrail } from "../../../src/feed/trail.ts";
import { grant, makeRole, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { tellsAtOnce } from "../../support/owner.ts";

const file = gatewayForFile();

const SHOWN = `query ($id: ID!, $filter: UserFilter) {
  user(by: { id: $id }) { roles { key } permissions }
  users(filter: $filter) { nodes { roles { key } permissions } }
}`;

it("Roles that are shown are those that filters find, also when time alone has given or taken one", async () => {
  const { id } = await makeUser(file.gateway);
  const lasting = await makeRole(file.gateway, ["USER_READ"]);
  const below = await makeRole(file.gateway, ["ORG_READ"]);
  const passing = await makeRole(file.gateway, ["AUDIT_READ"], [below.key]);
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  await grant(file.gateway, id, lasting.key);
  await grant(file.gateway, id, passing.key, { startsAt: inDays(2), expiresAt: inDays(4) });
  const seen: unknown[] = [];
  for (const offset of ["0 days", "3 days", "5 days"]) {
    file.gateway.database.moveClock(offset);
    await passTime(file.gateway.database);
    const { user, users } = await file.gateway.run(SHOWN, { id, filter: { roles: { any: [passing.key] } } });
    seen.push([user.permissions, users.nodes]);
    expect(users.nodes).toEqual(user.roles.some(({ key }: { key: string }) => key === passing.key) ? [user] : []);
  }
  expect(seen).toEqual([
    [["USER_READ"], []],
    [["USER_READ", "ORG_READ", "AUDIT_READ"], [expect.anything()]],
    [["USER_READ"], []],
  ]);
});

it("What a role comes to allow is shown at once, also of those of whom what searches find trails behind", async () => {
  const { database, run } = { database: file.gateway.database, run: file.gateway.run.bind(file.gateway) };
  await tellsAtOnce(database.connectionConfig.owner, 1);
  const role = await makeRole(file.gateway, ["ORG_READ"]);
  const people = await Promise.all([1, 2, 3].map(() => makeUser(file.gateway)));
  for (const { id } of people) await grant(file.gateway, id, role.key);
  await run("mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { position } }", {
    input: { id: role.id, permissions: ["ORG_READ", "AUDIT_READ"] },
  });
  const trailing = await database.read({
    text: "SELECT FROM user_search WHERE permissions = '{ORG_READ}'",
    values: [],
  });
  expect(trailing.length).toBeGreaterThan(0);
  const { nodes } = await run("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { permissions } } }", {
    ids: people.map(({ id }) => id),
  });
  expect(nodes).toEqual(people.map(() => ({ permissions: ["ORG_READ", "AUDIT_READ"] })));
  while (await followTrail(database));
});
