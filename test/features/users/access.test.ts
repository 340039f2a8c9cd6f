import { beforeAll, describe, expect, test } from "vitest";
import { find, machineToken, makeUnit, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

/** Two divisions, a person in each and one in neither, and a token that reads people of the first division only. */
let world: { north: string; south: string; ann: string; bob: string; loose: string; reader: string; contact: string };

beforeAll(async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway, { kind: "COMPANY" });
  const north = await makeUnit(gateway, { parentId: root.id, kind: "DIVISION" });
  const south = await makeUnit(gateway, { parentId: root.id, kind: "DIVISION" });
  const team = await makeUnit(gateway, { parentId: north.id, kind: "TEAM" });
  const bob = await makeUser(gateway, { username: "bob", orgUnitId: south.id, email: "bob@example.com" });
  const ann = await makeUser(gateway, {
    username: "ann",
    orgUnitId: team.id,
    email: "ann@example.com",
    managerId: bob.id,
  });
  const loose = await makeUser(gateway, { username: "loose" });
  world = {
    north: north.id,
    south: south.id,
    ann: ann.id,
    bob: bob.id,
    loose: loose.id,
    reader: await machineToken(gateway, ["USER_READ", "ORG_READ"], [north.id]),
    contact: await machineToken(gateway, ["USER_READ", "USER_READ_CONTACT"], [north.id]),
  };
});

const refused = async (filter: object, token: string, more: Record<string, unknown> = {}) =>
  (
    await file.gateway.refusal(
      "query ($filter: UserFilter, $orderBy: [UserOrder!]) { users(filter: $filter, orderBy: $orderBy) { nodes { id } } }",
      { filter, ...more },
      token,
    )
  ).extensions;

describe("sight", () => {
  test("bounds every search, count and facet, and what lies outside looks absent by every path", async () => {
    const { reader, ann, bob, loose, south } = world;
    expect(await find(file.gateway, {}, {}, reader)).toEqual(["ann"]);
    expect(await find(file.gateway, { username: { in: ["bob", "loose"] } }, {}, reader)).toEqual([]);
    const data = await file.gateway.run(
      `query ($bob: ID!, $loose: ID!, $south: ID!, $ann: ID!) {
        users { totalCount facets(by: [{ field: STATUS }]) { buckets { count } } }
        byId: user(by: { id: $bob }) { id } byName: user(by: { username: "bob" }) { id }
        node(id: $bob) { id } nodes(ids: [$loose, $bob, $ann]) { id }
        orgUnit(by: { id: $south }) { id } orgUnits { nodes { members { totalCount } memberCount(includeDescendants: true) } }
        ann: user(by: { id: $ann }) { manager { id } managementChain { id } orgUnit { code ancestors { id } } }
      }`,
      { bob, loose, south, ann },
      reader,
    );
    expect(data).toMatchObject({
      users: { totalCount: 1, facets: [{ buckets: [{ count: 1 }] }] },
      byId: null,
      byName: null,
      node: null,
      nodes: [null, null, { id: ann }],
      orgUnit: null,
      ann: { manager: null, managementChain: [] },
    });
    expect(data.ann.orgUnit.ancestors).toHaveLength(1);
    expect(data.orgUnits.nodes).toHaveLength(2);
  });

  test("holds for writing too: not seen is not found, seen is forbidden", async () => {
    const update = 'mutation ($id: ID!) { updateUser(input: { id: $id, title: "x" }) { position } }';
    const writer = await machineToken(file.gateway, ["USER_READ", "USER_UPDATE"], [world.south]);
    expect((await file.gateway.refusal(update, { id: world.ann }, writer)).extensions).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.id",
    });
    const everywhere = await machineToken(file.gateway, ["USER_READ"]);
    expect((await file.gateway.refusal(update, { id: world.ann }, everywhere)).extensions).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_UPDATE",
    });
    await file.gateway.run(update, { id: world.bob }, writer);
    const move = "mutation ($id: ID!, $to: ID!) { updateUser(input: { id: $id, orgUnitId: $to }) { user { id } } }";
    const seeing = await machineToken(file.gateway, ["USER_READ", "USER_UPDATE", "ORG_READ"], [world.south]);
    for (const token of [writer, seeing])
      expect((await file.gateway.refusal(move, { id: world.bob, to: world.north }, token)).extensions).toMatchObject({
        code: "NOT_FOUND",
        inputPath: "input.orgUnitId",
      });
    const out = "mutation ($id: ID!) { updateUser(input: { id: $id, orgUnitId: null }) { user { id } } }";
    expect((await file.gateway.refusal(out, { id: world.bob }, writer)).extensions).toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("lets a person see themselves in full, and nobody else, without any grant", async () => {
    const { id } = await makeUser(file.gateway, {
      username: unique("self"),
      email: `${unique("self")}@example.com`,
      orgUnitId: world.south,
    });
    const token = await tokenOf(file.gateway, id);
    const { users } = await file.gateway.run(
      "{ users { nodes { id email emails { value } failedLoginCount } totalCount } }",
      {},
      token,
    );
    expect(users).toMatchObject({ totalCount: 1, nodes: [{ id, failedLoginCount: 0 }] });
    expect(users.nodes[0].email).not.toBeNull();
  });

  test("needs a token that holds", async () => {
    const anonymous = await file.gateway.refusal("{ users { nodes { id } } }", {}, null);
    expect(anonymous.extensions.code).toBe("UNAUTHENTICATED");
    const wrong = await file.gateway.refusal("{ users { nodes { id } } }", {}, "rcs_nobody");
    expect(wrong.extensions.code).toBe("UNAUTHENTICATED");
    expect(JSON.stringify(wrong)).not.toContain("rcs_nobody");
    const { data } = await file.gateway.ask("{ __typename }", {}, null);
    expect(data).toEqual({ __typename: "Query" });
  });
});

describe("a field that may not be read", () => {
  test("is null, and its lists are too", async () => {
    const { user } = await file.gateway.run(
      "query ($id: ID!) { user(by: { id: $id }) { username email phone emails { value } lastLoginAt failedLoginCount mfaMethods roles { key } } }",
      { id: world.ann },
      world.reader,
    );
    expect(user).toEqual({
      username: "ann",
      email: null,
      phone: null,
      emails: null,
      lastLoginAt: null,
      failedLoginCount: null,
      mfaMethods: null,
      roles: null,
    });
  });

  test("cannot be filtered, sorted, counted or looked up by, however the question is wrapped", async () => {
    const { reader } = world;
    const email = { email: { eq: "ann@example.com" } };
    for (const filter of [
      email,
      { not: email },
      { or: [email, { and: [] }] },
      { text: "ann" },
      { roles: { any: ["x"] } },
      { lastLoginAt: { isNull: true } },
    ]) {
      expect(await refused(filter, reader)).toMatchObject({ code: "FIELD_FORBIDDEN" });
    }
    expect(await refused(email, reader)).toMatchObject({
      field: "email",
      inputPath: "filter.email.eq",
      permission: "USER_READ_CONTACT",
    });
    expect(await refused({}, reader, { orderBy: [{ field: "EMAIL" }] })).toMatchObject({
      code: "FIELD_FORBIDDEN",
      inputPath: "orderBy[0]",
    });
    const facet = await file.gateway.refusal(
      "{ users { facets(by: [{ field: MFA_ENROLLED }]) { missingCount } } }",
      {},
      reader,
    );
    expect(facet.extensions).toMatchObject({ code: "FIELD_FORBIDDEN", inputPath: "by[0]" });
    const { user } = await file.gateway.run('{ user(by: { email: "ann@example.com" }) { id } }', {}, reader);
    expect(user).toBeNull();
  });

  test("can be asked about inside the units where it is readable, and the refusal says where", async () => {
    const wide = await machineToken(file.gateway, ["USER_READ"]);
    const { contact, north, south } = world;
    const email = { email: { endsWith: "@example.com" } };
    expect(await refused(email, wide)).not.toHaveProperty("allowedWithin");
    expect(await refused(email, contact)).toMatchObject({ code: "FIELD_FORBIDDEN", allowedWithin: [north] });
    expect(await find(file.gateway, { ...email, orgUnit: { within: north } }, {}, await both())).toEqual(["ann"]);
    expect(await refused({ ...email, orgUnit: { within: south } }, await both())).toMatchObject({
      code: "FIELD_FORBIDDEN",
    });
    expect(await refused({ ...email, orgUnit: { withinAny: [] } }, await both())).toMatchObject({
      code: "FIELD_FORBIDDEN",
    });
    expect(await refused({ or: [email, { orgUnit: { within: north } }] }, await both())).toMatchObject({
      code: "FIELD_FORBIDDEN",
    });

    async function both() {
      return machineToken(file.gateway, ["USER_READ", "USER_READ_CONTACT", "ORG_READ"], [north]);
    }
  });

  test("cannot be got at through people out of sight", async () => {
    const { reader, bob } = world;
    expect(await refused({ manager: { status: { eq: "ACTIVE" } } }, reader)).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "manager",
    });
    expect(await refused({ directReportCount: { gt: 0 } }, reader)).toMatchObject({ code: "FIELD_FORBIDDEN" });
    const hidden = await refused({ manager: { eq: bob } }, reader);
    const absent = await refused({ manager: { eq: "user_01jd8m5k3tf0vbq2z7y6x4w9ra" } }, reader);
    expect(hidden).toEqual(absent);
    expect(hidden).toMatchObject({ code: "NOT_FOUND", inputPath: "filter.manager.eq" });
  });
});
