import { expect, it } from "vitest";
import type { Statement } from "../../src/database/connection.ts";
import { OutOfSequence, Sequence } from "../../src/database/pipeline.ts";
import { databaseForTest, databaseKind, someCause } from "../support/database.ts";

const echo = (value: number): Statement => ({
  name: "echo",
  text: "SELECT $1::integer",
  values: [value],
  isLookUp: true,
});
const failing: Statement = { text: "SELECT 1 / $1::integer", values: [0], isLookUp: true };
const session: Statement = { text: "SELECT pg_backend_pid()", values: [], isLookUp: true };

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
  const used = await Promise.all(Array.from({ length: 20 }, () => database.read(session)));
  const pids = new Set(used.map(([row]) => row?.[0]));
  expect(pids.size).toBe(2);
  expect(database.poolState.total).toBe(0);
  await database.read({ text: "SELECT pg_terminate_backend(pid) FROM unnest($1::integer[]) pid", values: [[...pids]] });
  await expect.poll(async () => (await database.read(echo(7)).catch(() => undefined))?.[0]?.[0]).toBe(7);
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
