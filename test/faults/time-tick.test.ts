import pg from "pg";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { patience, rounds } from "../support/rounds.ts";

/* The gateway is killed while time passes: on a server with the tick under way and its place in the log outstanding, embedded wherever that falls. */

const random = seeded("time-tick");
const ROUNDS = rounds(1, 40);
const PEOPLE = 5;
const AGE_MS = 2_000;

const MAKE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const SAVE =
  "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } position } }";
const CHANGES = `query ($id: ID!, $after: Position!) { savedSearch(id: $id) {
  changes(after: $after, first: 100) { nodes { change userId cause { kind } } }
  users(first: 100) { nodes { id } } } }`;

interface Told {
  savedSearch: {
    changes: { nodes: { change: string; userId: string; cause: { kind: string } }[] };
    users: { nodes: { id: string }[] };
  };
}

/** Nobody can take a place in the log until it is let go; resolves once a tick waits for that. */
async function heldUp(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM feed_head FOR UPDATE");
  const waiting = async () => {
    await client.query("SELECT pg_stat_clear_snapshot()"); // A transaction sees others' queries as they were when it first looked.
    const { rows } = await client.query(
      `SELECT count(*)::integer AS count FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%pass_time()%'`,
    );
    return rows[0].count;
  };
  await expect.poll(waiting, { timeout: 30_000, interval: 20 }).toBeGreaterThan(0);
  return () => client.end();
}

it(
  `who joins a search by time alone is told once, as time's doing, over ${ROUNDS} kills of the gateway in the middle of a tick`,
  async () => {
    const environment = await environmentForTest();
    let gateway = await GatewayProcess.start(environment);
    for (let round = 0; round < ROUNDS; round++) {
      const name = `tick-${round}-`;
      const filter = { createdAt: { olderThan: `PT${AGE_MS / 1000}S` }, username: { startsWith: name } };
      const { createSavedSearch } = await ask<{
        createSavedSearch: { savedSearch: { id: string }; position: string };
      }>(gateway.url, SAVE, { input: { name, filter } });
      const people: string[] = [];
      for (let n = 0; n < PEOPLE; n++) {
        const input = { username: `${name}${n}`, status: "ACTIVE" };
        people.push(
          (await ask<{ createUser: { user: { id: string } } }>(gateway.url, MAKE, { input })).createUser.user.id,
        );
      }
      let letGo = async () => {};
      if (databaseKind === "postgres") letGo = await heldUp(environment.MIGRATION_DATABASE_URL as string);
      else await new Promise((resolve) => setTimeout(resolve, AGE_MS - 300 + random() * 500));
      await gateway.kill();
      await letGo();
      gateway = await GatewayProcess.start(environment);
      const variables = { id: createSavedSearch.savedSearch.id, after: createSavedSearch.position };
      const told = async () => (await ask<Told>(gateway.url, CHANGES, variables)).savedSearch;
      await expect.poll(async () => (await told()).changes.nodes.length, { timeout: 30_000 }).toBe(PEOPLE);
      const { changes, users } = await told();
      expect(changes.nodes.map(({ userId }) => userId).sort()).toEqual([...people].sort());
      expect(new Set(changes.nodes.map(({ change, cause }) => `${change} by ${cause.kind}`))).toEqual(
        new Set(["JOINED by TIME"]),
      );
      expect(users.nodes.map(({ id }) => id).sort()).toEqual([...people].sort());
    }
  },
  patience(ROUNDS),
);
