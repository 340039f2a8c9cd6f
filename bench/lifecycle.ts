/**
 * `npm run bench:lifecycle`: people whose activation is scheduled for one instant, from that instant until the last of them is active; and the leaving of
 * one person with 20 sessions, 15 grants and 40 reports. The limit beside the first is one UPDATE of as many people in one commit, captured and derived as
 * every write is.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type pg from "pg";
import { fill, makeDatabase, settle, versionOf, withClient } from "./database.ts";
import { directoryOf } from "./directory.ts";
import { ask, postRequest } from "./load.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:lifecycle -- [--people N] [--leavers N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server and a role that may create databases on it.
`;
const TOKEN = "token-of-the-benchmark";
const LOOK_MS = 20;
/** For how long the steps wait until they are due, so that they are all there. */
const AHEAD_MS = 5_000;
const [SESSIONS, GRANTS, REPORTS] = [20, 15, 40];
const CAUSE = JSON.stringify({
  kind: "SYSTEM",
  action: "bench.arranged",
  actor: { kind: "SYSTEM", id: null, name: "bench" },
});

const SCHEDULE = "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { position } }";
const LEAVE = "mutation ($input: OffboardInput!) { offboard(input: $input) { consequences { kind count } } }";
const ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
const USER = "query ($username: String!) { users(first: 1, filter: { username: { eq: $username } }) { nodes { id } } }";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;
type Run = (query: string, variables?: unknown) => Promise<Any>;

const say = (line: string) => process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "10000" },
    leavers: { type: "string", default: "20" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});

/** Writes in one commit; gives how many seconds that took. */
async function written(client: pg.Client, statement: string, parameters: unknown[] = []): Promise<number> {
  const since = performance.now();
  await client.query("BEGIN");
  await client.query("SELECT set_config('rollcall.cause', $1, true)", [CAUSE]);
  await client.query(statement, parameters);
  await client.query("COMMIT");
  return (performance.now() - since) / 1000;
}

const publicIdOf = async (run: Run, username: string): Promise<string> =>
  (await run(USER, { username })).users.nodes[0].id;

/** Everybody is PENDING and their activation due at one instant. Gives the seconds from then until the last was taken, as the database's clock tells. */
async function activating(config: pg.ClientConfig, client: pg.Client, run: Run, people: number): Promise<number> {
  await written(client, "UPDATE user_account SET status = 'PENDING', manager_id = NULL");
  const id = await publicIdOf(run, "user.1");
  const due = new Date(Date.now() + 3_600_000).toISOString();
  await run(SCHEDULE, { input: { id, operation: "ACTIVATE", effectiveAt: due } });
  // As if each had been scheduled by the same author.
  await written(
    client,
    `INSERT INTO scheduled_transition (id, user_id, operation, due_at, org_timezone, state, author_kind, author_id, author_name, created_at, updated_at)
     SELECT gen_random_uuid(), u.id, t.operation, t.due_at, t.org_timezone, t.state, t.author_kind, t.author_id, t.author_name, t.created_at, t.updated_at
     FROM scheduled_transition t CROSS JOIN user_account u WHERE u.id <> t.user_id`,
  );
  await settle(config);
  await written(
    client,
    "UPDATE scheduled_transition SET due_at = date_trunc('milliseconds', rollcall_now()) + $1::interval",
    [`${AHEAD_MS + people} milliseconds`],
  );
  for (;;) {
    const { rows } = await client.query(
      "SELECT count(*) FILTER (WHERE state = 'SCHEDULED')::integer AS waiting, count(*) FILTER (WHERE state = 'DONE')::integer AS done, extract(epoch FROM rollcall_now() - min(due_at))::float8 AS seconds FROM scheduled_transition",
    );
    const { waiting, done, seconds } = rows[0];
    if (waiting > 0) {
      await setTimeout(LOOK_MS);
      continue;
    }
    if (done !== people) throw new Error(`${people - done} of ${people} steps were not taken.`);
    return seconds;
  }
}

/** The same people written by hand, in one statement and one commit. */
const byHand = (client: pg.Client): Promise<number> =>
  written(
    client,
    "UPDATE user_account SET status = 'PENDING', version = version + 1, status_changed_at = rollcall_now()",
  );

/** Somebody who has all of it, made of people who have none of it. */
async function arrangeLeaver(client: pg.Client, id: string, reports: readonly string[]): Promise<void> {
  await written(client, "UPDATE user_account SET status = 'ACTIVE' WHERE id = $1 OR id = ANY ($2::uuid[])", [
    id,
    reports,
  ]);
  await written(client, "UPDATE user_account SET manager_id = $1 WHERE id = ANY ($2::uuid[])", [id, reports]);
  await written(client, "UPDATE role_grant SET revoked_at = rollcall_now() WHERE user_id = $1", [id]);
  await written(
    client,
    `INSERT INTO session (id, user_id, method, factors, created_at, authenticated_at, expires_at)
     SELECT gen_random_uuid(), $1, 'PASSWORD', '{PASSWORD}', rollcall_now(), rollcall_now(), rollcall_now() + interval '8 hours' FROM generate_series(1, $2)`,
    [id, SESSIONS],
  );
  await written(
    client,
    `INSERT INTO role_grant (id, user_id, role_id, starts_at, granted_by_kind, granted_by_name, granted_at)
     SELECT gen_random_uuid(), $1, r.id, rollcall_now(), 'SYSTEM', 'bench', rollcall_now() FROM (SELECT id FROM role ORDER BY id LIMIT $2) r`,
    [id, GRANTS],
  );
}

/** Milliseconds that offboarding took, with a successor, for each of them. */
async function leaving(client: pg.Client, run: Run, leavers: number): Promise<number[]> {
  const needed = leavers * (REPORTS + 1) + 1;
  const { rows } = await client.query<{ id: string; username: string }>(
    "SELECT id, username FROM user_account ORDER BY id LIMIT $1",
    [needed],
  );
  if (rows.length < needed) throw new Error(`${leavers} leavers need ${needed} people.`);
  const successor = rows.pop() as { id: string; username: string };
  await written(client, "UPDATE user_account SET status = 'ACTIVE' WHERE id = $1", [successor.id]);
  const successorId = await publicIdOf(run, successor.username);
  const roles = Number((await client.query("SELECT count(*) AS count FROM role")).rows[0]?.count);
  for (let n = roles; n < GRANTS; n += 1)
    await run(ROLE, { input: { key: `bench-${n}`, name: `Bench ${n}`, permissions: ["ORG_READ"] } });
  const took: number[] = [];
  for (let n = 0; n < leavers; n += 1) {
    const [leaver, ...reports] = rows.slice(n * (REPORTS + 1), (n + 1) * (REPORTS + 1));
    if (!leaver) throw new Error("There is nobody to leave.");
    await arrangeLeaver(
      client,
      leaver.id,
      reports.map(({ id }) => id),
    );
    const input = { id: await publicIdOf(run, leaver.username), successorId };
    const since = performance.now();
    const { offboard } = await run(LEAVE, { input });
    took.push(performance.now() - since);
    const receipt = new Map<string, number>(offboard.consequences.map(({ kind, count }: Any) => [kind, count]));
    const expected = { SESSIONS_ENDED: SESSIONS, GRANTS_ENDED: GRANTS, REPORTS_REASSIGNED: REPORTS };
    for (const [kind, count] of Object.entries(expected))
      if (receipt.get(kind) !== count) throw new Error(`${kind} is ${receipt.get(kind)} and not ${count}.`);
  }
  return took;
}

async function bench(): Promise<void> {
  const [people, leavers] = [Number(values.people), Number(values.leavers)];
  const serverUrl = process.env.BENCH_DATABASE_URL;
  if (!serverUrl) throw new Error("BENCH_DATABASE_URL must name a PostgreSQL server.");
  const database = await makeDatabase(serverUrl);
  const environment = { PORT: "0", DEMO: "off", LOG_LEVEL: "warn", BOOTSTRAP_TOKEN: TOKEN };
  const gateway = await startServer(
    ["dist/main.js"],
    { ...environment, ...database.environment },
    /answers at \S+:(\d+)\//,
  );
  try {
    const config = database.clientConfig();
    await fill(config, directoryOf(people));
    const run: Run = async (query, variables = {}) => {
      const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
      const { data, errors } = (await ask(gateway.port, postRequest("/graphql", { query, variables }, headers))) as Any;
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    await withClient(config, async (client) => {
      const activated = await activating(config, client, run, people);
      say(`${people} people activated in ${activated.toFixed(2)} s`);
      await settle(config);
      const limit = await byHand(client);
      await settle(config);
      const took = await leaving(client, run, leavers);
      say(`leaving: ${quantileOf(took, 0.5).toFixed(0)} ms`);
      report({ people, activated, limit, took, version: await versionOf(config) });
    });
  } finally {
    await gateway.stop();
    await database.drop();
  }
}

interface Found {
  people: number;
  activated: number;
  limit: number;
  took: readonly number[];
  version: string;
}

function report({ people, activated, limit, took, version }: Found): void {
  const measuredAt = new Date().toISOString();
  const bench = "The lifecycle, PostgreSQL";
  const [rate, possible] = [people / activated, people / limit];
  const [p50, p99] = [quantileOf(took, 0.5), quantileOf(took, 0.99)];
  const size = `${SESSIONS} sessions, ${GRANTS} grants, ${REPORTS} reports`;
  const common = { bench, peer: null, vsPeer: null, measuredAt };
  const results = [
    {
      ...common,
      operation: "activate whoever is due at one instant",
      size: `${people.toLocaleString("en")} people`,
      unit: "people a second",
      rollcall: Math.round(rate),
      limit: Math.round(possible),
      vsLimit: ratio(rate, possible),
    },
    {
      ...common,
      operation: "offboard one person",
      size,
      unit: "ms, p50",
      rollcall: Math.round(p50),
      limit: null,
      vsLimit: null,
    },
  ];
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${version}; ${busyness()} at the end.

${people.toLocaleString("en")} activations were due at one instant: the last was taken ${activated.toFixed(2)} s behind it, ${Math.round(rate).toLocaleString("en")} people a second, each step with its state, receipt and events. One UPDATE of
as many people in one commit, captured and derived, does ${Math.round(possible).toLocaleString("en")} a second: ${ratio(rate, possible).toFixed(2)} of the limit. The wait for the next look, up to a second, is in it.

Offboarding one person with ${size}, which go to a successor, by one mutation: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms of ${took.length}.
`;
  record(values.out, { bench, results, text });
  say(`Written to ${values.out}/RESULTS.md and ${values.out}/results.json.`);
}

if (values.help) process.stdout.write(USAGE);
else await bench();
