import { expect, test } from "vitest";
import { makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

test("a hundred users with manager, chain, unit with ancestors, roles and grants take at most eight statements", async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway);
  const units: { id: string }[] = [];
  for (let i = 0; i < 5; i++)
    units.push(await makeUnit(gateway, { parentId: i % 2 ? root.id : (units[i - 1]?.id ?? root.id) }));
  await gateway.run(
    'mutation { createRole(input: { key: "base", name: "Base", permissions: [USER_READ] }) { position } }',
  );
  await gateway.run(
    'mutation { createRole(input: { key: "lead", name: "Lead", permissions: [], inheritKeys: ["base"] }) { position } }',
  );
  let managerId: string | undefined;
  for (let i = 0; i < 100; i++) {
    const user = await makeUser(gateway, {
      orgUnitId: units[i % 5]?.id,
      managerId,
      roleKeys: [i % 2 ? "base" : "lead"],
    });
    if (i % 20 === 0) managerId = user.id;
  }
  let statements = 0;
  gateway.database.observe(() => {
    statements += 1;
  });
  const { users } = await gateway.run(
    `query ($within: ID!) { users(first: 100, filter: { orgUnit: { within: $within } }) { nodes {
      username manager { username } managementChain { username } orgUnit { name ancestors { name } }
      roles { key } roleGrants { role { key } active } } } }`,
    { within: root.id },
  );
  gateway.database.observe(() => undefined);
  expect(users.nodes).toHaveLength(100);
  expect(
    users.nodes.filter((user: { managementChain: unknown[] }) => user.managementChain.length > 1).length,
  ).toBeGreaterThan(50);
  expect(users.nodes.every((user: { roles: { key: string }[] }) => user.roles.some(({ key }) => key === "base"))).toBe(
    true,
  );
  expect(statements).toBeGreaterThan(1);
  expect(statements).toBeLessThanOrEqual(8);
});

test("units and all their member counts take one statement", async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway);
  const [first, second, empty] = [
    await makeUnit(gateway, { parentId: root.id }),
    await makeUnit(gateway, { parentId: root.id }),
    await makeUnit(gateway, { parentId: root.id }),
  ];
  const below = await makeUnit(gateway, { parentId: first.id });
  for (const { id } of [root, first, below, below, second]) await makeUser(gateway, { orgUnitId: id });
  const query = `query ($within: ID!) { orgUnits(filter: { within: $within }) { nodes {
    id direct: memberCount all: memberCount(includeDescendants: true) } } }`;
  let statements = 0;
  gateway.database.observe(() => {
    statements += 1;
  });
  const { orgUnits } = await gateway.run(query, { within: root.id });
  gateway.database.observe(() => undefined);
  const counts = new Map(
    orgUnits.nodes.map((unit: { id: string; direct: number; all: number }) => [unit.id, [unit.direct, unit.all]]),
  );
  expect([root, first, second, empty, below].map(({ id }) => counts.get(id))).toEqual([
    [1, 5],
    [1, 3],
    [1, 1],
    [0, 0],
    [2, 2],
  ]);
  // The token, and the query.
  expect(statements).toBe(2);
});
