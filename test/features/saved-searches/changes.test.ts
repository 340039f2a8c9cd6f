import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Viewer } from "../../../src/access/actor.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import { SavedSearchChangePages } from "../../../src/features/saved-searches/saved-search-change.pages.ts";
import { Moments } from "../../../src/feed/moments.ts";
import { passTime } from "../../../src/feed/time.ts";
import { parsePosition } from "../../../src/kernel/position.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { tellsAtOnce } from "../../support/owner.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, allFilterChanges, FOLLOW, FOLLOW_FILTER, fold, follow, saveSearch, shown } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 400, holdingMs: 60_000 } });
const sockets = inFile();
beforeAll(() => file.gateway.searches.matching.start());

/** Carries out the mutation of this name; gives its position. */
async function run(mutation: string, input: object, token?: string): Promise<string> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const answer = await file.gateway.run(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { position } }`,
    { input },
    token,
  );
  return answer[mutation].position;
}
const subscribe = (variables: object, token?: string) => follow(file.gateway, sockets.keep, variables, token);
// biome-ignore lint/suspicious/noExplicitAny: the shape of a message is the document's.
const brief = (events: any[]) => events.map(({ change, reason, userId }) => [change ?? reason, userId]);

describe("Followers of a search", () => {
  it("are told who joins, who leaves and what watched fields change, with the cause, saved or not, live or in pages", async () => {
    const { gateway } = file;
    const filter = { department: { eq: "Ledger" } };
    const search = await saveSearch(gateway, { filter, watch: ["title"] });
    const saved = await subscribe({ id: search.id });
    const adHoc = await subscribe({ filter, watch: ["title"] });
    expect(saved.values[0]).toEqual({ __typename: "FeedCheckpoint", position: expect.any(String) });
    const user = await makeUser(gateway, { title: "Clerk" });
    await run("updateUser", { id: user.id, department: "ledger", reason: "moved desks" });
    await run("updateUser", { id: user.id, title: "Head Clerk" });
    await run("updateUser", { id: user.id, nickName: "Sam" });
    await run("updateUser", { id: user.id, department: "Archive", title: "Keeper" });
    const cause = { kind: "MUTATION", reason: "moved desks", actor: { name: "bootstrap" } };
    const told = await saved.count(3);
    expect(told).toMatchObject([
      { change: "JOINED", userId: user.id, user: { username: user.username }, changes: [], cause },
      { change: "CHANGED", changes: [{ field: "title", before: "Clerk", after: "Head Clerk", redacted: false }] },
      { change: "LEFT", changes: [{ field: "title", before: "Head Clerk", after: "Keeper", redacted: false }] },
    ]);
    const bare = told.map(({ __typename, ...rest }) => ({ ...rest, user: expect.anything() }));
    expect(await adHoc.count(3)).toMatchObject(bare);
    const pages = await allChanges(gateway, { id: search.id, after: search.position, first: 1 });
    expect(pages.nodes).toEqual(bare);
    const watch = ["title"];
    expect(await allFilterChanges(gateway, { filter, watch, after: search.position, first: 2 })).toEqual(bare);
    const late = await subscribe({ id: search.id, after: told[0].position });
    expect(await late.count(2)).toMatchObject(bare.slice(1));
    expect(fold(new Set(), pages.nodes)).toEqual((await shown(gateway, search.id)).ids);
  });

  it("are told that somebody left when they are deleted, and joined when they are restored", async () => {
    const user = await makeUser(file.gateway, { department: "Vault" });
    const search = await saveSearch(file.gateway, { filter: { department: { eq: "Vault" } } });
    const events = await subscribe({ id: search.id });
    await run("deleteUser", { id: user.id });
    await run("restoreUser", { id: user.id });
    expect(brief(await events.count(2))).toEqual([
      ["LEFT", user.id],
      ["JOINED", user.id],
    ]);
  });

  it("are told once of what time alone does by a filter that nobody saved, however far the clock jumps", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const filter = { id: { eq: user.id }, createdAt: { olderThan: "P30D" } };
    const events = await subscribe({ filter }); // Time knows of nothing else here: whatever else took somebody over a boundary would tell of this too.
    await events.until((values) => values.length > 1); // The second CHECKPOINT: by then time knows of the filter.
    gateway.database.moveClock("31 days");
    await passTime(gateway.database);
    await passTime(gateway.database);
    await run("updateUser", { id: user.id, nickName: "Sam" });
    expect(await events.count(1)).toMatchObject([{ change: "JOINED", userId: user.id, cause: { kind: "TIME" } }]);
  });

  it("are told once of what time alone does, with the cause TIME", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway);
    const filter = { id: { eq: user.id }, createdAt: { olderThan: "P30D" } };
    const search = await saveSearch(gateway, { filter });
    const events = await subscribe({ id: search.id });
    gateway.database.moveClock("62 days");
    await passTime(gateway.database);
    await passTime(gateway.database);
    await run("updateUser", { id: user.id, nickName: "Sam" });
    expect(await events.count(1)).toMatchObject([{ change: "JOINED", userId: user.id, cause: { kind: "TIME" } }]);
    expect((await allChanges(gateway, { id: search.id, after: search.position })).nodes).toHaveLength(1);
  });

  it("get CHECKPOINTs that go on while nothing concerns the search", async () => {
    const search = await saveSearch(file.gateway, { filter: { department: { eq: unique("nobody") } } });
    const events = await subscribe({ id: search.id });
    const [first] = events.values;
    const { id } = await makeUser(file.gateway);
    await run("updateUser", { id, nickName: "Sam" });
    await events.until((values) => values.some(({ position }) => position !== first.position));
    expect(events.events).toEqual([]);
  });
});

describe("A saved search", () => {
  it("that is edited resets its followers, and those who come back from before; a new name does not", async () => {
    const { gateway } = file;
    const user = await makeUser(gateway, { department: "Mill" });
    const search = await saveSearch(gateway, { filter: { department: { eq: "Mill" } } });
    const events = await subscribe({ id: search.id });
    await run("updateSavedSearch", { id: search.id, name: "Another name" });
    const edited = await run("updateSavedSearch", { id: search.id, filter: { title: { eq: "Miller" } } });
    await run("updateUser", { id: user.id, title: "Miller" });
    const reset = { __typename: "FeedReset", reason: "SEARCH_CHANGED", position: edited };
    expect(await events.count(2)).toMatchObject([reset, { change: "JOINED", userId: user.id }]);
    const late = await subscribe({ id: search.id, after: search.position });
    expect(await late.count(2)).toMatchObject([reset, { change: "JOINED", userId: user.id }]);
    const query = `query ($id: ID!, $after: Position!) { savedSearch(id: $id) { changes(after: $after) { endPosition } } }`;
    const refusal = await gateway.refusal(query, { id: search.id, after: search.position });
    expect(refusal.extensions).toMatchObject({ code: "POSITION_EXPIRED", inputPath: "after" });
  });

  it("that is edited while it is paged is told to be another, not to be empty", async () => {
    const { gateway } = file;
    const search = await saveSearch(gateway, { filter: { department: { eq: "Kiln" } } });
    await makeUser(gateway, { department: "Kiln" });
    const viewer = (await resolveViewer(gateway.database, `Bearer ${gateway.admin}`)) as Viewer;
    const pages = new SavedSearchChangePages(gateway.database, new Moments(() => "2026-11-20"));
    const request = { after: parsePosition(search.position, "after"), through: undefined, size: 50 };
    const read = (meanwhile: () => Promise<unknown>) =>
      pages.ofSaved(viewer, uuid(search.id), request, async () => void (await meanwhile()));
    expect((await read(async () => undefined)).nodes).toHaveLength(1);
    const edit = async () => {
      const at = await run("updateSavedSearch", { id: search.id, filter: { title: { eq: "Potter" } } });
      await allChanges(gateway, { id: search.id, after: at }); // It is matched by then.
    };
    await expect(read(edit)).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
  });

  it("that is deleted, or private again, ends the subscriptions of those who no longer see it", async () => {
    const { gateway } = file;
    const reader = await makeHolder(gateway, ["USER_READ"]);
    const searches = [];
    for (let n = 0; n < 2; n++) searches.push(await saveSearch(gateway, { visibility: "SHARED" }));
    const [gone, hidden] = searches as [(typeof searches)[0], (typeof searches)[0]];
    const followed = [await subscribe({ id: gone.id }, reader.token), await subscribe({ id: hidden.id }, reader.token)];
    await run("deleteSavedSearch", { id: gone.id });
    await run("updateSavedSearch", { id: hidden.id, visibility: "PRIVATE" });
    for (const events of followed) expect((await events.refused()).extensions.code).toBe("NOT_FOUND");
  });

  it("that names a unit is suspended while the unit stands outside of where its owner may ask", async () => {
    const { gateway } = file;
    const [mine, other] = [await makeUnit(gateway), await makeUnit(gateway)];
    const inner = await makeUnit(gateway, { parentId: mine.id });
    const owner = await makeHolder(gateway, ["USER_READ", "ORG_READ", "SAVED_SEARCH_SHARE"]);
    await grant(gateway, owner.id, (await makeRole(gateway, ["USER_READ_SECURITY"])).key, { scopeId: mine.id });
    const filter = { mfaEnrolled: { eq: false }, orgUnit: { within: inner.id } };
    const search = await saveSearch(gateway, { filter, visibility: "SHARED" }, owner.token);
    const suspended = async () =>
      (await gateway.run("query ($id: ID!) { savedSearch(id: $id) { suspension { field } } }", { id: search.id }))
        .savedSearch.suspension !== null;
    expect(await suspended()).toBe(false);
    await run("moveOrgUnit", { id: inner.id, newParentId: other.id });
    await expect.poll(suspended, { timeout: 20_000 }).toBe(true);
    await run("moveOrgUnit", { id: inner.id, newParentId: mine.id });
    await expect.poll(suspended, { timeout: 20_000 }).toBe(false);
  });

  it("is suspended where an access rule lets its owner read a field of its filter of some people only, whomever the rule concerns", async () => {
    const { gateway } = file;
    const owner = await makeHolder(gateway, ["USER_READ", "USER_READ_SECURITY", "SAVED_SEARCH_SHARE"]);
    const filter = { mfaEnrolled: { eq: false } };
    const search = await saveSearch(gateway, { filter, visibility: "SHARED" }, owner.token);
    const suspension = async () =>
      (
        await gateway.run("query ($id: ID!) { savedSearch(id: $id) { suspension { field permission } } }", {
          id: search.id,
        })
      ).savedSearch.suspension;
    const becomes = (value: object | null) => expect.poll(suspension, { timeout: 20_000 }).toEqual(value);
    const refused = { field: "mfaEnrolled", permission: "USER_READ_SECURITY" };
    const actor = { and: [{ id: { eq: owner.id } }, { title: { ne: "Auditor" } }] };
    const { createAccessRule } = await gateway.run(
      "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id } } }",
      { input: { name: "Rule", permissions: ["USER_READ_SECURITY"], actor, object: { department: { eq: "Sales" } } } },
    );
    await becomes(refused);
    await run("updateUser", { id: owner.id, title: "Auditor" });
    await becomes(null);
    await run("updateUser", { id: owner.id, title: "Clerk" });
    await becomes(refused);
    await run("deleteAccessRule", { id: createAccessRule.rule.id });
    await becomes(null);
  });

  it("whose owner may no longer ask about a field of its filter is suspended, and says so, until they may again", async () => {
    const { gateway } = file;
    const owner = await makeHolder(gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const role = await makeRole(gateway, ["USER_READ_SECURITY"]);
    const grantId = await grant(gateway, owner.id, role.key);
    const filter = { mfaEnrolled: { eq: false }, department: { eq: "Mint" } };
    const search = await saveSearch(gateway, { filter, visibility: "SHARED" }, owner.token);
    const events = await subscribe({ id: search.id });
    await run("revokeRole", { grantId });
    expect((await events.refused()).extensions).toMatchObject({ code: "FIELD_FORBIDDEN", field: "mfaEnrolled" });
    const read = `query ($id: ID!) { savedSearch(id: $id) { suspension { field permission } } }`;
    const suspension = { field: "mfaEnrolled", permission: "USER_READ_SECURITY" };
    expect(await gateway.run(read, { id: search.id })).toEqual({ savedSearch: { suspension } });
    await makeUser(gateway, { department: "Mint" });
    await grant(gateway, owner.id, role.key);
    await expect
      .poll(() => gateway.run(read, { id: search.id }), { timeout: 20_000 })
      .toEqual({ savedSearch: { suspension: null } });
    const again = await subscribe({ id: search.id, after: search.position });
    const user = await makeUser(gateway, { department: "Mint" });
    expect(brief(await again.count(2))).toEqual([
      ["SEARCH_CHANGED", undefined],
      ["JOINED", user.id],
    ]);
    // Also where the owner's search row follows later, as one of very many.
    await tellsAtOnce(gateway.database.connectionConfig.owner, 0);
    onTestFinished(() => tellsAtOnce(gateway.database.connectionConfig.owner, 2_000));
    await run("updateRole", { id: role.id, permissions: [] });
    expect((await again.refused()).extensions).toMatchObject({ code: "FIELD_FORBIDDEN", field: "mfaEnrolled" });
  });
});

describe("Following and paging refuse", () => {
  it("what is absent, what may not be asked or watched, and positions that are none of this directory's", async () => {
    const { gateway } = file;
    const reader = await makeHolder(gateway, ["USER_READ"]);
    const search = await saveSearch(gateway, { filter: { mfaEnrolled: { eq: true } }, visibility: "SHARED" });
    const secret = await saveSearch(gateway, {});
    const started = async (variables: object) => {
      const socket = sockets.keep(await Socket.open(gateway.url, reader.token));
      const one = socket.start("filter" in variables ? FOLLOW_FILTER : FOLLOW, { ...variables });
      return (await one.refused()).extensions.code;
    };
    expect(await started({ id: search.id })).toBe("FIELD_FORBIDDEN");
    expect(await started({ id: secret.id })).toBe("NOT_FOUND");
    expect(await started({ filter: {}, watch: ["shoeSize"] })).toBe("INVALID_INPUT");
    expect(await started({ filter: {}, watch: ["lastLoginAt"] })).toBe("FIELD_FORBIDDEN");
    const page = `query ($id: ID!, $after: Position!) { savedSearch(id: $id) { changes(after: $after, first: 501) { endPosition } } }`;
    const refusal = await gateway.refusal(page, { id: search.id, after: search.position });
    expect(refusal.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "first" });
  });
});
