import { describe, expect, it } from "vitest";
import { publicId } from "../../../src/kernel/ids.ts";
import { databaseKind, someCause } from "../../support/database.ts";
import { find, makeHolder, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { userRow } from "../../support/rows.ts";
import { ADD, add, makeGroup, membersOf, REMOVE, remove, unitBelow, userIn } from "./support.ts";

const file = gatewayForFile();

const FIELDS = "id version key name description kind owner { id } orgUnit { id } savedSearch { id } followedTo paused";
const SHOWN = `query ($by: GroupBy!) { group(by: $by) { ${FIELDS} } }`;
const UPDATE = `mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { group { ${FIELDS} } } }`;
const DELETE =
  "mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { deletedId consequences { kind count } } }";
const CREATE = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }";
const OF_USER = "query ($id: ID!) { user(by: { id: $id }) { groupKeys groups { id key } } }";

describe("A group", () => {
  it("is made, shown by id and key, changed at its version, listed, and deleted", async () => {
    const { gateway } = file;
    const [owner, unit] = [await userIn(gateway), await unitBelow(gateway)];
    const input = { description: "May use the VPN", ownerId: owner, orgUnitId: unit };
    const { id, key } = await makeGroup(gateway, input);
    const { group } = await gateway.run(SHOWN, { by: { key: key.toUpperCase() } });
    expect(group).toEqual({
      id: expect.stringMatching(/^group_/),
      version: 1,
      key,
      name: key,
      description: "May use the VPN",
      kind: "STATIC",
      owner: { id: owner },
      orgUnit: { id: unit },
      savedSearch: null,
      followedTo: null,
      paused: false,
    });
    const { node } = await gateway.run(`query ($id: ID!) { node(id: $id) { ... on Group { ${FIELDS} } } }`, { id });
    expect(node).toEqual(group);
    const changes = { id, expectedVersion: 1, name: "VPN", description: null, orgUnitId: null };
    const { updateGroup } = await gateway.run(UPDATE, { input: changes });
    expect(updateGroup.group).toEqual({ ...group, version: 2, name: "VPN", description: null, orgUnit: null });
    expect((await gateway.refusal(UPDATE, { input: changes })).extensions.code).toBe("STALE_VERSION");
    const { groups } = await gateway.run(
      "query ($filter: GroupFilter) { groups(filter: $filter) { totalCount nodes { id } } }",
      { filter: { search: key, kind: "STATIC" } },
    );
    expect(groups).toEqual({ totalCount: 1, nodes: [{ id }] });
    expect((await gateway.run(DELETE, { input: { id } })).deleteGroup).toEqual({ deletedId: id, consequences: [] });
    expect((await gateway.run(SHOWN, { by: { id } })).group).toBeNull();
  });

  it("has a key of its own, whatever the case, and no search that is not there", async () => {
    const { key } = await makeGroup(file.gateway);
    const taken = await file.gateway.refusal(CREATE, { input: { key, name: "Again" } });
    expect(taken.extensions).toMatchObject({ code: "CONFLICT", field: "key", inputPath: "input.key" });
    const bad = await file.gateway.refusal(CREATE, { input: { key: "No Key", name: " " } });
    expect(bad.extensions.violations).toHaveLength(2);
  });

  it("passes to the unit above when its own is deleted", async () => {
    const above = await unitBelow(file.gateway);
    const below = await unitBelow(file.gateway, above);
    const { id } = await makeGroup(file.gateway, { orgUnitId: below });
    const gone = "mutation ($input: DeleteOrgUnitInput!) { deleteOrgUnit(input: $input) { position } }";
    await file.gateway.run(gone, { input: { id: below } });
    expect((await file.gateway.run(SHOWN, { by: { id } })).group.orgUnit).toEqual({ id: above });
  });

  it("is managed by who manages groups over its unit, and seen by who sees roles", async () => {
    const unit = await unitBelow(file.gateway);
    const { token } = await makeHolder(file.gateway, ["GROUP_MANAGE", "ROLE_READ", "ORG_READ", "USER_READ"], unit);
    const [here, elsewhere] = [await makeGroup(file.gateway, { orgUnitId: unit }), await makeGroup(file.gateway)];
    await file.gateway.run(UPDATE, { input: { id: here.id, name: "Ours" } }, token);
    for (const input of [
      { id: elsewhere.id, name: "Theirs" },
      { id: here.id, orgUnitId: null },
    ])
      expect((await file.gateway.refusal(UPDATE, { input }, token)).extensions).toMatchObject({
        code: "FORBIDDEN",
        permission: "GROUP_MANAGE",
      });
    const deleted = await file.gateway.refusal(DELETE, { input: { id: elsewhere.id } }, token);
    expect(deleted.extensions).toMatchObject({ code: "FORBIDDEN", permission: "GROUP_MANAGE" });
    const blind = await makeHolder(file.gateway, ["GROUP_MANAGE", "USER_READ"]);
    expect((await file.gateway.run(SHOWN, { by: { id: here.id } }, blind.token)).group).toBeNull();
    const input = { id: here.id, name: "Guessed" };
    expect((await file.gateway.refusal(UPDATE, { input }, blind.token)).extensions.code).toBe("NOT_FOUND");
    await add(file.gateway, here.id, [blind.id]);
    expect((await file.gateway.run(SHOWN, { by: { id: here.id } }, blind.token)).group.id).toBe(here.id);
    expect(await membersOf(file.gateway, here.id, blind.token)).toEqual([blind.id]);
  });
});

describe("Members of a static group", () => {
  it("are added and removed with an outcome each, and show in filters, facets and on the person at once", async () => {
    const { gateway } = file;
    const { id, key } = await makeGroup(gateway);
    const [ann, bob] = [await userIn(gateway), await userIn(gateway)];
    const absent = `user_${"0".repeat(26)}`;
    expect((await add(gateway, id, [ann, absent, ann])).outcomes).toEqual([
      { userId: ann, outcome: "ADDED" },
      { userId: absent, outcome: "NOT_FOUND" },
    ]);
    expect(await add(gateway, id, [ann, bob])).toMatchObject({
      changedCount: 1,
      outcomes: [
        { userId: ann, outcome: "UNCHANGED" },
        { userId: bob, outcome: "ADDED" },
      ],
    });
    expect(await membersOf(gateway, id)).toEqual([ann, bob].sort());
    expect((await gateway.run(OF_USER, { id: ann })).user).toEqual({ groupKeys: [key], groups: [{ id, key }] });
    expect(await find(gateway, { groups: { any: [id] } })).toEqual(
      await find(gateway, { groupKeys: { all: [key.toUpperCase()] } }),
    );
    expect(await find(gateway, { groups: { any: [id] } })).toHaveLength(2);
    expect(await find(gateway, { groups: { none: [id] }, id: { in: [ann, bob] } })).toEqual([]);
    const { users } = await gateway.run(
      "query ($f: UserFilter) { users(filter: $f) { facets(by: [{ field: GROUP }]) { buckets { value label count } } } }",
      { f: { groups: { any: [id] } } },
    );
    expect(users.facets[0].buckets).toEqual([{ value: key, label: key, count: 2 }]);
    expect(
      (await remove(gateway, id, [ann, absent])).outcomes.map(({ outcome }: { outcome: string }) => outcome),
    ).toEqual(["REMOVED", "NOT_FOUND"]);
    expect(await membersOf(gateway, id)).toEqual([bob]);
  });

  it("are asked about by text", async () => {
    const { id, key } = await makeGroup(file.gateway);
    const ann = await userIn(file.gateway);
    await add(file.gateway, id, [ann]);
    const parsed = "query ($text: String!) { parseFilter(text: $text) { filter } }";
    const { parseFilter } = await file.gateway.run(parsed, { text: `groups any (${id}) and groupKeys any ("${key}")` });
    expect(await find(file.gateway, parseFilter.filter)).toHaveLength(1);
  });

  it("stay through suspension and deletion; a deleted one is shown nowhere until restored", async () => {
    const { gateway } = file;
    const { id } = await makeGroup(gateway);
    const ann = await userIn(gateway);
    await add(gateway, id, [ann]);
    const move = (name: string) =>
      gateway.run(`mutation ($input: ${name}UserInput!) { ${name.toLowerCase()}User(input: $input) { position } }`, {
        input: { id: ann },
      });
    await move("Suspend");
    expect(await membersOf(gateway, id)).toEqual([ann]);
    await move("Delete");
    expect(await membersOf(gateway, id)).toEqual([]);
    expect((await add(gateway, id, [ann])).outcomes).toEqual([{ userId: ann, outcome: "NOT_FOUND" }]);
    await move("Restore");
    expect(await membersOf(gateway, id)).toEqual([ann]);
  });

  it("are people in the viewer's sight: others are as if they were not there", async () => {
    const unit = await unitBelow(file.gateway);
    const { token } = await makeHolder(file.gateway, ["GROUP_MANAGE", "ROLE_READ", "USER_READ"], unit);
    const { id } = await makeGroup(file.gateway, { orgUnitId: unit });
    const [here, away] = [await userIn(file.gateway, unit), await userIn(file.gateway)];
    await add(file.gateway, id, [away]);
    expect((await add(file.gateway, id, [here, away], token)).outcomes).toEqual([
      { userId: here, outcome: "ADDED" },
      { userId: away, outcome: "NOT_FOUND" },
    ]);
    expect((await remove(file.gateway, id, [away], token)).outcomes).toEqual([{ userId: away, outcome: "NOT_FOUND" }]);
    expect(await membersOf(file.gateway, id, token)).toEqual([here]);
    expect(await membersOf(file.gateway, id)).toEqual([here, away].sort());
  });

  it("are given as ids of users, at most 5,000 of them", async () => {
    const { id } = await makeGroup(file.gateway);
    for (const userIds of [[], [id], Array.from({ length: 5_001 }, () => `user_${"0".repeat(26)}`)])
      for (const document of [ADD, REMOVE])
        expect((await file.gateway.refusal(document, { input: { groupId: id, userIds } })).extensions.code).toBe(
          "INVALID_INPUT",
        );
  });

  it("go with the person's record", async () => {
    const { gateway } = file;
    const { id } = await makeGroup(gateway);
    const ann = await userIn(gateway);
    await add(gateway, id, [ann]);
    await gateway.database.write(someCause, (tx) =>
      tx.sql.deleteFrom("user_account").where("id", "=", uuid(ann)).execute(),
    );
    const rows = await gateway.database.reader
      .selectFrom("group_member")
      .select("id")
      .where("user_id", "=", uuid(ann))
      .execute();
    expect(rows).toEqual([]);
  });
});

// The embedded database takes its time over thousands; a statement a person shows with hundreds too.
const MANY = databaseKind === "embedded" ? 500 : 5_000;

it(`${MANY} people are added, and a fifth of them removed, by as many statements as one`, async () => {
  const { gateway } = file;
  const { id } = await makeGroup(gateway);
  const rows = Array.from({ length: MANY }, () => userRow({ username: unique("many") }));
  for (let at = 0; at < rows.length; at += 1_000)
    await gateway.database.write(someCause, (tx) =>
      tx.sql
        .insertInto("user_account")
        .values(rows.slice(at, at + 1_000))
        .execute(),
    );
  const userIds = rows.map((row) => publicId("User", row.id));
  let statements = 0;
  gateway.database.observe(() => {
    statements += 1;
  });
  const counts: number[] = [];
  for (const [document, ids] of [
    [ADD, userIds.slice(0, 1)],
    [ADD, userIds],
    [REMOVE, userIds.slice(0, 1)],
    [REMOVE, userIds.slice(0, MANY / 5)],
  ] as const) {
    statements = 0;
    await gateway.run(document, { input: { groupId: id, userIds: ids } });
    counts.push(statements);
  }
  expect(counts[1]).toBe(counts[0]);
  expect(counts[3]).toBe(counts[2]);
  expect(counts[0]).toBeGreaterThan(4);
  expect(counts[0]).toBeLessThan(15);
});
