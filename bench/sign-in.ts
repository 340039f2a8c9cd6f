/**
 * `npm run bench:sign-in`: what a sign-in by password costs, in processor time of the gateway, and which share of that is Argon2 itself. Time on the
 * processor is what counts, since it is the same however busy the machine is; sign-ins a second are what a machine of its own would do.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { PasswordHashing } from "../dist/features/auth/password.hashing.js";
import { SIGN_IN_DEFAULTS } from "../dist/features/auth/sign-in.settings.js";
import { fill, makeDatabase, settle, versionOf } from "./database.ts";
import { directoryOf } from "./directory.ts";
import { load, type Measured, postRequest } from "./load.ts";
import { busyness, machine, sources } from "./machine.ts";
import { givePasswords, hashingOf, PASSWORD } from "./passwords.ts";
import { medianOf, ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:sign-in -- [--people N] [--seconds N] [--rounds N] [--connections N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server and a role that may create databases on it. Without it the embedded database is measured, whose own work
                      is then in the gateway's process as well.
`;
const BENCH = "Signing in";
const SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }";

interface Options {
  people: number;
  seconds: number;
  rounds: number;
  connections: number;
  out: string;
}

/** What rounds of sign-ins took; processor time in milliseconds for each. */
interface Round {
  measured: Measured;
  cpu: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const { argon2 } = SIGN_IN_DEFAULTS;
const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Processor time that a verification takes, in milliseconds, one after another. */
async function costOfArgon2(hashing: PasswordHashing, hash: string, seconds: number): Promise<number> {
  let times = 0;
  const before = process.cpuUsage();
  for (const until = performance.now() + seconds * 1000; performance.now() < until; times += 1)
    if (!(await hashing.verify(hash, PASSWORD, "bench")))
      throw new Error("The password is not the one that was hashed.");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

/** Processor time of the gateway so far, in milliseconds. */
async function cpuOf(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.]+)/m.exec(text)?.[1] ?? Number.NaN) * 1000;
}

async function bench({ people, seconds, rounds, connections, out }: Options): Promise<void> {
  const serverUrl = process.env.BENCH_DATABASE_URL || undefined;
  const database = await makeDatabase(serverUrl);
  const environment = {
    ...database.environment,
    PORT: "0",
    DEMO: "off",
    LOG_LEVEL: "warn",
    SIGN_IN_ADDRESS_ATTEMPTS: "1000000",
    AUDIT_MASTER_KEY: database.environment.AUDIT_MASTER_KEY ?? randomBytes(32).toString("base64"),
  };
  const gateway = await startServer(["dist/main.js"], environment, /answers at \S+:(\d+)\//);
  try {
    const hashing = hashingOf(environment.AUDIT_MASTER_KEY);
    const hash = await hashing.hash(PASSWORD);
    const config = database.clientConfig();
    await fill(config, directoryOf(people));
    const names = await givePasswords(config, hash);
    await settle(config);
    const requests = names.map((name) =>
      postRequest("/graphql", { query: SIGN_IN, variables: { input: { name, password: PASSWORD } } }),
    );
    await load(gateway.port, requests, { connections, seconds: seconds / 2 });
    const found: Round[] = [];
    const alone: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      alone.push(await costOfArgon2(hashing, hash, seconds / 2));
      const before = await cpuOf(gateway.port);
      const measured = await load(gateway.port, requests, { connections, seconds });
      found.push({ measured, cpu: ((await cpuOf(gateway.port)) - before) / (measured.perSecond * seconds) });
    }
    const server = `${serverUrl ? "PostgreSQL" : "the embedded database, PostgreSQL"} ${await versionOf(config)}`;
    report({ found, alone: middle(alone), embedded: !serverUrl, server, connections, people, out });
  } finally {
    await gateway.stop();
    await database.drop();
  }
}

interface Findings {
  found: readonly Round[];
  /** Milliseconds of a verification on the processor. */
  alone: number;
  embedded: boolean;
  server: string;
  connections: number;
  people: number;
  out: string;
}

function report({ found, alone, embedded, server, connections, people, out }: Findings): void {
  const { perSecond, p50, p99 } = medianOf(found.map(({ measured }) => measured));
  const cpu = middle(found.map((round) => round.cpu));
  const [perCore, limit, share] = [1000 / cpu, 1000 / alone, alone / cpu];
  const measuredAt = new Date().toISOString();
  const where = embedded ? "embedded database" : "PostgreSQL";
  const cost = `${argon2.memoryKib} KiB, ${argon2.passes} passes, ${argon2.lanes} lane`;
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, over ${server}; ${busyness()} at the end.

Argon2id at ${cost}. ${people.toLocaleString("en")} people sign in in turn over ${connections} connections, each session written and captured; medians of ${found.length} rounds.
The processor's time is that of the gateway's process${embedded ? ", the embedded database's own work among it" : "; the database server's own is not in it"}.

| | sign-ins a second of one core | ms of a core each |
|---|---|---|
| signing in | ${perCore.toFixed(1)} | ${cpu.toFixed(1)} |
| Argon2 alone (the limit) | ${limit.toFixed(1)} | ${alone.toFixed(1)} |

**${Math.round(share * 100)} % of a sign-in is Argon2 itself.** By the clock, with one core left to everything else: ${perSecond.toFixed(1)} sign-ins a second, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms.
`;
  const results = [
    {
      bench: BENCH,
      operation: "sign in by password",
      size: `${where}, Argon2id ${cost}`,
      unit: "sign-ins a second of one core",
      rollcall: Math.round(perCore * 10) / 10,
      peer: null,
      limit: Math.round(limit * 10) / 10,
      vsPeer: null,
      vsLimit: ratio(perCore, limit),
      measuredAt,
    },
  ];
  record(out, { bench: BENCH, results, text });
  say(
    `${perCore.toFixed(1)} sign-ins a second of one core, ${Math.round(share * 100)} % of it Argon2. Written to ${out}/RESULTS.md and ${out}/results.json.`,
  );
}

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "16" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else {
  const { out, people, seconds, rounds, connections } = values;
  const numbers = {
    people: Number(people),
    seconds: Number(seconds),
    rounds: Number(rounds),
    connections: Number(connections),
  };
  const wrong = Object.entries(numbers).find(([, value]) => !(value > 0));
  if (wrong) throw new Error(`--${wrong[0]} must be a number above zero.`);
  await bench({ out, ...numbers });
}
