import { sql } from "kysely";
import { expect, it } from "vitest";
import { ask, environmentForTest, GatewayProcess, onDatabaseOf, SECRET } from "../support/gateway-process.ts";
import { patience, rounds } from "../support/rounds.ts";

/* The gateway is killed while it plans a file and while it applies it, wherever that falls: nobody is made twice, and nobody is left out. */

const KILLS = rounds(2, 12, 1);
const PEOPLE = rounds(2_500, 20_000, 600);

const PLAN = "mutation ($input: PlanImportInput!) { planImport(input: $input) { plan { id } } }";
const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const LOOK =
  "query ($id: ID!) { bulkPlan(id: $id) { state problem creatingCount progress { done changed conflicts failed refused } } }";
const COUNT = '{ users(first: 1, filter: { employeeNumber: { startsWith: "imp-" } }) { totalCount } }';

interface Look {
  bulkPlan: {
    state: string;
    problem: string | null;
    creatingCount: number;
    progress: { done: number; changed: number };
  };
}

it(
  `a file of ${PEOPLE} people makes each exactly once, over ${KILLS} kills of the gateway`,
  async () => {
    const environment = { ...(await environmentForTest()), REQUEST_TIMEOUT_MS: "600000" };
    let gateway = await GatewayProcess.start(environment);
    const again = async () => {
      await gateway.kill();
      gateway = await GatewayProcess.start(environment);
    };
    const lines = Array.from(
      { length: PEOPLE },
      (_, n) => `imp-${n},Person ${n},${n === 0 ? "" : `imp-${Math.floor(n / 10)}`}\r\n`,
    );
    const response = await fetch(new URL("/import?name=people.csv", gateway.url), {
      method: "POST",
      headers: { "content-type": "text/csv", authorization: `Bearer ${SECRET}` },
      body: `employeeNumber,familyName,manager\r\n${lines.join("")}`,
    });
    expect(response.status).toBe(201);
    const { uploadId } = (await response.json()) as { uploadId: string };
    const input = { uploadId, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" } };
    const { planImport } = await ask<{ planImport: { plan: { id: string } } }>(gateway.url, PLAN, { input });
    const { id } = planImport.plan;
    const look = () => ask<Look>(gateway.url, LOOK, { id }).then(({ bulkPlan }) => bulkPlan);
    // Planning has begun: on the embedded database nobody can look before it has ended, and the kill falls behind it.
    await onDatabaseOf(environment, async ({ reader }) => {
      const attempts = async () => (await sql`SELECT FROM import_attempt`.execute(reader)).rows.length;
      await expect.poll(attempts, { timeout: 60_000, interval: 5 }).toBe(1);
    });
    await again();
    await expect.poll(async () => (await look()).state, { timeout: 120_000, interval: 100 }).toBe("PLANNED");
    expect((await look()).creatingCount).toBe(PEOPLE);
    await ask(gateway.url, APPLY, { input: { id } });
    for (let kill = 0, seen = -1; kill < KILLS; kill++) {
      const moved = async () => (await look()).progress.done > seen || (await look()).state === "DONE";
      await expect.poll(moved, { timeout: 60_000, interval: 20 }).toBe(true);
      seen = (await look()).progress.done;
      await again();
    }
    await expect.poll(async () => (await look()).state, { timeout: 120_000, interval: 100 }).toBe("DONE");
    expect((await look()).progress).toEqual({ done: PEOPLE, changed: PEOPLE, conflicts: 0, failed: 0, refused: 0 });
    const { users } = await ask<{ users: { totalCount: number } }>(gateway.url, COUNT);
    expect(users.totalCount).toBe(PEOPLE);
    await gateway.kill();
  },
  patience(KILLS) + 240_000,
);
