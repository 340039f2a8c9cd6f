import pg from "pg";
import { expect, it } from "vitest";
import type { Statement } from "../../src/database/connection.ts";
import type { Database } from "../../src/database/database.ts";
import { OutOfSequence, PREPARED_LIMIT, Sequence } from "../../src/database/pipeline.ts";
import { inTurn, Turn } from "../../src/database/turn.ts";
import { databaseForTest, databaseKind, someCause } from "../support/database.ts";

const echo = (value: number): Statement => ({
  name: "echo",
  text: "SELECT $1::integer",
  values: [value],
  isLookUp: true,
});
const failing: Statement = { text: "SELECT 1 / $1::integer", values: [0], isLookUp: true };
const held: Statement = {
  text: "SELECT pg_advisory_xact_lock_shared(7), pg_backend_pid()",
  values: [],
  isLookUp: true,
};
const session: Statement = { text: "SELECT pg_backend_pid()", values: [], isLookUp: true };

/** Keeps those that are held from being answered, until what is returned is called. */
async function hold(database: Database): Promise<() => Promise<void>> {
  const client = new pg.Client(database.connectionConfig.owner);
  await client.connect();
  await client.query("SELECT pg_advisory_lock(7)");
  return () => client.end();
}

it("Look-ups that are asked at once are each answered with their own", async () => {
  const { database } = await databaseForTest({ poolSize: 2 });
  const asked = Array.from({ length: 200 }, (_, n) => n);
  const answers = await Promise.all(asked.map((n) => database.read(echo(n))));
  expect(answers).toEqual(asked.map((n) => [[n]]));
});

it("A look-up that fails leaves those before and behind it alone", async () => {
  const { database } = await databaseForTest({ poolSize: 2 });
  const answers = await Promise.allSettled(
    [1, 2, 3, 4].flatMap((n) => [database.read(echo(n)), database.read(failing)]),
  );
  expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value[0]?.[0] : answer.reason.code))).toEqual(
    [1, 2, 3, 4].flatMap((n) => [n, "22012"]),
  );
});

it("Look-ups never hold a connection of the pool, and go on when the server ends their own", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { database } = await databaseForTest({ poolSize: 2 });
  const begins = [undefined, new Sequence()];
  const used = await Promise.all(
    begins.flatMap((one) => Array.from({ length: 20 }, () => database.read({ ...session, begins: one }))),
  );
  const pids = new Set(used.map(([row]) => row?.[0]));
  expect(pids.size).toBe(3);
  expect(database.poolState.total).toBe(0);
  await database.read({ text: TERMINATE, values: [[...pids]] });
  expect(await Promise.all(begins.map((one) => database.read({ ...echo(7), begins: one })))).toEqual([[[7]], [[7]]]);
});

const TERMINATE = "SELECT pg_terminate_backend(pid) FROM unnest($1::integer[]) pid";

it("A look-up whose connection is lost is asked once more", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { database } = await databaseForTest({ poolSize: 2 });
  const used = await Promise.all([1, 2, 3, 4].map(() => database.read(session)));
  const pids = used.map(([row]) => row?.[0]);
  const release = await hold(database);
  const asked = [held, held, echo(1), echo(2)].map((statement) => database.read(statement));
  await database.read({ text: TERMINATE, values: [pids] });
  await release();
  const [[[, one] = []] = [], [[, other] = []] = [], ...answers] = await Promise.all(asked);
  expect(pids).not.toContain(one);
  expect(pids).not.toContain(other);
  expect(answers).toEqual([[[1]], [[2]]]);
});

it("Look-ups go on where one of them fills a connection's prepared statements", async () => {
  const { database } = await databaseForTest({ poolSize: 2 });
  const asked = Array.from({ length: PREPARED_LIMIT * 2 + 10 }, (_, n) => n);
  const answers = await Promise.all(
    asked.map((n) => database.read({ name: `own_${n}`, text: `SELECT ${n}`, values: [], isLookUp: true })),
  );
  expect(answers).toEqual(asked.map((n) => [[n]]));
});

it("Look-ups that find out who asks wait for no others", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { database } = await databaseForTest({ poolSize: 2 });
  const release = await hold(database);
  const others = [1, 2, 3].map(() => database.read(held));
  for (const one of [1, 2]) expect(await database.read({ ...echo(one), begins: new Sequence() })).toEqual([[one]]);
  await release();
  await Promise.all(others);
});

it("A look-up is not waited for any longer than its turn lasts", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { database } = await databaseForTest({ poolSize: 2 });
  const turn = new Turn();
  const release = await hold(database);
  const before = database.read(held);
  const waiting = inTurn(turn, () => database.read(echo(1)));
  setImmediate(() => turn.end(new Error("It is over.")));
  await expect(waiting).rejects.toThrow("It is over.");
  await release();
  await before;
});

it("What follows a look-up is sent on its connection behind it, before it is answered; without one it is not sent", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { database } = await databaseForTest({ poolSize: 2 });
  const slow: Statement = { text: "SELECT pg_sleep(0.05), pg_backend_pid()", values: [], isLookUp: true };
  for (let round = 0; round < 3; round++) {
    const sequence = new Sequence();
    const answered: string[] = [];
    const following = database.read({ ...session, follows: sequence }).finally(() => answered.push("following"));
    const first = database.read({ ...slow, begins: sequence }).finally(() => answered.push("first"));
    const [[[, pid] = []], [[own] = []]] = await Promise.all([first, following]);
    expect(own).toBe(pid);
    expect(answered).toEqual(["first", "following"]);
  }
  const nothing = new Sequence();
  nothing.begin();
  await expect(database.read({ ...session, follows: nothing })).rejects.toThrow(OutOfSequence);
});

it("A look-up is refused inside a transaction, where it would not see what the transaction has written", async () => {
  const { database } = await databaseForTest();
  const inside = database.write(someCause, async () => await database.read(echo(1)));
  await expect(inside).rejects.toThrow("A transaction must use its own connection");
});

it("A moved clock is the look-ups' clock too", async () => {
  const { database } = await databaseForTest({ poolSize: 2 });
  const ahead: Statement = {
    text: "SELECT round(extract(epoch FROM rollcall_now() - clock_timestamp()) / 86400)::integer",
    values: [],
    isLookUp: true,
  };
  expect(await database.read(ahead)).toEqual([[0]]);
  database.moveClock("91 days");
  expect([await database.read(ahead), await database.read(ahead)]).toEqual([[[91]], [[91]]]);
});
