import { describe, expect, it } from "vitest";
import { grant, machineToken, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";

const file = gatewayForFile({});
const sockets = inFile();

const EVENTS = `subscription ($filter: AuditEventFilter, $after: Position) {
  auditEvents(filter: $filter, after: $after) {
    __typename
    ... on AuditEvent { id position action outcome subjectId changes { field before after redacted } cause { reason } subject { id } }
    ... on FeedReset { position reason }
    ... on FeedCheckpoint { position }
  }
}`;
const SET = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

async function subscribe(variables: object = {}, token = file.gateway.admin) {
  const socket = sockets.keep(await Socket.open(file.gateway.url, token));
  const started = socket.start(EVENTS, { ...variables });
  return started;
}

describe("auditEvents, live", () => {
  it("tells each base change once, in order, just as the query shows it, and none that is derived", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const events = await subscribe();
    const { position: from } = await events.ready();
    const role = await makeRole(gateway, ["ORG_READ"]);
    await grant(gateway, user.id, role.key, { reason: "as agreed" });
    await gateway.run(SET, { input: { id: user.id, title: "Clerk" } });
    await events.count(3);
    const { auditEvents } = await gateway.run(
      `query { auditEvents(first: 3) { nodes { __typename id position action outcome subjectId changes { field before after redacted } cause { reason } subject { id } } } }`,
    );
    expect(events.events).toEqual(auditEvents.nodes.toReversed());
    expect(events.events.map(({ action }) => action)).toEqual(["role.created", "role.granted", "user.updated"]);
    const again = await subscribe({ after: from });
    expect(await again.count(3)).toEqual(events.events);
  });

  it("tells what was tried and denied", async () => {
    const events = await subscribe({ filter: { outcome: { eq: "DENIED" } } });
    await events.ready();
    await makeUser(file.gateway);
    await file.gateway.refusal(
      "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }",
      { input: { username: "nobody", status: "ACTIVE" } },
      await machineToken(file.gateway, ["USER_READ"]),
    );
    expect((await events.count(1))[0]).toMatchObject({ action: "user.created", outcome: "DENIED" });
  });

  it("keeps to the units over which the viewer may read the log, and to what they may read", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const events = await subscribe(
      { filter: { action: { eq: "user.updated" } } },
      await machineToken(gateway, ["AUDIT_READ"], [mine.id]),
    );
    await events.ready();
    const [here, there] = [
      await makeUser(gateway, { orgUnitId: mine.id }),
      await makeUser(gateway, { orgUnitId: theirs.id }),
    ];
    await gateway.run(SET, { input: { id: there.id, title: "Clerk" } });
    await gateway.run(SET, { input: { id: here.id, title: "Clerk" } });
    const [event] = await events.count(1);
    expect(event).toMatchObject({
      subjectId: here.id,
      changes: [{ field: "title", before: null, after: null, redacted: true }],
    });
  });

  it("means by now, in a filter, the time of the event", async () => {
    const events = await subscribe({ filter: { occurredAt: { withinLast: "PT1S" }, action: { eq: "user.created" } } });
    await events.ready();
    file.gateway.database.moveClock("2 hours");
    const user = await makeUser(file.gateway);
    file.gateway.database.moveClock("");
    expect((await events.count(1))[0].subjectId).toBe(user.id);
  });

  it("is refused to whoever may not read the log", async () => {
    const events = await subscribe({}, await machineToken(file.gateway, ["USER_READ"]));
    expect((await events.refused()).extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
  });
});
