import { describe, expect, it } from "vitest";
import { Effects } from "../../../src/features/bulk/bulk.effects.ts";
import { writeEffects } from "../../../src/features/bulk/bulk.store.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import {
  find,
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
import { define } from "../attributes/support.ts";
import { apply, byPerson, makePeople, PLAN, plan, tagged } from "./support.ts";

const file = gatewayForFile();

describe("Planning a change of many people", () => {
  it("shows each person before and after, and changes nobody", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const ada = await makeUser(gateway, { tags: [tag], title: "Clerk" });
    const bo = await makeUser(gateway, { tags: [tag], title: "Head" });
    const before = (await gateway.database.head()).commit;
    const found = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Head" } });
    expect((await gateway.database.head()).commit - before).toBe(1n);
    expect(found).toMatchObject({
      state: "PLANNED",
      peopleCount: 2,
      changingCount: 1,
      unchangedCount: 1,
      errorCount: 0,
    });
    const people = byPerson(found);
    expect(people.get(ada.id)).toMatchObject({
      finding: "CHANGE",
      changes: [{ field: "title", before: "Clerk", after: "Head", redacted: false }],
    });
    expect(people.get(bo.id)).toMatchObject({ finding: "UNCHANGED", changes: [] });
    expect(await find(gateway, { and: [tagged(tag), { title: { eq: "Clerk" } }] })).toEqual([ada.username]);
  });

  it("finds UNCHANGED whoever is so already, in whichever order the database gives what they have", async () => {
    const { gateway } = file;
    // By their lengths for the database, by their letters for everybody else.
    const ann = await makeUser(gateway, { attributes: { desk: "D1", badge: "B7" } });
    const attributes = { desk: "D1" };
    const found = await plan(gateway, { userIds: [ann.id] }, { set: { attributes } });
    expect(found).toMatchObject({ changingCount: 0, unchangedCount: 1 });
    const update = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { version } } }";
    const { updateUser } = await gateway.run(update, { input: { id: ann.id, attributes } });
    expect(updateUser.user.version).toBe(1);
  });

  it("finds ERROR whoever would have what must be one person's, among them all and among those who come back", async () => {
    const { gateway } = file;
    const key = unique("badge");
    await define(gateway, { key, type: "NUMBER", unique: true });
    const ann = await makeUser(gateway, { attributes: { [key]: 7 } });
    await gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: ann.id },
    });
    await makeUser(gateway, { attributes: { [key]: 7 } });
    const back = await plan(gateway, { userIds: [ann.id] }, { status: { operation: "RESTORE" } });
    expect(back).toMatchObject({ changingCount: 0, errorCount: 1 });
    expect(byPerson(back).get(ann.id)).toMatchObject({ finding: "ERROR", problem: { code: "CONFLICT" } });
    // Also of two who are rehearsed in different batches.
    const tag = await makePeople(gateway, 1_001);
    const alike = await plan(gateway, { filter: tagged(tag) }, { set: { attributes: { [key]: 8 } } });
    expect(alike).toMatchObject({ changingCount: 1, errorCount: 1_000 });
    expect(await apply(gateway, alike.id)).toMatchObject({ state: "DONE", progress: { changed: 1, refused: 0 } });
  });

  it("says of each person what the single mutation would refuse, in its words", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const boss = await makeUser(gateway, { tags: [tag] });
    const report = await makeUser(gateway, { tags: [tag], managerId: boss.id });
    const found = byPerson(await plan(gateway, { filter: tagged(tag) }, { set: { managerId: report.id } }));
    expect(found.get(boss.id)).toMatchObject({ finding: "ERROR", problem: { code: "CONFLICT" } });
    expect(found.get(report.id)).toMatchObject({ finding: "ERROR", problem: { code: "CONFLICT" } });
    const locked = byPerson(await plan(gateway, { filter: tagged(tag) }, { status: { operation: "UNLOCK" } }));
    expect(locked.get(boss.id)).toMatchObject({ finding: "UNCHANGED" });
    const archived = byPerson(await plan(gateway, { filter: tagged(tag) }, { status: { operation: "ARCHIVE" } }));
    expect(archived.get(boss.id)).toMatchObject({ finding: "ERROR", problem: { code: "ILLEGAL_TRANSITION" } });
  });

  it("has nobody in it who is out of sight, and an error where the permission is missing over somebody", async () => {
    const { gateway } = file;
    const [here, there] = [await makeUnit(gateway), await makeUnit(gateway)];
    const tag = unique("tag");
    const near = await makeUser(gateway, { tags: [tag], orgUnitId: here.id });
    const far = await makeUser(gateway, { tags: [tag], orgUnitId: there.id });
    const hidden = await makeUser(gateway, { tags: [tag] });
    const planner = await makeHolder(gateway, ["BULK_RUN", "USER_READ", "USER_UPDATE"], here.id);
    const { key } = await makeRole(gateway, ["USER_READ"]);
    await grant(gateway, planner.id, key, { scopeId: there.id });
    const target = { userIds: [near.id, far.id, hidden.id] };
    const found = await plan(gateway, target, { set: { title: "Moved" } }, planner.token);
    expect(found).toMatchObject({ peopleCount: 2, changingCount: 1, errorCount: 1 });
    const people = byPerson(found);
    expect(people.get(far.id)).toMatchObject({
      finding: "ERROR",
      problem: { code: "FORBIDDEN", permission: "USER_UPDATE" },
    });
    expect(people.has(hidden.id)).toBe(false);
  });

  it("counts consequences as they would be, and undoes them", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const boss = await makeHolder(gateway, ["USER_READ"]);
    await gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id: boss.id, tags: [tag] },
    });
    await makeUser(gateway, { managerId: boss.id });
    const found = await plan(gateway, { filter: tagged(tag) }, { status: { operation: "SUSPEND" } });
    expect(found.consequences.map(({ kind, count }: { kind: string; count: number }) => [kind, count])).toEqual(
      expect.arrayContaining([
        ["REPORTS_ORPHANED", 1],
        ["TOKENS_REVOKED", 1],
      ]),
    );
    expect(byPerson(found).get(boss.id)?.notes).toEqual(["ACCESS_NOT_REVERTIBLE", "HAS_REPORTS"]);
    expect((await gateway.ask("{ viewer { user { id } } }", {}, boss.token)).errors).toBeUndefined();
  });

  it("says exactly who would join and leave saved searches, also of people whom it changes by the way", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const tag = unique("tag");
    const boss = await makeUser(gateway);
    const people = await Promise.all([1, 2, 3].map(() => makeUser(gateway, { tags: [tag], title: "Clerk" })));
    const save = async (filter: object): Promise<string> => {
      const { createSavedSearch } = await gateway.run(
        "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
        { input: { name: unique("search"), visibility: "SHARED", filter } },
      );
      return createSavedSearch.savedSearch.id;
    };
    const inUnit = await save({ orgUnit: { within: unit.id } });
    const clerks = await save({ and: [tagged(tag), { orgUnit: { isNull: true } }] });
    const bosses = await save({ directReportCount: { gte: 3 } });
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { orgUnitId: unit.id, managerId: boss.id } });
    const { bulkPlan } = await gateway.run(
      `query ($id: ID!) { bulkPlan(id: $id) { searchEffects { joining leaving savedSearch { id }
        members(joins: true) { totalCount nodes { userId joins user { id } } } } } }`,
      { id },
    );
    const effects = new Map(
      // biome-ignore lint/suspicious/noExplicitAny: as asked for above.
      bulkPlan.searchEffects.map((effect: any) => [effect.savedSearch.id, effect]),
      // biome-ignore lint/suspicious/noExplicitAny: as asked for above.
    ) as Map<string, any>;
    expect(effects.get(inUnit)).toMatchObject({ joining: 3, leaving: 0, members: { totalCount: 3 } });
    expect(effects.get(clerks)).toMatchObject({ joining: 0, leaving: 3, members: { totalCount: 0 } });
    expect(effects.get(bosses)).toMatchObject({
      joining: 1,
      members: { nodes: [{ userId: boss.id, user: { id: boss.id } }] },
    });
    await apply(gateway, id);
    expect(await find(gateway, { orgUnit: { within: unit.id } })).toEqual(
      people.map(({ username }) => username).sort(),
    );
    expect(await find(gateway, { and: [{ directReportCount: { gte: 3 } }, { id: { eq: boss.id } }] })).toHaveLength(1);
  });

  it("names so many of those who would join a saved search, counts all, and names nobody of one that is gone", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 3);
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "T" } });
    const gone = { searchId: newId(), userId: uuid((await makeUser(gateway)).id), joins: true };
    await gateway.database.write(someCause, (tx) => writeEffects(tx, uuid(id), [gone]));
    const effects = new Effects();
    for (let n = 0; n < 1_003; n++) effects.add({ ...gone, userId: newId() });
    expect(effects.named).toHaveLength(1_000);
    expect(effects.unnamed).toEqual([{ searchId: gone.searchId, joining: 3, leaving: 0 }]);
  });

  it.each(["SUSPEND", "DELETE"])("takes as many statements for four times as many people (%s)", async (operation) => {
    const { gateway } = file;
    const statements = async (count: number): Promise<number> => {
      const tag = await makePeople(gateway, count);
      let seen = 0;
      gateway.database.observe(() => {
        seen += 1;
      });
      await gateway.run(PLAN, {
        input: { target: { filter: tagged(tag) }, change: { status: { operation } } },
      });
      return seen;
    };
    const few = await statements(100);
    expect(await statements(450)).toBe(few);
  });

  it("gives a plan once for one idempotency key, and refuses what it cannot be asked for", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 2);
    const input = { target: { filter: tagged(tag) }, change: { set: { title: "A" } }, idempotencyKey: unique("key") };
    const [first, second] = [await gateway.run(PLAN, { input }), await gateway.run(PLAN, { input })];
    expect(second).toEqual(first);
    const refusals = async (change: object, target: object = { filter: {} }) =>
      (await gateway.refusal(PLAN, { input: { target, change } })).extensions;
    expect(await refusals({})).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.change" });
    expect(await refusals({ clear: ["username"] })).toMatchObject({ inputPath: "input.change.clear[0]" });
    expect(await refusals({ set: { country: "Germany" } })).toMatchObject({ code: "INVALID_INPUT" });
    expect(await refusals({ status: { operation: "DELETE", until: "2999-01-01T00:00:00.000Z" } })).toMatchObject({
      inputPath: "input.change.status.until",
    });
  });

  it("is refused to whoever lacks BULK_RUN, or holds nowhere what the change needs", async () => {
    const { gateway } = file;
    const input = { target: { filter: {} }, change: { set: { title: "A" } } };
    const without = await machineToken(gateway, ["USER_READ", "USER_UPDATE"]);
    expect((await gateway.refusal(PLAN, { input }, without)).extensions).toMatchObject({ permission: "BULK_RUN" });
    const weak = await machineToken(gateway, ["USER_READ", "BULK_RUN"]);
    expect((await gateway.refusal(PLAN, { input }, weak)).extensions).toMatchObject({ permission: "USER_UPDATE" });
  });
});
