import { describe, expect, it } from "vitest";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { APPLY, apply, batches, byPerson, makePeople, type Plan, plan, planOf, tagged } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 400 } });
const sockets = inFile();

const PROGRESS = `subscription ($id: ID!, $after: Position) { bulkPlanProgress(id: $id, after: $after) { __typename
  ... on BulkPlanProgress { state progress { total done changed conflicts peoplePerSecond secondsLeft } } } }`;

describe("Who sees what of a plan", () => {
  it("its planner and holders of BULK_RUN everywhere, each the people and values that they may read", async () => {
    const { gateway } = file;
    const [here, there] = [await makeUnit(gateway), await makeUnit(gateway)];
    const tag = unique("tag");
    const near = await makeUser(gateway, { tags: [tag], orgUnitId: here.id });
    const far = await makeUser(gateway, { tags: [tag], orgUnitId: there.id });
    const target = await makeUnit(gateway);
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: { name: unique("search"), visibility: "SHARED", filter: { orgUnit: { within: target.id } } } },
    );
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { orgUnitId: target.id, title: "Moved" } });
    const overseer = await makeHolder(gateway, ["BULK_RUN"]);
    const { key } = await makeRole(gateway, ["USER_READ"]);
    await grant(gateway, overseer.id, key, { scopeId: here.id });
    const shown = await planOf(gateway, id, overseer.token);
    expect(shown.peopleCount).toBe(2);
    // What was asked for too, as far as they could ask and read it of everybody.
    expect(shown).toMatchObject({
      target: { filter: tagged(tag) },
      change: { set: { redacted: ["title", "orgUnitId"] } },
    });
    const bounded = { filter: { and: [tagged(tag), { orgUnit: { within: there.id } }] } };
    const other = await plan(gateway, bounded, { set: { title: "T" } });
    expect(other).toMatchObject({ target: bounded, change: { set: { title: "T" } } });
    expect(await planOf(gateway, other.id, overseer.token)).toMatchObject({ target: { filter: null } });
    const people = byPerson(shown);
    expect([...people.keys()]).toEqual([near.id]);
    expect(people.get(near.id)?.changes).toEqual([
      { field: "title", before: null, after: "Moved", redacted: false },
      { field: "orgUnit", before: null, after: null, redacted: true },
    ]);
    expect(byPerson(await planOf(gateway, id)).has(far.id)).toBe(true);
    // Whoever may not ask by a search's filter does not learn whom it would gain.
    const effects =
      "query ($id: ID!) { bulkPlan(id: $id) { searchEffects { joining savedSearch { id } members { totalCount nodes { userId joins } } } } }";
    expect((await gateway.run(effects, { id }, overseer.token)).bulkPlan.searchEffects).toEqual([]);
    expect((await gateway.run(effects, { id })).bulkPlan.searchEffects).toMatchObject([
      { joining: 2, savedSearch: { id: createSavedSearch.savedSearch.id }, members: { totalCount: 2 } },
    ]);
  });

  it("nobody else, by whatever way", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const { id } = await plan(gateway, { userIds: [(await makeUser(gateway)).id] }, { set: { title: "T" } });
    const other = await makeHolder(gateway, ["BULK_RUN", "USER_READ"], unit.id);
    expect(await planOf(gateway, id, other.token)).toBeNull();
    expect((await gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id }, other.token)).node).toBeNull();
    const { bulkPlans } = await gateway.run("{ bulkPlans(first: 500) { totalCount nodes { id } } }", {}, other.token);
    expect(bulkPlans).toEqual({ totalCount: 0, nodes: [] });
    const without = await machineToken(gateway, ["USER_READ"]);
    expect((await gateway.refusal("{ bulkPlans { totalCount } }", {}, without)).extensions).toMatchObject({
      permission: "BULK_RUN",
    });
    const socket = sockets.keep(await Socket.open(gateway.url, other.token));
    expect((await socket.start(PROGRESS, { id }).refused()).extensions.code).toBe("NOT_FOUND");
  });

  it("outcomes come as CSV in parts, and no cell is a formula", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const { id: userId } = await makeUser(gateway, { tags: [tag], displayName: '=HYPERLINK("x","y")' });
    await makeUser(gateway, { tags: [tag], title: "@cmd, quoted" });
    const { id } = await apply(gateway, (await plan(gateway, { filter: tagged(tag) }, { set: { title: "New" } })).id);
    const parts: string[] = [];
    for (let after: string | null = null; ; ) {
      const { bulkPlan }: { bulkPlan: Plan } = await gateway.run(
        "query ($id: ID!, $after: String) { bulkPlan(id: $id) { csv(first: 1, after: $after) { text next } } }",
        { id, after },
      );
      parts.push(bulkPlan.csv.text);
      after = bulkPlan.csv.next;
      if (after === null) break;
    }
    expect(parts).toHaveLength(2);
    const text = parts.join("");
    expect(text.split("\r\n")[0]).toBe("user_id,username,display_name,finding,outcome,code,message,changes");
    expect(text).toContain(`${userId},`);
    expect(text).toContain(`"'=HYPERLINK(""x"",""y"")",CHANGE,CHANGED,,,title:  → New\r\n`);
    expect(text).toContain(`"title: @cmd, quoted → New"`);
    expect(text.split(/\r\n|,/).filter((cell) => /^"?[=+@]/.test(cell))).toEqual([]);
  });

  it("progress is told batch by batch, from whatever position", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 5);
    const { planBulk } = await gateway.run(
      "mutation ($input: PlanBulkInput!) { planBulk(input: $input) { position plan { id } } }",
      {
        input: { target: { filter: tagged(tag) }, change: { set: { title: "T" } } },
      },
    );
    const { id } = planBulk.plan;
    const socket = sockets.keep(await Socket.open(gateway.url, gateway.admin));
    const live = socket.start(PROGRESS, { id });
    await live.ready();
    await gateway.run(APPLY, { input: { id } });
    await batches(gateway, 2, 100);
    const told = async (started: typeof live) =>
      (
        await started.until((values) => {
          const found = values.filter((one) => one?.state);
          return found.at(-1)?.state === "DONE" && found;
        })
      ).map((one: { state: string; progress: { done: number; peoplePerSecond: number; secondsLeft: number } }) => {
        const { done, peoplePerSecond, secondsLeft } = one.progress;
        expect(peoplePerSecond).toBeGreaterThan(0);
        expect(secondsLeft).toBeCloseTo((5 - done) / peoplePerSecond);
        return [one.state, done];
      });
    const expected = [
      ["READY", 0],
      ["APPLYING", 2],
      ["APPLYING", 4],
      ["DONE", 5],
    ];
    expect(await told(live)).toEqual(expected);
    expect(await told(socket.start(PROGRESS, { id, after: planBulk.position }))).toEqual(expected);
  });
});
