import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { databaseKind, someCause } from "../../support/database.ts";
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
import { add, makeGroup, membersOf } from "../groups/support.ts";
import { APPLY, apply, batches, byPerson, makePeople, PLAN, plan, planOf, REVERT, tagged } from "./support.ts";

/* What plans give beside values: groups, and what profile templates have. */

const file = gatewayForFile();
const MANAGED = [
  "BULK_RUN",
  "USER_READ",
  "USER_UPDATE",
  "GROUP_MANAGE",
  "ROLE_READ",
  "ROLE_GRANT",
  "ORG_READ",
] as const;
const UPDATE_TEMPLATE =
  "mutation ($input: UpdateProfileTemplateInput!) { updateProfileTemplate(input: $input) { position } }";
const LIMIT = "mutation ($input: CreateSafetyLimitInput!) { createSafetyLimit(input: $input) { limit { id } } }";
const UNLIMIT = "mutation ($input: DeleteSafetyLimitInput!) { deleteSafetyLimit(input: $input) { deletedId } }";

/** A template for one department; gives its id. */
async function template(department: string, input: object): Promise<string> {
  const filter = { department: { eq: department } };
  const { createProfileTemplate } = await file.gateway.run(
    "mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { template { id } } }",
    { input: { name: unique("template"), filter, ...input } },
  );
  return createProfileTemplate.template.id;
}

/** Somebody whom templates gave nothing when they were made. */
const person = (input: object) => makeUser(file.gateway, { applyTemplates: false, ...input });
const changesOf = (found: { changes: readonly { field: string; before: unknown; after: unknown }[] } | undefined) =>
  Object.fromEntries((found?.changes ?? []).map(({ field, before, after }) => [field, [before, after]]));

describe("A plan that puts people into groups", () => {
  it("shows who joins, leaves and what follows for searches, does it, and takes it back", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const { key: role } = await makeRole(gateway, ["ORG_READ"]);
    const [to, from] = [await makeGroup(gateway), await makeGroup(gateway)];
    await grant(gateway, to.id, role);
    const [in1, out] = [await makeUser(gateway, { tags: [tag] }), await makeUser(gateway, { tags: [tag] })];
    await add(gateway, from.id, [in1.id]);
    await add(gateway, to.id, [out.id]);
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: { name: "Holders", visibility: "SHARED", filter: { roles: { any: [role] } } } },
    );
    const change = { add: { groupIds: [to.id] }, remove: { groupIds: [from.id] } };
    const found = await plan(gateway, { filter: tagged(tag) }, change);
    expect(found).toMatchObject({ changingCount: 1, unchangedCount: 1, change: { add: { groups: [to.id] } } });
    expect(changesOf(byPerson(found).get(in1.id))).toEqual({ groupKeys: [[from.key], [to.key]] });
    const { bulkPlan } = await gateway.run(
      "query ($id: ID!) { bulkPlan(id: $id) { searchEffects { joining leaving savedSearch { id } } } }",
      { id: found.id },
    );
    expect(bulkPlan.searchEffects).toContainEqual({
      joining: 1,
      leaving: 0,
      savedSearch: createSavedSearch.savedSearch,
    });
    expect(await apply(gateway, found.id)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    expect(await membersOf(gateway, to.id)).toEqual([in1.id, out.id].sort());
    expect(await find(gateway, { and: [tagged(tag), { roles: { any: [role] } }] })).toHaveLength(2);
    const back = (await gateway.run(REVERT, { input: { id: found.id } })).planRevert.plan;
    expect(await apply(gateway, back.id)).toMatchObject({ progress: { changed: 1 } });
    expect([await membersOf(gateway, to.id), await membersOf(gateway, from.id)]).toEqual([[out.id], [in1.id]]);
  });

  it("gives nobody what the planner does not hold, and none of a group that is not theirs or keeps its own members", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const planner = await makeHolder(gateway, MANAGED, unit.id);
    const somebody = await makeUser(gateway, { orgUnitId: unit.id });
    const [own, strong, far] = [
      await makeGroup(gateway, { orgUnitId: unit.id }),
      await makeGroup(gateway, { orgUnitId: unit.id }),
      await makeGroup(gateway),
    ];
    await grant(gateway, strong.id, (await makeRole(gateway, ["AUDIT_READ"])).key);
    const { createSavedSearch } = await gateway.run(
      `mutation { createSavedSearch(input: { name: "All", filter: { status: { eq: ACTIVE } } }) { savedSearch { id } } }`,
    );
    const dynamic = await makeGroup(gateway, {
      orgUnitId: unit.id,
      savedSearchId: createSavedSearch.savedSearch.id,
    });
    const problem = async (group: { id: string }, how: "add" | "remove" = "add") => {
      const change = { [how]: { groupIds: [group.id] } };
      return byPerson(await plan(gateway, { userIds: [somebody.id] }, change, planner.token)).get(somebody.id)?.problem;
    };
    expect(await problem(own)).toBeNull();
    expect(await problem(strong)).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
    expect(await problem(far)).toMatchObject({ code: "FORBIDDEN", permission: "GROUP_MANAGE" });
    expect(await problem(dynamic)).toMatchObject({ code: "CONFLICT" });
    expect(await problem(far, "remove")).toMatchObject({ code: "FORBIDDEN", permission: "GROUP_MANAGE" });
    const input = { target: { userIds: [somebody.id] }, change: { add: { groupIds: [own.id] } } };
    const without = await machineToken(gateway, ["BULK_RUN", "USER_READ", "ROLE_READ"]);
    expect((await gateway.refusal(PLAN, { input }, without)).extensions).toMatchObject({ permission: "GROUP_MANAGE" });
    const both = { ...input, change: { ...input.change, remove: { groupIds: [own.id] } } };
    expect((await gateway.refusal(PLAN, { input: both })).extensions).toMatchObject({
      inputPath: "input.change.add.groupIds[0]",
    });
    // What the group was granted since the plan counts.
    const { id } = await plan(gateway, { userIds: [somebody.id] }, { add: { groupIds: [own.id] } }, planner.token);
    await grant(gateway, own.id, (await makeRole(gateway, ["AUDIT_READ"])).key);
    expect(byPerson(await apply(gateway, id, planner.token)).get(somebody.id)).toMatchObject({
      outcome: "REFUSED",
      outcomeProblem: { code: "FORBIDDEN" },
    });
  });

  it("keeps somebody who manages roles, whichever way they hold it", async () => {
    const { gateway } = file;
    const group = await makeGroup(gateway);
    const { key } = await makeRole(gateway, ["ROLE_MANAGE"]);
    const [one, two] = [await makeUser(gateway), await makeUser(gateway)];
    await add(gateway, group.id, [one.id, two.id]);
    await grant(gateway, group.id, key);
    const direct = await grant(gateway, one.id, key);
    const change = { remove: { groupIds: [group.id], roles: [{ roleKey: key }] } };
    const found = await plan(gateway, { userIds: [one.id, two.id] }, change);
    expect([...byPerson(found).values()].map(({ finding }) => finding).sort()).toEqual(["CHANGE", "ERROR"]);
    expect([...byPerson(found).values()].find(({ finding }) => finding === "ERROR")?.problem).toMatchObject({
      code: "CONFLICT",
      permission: "ROLE_MANAGE",
    });
    expect(direct).toBeDefined();
  });

  it("is counted by limits through what groups were granted", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const group = await makeGroup(gateway);
    await grant(gateway, group.id, key);
    const tag = await makePeople(gateway, 3);
    const { createSavedSearch } = await gateway.run(
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
      { input: { name: "Domain Admins", filter: { roles: { any: [key] } } } },
    );
    const savedSearchId = createSavedSearch.savedSearch.id;
    const { createSafetyLimit } = await gateway.run(LIMIT, {
      input: { name: "Two admins", maxPeople: 2, savedSearchId, aspects: ["ROLES"] },
    });
    const joining = await plan(gateway, { filter: tagged(tag) }, { add: { groupIds: [group.id] } });
    expect(joining).toMatchObject({ needsApproval: true, limits: [{ people: 3, exceeded: true }] });
    await gateway.run(UNLIMIT, { input: { id: createSafetyLimit.limit.id } });
  });
});

describe("A plan that gives roles", () => {
  it("leaves alone whoever holds them for as long, and refuses whoever holds them for a part of the time", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const [ending, coming] = [await makeUser(gateway), await makeUser(gateway)];
    await grant(gateway, ending.id, key, { expiresAt: "2990-01-01T00:00:00.000Z" });
    await grant(gateway, coming.id, key, { startsAt: "2980-01-01T00:00:00.000Z" });
    const target = { userIds: [ending.id, coming.id] };
    const findings = async (change: object) => {
      const found = byPerson(await plan(gateway, target, change));
      return [ending, coming].map(({ id }) => found.get(id)?.problem?.code ?? found.get(id)?.finding);
    };
    const until = (expiresAt: string) => ({ add: { roles: [{ roleKey: key, expiresAt }] } });
    expect(await findings({ add: { roles: [{ roleKey: key }] } })).toEqual(["CONFLICT", "CONFLICT"]);
    expect(await findings(until("2985-01-01T00:00:00.000Z"))).toEqual(["UNCHANGED", "CONFLICT"]);
    expect(await findings(until("2970-01-01T00:00:00.000Z"))).toEqual(["UNCHANGED", "CHANGE"]);
    // What is taken beside it stands in no way.
    const change = { add: { roles: [{ roleKey: key }] }, remove: { roles: [{ roleKey: key }] } };
    expect(await findings(change)).toEqual(["CHANGE", "CHANGE"]);
    const input = { target, change: until("2020-01-01T00:00:00.000Z") };
    expect((await gateway.refusal(PLAN, { input })).extensions).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "input.change.add.roles[0].expiresAt",
    });
    await template(department, { roles: [{ roleKey: key, reach: "EVERYWHERE" }] });
    expect(await findings({ set: { department }, applyTemplates: {} })).toEqual(["CONFLICT", "CONFLICT"]);
  });
});

it.runIf(databaseKind === "postgres")(
  "A plan that gives roles holds nobody's roles while it waits for people of a later batch",
  async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const tag = await makePeople(gateway, 1_001);
    // Not by what statistics say, which a transaction sees as they were when it first asked.
    const waiting = sql<{ count: number }>`
      SELECT count(*)::integer FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid`;
    const [locked, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // As grantRole locks: a person, the last one here, then the graph of roles.
    const granting = gateway.database.write(someCause, async (tx) => {
      await sql`SELECT FROM user_account WHERE tags @> ARRAY[${tag}::text] ORDER BY id DESC LIMIT 1 FOR UPDATE`.execute(
        tx.sql,
      );
      locked.resolve();
      await asked.promise;
      const waits = async () => (await waiting.execute(tx.sql)).rows[0]?.count;
      await expect.poll(waits, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
      const { rows } = await sql<{ free: boolean }>`
        SELECT pg_try_advisory_xact_lock(hashtextextended('rollcall.roles', 0)) AS free`.execute(tx.sql);
      return rows[0]?.free;
    });
    await locked.promise;
    const planned = plan(gateway, { filter: tagged(tag) }, { add: { roles: [{ roleKey: key }] } });
    asked.resolve();
    const { value: free } = await granting;
    expect(free).toBe(true);
    expect(await planned).toMatchObject({ changingCount: 1_001 });
  },
);

describe("A plan that applies profile templates", () => {
  it("shows what each person would be given, gives it, and takes it back with what is remembered of it", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const { key: role } = await makeRole(gateway, ["ORG_READ"]);
    const group = await makeGroup(gateway);
    const unit = await makeUnit(gateway);
    await template(department, {
      defaults: { location: "Berlin", attributes: { badge: "blue" } },
      roles: [{ roleKey: role, reach: "OWN_UNIT" }],
      groupIds: [group.id],
    });
    const bare = await person({ department, orgUnitId: unit.id });
    const having = await person({ department, location: "Bonn", attributes: { badge: "red" } });
    await add(gateway, group.id, [having.id]);
    const other = await person({ location: null });
    const target = { userIds: [bare.id, having.id, other.id] };
    const found = await plan(gateway, target, { applyTemplates: {} });
    expect(found).toMatchObject({
      changingCount: 1,
      unchangedCount: 2,
      change: { applyTemplates: { templateIds: null } },
    });
    expect(changesOf(byPerson(found).get(bare.id))).toEqual({
      location: [null, "Berlin"],
      attributes: [{}, { badge: "blue" }],
      roleGrants: [[], [{ role, everywhere: false, scopeId: unit.id, expiresAt: null }]],
      groupKeys: [[], [group.key]],
    });
    await apply(gateway, found.id);
    expect(await find(gateway, { and: [{ groupKeys: { any: [group.key] } }, { roles: { any: [role] } }] })).toEqual([
      bare.username,
    ]);
    const remembered = async () =>
      (
        await sql`SELECT (SELECT count(*)::int FROM profile_template_fill WHERE user_id = u.id) AS fills,
          (SELECT count(*)::int FROM profile_template_grant t JOIN role_grant g ON g.id = t.grant_id AND g.revoked_at IS NULL
            WHERE t.user_id = u.id) AS grants,
          (SELECT count(*)::int FROM profile_template_member WHERE user_id = u.id) AS members
          FROM user_account u WHERE u.id = ${uuid(bare.id)}`.execute(gateway.database.reader)
      ).rows[0];
    expect(await remembered()).toEqual({ fills: 2, grants: 1, members: 1 });
    // Whoever has it all is left as they are.
    expect(await plan(gateway, target, { applyTemplates: {} })).toMatchObject({ changingCount: 0, unchangedCount: 3 });
    const back = (await gateway.run(REVERT, { input: { id: found.id } })).planRevert.plan;
    await apply(gateway, back.id);
    expect(await remembered()).toEqual({ fills: 0, grants: 0, members: 0 });
    // What takes the taking back back, remembers again.
    const again = (await gateway.run(REVERT, { input: { id: back.id } })).planRevert.plan;
    await apply(gateway, again.id);
    expect(await remembered()).toEqual({ fills: 2, grants: 1, members: 1 });
  });

  it("asks which fit by what the change makes of people, and fills nothing that it says", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const strong = await template(department, { priority: 2, defaults: { title: "Strong", costCenter: "1" } });
    await template(department, { priority: 1, defaults: { title: "Weak", country: "DE" } });
    const tag = unique("tag");
    const { id } = await person({ tags: [tag], costCenter: "9" });
    const change = { set: { department }, clear: ["costCenter"], applyTemplates: {} };
    const found = await plan(gateway, { filter: tagged(tag) }, change);
    expect(changesOf(byPerson(found).get(id))).toEqual({
      department: [null, department],
      costCenter: ["9", null],
      title: [null, "Strong"],
      country: [null, "DE"],
    });
    const some = await plan(gateway, { filter: tagged(tag) }, { ...change, applyTemplates: { templateIds: [strong] } });
    expect(Object.keys(changesOf(byPerson(some).get(id))).sort()).toEqual(["costCenter", "department", "title"]);
    const weak = await makeHolder(gateway, MANAGED);
    const input = { target: { filter: tagged(tag) }, change: { applyTemplates: { templateIds: [strong] } } };
    expect((await gateway.refusal(PLAN, { input }, weak.token)).extensions).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.change.applyTemplates.templateIds[0]",
    });
  });

  it("gives nobody what the planner does not hold or may not read, nor whoever has no access", async () => {
    const { gateway } = file;
    const [department, other] = [unique("dept"), unique("dept")];
    const { key } = await makeRole(gateway, ["AUDIT_READ"]);
    const group = await makeGroup(gateway);
    await grant(gateway, group.id, key);
    await template(department, { roles: [{ roleKey: key, reach: "EVERYWHERE" }] });
    await template(other, { groupIds: [group.id] });
    const people = [await person({ department }), await person({ department: other })];
    const gone = await person({ department });
    await gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id: gone.id },
    });
    const target = { userIds: [...people.map(({ id }) => id), gone.id] };
    const planner = await makeHolder(gateway, MANAGED);
    const found = byPerson(await plan(gateway, target, { applyTemplates: {} }, planner.token));
    for (const { id } of people)
      expect(found.get(id)).toMatchObject({
        finding: "ERROR",
        problem: { code: "FORBIDDEN", permission: "AUDIT_READ" },
      });
    expect(found.get(gone.id)).toMatchObject({ finding: "ERROR", problem: { code: "ILLEGAL_TRANSITION" } });
    const blind = await machineToken(gateway, ["BULK_RUN", "USER_READ", "AUDIT_READ"]);
    const seen = byPerson(await plan(gateway, target, { applyTemplates: {} }, blind));
    expect(seen.get(people[0]?.id ?? "")?.problem).toMatchObject({ code: "FORBIDDEN", permission: "ROLE_GRANT" });
  });

  it("gives nothing that it did not show: a template that was changed since is a conflict", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const made = await template(department, { defaults: { location: "Berlin" } });
    const { id } = await person({ department });
    const found = await plan(gateway, { userIds: [id] }, { applyTemplates: {} });
    await gateway.run(UPDATE_TEMPLATE, { input: { id: made, defaults: { location: "Bonn" } } });
    expect(byPerson(await apply(gateway, found.id)).get(id)).toMatchObject({ outcome: "CONFLICT" });
  });

  it("takes as many statements for four times as many people in as many units", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    await template(department, {
      defaults: { location: "Berlin" },
      roles: [{ roleKey: key, reach: "OWN_UNIT" }],
      groupIds: [(await makeGroup(gateway)).id],
    });
    const group = await makeGroup(gateway);
    const planner = await makeHolder(gateway, MANAGED);
    const statements = async (count: number): Promise<number> => {
      const tag = await makePeople(gateway, count);
      const units = count / 10;
      await gateway.database.write(someCause, async (tx) => {
        await sql`INSERT INTO org_unit (id, code, name, kind, created_at, updated_at)
          SELECT gen_random_uuid(), ${tag} || '-' || n, 'Unit', 'TEAM', ${tx.now}, ${tx.now} FROM generate_series(1, ${units}::integer) n`.execute(
          tx.sql,
        );
        await sql`UPDATE user_account u SET department = ${department}, org_unit_id = o.id FROM org_unit o
          WHERE u.tags @> ARRAY[${tag}::text] AND o.code = ${tag} || '-' || (1 + abs(hashtext(u.id::text)::bigint) % ${units}::integer)`.execute(
          tx.sql,
        );
      });
      let seen = 0;
      gateway.database.observe(() => {
        seen += 1;
      });
      const input = {
        target: { filter: tagged(tag) },
        change: { applyTemplates: {}, add: { groupIds: [group.id] } },
      };
      await gateway.run(PLAN, { input }, planner.token);
      return seen;
    };
    const few = await statements(40);
    expect(await statements(160)).toBe(few);
  });

  it("loses nothing where two plans give the same people groups and templates at once", async () => {
    const { gateway } = file;
    const department = unique("dept");
    const group = await makeGroup(gateway);
    await template(department, { defaults: { location: "Berlin" }, groupIds: [group.id] });
    const tag = await makePeople(gateway, 20);
    await apply(gateway, (await plan(gateway, { filter: tagged(tag) }, { set: { department } })).id);
    const one = await plan(gateway, { filter: tagged(tag) }, { applyTemplates: {} });
    const two = await plan(gateway, { filter: tagged(tag) }, { add: { groupIds: [group.id] } });
    for (const { id } of [one, two]) await gateway.run(APPLY, { input: { id } });
    const byHand = two.items.nodes.slice(3, 6).map(({ userId }: { userId: string }) => userId);
    await Promise.all([...[1, 2, 3].map(() => batches(gateway, 7, 1_000)), add(gateway, group.id, byHand)]);
    const [first, second] = [await planOf(gateway, one.id), await planOf(gateway, two.id)];
    expect([first.state, second.state]).toEqual(["DONE", "DONE"]);
    for (const { progress } of [first, second])
      expect(progress.changed + progress.conflicts + progress.unchanged).toBe(20);
    const [ones, twos] = [byPerson(first), byPerson(second)];
    for (const [userId, { outcome }] of ones) {
      const outcomes = [outcome, twos.get(userId)?.outcome];
      if (!byHand.includes(userId)) expect(outcomes.sort()).toEqual(["CHANGED", "CONFLICT"]);
      else expect(outcomes).not.toEqual(["CHANGED", "CHANGED"]);
    }
    expect(await membersOf(gateway, group.id)).toHaveLength(20);
    expect(await find(gateway, { and: [tagged(tag), { location: { eq: "Berlin" } }] })).toHaveLength(
      first.progress.changed,
    );
  });
});

describe("A plan that adds to lists", () => {
  it("adds members to attributes and takes them, and refuses what holds no list", async () => {
    const { gateway } = file;
    const one = await makeUser(gateway, { attributes: { skills: ["welding", "law"], rank: 3 } });
    const two = await makeUser(gateway, { attributes: { skills: ["law"] } });
    const none = await makeUser(gateway);
    const target = { userIds: [one.id, two.id, none.id] };
    const found = await plan(gateway, target, {
      add: { attributes: { skills: ["sailing"] } },
      remove: { attributes: { skills: ["law"] } },
    });
    const left = (id: string) => changesOf(byPerson(found).get(id)).attributes?.[1];
    expect([left(one.id), left(two.id), left(none.id)]).toEqual([
      { skills: ["welding", "sailing"] },
      { skills: ["sailing"] },
      { skills: ["sailing"] },
    ]);
    const emptied = await plan(gateway, target, { remove: { attributes: { skills: ["law", "welding"] } } });
    expect(changesOf(byPerson(emptied).get(two.id))).toEqual({ attributes: [{ skills: ["law"] }, {}] });
    const wrong = byPerson(await plan(gateway, target, { add: { attributes: { rank: ["x"] } } }));
    expect(wrong.get(one.id)).toMatchObject({ finding: "ERROR", problem: { code: "INVALID_INPUT" } });
    expect(wrong.get(two.id)).toMatchObject({ finding: "CHANGE" });
    for (const attributes of [{ skills: "x" }, { skills: [] }, { skills: [1] }])
      expect(
        (await gateway.refusal(PLAN, { input: { target, change: { add: { attributes } } } })).extensions,
      ).toMatchObject({ code: "INVALID_INPUT" });
  });
});
