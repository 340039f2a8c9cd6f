import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { onlyLong, rounds } from "../support/rounds.ts";

/* A file of very many rows is planned and applied by a gateway that never holds more of it than a few batches. */

const PEOPLE = rounds(13_000, 100_000);
/** What a row says, in bytes: so much that thousands of rows weigh more than all that the gateway learns meanwhile. */
const BYTES = 2_000;
/** How many rows a gateway may hold at a time, as a file and as what becomes of it: while batches are read, decided about and written into the plan … */
const ROWS_PLANNED = 6_000;
/** … and while they are applied, and the log behind them is sealed and told of; */
const ROWS_APPLIED = 12_000;
/** beside the code that it loads meanwhile, in bytes, and what it knows of each person of a plan. */
const BESIDE = 12_000_000 + PEOPLE * 50;
const MIB = 1_048_576;
const LOOK_MS = 1_000;

const PLAN = "mutation ($input: PlanImportInput!) { planImport(input: $input) { plan { id } } }";
const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const LOOK = "query ($id: ID!) { bulkPlan(id: $id) { state problem progress { changed } } }";
const LIMITS = { BUDGETS: "off", REQUEST_TIMEOUT_MS: "600000" };
/** Counts in memory hold everybody, however they came. */
const NO_COUNTS = { COUNTING_MEMORY_MB: "0" };

/** A file of so many people, whose rows say so much. */
function* fileOf(people: number, bytes: number): Generator<string> {
  yield "employeeNumber,familyName,attributes.one,attributes.two\r\n";
  for (let n = 0; n < people; n++) {
    const text = (column: string) => `${column}${n} `.repeat(bytes).slice(0, bytes / 2);
    yield `many-${n},Person ${n},${text("a")},${text("b")}\r\n`;
  }
}

/** Imports a file, and looks at something again and again; gives what was seen while it was planned, and while it was applied. */
async function imported<T>(
  { url }: GatewayProcess,
  [people, bytes]: readonly [number, number],
  look: () => Promise<T>,
): Promise<{ planned: T[]; applied: T[] }> {
  const response = await fetch(new URL("/import?name=people.csv", url), {
    method: "POST",
    headers: { "content-type": "text/csv", authorization: `Bearer ${SECRET}` },
    body: ReadableStream.from(fileOf(people, bytes)).pipeThrough(new TextEncoderStream()),
    duplex: "half",
  } as RequestInit);
  expect(response.status).toBe(201);
  const { uploadId } = (await response.json()) as { uploadId: string };
  const input = { uploadId, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" } };
  const { id } = (await ask<{ planImport: { plan: { id: string } } }>(url, PLAN, { input })).planImport.plan;
  const until = async (end: string): Promise<T[]> => {
    const seen: T[] = [];
    for (;;) {
      await sleep(LOOK_MS);
      seen.push(await look());
      const { bulkPlan } = await ask<{
        bulkPlan: { state: string; problem: string | null; progress: { changed: number } };
      }>(url, LOOK, { id });
      expect(bulkPlan.problem).toBeNull();
      if (bulkPlan.state !== end) continue;
      if (end === "DONE") expect(bulkPlan.progress.changed).toBe(people);
      return seen;
    }
  };
  const planned = await until("PLANNED");
  await ask(url, APPLY, { input: { id } });
  return { planned, applied: await until("DONE") };
}

// On the embedded database nobody can look while a plan is made.
it.runIf(databaseKind === "postgres")(
  `${PEOPLE} people who are imported are never held by the gateway all at once`,
  async () => {
    const file = join(directoryForTest(), "memory.json");
    const gateway = await GatewayProcess.start({
      ...(await environmentForTest()),
      ...LIMITS,
      ...NO_COUNTS,
      MEMORY_FILE: file,
    });
    await expect.poll(() => gateway.metric("audit_sealer_lag_commits"), { timeout: 60_000 }).toBe(0);
    const before = await gateway.memory(file);
    const { planned, applied } = await imported(gateway, [PEOPLE, BYTES], () => gateway.memory(file));
    const most = (seen: readonly number[]) => Math.max(...seen) - before;
    expect(Math.max(ROWS_PLANNED, ROWS_APPLIED)).toBeLessThan(PEOPLE);
    expect(most(planned)).toBeLessThan(ROWS_PLANNED * BYTES + BESIDE);
    expect(most(applied)).toBeLessThan(ROWS_APPLIED * BYTES + BESIDE);
  },
  1_800_000,
);

it.runIf(onlyLong(databaseKind === "postgres"))(
  "100,000 people are imported within 512 MB",
  async () => {
    const gateway = await GatewayProcess.start({ ...(await environmentForTest()), ...LIMITS });
    await imported(gateway, [100_000, 100], async () => undefined);
    expect(gateway.peak() / MIB).toBeLessThan(512);
  },
  1_800_000,
);
