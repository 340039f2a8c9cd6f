import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { viewerOfAuthor } from "../../../src/features/auth/author.viewer.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import {
  grant,
  machineToken,
  makeHolder,
  makeRole,
  makeUnit,
  makeUser,
  unique,
  uuid,
} from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { makeGroup } from "../groups/support.ts";
import { APPLY, apply, batches, CANCEL, makePeople, plan, planOf, REVERT, tagged } from "./support.ts";

const file = gatewayForFile();
const CREATE =
  "mutation ($input: CreateSafetyLimitInput!) { createSafetyLimit(input: $input) { limit { id version filterText searchName } } }";
const UPDATE =
  "mutation ($input: UpdateSafetyLimitInput!) { updateSafetyLimit(input: $input) { limit { id version maxPeople } } }";
const DELETE = "mutation ($input: DeleteSafetyLimitInput!) { deleteSafetyLimit(input: $input) { deletedId } }";
const APPROVE = "mutation ($input: ApproveInput!) { approve(input: $input) { approvalRequest { state } } }";
const REJECT = "mutation ($input: RejectInput!) { reject(input: $input) { approvalRequest { state } } }";

const made: string[] = [];
async function limit(input: object): Promise<{ id: string; version: number; filterText: string | null }> {
  const { createSafetyLimit } = await file.gateway.run(CREATE, { input: { name: unique("limit"), ...input } });
  made.push(createSafetyLimit.limit.id);
  return createSafetyLimit.limit;
}

afterEach(async () => {
  for (const id of made.splice(0)) await file.gateway.ask(DELETE, { input: { id } });
});

/** A person who plans, and one who may agree. */
async function planners() {
  const { gateway } = file;
  const permissions = [
    "BULK_RUN",
    "USER_READ",
    "USER_UPDATE",
    "USER_LIFECYCLE",
    "ROLE_GRANT",
    "ROLE_READ",
    "ORG_READ",
  ] as const;
  return { one: await makeHolder(gateway, permissions), two: await makeHolder(gateway, permissions) };
}

describe("Safety limits", () => {
  it("let a second person decide where a plan changes more people than a limit says", async () => {
    const { gateway } = file;
    const { one, two } = await planners();
    const tag = await makePeople(gateway, 3);
    await limit({ maxPeople: 3 });
    const title = { set: { title: "Limited" } };
    expect(await plan(gateway, { filter: tagged(tag) }, title, one.token)).toMatchObject({ needsApproval: false });
    await makeUser(gateway, { tags: [tag] });
    const found = await plan(gateway, { filter: tagged(tag) }, title, one.token);
    expect(found).toMatchObject({ needsApproval: true, limits: [{ exceeded: true, people: null, of: null }] });
    expect(await apply(gateway, found.id, one.token)).toMatchObject({
      state: "WAITING_APPROVAL",
      progress: { done: 0 },
    });
    const { approvalRequestId: request } = await planOf(gateway, found.id);
    const input = { id: request };
    expect((await gateway.refusal(APPROVE, { input }, one.token)).extensions.code).toBe("FORBIDDEN");
    expect((await gateway.refusal(APPROVE, { input }, gateway.admin)).extensions.code).toBe("FORBIDDEN");
    // Whoever may agree sees what it is about: the plan itself.
    const { approvalRequests } = await gateway.run(
      "query { approvalRequests(first: 100) { nodes { id kind subject { ... on BulkPlan { id changingCount } } } } }",
      {},
      two.token,
    );
    expect(approvalRequests.nodes).toContainEqual({
      id: request,
      kind: "BULK_PLAN",
      subject: { id: found.id, changingCount: 4 },
    });
    await gateway.run(APPROVE, { input }, two.token);
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, found.id)).toMatchObject({ state: "DONE", progress: { changed: 4 } });
  });

  it("measure shares of the directory, and of those among whom the people were chosen", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const people = await Promise.all([1, 2, 3, 4].map(() => makeUser(gateway, { orgUnitId: unit.id })));
    await makePeople(gateway, 40);
    await limit({ maxPercent: 30, name: "directory" });
    const scope = await limit({ maxPercent: 50, shareOf: "SCOPE", name: "scope" });
    const filter = { and: [{ orgUnit: { within: unit.id } }, { id: { in: people.slice(0, 3).map(({ id }) => id) } }] };
    const found = await plan(gateway, { filter }, { set: { title: "Share" } });
    expect(scope.id).toBeDefined();
    expect(found.limits).toMatchObject([
      { name: "directory", exceeded: false, people: 3 },
      { name: "scope", exceeded: true, people: 3, of: 4 },
    ]);
  });

  it("count whom a saved search finds before or after, however the search is edited since", async () => {
    const { gateway } = file;
    const { one } = await planners();
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const people = await Promise.all([1, 2, 3].map(() => makeUser(gateway)));
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: { name: "Domain Admins", filter: { roles: { any: [key] } } } },
    );
    const savedSearchId = createSavedSearch.savedSearch.id;
    expect(await limit({ maxPeople: 2, savedSearchId })).toMatchObject({
      filterText: expect.stringContaining(key),
      searchName: "Domain Admins",
    });
    await gateway.run("mutation ($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) { deletedId } }", {
      input: { id: savedSearchId },
    });
    const target = { userIds: people.map(({ id }) => id) };
    const joining = await plan(gateway, target, { add: { roles: [{ roleKey: key }] } });
    expect(joining).toMatchObject({ needsApproval: true, limits: [{ people: 3, of: 0 }] });
    expect(await plan(gateway, target, { set: { title: "Nobody" } }, one.token)).toMatchObject({
      needsApproval: false,
    });
  });

  it("count whoever is given a role that comes into force later by itself", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const heir = await makeRole(gateway, [], [key]);
    const group = await makeGroup(gateway);
    await grant(gateway, group.id, heir.key);
    const found = { name: "Domain Admins", filter: { and: [{ roles: { any: [key] } }, { status: { eq: "ACTIVE" } }] } };
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: found },
    );
    await limit({ maxPeople: 1, savedSearchId: createSavedSearch.savedSearch.id });
    const locking = { status: { operation: "LOCK", until: "2999-01-01T00:00:00.000Z" } };
    const giving = { add: { roles: [{ roleKey: heir.key }] } };
    const tag = await makePeople(gateway, 2);
    const invited = [1, 2].map(() => makeUser(gateway, { status: "PENDING" }));
    const pending = { userIds: (await Promise.all(invited)).map(({ id }) => id) };
    const counted = { needsApproval: true, limits: [{ exceeded: true, people: 2 }] };
    expect(await plan(gateway, { filter: tagged(tag) }, { ...locking, ...giving })).toMatchObject(counted);
    expect(await plan(gateway, pending, giving)).toMatchObject(counted);
    expect(await plan(gateway, pending, { add: { groupIds: [group.id] } })).toMatchObject(counted);
    // Nothing that they were given is in question.
    expect(await plan(gateway, pending, { set: { title: "T" } })).toMatchObject({ limits: [{ people: 0 }] });
  });

  it("concern changes of some aspects alone, where they say so", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 2);
    await limit({ maxPeople: 0, aspects: ["STATUS"] });
    expect(await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } })).toMatchObject({
      needsApproval: false,
    });
    expect(await plan(gateway, { filter: tagged(tag) }, { status: { operation: "LOCK" } })).toMatchObject({
      needsApproval: true,
    });
  });

  it("that change between plan and apply want another plan", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 2);
    const { id } = await limit({ maxPeople: 10 });
    const found = await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } });
    await gateway.run(UPDATE, { input: { id, maxPeople: 1, expectedVersion: 1 } });
    expect((await gateway.refusal(APPLY, { input: { id: found.id } })).extensions).toMatchObject({ code: "CONFLICT" });
    expect((await gateway.refusal(UPDATE, { input: { id, expectedVersion: 1 } })).extensions.code).toBe(
      "STALE_VERSION",
    );
    expect((await gateway.refusal(UPDATE, { input: { id, maxPeople: null } })).extensions.code).toBe("INVALID_INPUT");
  });

  it("end a plan that a second person refuses, and withdraw the request of one that is cancelled", async () => {
    const { gateway } = file;
    const { one, two } = await planners();
    const tag = await makePeople(gateway, 2);
    await limit({ maxPeople: 1 });
    const waiting = async () => {
      const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } }, one.token);
      await gateway.run(APPLY, { input: { id } }, one.token);
      return { id, request: (await planOf(gateway, id)).approvalRequestId };
    };
    const refused = await waiting();
    await gateway.run(REJECT, { input: { id: refused.request } }, two.token);
    expect(await planOf(gateway, refused.id)).toMatchObject({ state: "CANCELLED", progress: { skipped: 2 } });
    const cancelled = await waiting();
    await gateway.run(CANCEL, { input: { id: cancelled.id } }, one.token);
    expect(await planOf(gateway, cancelled.id)).toMatchObject({ state: "CANCELLED", progress: { skipped: 2 } });
    expect((await gateway.refusal(APPROVE, { input: { id: cancelled.request } }, two.token)).extensions.code).toBe(
      "ILLEGAL_TRANSITION",
    );
  });

  it("count plans of a time together, so that many small ones come to as much as a large one", async () => {
    const { gateway } = file;
    const { one, two } = await planners();
    await limit({ maxPeople: 5, windowHours: 24, aspects: ["PROFILE"] });
    const small = async (token: string, count = 2) =>
      plan(gateway, { filter: tagged(await makePeople(gateway, count)) }, { set: { title: "Small" } }, token);
    const states = async (plans: readonly { id: string }[]) =>
      Promise.all(plans.map(async ({ id }) => (await planOf(gateway, id)).state));
    // Planned before any of them is applied: it is asked again when they are, also of two at once.
    const plans = [await small(one.token), await small(one.token), await small(one.token), await small(one.token)];
    expect(plans.map(({ needsApproval }) => needsApproval)).toEqual([false, false, false, false]);
    const ready = plans.slice(0, 3).map(({ id }) => gateway.run(APPLY, { input: { id } }, one.token));
    await Promise.all(ready);
    await gateway.bulk.worker.run();
    expect((await states(plans)).sort()).toEqual(["DONE", "DONE", "PLANNED", "WAITING_APPROVAL"]);
    const waiting = await planOf(gateway, plans[(await states(plans)).indexOf("WAITING_APPROVAL")]?.id ?? "");
    expect(waiting).toMatchObject({ needsApproval: true, limits: [{ exceeded: true, people: 2 }] });
    expect(await small(one.token)).toMatchObject({ needsApproval: true });
    expect(await small(two.token)).toMatchObject({ needsApproval: false });
    // What a second person agreed to does not count.
    await gateway.run(APPROVE, { input: { id: waiting.approvalRequestId } }, two.token);
    await gateway.bulk.worker.run();
    expect(await small(one.token, 1)).toMatchObject({ needsApproval: false });
    onTestFinished(() => gateway.database.moveClock(""));
    gateway.database.moveClock("25 hours");
    expect(await small(one.token, 5)).toMatchObject({ needsApproval: false });
  });

  it("count everybody's plans of a time together where they say so", async () => {
    const { gateway } = file;
    const { one, two } = await planners();
    await limit({ maxPeople: 3, windowHours: 1, windowOf: "EVERYBODY" });
    const some = async (token: string) =>
      plan(gateway, { filter: tagged(await makePeople(gateway, 2)) }, { set: { title: "Some" } }, token);
    await apply(gateway, (await some(one.token)).id, one.token);
    expect(await some(two.token)).toMatchObject({ needsApproval: true });
    expect(
      (await gateway.refusal(CREATE, { input: { name: "x", maxPeople: 1, windowHours: 0 } })).extensions,
    ).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.windowHours" });
  });

  it("count plans of whoever has the machine together, as anybody's", async () => {
    const { gateway } = file;
    await limit({ maxPeople: 3, windowHours: 1 });
    const { database, bulk } = gateway;
    const operator = { kind: "SYSTEM", id: null, name: "operator" } as const;
    const asked = { sql: database.reader, now: await database.now() };
    const viewer = await viewerOfAuthor(asked, operator, (at) => at.toISOString().slice(0, 10));
    if (!viewer) throw new Error("Whoever has the machine is somebody.");
    const author = { viewer, ip: undefined, cause: () => ({ ...someCause, actor: operator }) };
    const some = async () => {
      const userIds = await Promise.all([1, 2].map(async () => uuid((await makeUser(gateway)).id)));
      const { value } = await bulk.service.plan(author, {
        target: { userIds },
        change: { profile: { title: "Some" } },
      });
      return value;
    };
    const first = await some();
    await bulk.service.apply(author, first);
    await bulk.worker.run();
    const { planId } = await some();
    expect(await planOf(gateway, publicId("BulkPlan", planId))).toMatchObject({ needsApproval: true });
  });

  it("take one agreement, of somebody who may still give it, and none once the plan is stopped", async () => {
    const { gateway } = file;
    const { one, two } = await planners();
    const three = await makeHolder(gateway, ["BULK_RUN", "USER_READ"]);
    await limit({ maxPeople: 1 });
    const asked = async () => {
      const tag = await makePeople(gateway, 2);
      const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Agreed" } }, one.token);
      await gateway.run(APPLY, { input: { id } }, one.token);
      return { id, request: (await planOf(gateway, id)).approvalRequestId };
    };
    const approve = (request: string, token: string) => gateway.ask(APPROVE, { input: { id: request } }, token);
    const codes = (answers: Awaited<ReturnType<typeof approve>>[]) =>
      answers.map(({ errors }) => errors?.[0]?.extensions.code ?? "OK").sort();
    // Two at once: one counts.
    const twice = await asked();
    expect(codes(await Promise.all([two, three].map(({ token }) => approve(twice.request, token))))).toEqual([
      "ILLEGAL_TRANSITION",
      "OK",
    ]);
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, twice.id)).toMatchObject({ state: "DONE", progress: { changed: 2 } });
    // Agreeing and stopping at once: one of the two holds.
    const raced = await asked();
    const [agreed, stopped] = await Promise.all([
      approve(raced.request, two.token),
      gateway.ask(CANCEL, { input: { id: raced.id } }, one.token),
    ]);
    await gateway.bulk.worker.run();
    const { state } = await planOf(gateway, raced.id);
    expect([agreed.errors === undefined, state]).toEqual(
      stopped.errors || agreed.errors === undefined
        ? [true, expect.stringMatching(/DONE|CANCELLED/)]
        : [false, "CANCELLED"],
    );
    // Whoever lost the right since they were asked.
    const lost = await asked();
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: two.grantId },
    });
    expect(codes([await approve(lost.request, two.token), await approve(lost.request, one.token)])).toEqual([
      expect.stringMatching(/FORBIDDEN|NOT_FOUND/),
      expect.stringMatching(/FORBIDDEN|NOT_FOUND/),
    ]);
    expect(await planOf(gateway, lost.id)).toMatchObject({ state: "WAITING_APPROVAL" });
    // The planner lost theirs meanwhile: agreeing lets nothing happen.
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: one.grantId },
    });
    await approve(lost.request, three.token);
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, lost.id)).toMatchObject({ state: "FAILED", progress: { changed: 0, skipped: 2 } });
  });

  it("are read and set by whoever holds SETTINGS_MANAGE everywhere", async () => {
    const { gateway } = file;
    const { id } = await limit({ maxPeople: 5 });
    const bounded = await machineToken(gateway, ["SETTINGS_MANAGE"], [(await makeUnit(gateway)).id]);
    expect((await gateway.run("{ safetyLimits { id } }")).safetyLimits).toContainEqual({ id });
    expect((await gateway.run("{ safetyLimits { id } }", {}, bounded)).safetyLimits).toBeNull();
    expect((await gateway.refusal(CREATE, { input: { name: "x", maxPeople: 1 } }, bounded)).extensions.code).toBe(
      "FORBIDDEN",
    );
    expect((await gateway.refusal(CREATE, { input: { name: "x" } })).extensions.code).toBe("INVALID_INPUT");
  });

  it("lets nobody apply a plan that has waited for more than a day", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 1);
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } });
    onTestFinished(() => gateway.database.moveClock(""));
    gateway.database.moveClock("25 hours");
    expect((await gateway.refusal(APPLY, { input: { id } })).extensions.code).toBe("CONFLICT");
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, id)).toMatchObject({ state: "EXPIRED", progress: { skipped: 1 } });
  });

  it("do not keep for more than 90 days what plans say of people", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 2);
    const { id } = await apply(gateway, (await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } })).id);
    onTestFinished(() => gateway.database.moveClock(""));
    gateway.database.moveClock("91 days");
    await batches(gateway, 10, 1);
    expect(await planOf(gateway, id)).toMatchObject({
      state: "DONE",
      progress: { changed: 2 },
      items: { totalCount: 0 },
    });
    expect((await gateway.refusal(REVERT, { input: { id } })).extensions.code).toBe("CONFLICT");
  });
});
