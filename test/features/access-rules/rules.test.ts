import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { GRANT, makeHolder, makeRole, makeUnit, makeUser, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";

const file = gatewayForFile({ times: { holdingMs: 200 } });
const sockets = inFile();

const CREATE =
  "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id version } position } }";
const UPDATE =
  "mutation ($input: UpdateAccessRuleInput!) { updateAccessRule(input: $input) { rule { version hours { days from until } networks } } }";
const DELETE = "mutation ($input: DeleteAccessRuleInput!) { deleteAccessRule(input: $input) { deletedId } }";

/** Ann and bob work in one unit, in sales and in research; the desk holds over everybody what it needs to help, and manages no roles. */
let world: {
  unit: string;
  ann: string;
  bob: string;
  desk: { id: string; token: string };
  manager: { id: string; token: string };
};

const ONE = [
  "USER_READ",
  "USER_READ_CONTACT",
  "USER_READ_SECURITY",
  "USER_UPDATE",
  "ORG_READ",
  "ROLE_READ",
  "ROLE_GRANT",
] as const;

beforeAll(async () => {
  const { gateway } = file;
  const { id: unit } = await makeUnit(gateway);
  const ann = await makeUser(gateway, {
    username: "ann",
    orgUnitId: unit,
    department: "Sales",
    email: "ann@example.com",
  });
  const bob = await makeUser(gateway, {
    username: "bob",
    orgUnitId: unit,
    department: "Research",
    email: "bob@example.com",
  });
  const desk = await makeHolder(gateway, ONE);
  const manager = await makeHolder(gateway, ["ROLE_MANAGE"]);
  world = { unit, ann: ann.id, bob: bob.id, desk, manager };
});

/** Rules of a case go with it. */
const made: string[] = [];
afterEach(async () => {
  for (const id of made.splice(0)) await file.gateway.ask(DELETE, { input: { id } });
});

async function rule(input: object): Promise<string> {
  const { createAccessRule } = await file.gateway.run(CREATE, { input: { name: "Rule", ...input } });
  made.push(createAccessRule.rule.id);
  return createAccessRule.rule.id;
}

const SALES = { department: { eq: "Sales" } };
const LOOK = `query ($ann: ID!, $bob: ID!) {
  users(filter: { username: { in: ["ann", "bob"] } }) { totalCount nodes { username email emails { value } } facets(by: { field: DEPARTMENT }) { buckets { value count } } }
  ann: node(id: $ann) { id } bob: node(id: $bob) { id } }`;
const look = (token = world.desk.token) => file.gateway.run(LOOK, { ann: world.ann, bob: world.bob }, token);
const refusal = async (query: string, variables: object, token = world.desk.token) =>
  (await file.gateway.ask(query, variables as Record<string, unknown>, token)).errors?.[0]?.extensions;
const UPDATE_USER = 'mutation ($id: ID!) { updateUser(input: { id: $id, nickName: "Known" }) { user { id } } }';

describe("A rule on the object", () => {
  it("bounds sight: others are absent from searches, totals, facets, nodes and changes", async () => {
    await rule({ permissions: ["USER_READ"], object: SALES });
    const { users, ann, bob } = await look();
    expect(users).toMatchObject({ totalCount: 1, nodes: [{ username: "ann" }] });
    expect(users.facets).toEqual([{ buckets: [{ value: "Sales", count: 1 }] }]);
    expect([ann, bob]).toEqual([{ id: world.ann }, null]);
    expect(await refusal(UPDATE_USER, { id: world.bob })).toEqual({ code: "NOT_FOUND", inputPath: "input.id" });
    expect(await refusal(UPDATE_USER, { id: world.ann })).toBeUndefined();
    const { orgUnit } = await file.gateway.run(
      "query ($unit: ID!) { orgUnit(by: { id: $unit }) { memberCount members { totalCount } } }",
      { unit: world.unit },
      world.desk.token,
    );
    expect(orgUnit).toEqual({ memberCount: 1, members: { totalCount: 1 } });
  });

  it("masks fields person by person, and they may not be asked about", async () => {
    await rule({ permissions: ["USER_READ_CONTACT"], object: SALES });
    const { users } = await look();
    expect(users.nodes).toEqual(
      expect.arrayContaining([
        { username: "ann", email: "ann@example.com", emails: [{ value: "ann@example.com" }] },
        { username: "bob", email: null, emails: null },
      ]),
    );
    for (const query of [
      '{ users(filter: { email: { startsWith: "b" } }) { totalCount } }',
      "{ users(orderBy: { field: EMAIL }) { totalCount } }",
    ])
      expect(await refusal(query, {})).toMatchObject({ code: "FIELD_FORBIDDEN", permission: "USER_READ_CONTACT" });
    const email = 'mutation ($id: ID!) { updateUser(input: { id: $id, email: "new@example.com" }) { position } }';
    expect(await refusal(email, { id: world.bob })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_READ_CONTACT",
    });
  });

  it("guards changes of those in sight", async () => {
    await rule({ permissions: ["USER_UPDATE"], object: SALES });
    expect(await refusal(UPDATE_USER, { id: world.bob })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_UPDATE",
    });
    expect(await refusal(UPDATE_USER, { id: world.ann })).toBeUndefined();
  });

  it("makes what is left not enough to be given away", async () => {
    const { key } = await makeRole(file.gateway, ["USER_UPDATE"]);
    await rule({ permissions: ["USER_UPDATE"], object: SALES });
    expect(await refusal(GRANT, { input: { granteeId: world.ann, roleKey: key } })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_UPDATE",
    });
  });

  it("leaves everybody their own record", async () => {
    await rule({ permissions: ["USER_READ", "USER_READ_CONTACT"], object: { username: { eq: "nobody" } } });
    const { viewer } = await file.gateway.run("{ viewer { user { id } } }", {}, world.desk.token);
    expect(viewer.user.id).toBe(world.desk.id);
  });
});

describe("A rule", () => {
  it("concerns the actors that it names, and nobody else", async () => {
    await rule({ permissions: ["USER_READ"], object: SALES, actor: { id: { eq: world.desk.id } } });
    expect((await look()).users.totalCount).toBe(1);
    const other = await makeHolder(file.gateway, ["USER_READ", "USER_READ_CONTACT"]);
    expect((await look(other.token)).users.totalCount).toBe(2);
    expect((await look(file.gateway.admin)).users.totalCount).toBe(2);
  });

  it("combines with others by deny-overrides", async () => {
    await rule({ permissions: ["USER_READ"], object: SALES });
    await rule({ permissions: ["USER_READ"], object: { username: { eq: "bob" } } });
    expect((await look()).users.totalCount).toBe(0);
  });

  it("of hours lets a permission rest outside of them, and come back within them", async () => {
    const days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    const today = days[(new Date().getUTCDay() + 6) % 7] as string;
    const around = days.filter((day) => ![today, days[(days.indexOf(today) + 1) % 7]].includes(day));
    const id = await rule({ permissions: ["USER_UPDATE"], hours: [{ days: around }] });
    expect(await refusal(UPDATE_USER, { id: world.ann })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_UPDATE",
    });
    await file.gateway.run(UPDATE, { input: { id, hours: [{ days }] } });
    expect(await refusal(UPDATE_USER, { id: world.ann })).toBeUndefined();
  });

  it("of networks asks where the request comes from", async () => {
    await rule({ permissions: ["USER_UPDATE"], networks: ["10.0.0.0/8"] });
    const from = async (remoteAddress: string) => {
      const response = await file.gateway.server.inject({
        method: "POST",
        url: "/graphql",
        remoteAddress,
        headers: { authorization: `Bearer ${world.desk.token}` },
        payload: { query: UPDATE_USER, variables: { id: world.ann } },
      });
      return response.json().errors?.[0]?.extensions.code;
    };
    expect([await from("10.20.30.40"), await from("192.0.2.1"), await from("::ffff:10.0.0.1")]).toEqual([
      undefined,
      "FORBIDDEN",
      undefined,
    ]);
  });

  it("is looked at again while somebody listens: what it hides is told of no more", async () => {
    const socket = sockets.keep(await Socket.open(file.gateway.url, world.desk.token));
    const started = socket.start("subscription { userEvents { __typename ... on UserEvent { user { username } } } }");
    await started.ready();
    const touch = async (id: string, title: string) =>
      file.gateway.run(
        "mutation ($id: ID!, $title: String) { updateUser(input: { id: $id, title: $title }) { position } }",
        { id, title },
      );
    await touch(world.bob, "One");
    await started.until((events) => events.some((event) => event?.user?.username === "bob"));
    await rule({ permissions: ["USER_READ"], object: SALES, actor: { id: { eq: world.desk.id } } });
    await touch(world.bob, "Two");
    await touch(world.ann, "Two");
    await started.until((events) => events.some((event) => event?.user?.username === "ann"));
    expect(started.events.filter((event) => event?.user?.username === "bob")).toHaveLength(1);
    expect(started.events.filter((event) => event?.__typename === "UserEvent" && event.user === null)).toHaveLength(0);
  });
});

describe("Whoever manages roles everywhere", () => {
  it("alone sees and changes rules, and can be shut out of them by none", async () => {
    await rule({ permissions: ["USER_READ", "ROLE_READ", "ORG_READ"], networks: ["192.0.2.0/24"] });
    const { token } = world.manager;
    const { accessRules } = await file.gateway.run("{ accessRules { id networks } }", {}, token);
    expect(accessRules).toHaveLength(1);
    expect(await refusal("{ accessRules { id } }", {})).toMatchObject({ code: "FORBIDDEN", permission: "ROLE_MANAGE" });
    expect(await refusal(DELETE, { input: { id: accessRules[0].id } })).toMatchObject({ code: "FORBIDDEN" });
    expect(await refusal(DELETE, { input: { id: accessRules[0].id } }, token)).toBeUndefined();
    expect((await look()).users.totalCount).toBe(2);
  });

  it("is told everything that is wrong with a rule", async () => {
    const create = (input: object) => refusal(CREATE, { input: { name: "Rule", ...input } }, file.gateway.admin);
    expect(
      await create({
        permissions: ["ROLE_MANAGE"],
        networks: ["here"],
        timezone: "Mars",
        hours: [{ days: [], from: "9" }],
      }),
    ).toMatchObject({
      code: "INVALID_INPUT",
      violations: [
        { path: "input.permissions" },
        { path: "input.timezone" },
        { path: "input.networks[0]" },
        { path: "input.hours[0].days" },
        { path: "input.hours[0].from" },
      ],
    });
    expect(await create({ permissions: ["USER_READ"] })).toMatchObject({ code: "INVALID_INPUT", inputPath: "input" });
    expect(await create({ permissions: ["ORG_READ"], object: SALES })).toMatchObject({ inputPath: "input.object" });
    expect(await create({ permissions: ["USER_READ"], object: { status: null } })).toMatchObject({
      inputPath: "input.object.status",
    });
    const asking = { permissions: ["USER_READ"], object: { email: { isNull: false } } };
    expect(await refusal(CREATE, { input: { name: "Rule", ...asking } }, world.manager.token)).toMatchObject({
      code: "FIELD_FORBIDDEN",
    });
  });

  it("leaves a trace in the audit log, and no lost update", async () => {
    const id = await rule({ permissions: ["USER_UPDATE"], networks: ["10.0.0.0/8"] });
    expect(
      await refusal(UPDATE, { input: { id, expectedVersion: 7, networks: ["::/0"] } }, file.gateway.admin),
    ).toMatchObject({
      code: "STALE_VERSION",
      currentVersion: 1,
    });
    await file.gateway.run(UPDATE, { input: { id, expectedVersion: 1, networks: ["::/0"], reason: "Opened" } });
    const { auditEvents } = await file.gateway.run(
      "query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id }, outcome: { eq: SUCCESS } }) { nodes { action subject { id } cause { reason } } } }",
      { id },
    );
    expect(auditEvents.nodes).toMatchObject([
      { action: "access_rule.updated", subject: { id }, cause: { reason: "Opened" } },
      { action: "access_rule.created" },
    ]);
    expect(uuid(id)).toBeDefined();
  });
});

describe("An explanation", () => {
  const EXPLAIN = `query ($permission: Permission!, $userId: ID) { explainAccess(permission: $permission, userId: $userId) { allowed obstacles rules } }`;
  const explain = async (permission: string, userId?: string) =>
    (await file.gateway.run(EXPLAIN, { permission, userId }, world.desk.token)).explainAccess;

  it("says what stands in the viewer's way, and nothing of people out of sight", async () => {
    expect(await explain("USER_UPDATE", world.bob)).toEqual({ allowed: true, obstacles: [], rules: [] });
    expect(await explain("USER_ERASE")).toEqual({ allowed: false, obstacles: ["NOT_GRANTED"], rules: [] });
    await rule({ name: "Sales only", permissions: ["USER_UPDATE"], object: SALES });
    expect(await explain("USER_UPDATE", world.bob)).toMatchObject({ allowed: false, obstacles: ["OBJECT"] });
    expect(await explain("USER_UPDATE", world.ann)).toMatchObject({ allowed: true });
    await rule({ name: "From the office", permissions: ["USER_READ_SECURITY"], networks: ["10.0.0.0/8"] });
    expect(await explain("USER_READ_SECURITY")).toEqual({
      allowed: false,
      obstacles: ["NETWORK"],
      rules: ["From the office"],
    });
    await rule({ permissions: ["USER_READ"], object: SALES });
    expect(await explain("USER_UPDATE", world.bob)).toBeNull();
  });
});
