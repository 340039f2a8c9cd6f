import { describe, expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { grant, machineToken, makeRole, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket, type Started } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";

const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();

const EVENTS = `subscription ($filter: UserFilter, $types: [UserEventType!], $after: Position) {
  userEvents(filter: $filter, types: $types, after: $after) {
    __typename
    ... on UserEvent {
      position types userId occurredAt
      user { username status }
      changes { field before after redacted }
      cause { kind reason actor { name } }
    }
    ... on FeedReset { position reason }
    ... on FeedCheckpoint { position }
  }
}`;

const SET = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

/** A subscription that stands ready, and by whose token. */
async function subscribe(variables: object = {}, token = file.gateway.admin): Promise<Started> {
  const socket = sockets.keep(await Socket.open(file.gateway.url, token));
  const started = socket.start(EVENTS, { ...variables });
  await started.ready();
  return started;
}

const about = (id: string) => ({ filter: { id: { eq: id } } });
const typesOf = (events: { types: string[] }[]) => events.map(({ types }) => types);
const change = (name: string, before: unknown, after: unknown) => ({ field: name, before, after, redacted: false });

async function move(operation: string, id: string, more: object = {}): Promise<string> {
  const name = `${operation[0]?.toUpperCase()}${operation.slice(1)}`;
  const answer = await file.gateway.run(
    `mutation ($input: ${name}UserInput!) { ${operation}User(input: $input) { position } }`,
    {
      input: { id, ...more },
    },
  );
  return answer[`${operation}User`].position;
}

describe("userEvents", () => {
  it("begins with a checkpoint and tells what one commit changed about one person", async () => {
    const { gateway } = file;
    const events = await subscribe();
    expect(events.values).toEqual([{ __typename: "FeedCheckpoint", position: expect.any(String) }]);
    const unit = await makeUnit(gateway);
    const user = await makeUser(gateway, { title: "Clerk" });
    const { updateUser } = await gateway.run(SET, {
      input: { id: user.id, title: "Head Clerk", orgUnitId: unit.id, reason: "promoted" },
    });
    const [created, updated] = await events.count(2);
    expect(created).toMatchObject({
      __typename: "UserEvent",
      position: expect.any(String),
      types: ["CREATED"],
      userId: user.id,
      user: { username: user.username, status: "ACTIVE" },
    });
    expect(created.changes).toContainEqual(change("title", null, "Clerk"));
    expect(updated).toMatchObject({
      types: ["UPDATED", "MOVED"],
      cause: { kind: "MUTATION", reason: "promoted", actor: { name: "bootstrap" } },
    });
    expect(updated.changes).toEqual([change("title", "Clerk", "Head Clerk"), change("orgUnit", null, unit.id)]);
    expect(updated.position).not.toBe(updateUser.position); // the change stands within the commit
  });

  it("names every turn of a life by its own type", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway, { status: "PENDING" });
    const boss = await makeUser(gateway);
    const events = await subscribe(about(user.id));
    const turns = [
      "activate",
      "lock",
      "unlock",
      "suspend",
      "reinstate",
      "deactivate",
      "archive",
      "activate",
      "delete",
      "restore",
    ];
    for (const turn of turns)
      await move(turn, user.id, turn === "suspend" || turn === "lock" ? { reason: "because" } : {});
    await gateway.run(SET, { input: { id: user.id, managerId: boss.id } });
    await gateway.run(SET, { input: { id: user.id, managerId: null } });
    expect(typesOf(await events.count(12))).toEqual([
      ["ACTIVATED"],
      ["LOCKED"],
      ["UNLOCKED"],
      ["SUSPENDED"],
      ["REINSTATED"],
      ["DEACTIVATED"],
      ["ARCHIVED"],
      ["ACTIVATED"],
      ["DELETED"],
      ["RESTORED"],
      ["MANAGER_CHANGED"],
      ["MANAGER_CHANGED"],
    ]);
    expect(events.events[10].changes).toEqual([change("manager", null, boss.id)]);
    expect(events.events[3].changes).toContainEqual(change("statusReason", null, "because"));
  });

  it("tells grants that come and go, also by time", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const unit = await makeUnit(gateway);
    const role = await makeRole(gateway, ["ORG_READ"]);
    const events = await subscribe(about(user.id));
    const grantId = await grant(gateway, user.id, role.key, { scopeId: unit.id });
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId },
    });
    const [granted, revoked] = await events.count(2);
    expect(granted.types).toEqual(["ROLE_GRANTED"]);
    const shown = { id: grantId, role: role.key, everywhere: false, scopeId: unit.id, expiresAt: null };
    expect(granted.changes).toEqual([
      { field: "roleGrants", before: [], after: [expect.objectContaining(shown)], redacted: false },
    ]);
    expect(revoked).toMatchObject({ types: ["ROLE_REVOKED"], cause: { kind: "MUTATION" } });
    await grant(gateway, user.id, role.key, { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    gateway.database.moveClock("2 hours");
    await passTime(gateway.database);
    gateway.database.moveClock("");
    const [, , , ended] = await events.count(4);
    expect(ended).toMatchObject({ types: ["ROLE_REVOKED"], cause: { kind: "TIME", actor: { name: "clock" } } });
  });

  it("tells sign-in facts by their types", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const uuid = await uuidOfUser(user.username);
    const events = await subscribe(about(user.id));
    const set = (facts: object) =>
      gateway.database.write(SYSTEM, async (tx) => {
        const row = { user_id: uuid, ...facts };
        await tx.sql
          .insertInto("user_security")
          .values(row)
          .onConflict((on) => on.column("user_id").doUpdateSet(facts))
          .execute();
      });
    await set({ last_login_at: new Date("2026-11-01T08:00:00Z"), last_login_country: "DE", active_session_count: 2 });
    await set({ active_session_count: 1 });
    await set({ password_changed_at: new Date("2026-11-02T08:00:00Z") });
    await set({ mfa_methods: ["TOTP"] });
    await set({ failed_login_count: 3 });
    expect(typesOf(await events.count(5))).toEqual([
      ["SIGNED_IN"],
      ["SESSION_ENDED"],
      ["PASSWORD_CHANGED"],
      ["MFA_CHANGED"],
      ["UPDATED"],
    ]);
    expect(events.events[0].changes).toContainEqual(change("lastLoginAt", null, "2026-11-01T08:00:00.000Z"));
  });

  it("tells of each invitation, and not of what becomes of its link", async () => {
    const { gateway } = file;
    const username = unique("asked");
    const { createUser } = await gateway.run(
      "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }",
      { input: { username, email: `${username}@example.org` } },
    );
    const { id } = createUser.user;
    const events = await subscribe({ ...about(id), types: ["INVITED", "UPDATED"] });
    for (let times = 0; times < 2; times++)
      await gateway.run("mutation ($input: InviteUserInput!) { inviteUser(input: $input) { position } }", {
        input: { id },
      });
    const user = await uuidOfUser(username);
    await gateway.database.write(SYSTEM, (tx) => tx.sql.deleteFrom("user_link").where("user_id", "=", user).execute());
    await gateway.run(SET, { input: { id, title: "Clerk" } });
    const told = await events.count(3);
    expect(told.map(({ types, changes }) => [types, changes.length])).toEqual([
      [["INVITED"], 0],
      [["INVITED"], 0],
      [["UPDATED"], 1],
    ]);
  });

  it("tells nothing of what only reaches a person through others", async () => {
    const { gateway } = file;
    const top = await makeUnit(gateway);
    const other = await makeUnit(gateway);
    const unit = await makeUnit(gateway, { parentId: top.id });
    const boss = await makeUser(gateway);
    const role = await makeRole(gateway, ["ORG_READ"]);
    const user = await makeUser(gateway, { orgUnitId: unit.id, managerId: boss.id });
    await grant(gateway, user.id, role.key);
    const events = await subscribe(about(user.id));
    await gateway.run("mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }", {
      input: { id: unit.id, newParentId: other.id },
    });
    await gateway.run("mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { position } }", {
      input: { id: role.id, name: "Other", permissions: ["ORG_READ", "USER_READ"] },
    });
    await move("suspend", boss.id, { reason: "because" });
    await makeUser(gateway, { managerId: user.id });
    await gateway.run(SET, { input: { id: user.id, nickName: "Sam" } });
    const [first] = await events.count(1);
    expect(first.changes).toEqual([change("nickName", null, "Sam")]);
  });

  it("calls a change of the record that no field shows an update without changes", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const events = await subscribe(about(user.id));
    await gateway.run(SET, { input: { id: user.id, addresses: [{ locality: "Bern", primary: true }] } });
    const [event] = await events.count(1);
    expect(event).toMatchObject({ types: ["UPDATED"], changes: [] });
  });

  it("keeps to a filter that holds before the event or after it, deleted people included in what they were", async () => {
    const { gateway } = file;
    const title = unique("Astronaut");
    const user = await makeUser(gateway);
    const events = await subscribe({ filter: { title: { eq: title } } });
    const retitle = (value: string | null) => gateway.run(SET, { input: { id: user.id, title: value } });
    await retitle("Pilot");
    await retitle(title); // comes to match
    await move("delete", user.id); // matches before and after
    await move("restore", user.id);
    await retitle(null); // ceases to match
    await retitle("Pilot");
    await makeUser(gateway, { title });
    expect(typesOf(await events.count(5))).toEqual([["UPDATED"], ["DELETED"], ["RESTORED"], ["UPDATED"], ["CREATED"]]);
  });

  it("delivers only events of the types that are asked for, with all that happened", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const user = await makeUser(gateway);
    const events = await subscribe({ ...about(user.id), types: ["MOVED"] });
    await gateway.run(SET, { input: { id: user.id, title: "Baker" } });
    await gateway.run(SET, { input: { id: user.id, title: "Cook", orgUnitId: unit.id } });
    expect(typesOf(await events.count(1))).toEqual([["UPDATED", "MOVED"]]);
  });
});

describe("A viewer of userEvents", () => {
  it("is told of people in sight alone", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const events = await subscribe({}, await machineToken(gateway, ["USER_READ"], [mine.id]));
    await makeUser(gateway, { orgUnitId: theirs.id });
    const seen = await makeUser(gateway, { orgUnitId: mine.id });
    const [first] = await events.count(1);
    expect(first.userId).toBe(seen.id);
  });

  it("is told of somebody who leaves sight by the id alone, and nothing of them after", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const user = await makeUser(gateway, { orgUnitId: mine.id, title: "Clerk" });
    const events = await subscribe({}, await machineToken(gateway, ["USER_READ"], [mine.id]));
    await gateway.run(SET, {
      input: { id: user.id, orgUnitId: theirs.id, title: "Secret Agent", reason: "a secret mission" },
    });
    await gateway.run(SET, { input: { id: user.id, title: "Double Agent" } });
    const next = await makeUser(gateway, { orgUnitId: mine.id });
    const [left, after] = await events.count(2);
    expect(left).toMatchObject({
      types: ["UPDATED", "MOVED"],
      userId: user.id,
      user: null,
      changes: [],
      cause: { reason: null },
    });
    expect(after.userId).toBe(next.id);
    expect(JSON.stringify(events.messages)).not.toMatch(/Agent|secret/);
  });

  it("is told of somebody who comes into sight, but not what they were", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const user = await makeUser(gateway, { orgUnitId: theirs.id, title: "Secret Agent" });
    const events = await subscribe({}, await machineToken(gateway, ["USER_READ", "ORG_READ"], [mine.id]));
    await gateway.run(SET, { input: { id: user.id, orgUnitId: mine.id, title: "Clerk" } });
    const [came] = await events.count(1);
    expect(came).toMatchObject({ types: ["UPDATED", "MOVED"], user: { username: user.username } });
    expect(came.changes).toEqual([
      { field: "title", before: null, after: null, redacted: true },
      { field: "orgUnit", before: null, after: null, redacted: true },
    ]);
  });

  it("sees values masked as in a query, and no type that tells of what they hide", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway, { email: `${unique("a")}@example.org` });
    const uuid = await uuidOfUser(user.username);
    const events = await subscribe(about(user.id), await machineToken(gateway, ["USER_READ"]));
    await gateway.database.write(SYSTEM, async (tx) => {
      await tx.sql.insertInto("user_security").values({ user_id: uuid, last_login_at: new Date() }).execute();
    });
    await gateway.run(SET, {
      input: { id: user.id, emails: [{ value: `${unique("b")}@example.org`, primary: true }], title: "Clerk" },
    });
    const [event] = await events.count(1);
    expect(event.types).toEqual(["UPDATED"]);
    expect(event.changes).toContainEqual({ field: "email", before: null, after: null, redacted: true });
    expect(event.changes).toContainEqual(change("title", null, "Clerk"));
    expect(JSON.stringify(events.messages)).not.toContain("@example.org");
  });

  it("does not learn of a manager or a unit out of sight by its id", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const hidden = await makeUser(gateway, { orgUnitId: theirs.id });
    const user = await makeUser(gateway, { orgUnitId: mine.id });
    const events = await subscribe({}, await machineToken(gateway, ["USER_READ"], [mine.id]));
    await gateway.run(SET, { input: { id: user.id, managerId: hidden.id } });
    const [event] = await events.count(1);
    expect(event.changes).toEqual([{ field: "manager", before: null, after: null, redacted: true }]);
    expect(JSON.stringify(events.messages)).not.toContain(hidden.id);
  });

  it.each([
    ["a filter", { filter: { lastLoginAt: { olderThan: "P90D" } } }, "filter.lastLoginAt.olderThan"],
    ["a type", { types: ["CREATED", "SIGNED_IN"] }, "types[1]"],
  ])("is refused %s that asks about what may not be read", async (_, variables, inputPath) => {
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const socket = sockets.keep(await Socket.open(file.gateway.url, token));
    const error = await socket.start(EVENTS, variables).refused();
    expect(error.extensions).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "lastLoginAt",
      inputPath,
      permission: "USER_READ_SECURITY",
    });
    expect(error.path).toEqual(["userEvents"]);
  });

  it.each([
    ["an unknown field's filter", { filter: { attributes: [], and: [{ attributes: [{ key: "x" }] }] } }],
    ["no type at all", { types: [] }],
    ["an explicit null as filter", { filter: null }],
  ])("is refused %s", async (_, variables) => {
    const socket = sockets.keep(await Socket.open(file.gateway.url, file.gateway.admin));
    expect((await socket.start(EVENTS, variables).refused()).extensions.code).toBe("INVALID_INPUT");
  });
});

const SYSTEM = {
  kind: "SIGN_IN",
  action: "sign_in.recorded",
  actor: { kind: "SYSTEM", id: null, name: "test" },
} as const;

async function uuidOfUser(username: string): Promise<string> {
  const { reader } = file.gateway.database;
  return (
    await reader.selectFrom("user_account").select("id").where("username", "=", username).executeTakeFirstOrThrow()
  ).id;
}
