import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, FOLLOW, FOLLOW_FILTER, saveSearch } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();
beforeAll(() => file.gateway.searches.matching.start());

const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const update = (input: object) => file.gateway.run(UPDATE, { input });
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";

/** Rules of a case go with it. */
const rules: string[] = [];
afterEach(async () => {
  for (const id of rules.splice(0))
    await file.gateway.run(
      "mutation ($input: DeleteAccessRuleInput!) { deleteAccessRule(input: $input) { position } }",
      {
        input: { id },
      },
    );
});

/** A rule by which this person sees nobody else; gives the person, and the same search followed by them saved and ad hoc. */
async function ruled(object: object, filter: object) {
  const { gateway } = file;
  const viewer = await makeHolder(gateway, ["USER_READ"]);
  const made = await gateway.run(
    "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id } } }",
    { input: { name: "Rule", permissions: ["USER_READ"], actor: { id: { eq: viewer.id } }, object } },
  );
  rules.push(made.createAccessRule.rule.id);
  const search = await saveSearch(gateway, { filter, visibility: "SHARED" });
  const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
  const followed = [socket.start(FOLLOW, { id: search.id }), socket.start(FOLLOW_FILTER, { filter })];
  for (const started of followed) await started.ready();
  const pages = async () =>
    (await allChanges(gateway, { id: search.id, after: search.position }, viewer.token)).nodes.map(brief);
  return { followed, pages };
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of a message is the document's.
const brief = ({ change, userId, cause: { kind } }: any) => [change, userId, kind];

/** Somebody who sees one unit, and the same search followed by them saved and ad hoc, on one socket. */
async function delegated(filter: object, watch: string[] = []) {
  const { gateway } = file;
  const unit = await makeUnit(gateway);
  const viewer = await makeHolder(gateway, ["USER_READ", "ORG_READ"], unit.id);
  const search = await saveSearch(gateway, { filter, watch, visibility: "SHARED" });
  const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
  const followed = [socket.start(FOLLOW, { id: search.id }), socket.start(FOLLOW_FILTER, { filter, watch })];
  for (const started of followed) await started.ready();
  return { unit, viewer, search, socket, followed };
}

const EVENTS = "subscription ($filter: UserFilter!) { userEvents(filter: $filter) { __typename } }";

describe("A filter ends its subscriptions once it may not be asked any more, though no right has changed", () => {
  it("since the unit that it names stands elsewhere", async () => {
    const { gateway } = file;
    const [mine, other] = [await makeUnit(gateway), await makeUnit(gateway)];
    const inner = await makeUnit(gateway, { parentId: mine.id });
    const viewer = await makeHolder(gateway, ["USER_READ", "ORG_READ"]);
    await grant(gateway, viewer.id, (await makeRole(gateway, ["USER_READ_SECURITY"])).key, { scopeId: mine.id });
    const filter = { mfaEnrolled: { eq: false }, orgUnit: { within: inner.id } };
    const search = await saveSearch(gateway, { filter, visibility: "SHARED" });
    const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
    const followed = [
      socket.start(FOLLOW, { id: search.id }),
      socket.start(FOLLOW_FILTER, { filter }),
      socket.start(EVENTS, { filter }),
    ];
    for (const started of followed) await started.ready();
    await gateway.run("mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }", {
      input: { id: inner.id, newParentId: other.id },
    });
    await makeUser(gateway, { orgUnitId: inner.id });
    for (const started of followed) {
      expect((await started.refused()).extensions).toMatchObject({ code: "FIELD_FORBIDDEN", field: "mfaEnrolled" });
      expect(started.events).toEqual([]);
    }
  });

  it("since the manager whom it names is out of sight", async () => {
    const { gateway } = file;
    const [mine, other] = [await makeUnit(gateway), await makeUnit(gateway)];
    const viewer = await makeHolder(gateway, ["USER_READ", "ORG_READ"], mine.id);
    const manager = await makeUser(gateway, { orgUnitId: mine.id });
    const filter = { manager: { eq: manager.id } };
    const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
    const followed = [socket.start(FOLLOW_FILTER, { filter }), socket.start(EVENTS, { filter })];
    for (const started of followed) await started.ready();
    await update({ id: manager.id, title: "Chief" });
    await update({ id: manager.id, orgUnitId: other.id });
    for (const started of followed) expect((await started.refused()).extensions.code).toBe("NOT_FOUND");
  });
});

describe("A viewer with bounded sight", () => {
  it("is told that somebody left when they move out of sight, by the id alone, and joined when they move in", async () => {
    const { gateway } = file;
    const elsewhere = await makeUnit(gateway);
    const { unit, viewer, search, socket, followed } = await delegated({ status: { eq: "ACTIVE" } }, ["title"]);
    const user = await makeUser(gateway, { title: "Secretive", orgUnitId: elsewhere.id });
    await update({ id: user.id, orgUnitId: unit.id });
    const told = await Promise.all(followed.map((started) => started.count(1)));
    for (const [joined] of told)
      expect(joined).toMatchObject({ change: "JOINED", userId: user.id, user: { title: "Secretive" }, changes: [] });
    const before = socket.messages.length;
    await update({ id: user.id, orgUnitId: elsewhere.id, title: "Hidden", reason: "nobody's business" });
    await update({ id: user.id, title: "More hidden" });
    const left = { change: "LEFT", userId: user.id, user: null, changes: [], cause: { reason: null } };
    for (const started of followed) expect((await started.count(2))[1]).toMatchObject(left);
    await update({ id: viewer.id, nickName: "Sam", orgUnitId: elsewhere.id });
    const later = JSON.stringify(socket.messages.slice(before));
    for (const hidden of ["Hidden", "hidden", "business", user.username]) expect(later).not.toContain(hidden);
    const pages = await allChanges(gateway, { id: search.id, after: search.position }, viewer.token);
    expect(pages.nodes.filter(({ userId }) => userId === user.id)).toMatchObject([
      { change: "JOINED", user: null },
      left,
    ]);
    expect(JSON.stringify(pages.nodes)).not.toContain("idden");
  });

  it("is told of a unit that moves out of sight with all its people", async () => {
    const { gateway } = file;
    const elsewhere = await makeUnit(gateway);
    const { unit, followed } = await delegated({ title: { eq: "Mover" } });
    const team = await makeUnit(gateway, { parentId: unit.id });
    const people = [];
    for (let n = 0; n < 3; n++) people.push(await makeUser(gateway, { title: "Mover", orgUnitId: team.id }));
    await gateway.run("mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }", {
      input: { id: team.id, newParentId: elsewhere.id },
    });
    for (const started of followed) {
      const events = await started.count(6);
      expect(events.slice(3).map(({ change, user }) => [change, user])).toEqual(Array(3).fill(["LEFT", null]));
      expect(new Set(events.slice(3).map(({ userId }) => userId))).toEqual(new Set(people.map(({ id }) => id)));
    }
  });

  it("is not told that a watched field changed which they may not read, not even that something did", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const viewer = await makeHolder(gateway, ["USER_READ"], unit.id);
    const user = await makeUser(gateway, { orgUnitId: unit.id, title: "Clerk" });
    const search = await saveSearch(gateway, { filter: {}, watch: ["email", "title"], visibility: "SHARED" });
    const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
    const started = socket.start(FOLLOW, { id: search.id });
    await started.ready();
    const emails = (value: string) => [{ value, primary: true }];
    await update({ id: user.id, emails: emails("one@example.org") });
    await update({ id: user.id, emails: emails("two@example.org"), title: "Head Clerk" });
    const [changed] = await started.count(1);
    expect(changed.changes).toEqual([{ field: "title", before: "Clerk", after: "Head Clerk", redacted: false }]);
    const pages = await allChanges(gateway, { id: search.id, after: search.position });
    expect(pages.nodes.map(({ changes }) => changes.map(({ field }: { field: string }) => field))).toEqual([
      ["email"],
      ["email", "title"],
    ]);
  });

  it("is reset when their rights change, and told from there on what they see then", async () => {
    const { gateway } = file;
    const [here, there] = [await makeUnit(gateway), await makeUnit(gateway)];
    const { id: viewerId } = await makeUser(gateway);
    const role = await makeRole(gateway, ["USER_READ"]);
    const grantId = await grant(gateway, viewerId, role.key, { scopeId: here.id });
    const socket = sockets.keep(await Socket.open(gateway.url, await tokenOf(gateway, viewerId)));
    const started = socket.start(FOLLOW_FILTER, { filter: { title: { eq: "Turner" } } });
    await started.ready();
    await grant(gateway, viewerId, role.key, { scopeId: there.id });
    await gateway.run(REVOKE, { input: { grantId } });
    await started.count(2);
    await makeUser(gateway, { title: "Turner", orgUnitId: here.id });
    const seen = await makeUser(gateway, { title: "Turner", orgUnitId: there.id });
    expect(await started.count(3)).toMatchObject([
      { reason: "VISIBILITY_CHANGED" },
      { reason: "VISIBILITY_CHANGED" },
      { change: "JOINED", userId: seen.id },
    ]);
  });

  it("whose sight an access rule bounds is told who leaves it and who enters it, live and in pages", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway, { department: "Sales" });
    const { followed, pages } = await ruled({ department: { eq: "Sales" } }, { status: { eq: "ACTIVE" } });
    await update({ id: user.id, department: "Legal", title: "Hidden" });
    await update({ id: user.id, title: "More hidden" });
    await update({ id: user.id, department: "Sales" });
    const told = [
      ["LEFT", user.id, "MUTATION"],
      ["JOINED", user.id, "MUTATION"],
    ];
    for (const started of followed) {
      const events = await started.count(2);
      expect(events.map(brief)).toEqual(told);
      expect(JSON.stringify(events[0])).not.toContain("idden");
    }
    expect(await pages()).toEqual(told);
  });

  it("whose sight an access rule bounds by a distance from now is told whom time brings into it", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway, { department: "Trial" });
    const { followed, pages } = await ruled({ createdAt: { olderThan: "P40D" } }, { department: { eq: "Trial" } });
    gateway.database.moveClock("41 days");
    await passTime(gateway.database);
    const told = [["JOINED", user.id, "TIME"]];
    for (const started of followed) expect((await started.count(1)).map(brief)).toEqual(told);
    expect(await pages()).toEqual(told);
  });

  it("is cut off with 4403 when their token is revoked", async () => {
    const { gateway } = file;
    const search = await saveSearch(gateway, { visibility: "SHARED" });
    const viewer = await makeHolder(gateway, ["USER_READ"]);
    const socket = sockets.keep(await Socket.open(gateway.url, viewer.token));
    await socket.start(FOLLOW, { id: search.id }).ready();
    await gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: viewer.id, reason: "left" },
    });
    expect((await socket.closed).code).toBe(4403);
  });
});
