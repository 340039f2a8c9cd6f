import { setImmediate as turn } from "node:timers/promises";
import pg from "pg";
import { expect, it } from "vitest";
import { databaseForTest } from "../support/database.ts";

/** How far the clock stands from the server's own on a connection that asks for another day, in hours. */
async function movedBy(options: pg.ClientConfig): Promise<number> {
  const client = new pg.Client(options);
  await client.connect();
  try {
    await client.query("SET rollcall.clock_offset = '-1000 hours'");
    const { rows } = await client.query(
      "SELECT (extract(epoch FROM rollcall_now() - clock_timestamp()) / 3600)::float8 AS hours",
    );
    return rows[0].hours;
  } finally {
    await client.end();
  }
}

it("The clock goes by no setting of a connection, not even the owner's", async () => {
  const { runner, owner } = await databaseForTest({ movableClock: undefined });
  expect(await movedBy(runner)).toBeCloseTo(0, 2);
  expect(await movedBy(owner)).toBeCloseTo(0, 2);
});

it("The clock of a test's database does, once its owner has put the movable one in its place", async () => {
  const { runner } = await databaseForTest();
  expect(await movedBy(runner)).toBeCloseTo(-1000, 2);
});

it("A clock that is moved while a connection is being taken is moved for whoever takes it next", async () => {
  const { database } = await databaseForTest({ poolSize: 1 });
  const movement = {
    text: "SELECT round(extract(epoch FROM rollcall_now() - clock_timestamp()) / 3600)::integer",
    values: [],
  };
  for (let turns = 0; turns < 20; turns += 1) {
    database.moveClock("1 hour");
    const taken = database.read(movement);
    for (let waited = 0; waited < turns; waited += 1) await turn();
    database.moveClock("5 hours");
    await taken;
    expect([turns, await database.read(movement)]).toEqual([turns, [[5]]]);
  }
});
