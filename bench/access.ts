/**
 * `npm run bench:access`: what asking who may see what adds to a search. The same search, with the same answers, is sent by a token that
 * may do everything, by tokens that hold what it takes and no more, everywhere or over one division, and under an access rule. Rounds alternate.
 */
import { deepStrictEqual } from "node:assert";
import { parseArgs } from "node:util";
import { fill, makeDatabase, settle, versionOf } from "./database.ts";
import { directoryOf, LOCATIONS } from "./directory.ts";
import { ask, load, type Measured, postRequest } from "./load.ts";
import { busyness, machine, sources } from "./machine.ts";
import { medianOf, ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:access -- [--people N] [--seconds N] [--rounds N] [--connections N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server and a role that may create databases on it; without it the embedded database is measured.
`;
const TOKEN = "token-of-the-benchmark";
const HELD = ["USER_READ", "USER_READ_CONTACT", "USER_READ_SECURITY", "ORG_READ"];

const SEARCH = `query ($filter: UserFilter) { users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: 50) {
  nodes { id displayName title email lastLoginAt failedLoginCount orgUnit { code } manager { displayName } } pageInfo { hasNextPage } } }`;
const DIVISION = `query { orgUnits(first: 500, orderBy: { field: PATH }) { nodes { id depth memberCount(includeDescendants: true) } } }`;
const MACHINE = `mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { secret } }`;
const RULE = `mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id } } }`;
const UNRULE = `mutation ($input: DeleteAccessRuleInput!) { deleteAccessRule(input: $input) { deletedId } }`;

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

interface Way {
  name: string;
  requests: Buffer[];
  rounds: Measured[];
  /** The token with everything, in the rounds between. */
  beside: Measured[];
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "10000" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "16" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});

const graphql = (token: string, query: string, variables: unknown): Buffer =>
  postRequest("/graphql", { query, variables }, { authorization: `Bearer ${token}`, accept: "application/json" });

/** Everybody who asks, with the searches that they send; the rule is made last, and concerns the one who is named by it. */
async function waysOf(port: number): Promise<Way[]> {
  const run = async (query: string, variables: unknown = {}, token = TOKEN): Promise<Any> =>
    ((await ask(port, graphql(token, query, variables))) as Any).data;
  const units: Any[] = (await run(DIVISION)).orgUnits.nodes;
  const [division] = units.filter(({ depth }) => depth === 1).sort((a, b) => b.memberCount - a.memberCount);
  const filters = LOCATIONS.map((location) => ({
    orgUnit: { within: division.id },
    location: { eq: location },
    status: { in: ["ACTIVE", "LOCKED"] },
  }));
  const machineToken = async (name: string, scopeIds: string[] | null) =>
    (await run(MACHINE, { input: { name, kind: "ORGANISATION", permissions: HELD, scopeIds } })).createServiceToken
      .secret;
  const scoped = await machineToken("division", [division.id]);
  const everywhere = await machineToken("everywhere", null);
  const conditioned = await machineToken("conditioned", null);
  const tokens = {
    "a token with everything": TOKEN,
    "a token with four permissions everywhere": everywhere,
    "a token with four permissions over the division": scoped,
    "the same everywhere, under an access rule on the object": conditioned,
  };
  return Object.entries(tokens).map(([name, token]) => ({
    name,
    requests: filters.map((filter) => graphql(token, SEARCH, { filter })),
    rounds: [],
    beside: [],
  }));
}

/** The people of an answer, without managers: who stands out of sight is shown to others alone. */
const peopleOf = ({ data }: Any): unknown => data.users.nodes.map(({ manager: _, ...person }: Any) => person);

async function bench(): Promise<void> {
  const [people, seconds, rounds, connections] = [values.people, values.seconds, values.rounds, values.connections].map(
    Number,
  ) as [number, number, number, number];
  const serverUrl = process.env.BENCH_DATABASE_URL || undefined;
  const database = await makeDatabase(serverUrl);
  const environment = { PORT: "0", DEMO: "off", LOG_LEVEL: "warn", BOOTSTRAP_TOKEN: TOKEN, POOL_SIZE: "10" };
  const gateway = await startServer(
    ["dist/main.js"],
    { ...environment, ...database.environment },
    /answers at \S+:(\d+)\//,
  );
  try {
    say(`Writing ${people.toLocaleString("en")} people …`);
    await fill(database.clientConfig(), directoryOf(people));
    await settle(database.clientConfig());
    const ways = await waysOf(gateway.port);
    const run = { connections, seconds };
    const [most] = ways as [Way];
    for (const [place, way] of ways.entries()) {
      const ruled = place === ways.length - 1;
      if (ruled) await underRule(gateway.port, true);
      for (const [at, request] of way.requests.entries())
        deepStrictEqual(
          peopleOf(await ask(gateway.port, request)),
          peopleOf(await ask(gateway.port, most.requests[at] as Buffer)),
        );
      await load(gateway.port, way.requests, { connections, seconds: seconds / 2 });
      for (let round = 0; round < rounds; round++) {
        const pair = way === most ? [most] : [way, most];
        for (const side of round % 2 === 0 ? pair : pair.toReversed()) {
          if (ruled) await underRule(gateway.port, side === way);
          (side === way ? way.rounds : way.beside).push(await load(gateway.port, side.requests, run));
        }
      }
      say(`${way.name}: ${Math.round(medianOf(way.rounds).perSecond)} req/s`);
    }
    const server = `${serverUrl ? "PostgreSQL" : "the embedded database, PostgreSQL"} ${await versionOf(database.clientConfig())}`;
    report(ways, {
      people,
      seconds,
      rounds,
      connections,
      server,
      bench: `Access checks, ${serverUrl ? "PostgreSQL" : "embedded database"}`,
    });
  } finally {
    await gateway.stop();
    await database.drop();
  }
}

/** Rules concern machines too, and so the token with everything: this one, which everybody who is found satisfies, comes and goes. */
async function underRule(port: number, wanted: boolean): Promise<void> {
  const run = async (query: string, variables: unknown = {}): Promise<Any> =>
    ((await ask(port, graphql(TOKEN, query, variables))) as Any).data;
  const { accessRules } = await run("{ accessRules { id } }");
  if (wanted && accessRules.length === 0)
    await run(RULE, {
      input: {
        name: "Bench",
        permissions: ["USER_READ", "USER_READ_CONTACT", "USER_READ_SECURITY"],
        object: { not: { title: { eq: "Nobody" } } },
      },
    });
  if (!wanted) for (const { id } of accessRules) await run(UNRULE, { input: { id } });
}

interface About {
  people: number;
  seconds: number;
  rounds: number;
  connections: number;
  server: string;
  bench: string;
}

function report(ways: readonly Way[], { people, seconds, rounds, connections, server, bench }: About): void {
  const measuredAt = new Date().toISOString();
  const size = `${people.toLocaleString("en")} people`;
  const medians = ways.map((way) => medianOf([...way.rounds]));
  const bases = ways.map(({ rounds, beside }) => medianOf([...(beside.length > 0 ? beside : rounds)]).perSecond);
  const results = ways.map(({ name }, place) => ({
    bench,
    operation: name,
    size,
    rollcall: Math.round((medians[place] as Measured).perSecond),
    peer: null,
    limit: Math.round(bases[place] as number),
    vsPeer: null,
    vsLimit: ratio((medians[place] as Measured).perSecond, bases[place] as number),
    measuredAt,
  }));
  const line = (place: number) => {
    const { perSecond, p50, p99 } = medians[place] as Measured;
    return `| ${ways[place]?.name} | ${Math.round(perSecond)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${ratio(perSecond, bases[place] as number).toFixed(2)} |`;
  };
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, ${server}; ${busyness()} at the end.

${size}. The same search inside one division, with equal answers: pages of fifty with contact and sign-in fields, unit and manager. ${connections} connections,
medians of ${rounds} rounds of ${seconds} s, each in turn with the token with everything, to whose own rounds the ratio is. Latencies in milliseconds.

| who asks | req/s | p50 | p99 | ratio |
|---|---|---|---|---|
${ways.map((_, place) => line(place)).join("\n")}
`;
  record(values.out, { bench, results, text });
  say(`Written to ${values.out}/RESULTS.md and ${values.out}/results.json.`);
}

if (values.help) process.stdout.write(USAGE);
else await bench();
