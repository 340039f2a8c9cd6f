import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { userCascades } from "../../../src/assembly.ts";
import { BulkWorker } from "../../../src/features/bulk/bulk.worker.ts";
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
import { asOwner } from "../../support/owner.ts";
import {
  APPLY,
  apply,
  batches,
  byPerson,
  CANCEL,
  makePeople,
  plan,
  planOf,
  REVERT,
  tagged,
  workerParts,
} from "./support.ts";

const file = gatewayForFile();
const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

describe("Applying a plan", () => {
  it("changes everybody as planned, under one operation, with what follows", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const unit = await makeUnit(gateway);
    const boss = await makeUser(gateway);
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const holder = await makeHolder(gateway, ["USER_READ"]);
    const people = [holder.id, (await makeUser(gateway, { costCenter: "1", attributes: { a: 1, b: 2 } })).id];
    const change = {
      set: { title: "Mover", orgUnitId: unit.id, managerId: boss.id, attributes: { a: null, c: 3 } },
      clear: ["costCenter"],
      add: { tags: [tag], roles: [{ roleKey: key }] },
      status: { operation: "LOCK", until: "2999-01-01T00:00:00.000Z" },
    };
    const { id, operationId } = await plan(gateway, { userIds: people }, change, undefined, { reason: "Reorganised" });
    const done = await apply(gateway, id);
    expect(done).toMatchObject({ state: "DONE", progress: { total: 2, done: 2, changed: 2, secondsLeft: 0 } });
    expect(
      await find(gateway, {
        and: [
          tagged(tag),
          { orgUnit: { eq: unit.id } },
          { manager: { eq: boss.id } },
          { roleGrants: { some: { role: { eq: key } } } },
          { status: { eq: "LOCKED" } },
          { costCenter: { isNull: true } },
          { title: { eq: "Mover" } },
        ],
      }),
    ).toHaveLength(2);
    expect((await gateway.ask("{ viewer { user { id } } }", {}, holder.token)).errors).toBeDefined();
    const { rows } = await sql<{ kind: string; reason: string; tables: string[] }>`
      SELECT c.kind, c.reason, array_agg(DISTINCT ch.table_name ORDER BY ch.table_name) AS tables FROM commit c
      JOIN change ch ON ch.commit_id = c.id WHERE c.operation_id = ${operationId} GROUP BY c.id`.execute(
      gateway.database.reader,
    );
    expect(rows).toMatchObject([{ kind: "BULK", reason: "Reorganised" }]);
    expect(rows[0]?.tables).toEqual(
      expect.arrayContaining(["bulk_plan", "role_grant", "service_token", "user_account"]),
    );
  });

  it("overwrites nobody who has changed since, also where only a role did", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const [edited, left, granted] = [
      await makeUser(gateway, { tags: [tag] }),
      await makeUser(gateway, { tags: [tag] }),
      await makeUser(gateway, { tags: [tag] }),
    ];
    const { id } = await plan(
      gateway,
      { filter: tagged(tag) },
      { set: { title: "Planned" }, add: { roles: [{ roleKey: key }] } },
    );
    await gateway.run(UPDATE, { input: { id: edited.id, title: "Edited" } });
    await gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: left.id },
    });
    await grant(gateway, granted.id, key);
    const done = await apply(gateway, id);
    expect(done.progress).toMatchObject({ conflicts: 3, changed: 0 });
    expect(byPerson(done).get(edited.id)).toMatchObject({
      outcome: "CONFLICT",
      outcomeProblem: { code: "STALE_VERSION" },
    });
    expect(await find(gateway, { and: [tagged(tag), { title: { eq: "Edited" } }] })).toEqual([edited.username]);
  });

  it("asks for the planner's rights as they are by then", async () => {
    const { gateway } = file;
    const [here, there] = [await makeUnit(gateway), await makeUnit(gateway)];
    const tag = unique("tag");
    const near = await makeUser(gateway, { tags: [tag], orgUnitId: here.id });
    const far = await makeUser(gateway, { tags: [tag], orgUnitId: there.id });
    const planner = await makeHolder(gateway, ["BULK_RUN", "USER_READ", "USER_UPDATE"], here.id);
    const { key } = await makeRole(gateway, ["USER_READ", "USER_UPDATE"]);
    const lost = await grant(gateway, planner.id, key, { scopeId: there.id });
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } }, planner.token);
    await gateway.run(APPLY, { input: { id } }, planner.token);
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: lost },
    });
    await gateway.bulk.worker.run();
    const done = byPerson(await planOf(gateway, id));
    expect(done.get(near.id)).toMatchObject({ outcome: "CHANGED" });
    expect(done.get(far.id)).toMatchObject({ outcome: "REFUSED", outcomeProblem: { code: "NOT_FOUND" } });
  });

  it("ends where its planner may not plan any more", async () => {
    const { gateway } = file;
    const unit = await makeUnit(gateway);
    const person = await makeUser(gateway, { orgUnitId: unit.id });
    const planner = await makeHolder(gateway, ["BULK_RUN", "USER_READ", "USER_UPDATE"], unit.id);
    const { id } = await plan(gateway, { userIds: [person.id] }, { set: { title: "Planned" } }, planner.token);
    await gateway.run(APPLY, { input: { id } }, planner.token);
    await gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: planner.id },
    });
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, id)).toMatchObject({
      state: "FAILED",
      problem: expect.any(String),
      progress: { skipped: 1 },
    });
  });

  it("refuses the one whom a consequence refuses, and nobody beside them", async () => {
    const { gateway } = file;
    const tag = unique("tag");
    const manager = await makeHolder(gateway, ["ROLE_MANAGE"]);
    await gateway.run(UPDATE, { input: { id: manager.id, tags: [tag] } });
    const other = await makeUser(gateway, { tags: [tag] });
    const found = await plan(gateway, { filter: tagged(tag) }, { status: { operation: "SUSPEND" } });
    expect(byPerson(found).get(manager.id)).toMatchObject({
      finding: "ERROR",
      problem: { code: "CONFLICT", permission: "ROLE_MANAGE" },
    });
    const done = byPerson(await apply(gateway, found.id));
    expect(done.get(other.id)).toMatchObject({ outcome: "CHANGED" });
    expect(done.get(manager.id)).toMatchObject({ outcome: null });
  });

  it("goes on with everybody else where the database refuses one person", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 5);
    const found = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } });
    const victim = found.items.nodes[2].userId;
    await asOwner(
      gateway.database.connectionConfig.owner,
      `ALTER TABLE user_account ADD CONSTRAINT nobody_plans CHECK (title <> 'Planned' OR id <> '${uuid(victim)}')`,
    );
    onTestFinished(() =>
      asOwner(gateway.database.connectionConfig.owner, "ALTER TABLE user_account DROP CONSTRAINT nobody_plans"),
    );
    const again = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } });
    expect(again).toMatchObject({ changingCount: 4, errorCount: 1 });
    expect(byPerson(again).get(victim)).toMatchObject({ finding: "ERROR", problem: { code: "INTERNAL" } });
    const done = await apply(gateway, found.id);
    expect(done).toMatchObject({ state: "DONE", progress: { changed: 4, failed: 1 } });
    expect(byPerson(done).get(victim)).toMatchObject({ outcome: "FAILED" });
  });

  it("holds up no other plan by what nobody foresaw, and is given up where that does not pass", async () => {
    const { gateway } = file;
    const [stuck, other] = [await makeUser(gateway), await makeUser(gateway)];
    const planned = async ({ id: userId }: { id: string }): Promise<string> => {
      const { id } = await plan(gateway, { userIds: [userId] }, { set: { title: "Planned" } });
      await gateway.run(APPLY, { input: { id } });
      return id;
    };
    const [first, second] = [await planned(stuck), await planned(other)];
    const updating = async (_: unknown, __: unknown, { id }: { id: string }) => {
      if (id === uuid(stuck.id)) throw new TypeError("Nobody foresaw it.");
    };
    const worker = new BulkWorker(workerParts(gateway, { cascades: [...userCascades, { updating }] }), 10, 0);
    await expect(worker.run()).rejects.toThrow("Nobody foresaw it.");
    expect(await planOf(gateway, second)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    for (let attempt = 2; attempt <= 6; attempt++) {
      expect(await planOf(gateway, first)).toMatchObject({ state: "READY" });
      await expect(worker.run()).rejects.toThrow("Nobody foresaw it.");
    }
    expect(await planOf(gateway, first)).toMatchObject({ state: "FAILED", progress: { skipped: 1 } });
    await worker.run();
  });

  it("takes turns with others, so that few people do not wait for many", async () => {
    const { gateway } = file;
    const many = await plan(gateway, { filter: tagged(await makePeople(gateway, 6)) }, { set: { title: "Planned" } });
    const few = await plan(gateway, { userIds: [(await makeUser(gateway)).id] }, { status: { operation: "LOCK" } });
    for (const { id } of [many, few]) await gateway.run(APPLY, { input: { id } });
    await batches(gateway, 2, 2);
    expect(await planOf(gateway, few.id)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    expect(await planOf(gateway, many.id)).toMatchObject({ state: "APPLYING", progress: { done: 2 } });
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, many.id)).toMatchObject({ state: "DONE", progress: { changed: 6 } });
  });

  it.runIf(databaseKind === "postgres")(
    "waits for people whom others hold, and takes it for no fault of theirs",
    async () => {
      const { gateway } = file;
      const { id: userId } = await makeUser(gateway);
      const { id } = await plan(gateway, { userIds: [userId] }, { set: { title: "Planned" } });
      await gateway.run(APPLY, { input: { id } });
      const worker = new BulkWorker(workerParts(gateway), 10, 0, 100);
      const [held, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const holder = gateway.database.write(someCause, async (tx) => {
        await sql`SELECT FROM user_account WHERE id = ${uuid(userId)} FOR UPDATE`.execute(tx.sql);
        held.resolve();
        await told.promise;
      });
      await held.promise;
      await expect(worker.run().finally(told.resolve)).rejects.toMatchObject({ code: "55P03" });
      await holder;
      expect(await planOf(gateway, id)).toMatchObject({ state: "READY", progress: { failed: 0 } });
      await worker.run();
      expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    },
  );

  it("stops behind the batch under way when it is cancelled, and everybody else is skipped", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 10);
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } });
    await gateway.run(APPLY, { input: { id } });
    await batches(gateway, 4, 1);
    expect(await planOf(gateway, id)).toMatchObject({ state: "APPLYING", progress: { done: 4 } });
    await gateway.run(CANCEL, { input: { id } });
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, id)).toMatchObject({ state: "CANCELLED", progress: { changed: 4, skipped: 6 } });
    expect(await find(gateway, { and: [tagged(tag), { title: { eq: "Planned" } }] })).toHaveLength(4);
    expect((await gateway.refusal(CANCEL, { input: { id } })).extensions.code).toBe("CONFLICT");
  });

  it("has everybody changed or skipped, whenever between two batches it is cancelled", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 12);
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } });
    await gateway.run(APPLY, { input: { id } });
    await Promise.all([batches(gateway, 2, 100), batches(gateway, 2, 100), gateway.ask(CANCEL, { input: { id } })]);
    const { state, progress } = await planOf(gateway, id);
    expect(["CANCELLED", "DONE"]).toContain(state);
    expect(progress.changed + progress.skipped).toBe(12);
    expect(await find(gateway, { and: [tagged(tag), { title: { eq: "Planned" } }] })).toHaveLength(progress.changed);
  });

  it("goes on where a gateway left it, and does nobody twice", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 10);
    const { id } = await plan(gateway, { filter: tagged(tag) }, { set: { title: "Planned" } });
    await gateway.run(APPLY, { input: { id } });
    await batches(gateway, 3, 2);
    await Promise.all([gateway.bulk.worker.run(), gateway.bulk.worker.run()]);
    expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 10 } });
    const { rows } = await sql<{ versions: number[] }>`
      SELECT array_agg(DISTINCT version) AS versions FROM user_account WHERE tags @> ARRAY[${tag}::text]`.execute(
      gateway.database.reader,
    );
    expect(rows[0]?.versions).toEqual([2]);
  });

  it("loses no update where two plans over the same people are applied at once", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 40);
    const one = await plan(gateway, { filter: tagged(tag) }, { set: { title: "One" } });
    const two = await plan(gateway, { filter: tagged(tag) }, { set: { department: "Two" } });
    for (const { id } of [one, two]) await gateway.run(APPLY, { input: { id } });
    await Promise.all([1, 2, 3].map(() => batches(gateway, 7, 1_000)));
    const [first, second] = [await planOf(gateway, one.id), await planOf(gateway, two.id)];
    expect([first.state, second.state]).toEqual(["DONE", "DONE"]);
    expect(first.progress.changed + second.progress.changed).toBe(40);
    expect(first.progress.conflicts + second.progress.conflicts).toBe(40);
    const [ones, twos] = [byPerson(first), byPerson(second)];
    for (const [userId, item] of ones) {
      expect([item.outcome, twos.get(userId)?.outcome].sort()).toEqual(["CHANGED", "CONFLICT"]);
    }
    expect(await find(gateway, { and: [tagged(tag), { title: { eq: "One" } }] })).toHaveLength(first.progress.changed);
    expect(await find(gateway, { and: [tagged(tag), { department: { eq: "Two" } }] })).toHaveLength(
      second.progress.changed,
    );
  });

  it("takes 2,000 people in as many commits as batches, and their outcomes in pages", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 2_000);
    const found = await plan(
      gateway,
      { filter: tagged(tag) },
      { status: { operation: "SUSPEND" }, add: { tags: ["out"] } },
    );
    expect(found).toMatchObject({ peopleCount: 2_000, changingCount: 2_000, errorCount: 0 });
    expect(found.items.totalCount).toBe(2_000);
    const before = await gateway.database.head();
    expect(await apply(gateway, found.id)).toMatchObject({ state: "DONE", progress: { changed: 2_000 } });
    // Letting it be applied, and two batches.
    expect((await gateway.database.head()).commit - before.commit).toBe(3n);
    const { users } = await gateway.run("query ($filter: UserFilter) { users(filter: $filter) { totalCount } }", {
      filter: { and: [tagged(tag), { status: { eq: "SUSPENDED" } }, { tags: { any: ["out"] } }] },
    });
    expect(users.totalCount).toBe(2_000);
    // Taking back so many is planned in the background.
    const { planRevert } = await gateway.run(REVERT, { input: { id: found.id } });
    expect(planRevert.plan).toMatchObject({ state: "PLANNING", kind: "REVERT", peopleCount: 0 });
    await gateway.imports.planner.run();
    expect(await planOf(gateway, planRevert.plan.id)).toMatchObject({ state: "PLANNED", changingCount: 2_000 });
  });

  it("is for the planner alone, once, and for a day", async () => {
    const { gateway } = file;
    const person = await makeUser(gateway);
    const planner = await machineToken(gateway, ["BULK_RUN", "USER_READ", "USER_UPDATE"]);
    const { id } = await plan(gateway, { userIds: [person.id] }, { set: { title: "Planned" } }, planner);
    expect((await gateway.refusal(APPLY, { input: { id } })).extensions.code).toBe("FORBIDDEN");
    const bounded = await makeHolder(gateway, ["BULK_RUN"], (await makeUnit(gateway)).id);
    expect((await gateway.refusal(APPLY, { input: { id } }, bounded.token)).extensions.code).toBe("NOT_FOUND");
    await apply(gateway, id, planner);
    expect((await gateway.refusal(APPLY, { input: { id } }, planner)).extensions.code).toBe("CONFLICT");
  });
});
