import { beforeAll, describe, expect, test } from "vitest";
import { find, machineToken, makeUnit, makeUser, tokenOf } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

/*
 * What other directories leaked although every record was guarded: by what may be asked, by counts, by filters that vanish, by
 * errors, and by what is written. Whoever asks here holds some permissions in the north, and none in the south.
 */

const file = gatewayForFile();

/** Ann is in the north, bob in the south and boss, who granted and changed things, in neither. */
let world: {
  root: string;
  north: string;
  south: string;
  ann: string;
  bob: string;
  reader: string;
  writer: string;
};

beforeAll(async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway, { code: "root" });
  const north = await makeUnit(gateway, { code: "north", parentId: root.id });
  const south = await makeUnit(gateway, { code: "south", parentId: root.id });
  const ann = await makeUser(gateway, { username: "ann", orgUnitId: north.id, email: "ann@example.com" });
  const bob = await makeUser(gateway, {
    username: "bob",
    orgUnitId: south.id,
    email: "bob@example.com",
    employeeNumber: "E-1",
    title: "Secret keeper",
  });
  const boss = await makeUser(gateway, { username: "boss", displayName: "The Boss" });
  await gateway.run(
    `mutation { all: createRole(input: { key: "all", name: "All", permissions: [USER_READ, USER_UPDATE, ROLE_READ, ROLE_GRANT] }) { position }
      seen: createRole(input: { key: "seen", name: "Seen", permissions: [USER_READ] }) { position } }`,
  );
  await gateway.run('mutation ($boss: ID!) { grantRole(input: { granteeId: $boss, roleKey: "all" }) { position } }', {
    boss: boss.id,
  });
  const asBoss = await tokenOf(gateway, boss.id);
  await gateway.run(
    `mutation ($ann: ID!) { grantRole(input: { granteeId: $ann, roleKey: "seen" }) { position }
      updateUser(input: { id: $ann, title: "Told" }) { position } }`,
    { ann: ann.id },
    asBoss,
  );
  world = {
    root: root.id,
    north: north.id,
    south: south.id,
    ann: ann.id,
    bob: bob.id,
    reader: await machineToken(gateway, ["USER_READ", "ORG_READ", "ROLE_READ", "AUDIT_READ"], [north.id]),
    writer: await machineToken(gateway, ["USER_READ", "ORG_READ", "USER_CREATE", "USER_UPDATE"], [north.id]),
  };
});

const refusal = async (query: string, variables: object, token: string) => {
  const { errors } = await file.gateway.ask(query, variables as Record<string, unknown>, token);
  return errors?.[0];
};

const UNREADABLE = { email: { startsWith: "a" } };

describe("A field that may not be read", () => {
  const WAYS: Record<string, string> = {
    "a search": "query ($filter: UserFilter!) { users(filter: $filter) { totalCount } }",
    "the past": "query ($filter: UserFilter!, $at: DateTime!) { usersAsOf(at: $at, filter: $filter) { totalCount } }",
    "the members of a unit":
      "query ($filter: UserFilter!, $unit: ID!) { orgUnit(by: { id: $unit }) { members(filter: $filter) { totalCount } } }",
    "the reports of somebody":
      "query ($filter: UserFilter!, $ann: ID!) { user(by: { id: $ann }) { reports(filter: $filter) { totalCount } } }",
    "an explanation":
      "query ($filter: UserFilter!, $ann: ID!) { explainMatch(userId: $ann, filter: $filter) { matches } }",
    "the counts of a filter": "query ($filter: UserFilter!) { filterCounts(filter: $filter) { count } }",
  };

  test.each(Object.entries(WAYS))("is not asked about by %s", async (_, query) => {
    const variables = { filter: UNREADABLE, unit: world.north, ann: world.ann, at: new Date().toISOString() };
    const { message, extensions } = (await refusal(query, variables, world.reader)) ?? {};
    expect([message, extensions]).toMatchObject([
      expect.stringContaining("email may not be asked about"),
      { code: "FIELD_FORBIDDEN", permission: "USER_READ_CONTACT" },
    ]);
  });

  test("is not sorted or counted by, nor found by its key", async () => {
    for (const query of [
      "{ users(orderBy: { field: EMAIL }) { nodes { id } } }",
      "{ users { facets(by: { field: MFA_ENROLLED }) { missingCount } } }",
      "query ($unit: ID!) { orgUnit(by: { id: $unit }) { members { facets(by: { field: MFA_ENROLLED }) { missingCount } } } }",
    ])
      expect((await refusal(query, { unit: world.north }, world.reader))?.extensions.code).toBe("FIELD_FORBIDDEN");
    expect(await file.gateway.run('{ user(by: { email: "ann@example.com" }) { id } }', {}, world.reader)).toEqual({
      user: null,
    });
  });

  test("is not estimated either: the estimate says that it would be refused, and no number", async () => {
    const query = "query ($filter: UserFilter!) { estimateSearch(filter: $filter) { accepted estimatedRows } }";
    const ask = (filter: object) => file.gateway.run(query, { filter }, world.reader);
    expect((await ask(UNREADABLE)).estimateSearch).toEqual({ accepted: false, estimatedRows: null });
    // The statistics are those of everybody.
    expect((await ask({ title: { eq: "Secret keeper" } })).estimateSearch).toEqual({
      accepted: true,
      estimatedRows: null,
    });
  });

  test("does not come out of a cursor: one that carries another order is refused", async () => {
    const { users } = await file.gateway.run("{ users(orderBy: { field: EMAIL }) { pageInfo { endCursor } } }");
    const after = users.pageInfo.endCursor;
    const query = "query ($after: String) { users(after: $after) { totalCount } }";
    expect((await refusal(query, { after }, world.reader))?.extensions.code).toBe("INVALID_INPUT");
  });
});

describe("People out of sight", () => {
  test("are in no count, facet, page or total, whatever counts them", async () => {
    const { users, everybody, usersAsOf, filterCounts, orgUnits } = await file.gateway.run(
      `query ($at: DateTime!, $north: ID!) { users(filter: { orgUnit: { within: $north } }) { totalCount facets(by: [{ field: TITLE }, { field: ORG_UNIT }]) { buckets { value count } otherCount missingCount } }
        everybody: users { totalCount } usersAsOf(at: $at) { totalCount }
        filterCounts(filter: { title: { eq: "Secret keeper" } }) { count countWithout }
        orgUnits { totalCount nodes { memberCount(includeDescendants: true) members(includeDescendants: true) { totalCount } } } }`,
      { at: new Date().toISOString(), north: world.north },
      world.reader,
    );
    expect(users).toEqual({
      totalCount: 1,
      facets: [
        { buckets: [{ value: "Told", count: 1 }], otherCount: 0, missingCount: 0 },
        { buckets: [{ value: world.north, count: 1 }], otherCount: 0, missingCount: 0 },
      ],
    });
    expect([everybody.totalCount, usersAsOf.totalCount]).toEqual([1, 1]);
    expect(filterCounts).toEqual([{ count: 0, countWithout: 1 }]);
    expect(orgUnits).toEqual({ totalCount: 1, nodes: [{ memberCount: 1, members: { totalCount: 1 } }] });
  });

  test("are not counted below a unit that is seen without them", async () => {
    const seesUnits = await machineToken(file.gateway, ["ORG_READ"]);
    const query =
      "query ($root: ID!) { orgUnit(by: { id: $root }) { memberCount(includeDescendants: true) children { nodes { memberCount } } } }";
    const { orgUnit } = await file.gateway.run(query, { root: world.root }, seesUnits);
    expect([
      orgUnit.memberCount,
      ...orgUnit.children.nodes.map((unit: { memberCount: number }) => unit.memberCount),
    ]).toEqual([0, 0, 0]);
  });

  test("are nobody to an explanation, to a node, and to an error", async () => {
    const absent = "user_01jd8m5k3tf0vbq2z7y6x4w9ra";
    const query = `query ($id: ID!) { node(id: $id) { id } user(by: { id: $id }) { id }
      explainMatch(userId: $id, filter: { title: { eq: "Secret keeper" } }) { matches } }`;
    for (const id of [world.bob, absent])
      expect(await file.gateway.run(query, { id }, world.reader)).toEqual({
        node: null,
        user: null,
        explainMatch: null,
      });
    const update =
      'mutation ($id: ID!, $version: Int) { updateUser(input: { id: $id, expectedVersion: $version, title: "x" }) { position } }';
    const told = [];
    for (const [id, version] of [
      [world.bob, 1],
      [world.bob, 99],
      [absent, 1],
    ])
      told.push(await refusal(update, { id, version }, world.writer));
    expect(new Set(told.map((error) => JSON.stringify([error?.message, error?.extensions]))).size).toBe(1);
    expect(told[0]?.extensions).toEqual({ code: "NOT_FOUND", inputPath: "input.id" });
  });

  test("are not named by what they did: neither by a grant, nor by an event", async () => {
    const query = `query ($ann: ID!) { user(by: { id: $ann }) { roleGrants { grantedBy { kind name user { id } } } }
      auditEvents(first: 50, filter: { subjectId: { eq: $ann } }) { nodes { cause { actor { kind name user { id } } } } } }`;
    const { user, auditEvents } = await file.gateway.run(query, { ann: world.ann }, world.reader);
    const hidden = { kind: "USER", name: "somebody out of sight", user: null };
    expect(user.roleGrants).toEqual([{ grantedBy: hidden }]);
    const actors = auditEvents.nodes.map((event: { cause: { actor: object } }) => event.cause.actor);
    expect(actors).toContainEqual(hidden);
    expect(JSON.stringify(actors)).not.toContain("The Boss");
    const all = await file.gateway.run(query, { ann: world.ann });
    expect(all.user.roleGrants[0].grantedBy.name).toBe("The Boss");
  });
});

describe("A filter", () => {
  test("that says nothing, or lost what it said, is refused or finds nobody: it never finds everybody", async () => {
    const ask = "query ($filter: UserFilter) { users(filter: $filter) { totalCount } }";
    for (const filter of [
      null,
      { username: null },
      { username: {} },
      { username: { eq: null } },
      { not: null },
      { and: null },
    ])
      expect((await refusal(ask, { filter }, file.gateway.admin))?.extensions.code).toBe("INVALID_INPUT");
    // A variable that was never sent leaves its operator out of the object.
    const lost = "query ($name: String) { users(filter: { username: { eq: $name } }) { totalCount } }";
    expect((await refusal(lost, {}, file.gateway.admin))?.extensions.code).toBe("INVALID_INPUT");
    const lostField = "query ($is: TextFilter) { users(filter: { username: $is }) { totalCount } }";
    expect((await refusal(lostField, {}, file.gateway.admin))?.extensions.code).toBe("INVALID_INPUT");
    for (const filter of [{ or: [] }, { status: { in: [] } }, { id: { in: [] } }, { not: { and: [] } }])
      expect(await find(file.gateway, filter)).toEqual([]);
  });
});

describe("Writing", () => {
  const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { version } } }";
  const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }";

  test("what may not be read is refused, so that no version says whether a guess was right", async () => {
    for (const guess of ["ann@example.com", "other@example.com"])
      for (const input of [
        { email: guess },
        { emails: [{ value: guess, primary: true }] },
        { phone: "+4940123" },
        { addresses: [] },
      ])
        expect((await refusal(UPDATE, { input: { id: world.ann, ...input } }, world.writer))?.extensions).toEqual({
          code: "FORBIDDEN",
          permission: "USER_READ_CONTACT",
        });
    const blind = await machineToken(file.gateway, ["USER_READ", "USER_UPDATE"]);
    for (const orgUnitId of [world.north, world.south])
      expect((await refusal(UPDATE, { input: { id: world.ann, orgUnitId } }, blind))?.extensions).toMatchObject({
        code: "FORBIDDEN",
        permission: "ORG_READ",
      });
  });

  test("does not try out whose an address is without the right to read addresses there", async () => {
    for (const email of ["bob@example.com", "nobody@example.com"]) {
      const input = { username: "probe", orgUnitId: world.north, email };
      expect((await refusal(CREATE, { input }, world.writer))?.extensions).toEqual({
        code: "FORBIDDEN",
        permission: "USER_READ_CONTACT",
      });
    }
  });

  test("a name that is taken out of sight says that it is taken, and nothing else, and is kept in the audit log", async () => {
    const contact = ["USER_READ", "USER_CREATE", "USER_READ_CONTACT", "ORG_READ"] as const;
    const token = await machineToken(file.gateway, contact, [world.north]);
    const taken = { username: "BOB", employeeNumber: "e-1", email: "Bob@example.com" };
    for (const [field, value] of Object.entries(taken)) {
      const input = { username: "probe", orgUnitId: world.north, [field]: value };
      const error = await refusal(CREATE, { input }, token);
      expect(error?.extensions).toEqual({ code: "CONFLICT", field, inputPath: `input.${field}` });
      expect(error?.message).not.toMatch(/bob|example|E-1|unique|constraint|user_/i);
      // Nobody learns it who may not create there: the permission is asked for first.
      const elsewhere = await refusal(CREATE, { input: { ...input, orgUnitId: world.south } }, token);
      expect(elsewhere?.extensions).toEqual({ code: "NOT_FOUND", inputPath: "input.orgUnitId" });
    }
    const { auditEvents } = await file.gateway.run(
      "{ auditEvents(first: 100, filter: { outcome: { eq: FAILED } }) { nodes { outcome } } }",
    );
    expect(auditEvents.nodes.length).toBeGreaterThan(0);
  });
});
