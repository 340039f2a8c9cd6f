import pg from "pg";
import { describe, expect, it } from "vitest";
import { databaseKind } from "../../support/database.ts";
import { machineToken, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { causeOf } from "../../support/sealing.ts";

const file = gatewayForFile();

const AS_OF = `query ($at: DateTime!, $filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $after: String) {
  usersAsOf(at: $at, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount position pageInfo { hasNextPage endCursor }
    nodes { id userId username displayName status title email orgUnitPath managerId roleKeys attributes validFrom validUntil position user { id } } } }`;

interface Version {
  id: string;
  userId: string;
  username: string;
  title: string | null;
  email: string | null;
  status: string;
  orgUnitPath: string[] | null;
  roleKeys: string[] | null;
  validFrom: string;
  validUntil: string | null;
  user: { id: string } | null;
}

const asOf = async (
  at: string,
  variables: object = {},
  token?: string,
): Promise<{ totalCount: number; nodes: Version[]; pageInfo: { hasNextPage: boolean; endCursor: string } }> =>
  (await file.gateway.run(AS_OF, { at, ...variables }, token)).usersAsOf;

/** An instant that lies behind everything so far and before everything that follows. */
async function now(): Promise<string> {
  const instant = (await file.gateway.database.now()).toISOString();
  while ((await file.gateway.database.now()).toISOString() <= instant);
  return instant;
}

const mutate = (name: string, type: string, input: object) =>
  file.gateway.run(`mutation ($input: ${type}!) { ${name}(input: $input) { position } }`, { input });

describe("usersAsOf", () => {
  it("shows people as they stood, through changes of profile, unit, roles, and their deletion", async () => {
    const top = await makeUnit(file.gateway);
    const moving = await makeUnit(file.gateway, { parentId: top.id });
    const elsewhere = await makeUnit(file.gateway);
    const key = unique("role");
    await mutate("createRole", "CreateRoleInput", { key, name: "R", permissions: ["USER_READ"] });
    const { id, username } = await makeUser(file.gateway, { orgUnitId: moving.id, title: "First" });
    const filter = { username: { eq: username } };
    const states: { at: string; expected: object | undefined }[] = [];
    const remember = async (expected: object | undefined) => states.push({ at: await now(), expected });
    await remember({ title: "First", orgUnitPath: [top.id, moving.id], roleKeys: [], status: "ACTIVE" });
    await mutate("updateUser", "UpdateUserInput", { id, title: "Second" });
    await remember({ title: "Second", orgUnitPath: [top.id, moving.id] });
    await mutate("moveOrgUnit", "MoveOrgUnitInput", { id: moving.id, newParentId: elsewhere.id });
    await remember({ title: "Second", orgUnitPath: [elsewhere.id, moving.id] });
    await mutate("grantRole", "GrantRoleInput", { granteeId: id, roleKey: key });
    await remember({ roleKeys: [key] });
    await mutate("deleteUser", "DeleteUserInput", { id });
    await remember(undefined);
    await mutate("restoreUser", "RestoreUserInput", { id });
    await remember({ status: "ACTIVE", roleKeys: [key] });
    await mutate("suspendUser", "SuspendUserInput", { id });
    await remember({ status: "SUSPENDED", roleKeys: [] });
    for (const { at, expected } of states) {
      const { nodes, totalCount } = await asOf(at, { filter });
      expect(totalCount).toBe(expected ? 1 : 0);
      if (expected) expect(nodes[0]).toMatchObject({ ...expected, userId: id, user: { id } });
      for (const { validFrom, validUntil } of nodes) {
        expect(validFrom <= at).toBe(true);
        expect(validUntil === null || validUntil > at).toBe(true);
      }
    }
    const within = { orgUnit: { within: top.id } };
    expect((await asOf(states[1]?.at as string, { filter: within })).nodes.map((node) => node.userId)).toEqual([id]);
    expect((await asOf(states[2]?.at as string, { filter: within })).nodes).toEqual([]);
  });

  // Nobody can hold a transaction open while others work on the embedded database.
  it.skipIf(databaseKind === "embedded")(
    "is answered once no commit of up to then is still on its way: the page is a cut at its position",
    async () => {
      const user = await makeUser(file.gateway);
      const writer = new pg.Client(file.gateway.database.connectionConfig.owner);
      await writer.connect();
      await writer.query("BEGIN");
      await writer.query("SELECT set_config('rollcall.cause', $1, true)", [JSON.stringify(causeOf("user.updated"))]);
      await writer.query("UPDATE user_account SET title = 'On its way' WHERE id = $1", [uuid(user.id)]);
      await writer.query("SELECT conclude_transaction()");
      const asked = asOf(await now(), { filter: { username: { eq: user.username } } });
      const waits = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      const isWaiting = expect
        .poll(async () => (await writer.query(waits)).rows.length, { timeout: 30_000, interval: 20 })
        .toBeGreaterThan(0);
      await Promise.race([asked, isWaiting]);
      await writer.query("COMMIT");
      await writer.end();
      expect((await asked).nodes).toMatchObject([{ title: "On its way", validUntil: null }]);
    },
  );

  it("filters, sorts and pages as for now, and reckons relative criteria from the instant", async () => {
    const unit = await makeUnit(file.gateway);
    const made: string[] = [];
    for (let i = 0; i < 7; i++)
      made.push((await makeUser(file.gateway, { orgUnitId: unit.id, title: `T${i % 3}` })).username);
    const at = await now();
    for (const username of made)
      await mutate("updateUser", "UpdateUserInput", {
        id: (await asOf(at, { filter: { username: { eq: username } } })).nodes[0]?.userId,
        title: "Changed",
      });
    const filter = { orgUnit: { eq: unit.id } };
    const orderBy = [{ field: "TITLE", direction: "DESC" }, { field: "USERNAME" }];
    const whole = (await asOf(at, { filter, orderBy })).nodes;
    expect(whole.map(({ title }) => title)).toEqual(["T2", "T2", "T1", "T1", "T0", "T0", "T0"]);
    const paged: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { nodes, pageInfo } = await asOf(at, { filter, orderBy, first: 2, after });
      paged.push(...nodes.map((node) => node.id));
      [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
    }
    expect(paged).toEqual(whole.map((node) => node.id));
    file.gateway.database.moveClock("40 days");
    try {
      const recent = { and: [filter, { createdAt: { withinLast: "P7D" } }] };
      expect((await asOf(at, { filter: recent })).totalCount).toBe(7);
      expect((await asOf(await now(), { filter: recent })).totalCount).toBe(0);
    } finally {
      file.gateway.database.moveClock("");
    }
  });

  it("keeps to the sight and the field rules that the viewer has today, where people stood then", async () => {
    const [mine, other] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const email = `${unique("mail")}@example.org`;
    const { id } = await makeUser(file.gateway, { orgUnitId: mine.id, email });
    const before = await now();
    await mutate("updateUser", "UpdateUserInput", { id, orgUnitId: other.id });
    const after = await now();
    const token = await machineToken(file.gateway, ["USER_READ"], [mine.id]);
    const seen = async (at: string) => (await asOf(at, {}, token)).nodes;
    expect(await seen(before)).toMatchObject([
      { userId: id, email: null, orgUnitPath: null, roleKeys: null, user: null },
    ]);
    expect(await seen(after)).toEqual([]);
    expect((await asOf(after, { filter: { email: { eq: email } } })).nodes).toHaveLength(1);
    expect(await file.gateway.refusal(AS_OF, { at: before, filter: { email: { eq: email } } }, token)).toMatchObject({
      extensions: { code: "FIELD_FORBIDDEN", field: "email" },
    });
  });

  it("gives a version its own id, under which it is found again by whoever may see it", async () => {
    const { id, username } = await makeUser(file.gateway, { title: "Then" });
    const [version] = (await asOf(await now(), { filter: { username: { eq: username } } })).nodes as [Version];
    await mutate("updateUser", "UpdateUserInput", { id, title: "Now" });
    const NODE = "query ($id: ID!) { node(id: $id) { id __typename ... on UserVersion { title userId } } }";
    expect((await file.gateway.run(NODE, { id: version.id })).node).toEqual({
      id: version.id,
      __typename: "UserVersion",
      title: "Then",
      userId: id,
    });
    const stranger = await machineToken(file.gateway, ["ORG_READ"]);
    expect((await file.gateway.run(NODE, { id: version.id }, stranger)).node).toBeNull();
  });

  it("is refused before the log begins, with the earliest instant, and for an instant to come", async () => {
    const early = await file.gateway.refusal(AS_OF, { at: "2001-01-01T00:00:00Z" });
    expect(early.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "at" });
    const { earliest } = early.extensions as unknown as { earliest: string };
    expect((await asOf(earliest)).nodes).toEqual([]);
    const late = await file.gateway.refusal(AS_OF, { at: "2999-01-01T00:00:00Z" });
    expect(late.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "at" });
  });
});
