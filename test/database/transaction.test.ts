import { defineEntity, p } from "@mikro-orm/core";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logStatements, type StatementLog } from "../../src/database/statement-watch.ts";
import type { Tx } from "../../src/database/transaction.ts";
import { inTurn, Turn } from "../../src/database/turn.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { databaseKind, type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { roleRow, userRow } from "../support/rows.ts";

const Role = defineEntity({
  name: "TestRole",
  tableName: "role",
  properties: {
    id: p.uuid().primary(),
    version: p.integer().version(),
    key: p.string(),
    name: p.string(),
    permissions: p.array(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase({ poolSize: 3, entities: [Role] });
});
afterAll(() => fresh.close());

describe("A transaction", () => {
  it("writes by the unit of work and by SQL alike, in one commit", async () => {
    const [first, second] = [roleRow(), roleRow()];
    const { database } = fresh;
    const { commit } = await database.head();
    const { position, value } = await database.write(someCause, async (tx) => {
      const { key, name, id } = first;
      tx.em.create(Role, { id, key, name, permissions: ["USER_READ"], createdAt: tx.now, updatedAt: tx.now });
      await tx.flush();
      await tx.sql.insertInto("role").values(second).execute();
      return (await tx.sql.selectFrom("role").select("id").where("id", "in", [first.id, second.id]).execute()).length;
    });
    expect(value).toBe(2);
    expect(position).toEqual({ commit: commit + 1n });
  });

  it("reads back through the unit of work what was stored", async () => {
    const role = roleRow({ permissions: ["ROLE_READ"] });
    const { database } = fresh;
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(role).execute());
    await database.write(someCause, async (tx) => {
      const found = await tx.em.findOneOrFail(Role, role.id);
      expect(found).toMatchObject({ key: role.key, permissions: ["ROLE_READ"], createdAt: role.created_at });
      found.name = "Renamed";
    });
    const stored = await database.reader
      .selectFrom("role")
      .selectAll()
      .where("id", "=", role.id)
      .executeTakeFirstOrThrow();
    expect(stored).toMatchObject({ name: "Renamed", version: 2, created_at: role.created_at });
  });

  it("leaves nothing of its own where it fails, and the next one runs", async () => {
    const { database } = fresh;
    const before = await database.head();
    await expect(
      database.write(someCause, async (tx) => {
        await tx.sql.insertInto("role").values(roleRow()).execute();
        throw new RollcallError("NOT_FOUND", "gone");
      }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await database.head()).toEqual(before);
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
  });

  it("that writes nothing has the head's position", async () => {
    const { database } = fresh;
    const { position } = await database.write(someCause, async () => undefined);
    expect(position).toEqual(await database.head());
  });

  it("refuses at once to wait for a second connection", async () => {
    const { database } = fresh;
    const nested = "A transaction must use its own connection";
    await expect(database.write(someCause, () => database.head())).rejects.toThrow(nested);
    await expect(database.write(someCause, () => database.write(someCause, async () => 1))).rejects.toThrow(nested);
    await expect(
      database.write(someCause, () => database.reader.selectFrom("role").selectAll().execute()),
    ).rejects.toThrow(nested);
    await database.ping();
  });

  it("leaves to what it started, and did not wait for, the use of the database afterwards", async () => {
    const { database } = fresh;
    const ended = Promise.withResolvers<void>();
    let later: Promise<unknown> = Promise.resolve();
    await database.write(someCause, async () => {
      later = ended.promise.then(() => database.head());
    });
    ended.resolve();
    await expect(later).resolves.toBeDefined();
  });

  it("happens at one instant of the database's clock, which can be moved", async () => {
    const { database } = fresh;
    const { value: before } = await database.write(someCause, async (tx) => tx.now);
    database.moveClock("91 days");
    const { value: after } = await database.write(someCause, async (tx) => tx.now);
    expect((after.getTime() - before.getTime()) / 86_400_000).toBeCloseTo(91, 1);
    const { position } = await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
    database.moveClock("");
    const commit = await database.reader
      .selectFrom("commit")
      .select("at")
      .where("number", "=", position.commit)
      .executeTakeFirstOrThrow();
    expect(commit.at.getTime()).toBeGreaterThanOrEqual(after.getTime());
    const { position: next } = await database.write(someCause, (tx) =>
      tx.sql.insertInto("role").values(roleRow()).execute(),
    );
    const { at } = await database.reader
      .selectFrom("commit")
      .select("at")
      .where("number", "=", next.commit)
      .executeTakeFirstOrThrow();
    expect(at).toEqual(commit.at); // never earlier than the commit before
  });

  it.runIf(databaseKind === "postgres")("runs again where it deadlocked with another", async () => {
    const [a, b] = [roleRow(), roleRow()];
    const { database } = fresh;
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values([a, b]).execute());
    let attempts = 0;
    let arrived = 0;
    const bothHoldOne = Promise.withResolvers<void>();
    const lock = (first: string, second: string) =>
      database.write(someCause, async (tx) => {
        attempts++;
        await tx.sql
          .updateTable("role")
          .set({ name: `Attempt ${attempts}` })
          .where("id", "=", first)
          .execute();
        if (++arrived === 2) bothHoldOne.resolve();
        await bothHoldOne.promise;
        await tx.sql
          .updateTable("role")
          .set({ name: `Attempt ${attempts}` })
          .where("id", "=", second)
          .execute();
      });
    await Promise.all([lock(a.id, b.id), lock(b.id, a.id)]);
    expect(attempts).toBeGreaterThan(2);
  });
});

describe.runIf(databaseKind === "postgres")("A connection that is lost in a transaction", () => {
  it("is an error for that transaction, and replaced for the next, even where it was the only one", async () => {
    const alone = await freshDatabase({ poolSize: 1 });
    const { database } = alone;
    await expect(
      database.write(someCause, async (tx) => {
        await tx.sql.insertInto("role").values(roleRow()).execute();
        await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(tx.sql);
      }),
    ).rejects.toThrow();
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
    expect(await database.head()).toEqual({ commit: 1n });
    await alone.close();
  });
});

describe("A transaction whose turn is over", () => {
  let alone: FreshDatabase;
  beforeAll(async () => {
    alone = await freshDatabase({ poolSize: 1 });
  });
  afterAll(() => alone?.close());

  /** What becomes of a transaction in a turn of its own, and its statements. */
  function inTurnOfItsOwn(work: (tx: Tx, turn: Turn) => Promise<unknown>) {
    const turn = new Turn();
    turn.owner = "somebody";
    const log: StatementLog = { slowest: undefined, count: 0 };
    const write = () => alone.database.write(someCause, (tx) => work(tx, turn));
    const ended = logStatements(log, () => inTurn(turn, write)).then(
      () => "written",
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
    return { turn, log, ended };
  }

  it("waits for no connection any more, and is never begun on the one that it waited for", async () => {
    const { database } = alone;
    const taken = await database.reader.startTransaction().execute();
    const { turn, log, ended } = inTurnOfItsOwn(async () => undefined);
    await expect.poll(() => database.poolState.waiting).toBe(1);
    turn.end(new Error("Nobody waits."));
    expect(await ended).toBe("Nobody waits.");
    await taken.rollback().execute();
    await database.ping();
    expect([log.count, database.poolState]).toEqual([0, { total: 1, idle: 1, waiting: 0 }]);
  });

  it("waits for its turn behind its owner's others no more", async () => {
    const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = inTurnOfItsOwn(() => {
      begun.resolve();
      return held.promise;
    });
    await begun.promise;
    const { turn, log, ended } = inTurnOfItsOwn(async () => undefined);
    await expect.poll(() => alone.database.poolState.waiting).toBe(1);
    turn.end(new Error("Nobody waits."));
    expect(await ended).toBe("Nobody waits.");
    held.resolve();
    expect([await first.ended, log.count]).toEqual(["written", 0]);
  });

  it("sends nothing more, wherever in its work the turn ended, and leaves its connection to others", async () => {
    const { database } = alone;
    const { commit } = await database.head();
    const { log, ended } = inTurnOfItsOwn(async (tx, turn) => {
      await tx.sql.insertInto("role").values(roleRow()).execute();
      turn.end(new Error("Nobody waits."));
      await tx.sql.insertInto("role").values(roleRow()).execute();
    });
    expect(await ended).toBe("57014");
    expect(log.count).toBe(4); // its begin, its cause, the first role, and the rollback
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
    expect(await database.head()).toEqual({ commit: commit + 1n });
  });
});

it("A statement is told of that failed as well: those that were ended for their time are the slowest", async () => {
  const log: StatementLog = { slowest: undefined, count: 0 };
  const failing = () => sql`SELECT 1 / 0`.execute(fresh.database.reader);
  await expect(logStatements(log, failing)).rejects.toThrow();
  expect(log).toMatchObject({ count: 1, slowest: { text: "SELECT 1 / 0", rows: 0 } });
});

describe("Values", () => {
  it("arrive as the tables' types say", async () => {
    const user = userRow({ hired_on: "2024-02-29", tags: ["a", 'b"c'], attributes: { level: 3, nested: [1, null] } });
    await fresh.database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(user).execute());
    const stored = await fresh.database.reader
      .selectFrom("user_account")
      .selectAll()
      .where("id", "=", user.id)
      .executeTakeFirstOrThrow();
    expect(stored).toMatchObject({
      hired_on: "2024-02-29",
      tags: ["a", 'b"c'],
      attributes: { level: 3, nested: [1, null] },
      created_at: user.created_at,
      deleted_at: null,
    });
    const { rows } = await sql<{ count: bigint; days: string[] }>`
      SELECT count(*) AS count, array_agg(hired_on) AS days FROM user_account WHERE id = ${user.id}`.execute(
      fresh.database.reader,
    );
    expect(rows).toEqual([{ count: 1n, days: ["2024-02-29"] }]);
  });

  it("with the character that PostgreSQL cannot store are invalid input", async () => {
    await expect(
      fresh.database.write(someCause, (tx) =>
        tx.sql
          .insertInto("role")
          .values(roleRow({ name: "a\0b" }))
          .execute(),
      ),
    ).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
