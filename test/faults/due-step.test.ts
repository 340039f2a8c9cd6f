import pg from "pg";
import { expect, it } from "vitest";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { patience, rounds } from "../support/rounds.ts";

/* The gateway is killed while it takes steps that are due: on a server with everything written and the commit outstanding, embedded wherever that falls. */

const random = seeded("due-step");
const ROUNDS = rounds(1, 40);
const STEPS = 5;

const MAKE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const SCHEDULE = `mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { transition { id } } }`;
const READ = `query ($id: ID!) { node(id: $id) { ... on User { status version
  scheduledTransitions(includeFinished: true) { state } auditEvents(first: 20) { nodes { action } } } } }`;

interface Shown {
  node: {
    status: string;
    version: number;
    scheduledTransitions: { state: string }[];
    auditEvents: { nodes: { action: string }[] };
  };
}

/** Nobody can take a place in the log until it is let go; resolves once whoever takes what is due waits for that. */
async function heldUp(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM feed_head FOR UPDATE");
  const waiting = async () => {
    const { rows } = await client.query(
      `SELECT count(*)::integer AS count FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = 7260313311
         AND a.datname = current_database() AND a.wait_event_type = 'Lock'`,
    );
    return rows[0].count;
  };
  await expect.poll(waiting, { timeout: 30_000, interval: 20 }).toBe(1);
  return () => client.end();
}

it(
  `a step that is due is taken once, over ${ROUNDS} kills of the gateway between claiming it and the commit`,
  async () => {
    const environment = await environmentForTest();
    let gateway = await GatewayProcess.start(environment);
    for (let round = 0; round < ROUNDS; round++) {
      const people: string[] = [];
      for (let n = 0; n < STEPS; n++) {
        const input = { username: `person-${round}-${n}`, status: "ACTIVE" };
        people.push(
          (await ask<{ createUser: { user: { id: string } } }>(gateway.url, MAKE, { input })).createUser.user.id,
        );
      }
      const effectiveAt = new Date(Date.now() + 2_000).toISOString();
      for (const id of people)
        await ask(gateway.url, SCHEDULE, { input: { id, operation: "DEACTIVATE", effectiveAt } });
      const url = environment.MIGRATION_DATABASE_URL;
      let letGo = async () => {};
      if (databaseKind === "postgres") letGo = await heldUp(url as string);
      else await new Promise((resolve) => setTimeout(resolve, Date.parse(effectiveAt) - Date.now() + random() * 150));
      await gateway.kill();
      await letGo();
      gateway = await GatewayProcess.start(environment);
      const read = async (id: string) => (await ask<Shown>(gateway.url, READ, { id })).node;
      for (const id of people)
        await expect
          .poll(async () => (await read(id)).scheduledTransitions, { timeout: 30_000 })
          .toEqual([{ state: "DONE" }]);
      for (const id of people) {
        const { status, version, auditEvents } = await read(id);
        expect([status, version]).toEqual(["INACTIVE", 2]);
        const actions = auditEvents.nodes.map(({ action }) => action);
        expect(actions.filter((action) => action === "user.deactivated")).toHaveLength(1);
        expect(actions.filter((action) => action === "transition.carried_out")).toHaveLength(1);
      }
    }
  },
  patience(ROUNDS),
);
