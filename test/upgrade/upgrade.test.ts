import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { dumpSchema } from "../../src/database/schema-dump.ts";
import { parsePosition } from "../../src/kernel/position.ts";
import { databaseKind, directoryForTest, emptyServerDatabase, serverTemplate } from "../support/database.ts";
import { ask, GatewayProcess, SECRET, serverEnvironment, THIS_VERSION } from "../support/gateway-process.ts";
import { type Followed, type Place, Subscriber } from "../support/load.ts";
import { Traffic } from "./traffic.ts";

/*
 * An upgrade as a deployment does it: an older version, built in the folder that UPGRADE_FROM names, works on while this one's migrations run and its
 * gateway starts beside, and goes. `npm run test:upgrade` builds the older version.
 */

const OLD = process.env.UPGRADE_FROM ?? "";
/** Of everybody's rounds, in each stage. */
const ROUNDS = 5;
const PATIENCE = { timeout: 120_000, interval: 50 };
const LONGEST_MS = 1_800_000;

type Environment = Readonly<Record<string, string>>;

const say = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);

/** Runs a command-line tool of a version to its end; rejects with what it said where it fails. */
async function tool(folder: string, name: string, environment: Environment): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", ...environment };
  const ran = promisify(execFile)(process.execPath, [join(folder, "dist/cli", `${name}.js`)], { env, cwd: folder });
  const { stdout } = await ran.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${name} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout.trim();
}

async function statement(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function environmentOf(): Promise<Environment> {
  const { config, drop } = await emptyServerDatabase();
  onTestFinished(drop);
  const { url, migrationUrl } = config as { url: string; migrationUrl: string };
  await statement(migrationUrl, `ALTER DATABASE ${new URL(url).pathname.slice(1)} RESET deadlock_timeout`); // as servers have it
  const directory = directoryForTest();
  return {
    ...serverEnvironment(url, migrationUrl, directory),
    PORT: "0",
    DEMO: "off",
    LOG_LEVEL: "error",
    LOG_FILE: join(directory, "log"),
    BOOTSTRAP_TOKEN: SECRET,
    BUDGETS: "off",
    DATA_DIR: join(directory, "data"),
    SIGN_IN_ADDRESS_ATTEMPTS: "1000000",
    STATEMENT_TIMEOUT_MS: "120000", // Filling the demo is one large transaction, on machines that may be busy.
  };
}

/** A gateway of the old version with the demo, and one of its accounts. */
async function demoOf(environment: Environment) {
  const gateway = await GatewayProcess.start({ ...environment, DEMO: "on" }, 0, OLD);
  const [, name, password] = /accounts ([\w.]+),.* with the password (\S+)/.exec(gateway.said) ?? [];
  if (name === undefined || password === undefined) throw new Error(`No account was offered: ${gateway.said}`);
  return { gateway, account: { name, password } };
}

const joins = (id: string): Followed => ({
  document: `subscription ($id: ID!, $after: Position) {
    savedSearchChanges(id: $id, after: $after) { ... on SavedSearchChange { position userId } ... on FeedCheckpoint { position } ... on FeedReset { position reason } } }`,
  variables: { id },
});

/** The positions of all audit events behind a commit, the first one first. */
async function auditBehind(url: string, commit: bigint): Promise<string[]> {
  const page = `query ($after: String) { auditEvents(first: 500, after: $after) { nodes { position } pageInfo { endCursor } } }`;
  const found: string[] = [];
  for (let after: string | null = null; ; ) {
    // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's.
    const { auditEvents }: any = await ask(url, page, { after });
    for (const event of auditEvents.nodes) {
      if (commitOf(event) <= commit) return found.reverse();
      found.push(event.position);
    }
    after = auditEvents.pageInfo.endCursor;
  }
}

/** The blocks of a schema, columns in any order, without the months of the audit log, which gateways make. */
const blocksOf = (dump: string) =>
  dump
    .split("\n\n")
    .filter((block) => !/audit_log_\d{4}/.test(block))
    .map((block) =>
      block.startsWith("CREATE TABLE") ? block.replaceAll(/,$/gm, "").split("\n").toSorted().join("\n") : block,
    );

/** The schema is that of a database which this version has made alone. */
async function sameSchema({ MIGRATION_DATABASE_URL }: Environment): Promise<void> {
  const { config, drop } = await emptyServerDatabase(await serverTemplate());
  onTestFinished(drop);
  const schemaOf = async (url: string | undefined) => blocksOf(await dumpSchema({ connectionString: url as string }));
  const expected = await schemaOf((config as { migrationUrl: string }).migrationUrl);
  const found = await schemaOf(MIGRATION_DATABASE_URL);
  expect.soft(found.filter((block) => !expected.includes(block))).toEqual([]);
  expect.soft(expected.filter((block) => !found.includes(block))).toEqual([]);
}

const commitOf = ({ position }: { position: string }): bigint => parsePosition(position).commit;
const keyOf = (event: { position: string; userId?: string }): string => `${commitOf(event)} ${event.userId}`;

it.runIf(OLD !== "" && databaseKind === "postgres")(
  "an older version works on while this one's migrations run, and is replaced by it: nothing fails, no write is lost, every event is told once and in order",
  async () => {
    const environment = await environmentOf();
    say(await tool(OLD, "migrate", environment));
    const { gateway: old, account } = await demoOf(environment);
    const traffic = new Traffic();
    const places: [Place, Place] = [{ url: old.url }, { url: old.url }];
    const [first, place] = places;
    // One stays at the old gateway until it stops; the other goes on at the new one before.
    const subscribers = [new Subscriber(first), new Subscriber(place), new Subscriber(place)];
    await expect.poll(() => subscribers.every(({ isFollowing }) => isFollowing), PATIENCE).toBe(true);
    const from = subscribers[0]?.position as string;
    await traffic.begin(old.url, account);
    const searches = [first, place, place].map(
      (at) => new Subscriber(at, joins(traffic.followed.id), traffic.followed.position),
    );
    subscribers.push(...searches);
    await traffic.further(ROUNDS);

    say("The migrations of this version run.");
    const before = traffic.acknowledged.length;
    say(await tool(THIS_VERSION, "migrate", environment));
    say(`${traffic.acknowledged.length - before} writes were acknowledged meanwhile.`);
    await traffic.further(ROUNDS);

    say("A gateway of this version starts beside the old one.");
    const fresh = await GatewayProcess.start(environment);
    traffic.goTo(old.url, fresh.url);
    await traffic.further(ROUNDS);
    place.url = fresh.url;
    for (const subscriber of subscribers) subscriber.reconnect();
    await traffic.further(ROUNDS);

    say("The old one stops.");
    traffic.goTo(fresh.url);
    await traffic.further(1); // what was sent to it before is answered
    first.url = fresh.url;
    expect(await old.stop()).toBe(0);
    for (const subscriber of subscribers) subscriber.reconnect();
    await traffic.further(ROUNDS);

    say("It takes all over again, as where an upgrade is taken back.");
    const again = await GatewayProcess.start(environment, 0, OLD);
    traffic.goTo(fresh.url, again.url);
    await traffic.further(ROUNDS);
    traffic.goTo(again.url);
    await traffic.further(1);
    for (const one of places) one.url = again.url;
    expect(await fresh.stop()).toBe(0);
    for (const subscriber of subscribers) subscriber.reconnect();
    await traffic.further(ROUNDS);

    say("And goes for good.");
    const last = await GatewayProcess.start(environment);
    traffic.goTo(last.url);
    await traffic.further(1);
    for (const one of places) one.url = last.url;
    expect(await again.stop()).toBe(0);
    await traffic.stop();
    say(`${traffic.acknowledged.length} writes were acknowledged, ${traffic.repeated} requests were repeated.`);
    if (traffic.failed.length > 0) say(readFileSync(environment.LOG_FILE as string, "utf8"));
    expect.soft(traffic.failed).toEqual([]);
    expect(new Set(traffic.acknowledged.map(({ mutation }) => mutation)).size).toBe(12);

    await toldAlike(traffic, { url: last.url, from, subscribers });
    await sealedAlike(traffic, last.url, from);
    await sameSchema(environment);
    say(await tool(THIS_VERSION, "verify-audit", environment));
    say(await tool(THIS_VERSION, "doctor", environment));
  },
  LONGEST_MS,
);

/** What was acknowledged is there; everybody was told the same of it, each thing once and in order. */
async function toldAlike(
  { acknowledged, expected, followed }: Traffic,
  { url, from, subscribers }: { url: string; from: string; subscribers: readonly Subscriber[] },
): Promise<void> {
  for (const [query, answer] of expected)
    expect.soft(JSON.stringify(Object.values(await ask<object>(url, `{ ${query} }`))[0]), query).toBe(answer);
  const people = acknowledged.filter(({ userId }) => userId !== undefined);
  const last = people.reduce((most, { commit }) => (commit > most ? commit : most), 0n);
  // Whoever begins now is told the whole story by the new version alone.
  const replay = new Subscriber({ url }, undefined, from);
  const replayedJoins = new Subscriber({ url }, joins(followed.id), followed.position);
  const all = [...subscribers, replay, replayedJoins];
  await expect
    .poll(() => all.every(({ position }) => position !== null && commitOf({ position }) >= last), PATIENCE)
    .toBe(true);
  for (const subscriber of all) await subscriber.stop();
  const upToLast = ({ events }: Subscriber) => events.filter((event) => commitOf(event) <= last);
  const [events, transitions] = [upToLast(replay), upToLast(replayedJoins)];
  for (const subscriber of subscribers)
    expect.soft(upToLast(subscriber)).toEqual(subscriber.followed === replay.followed ? events : transitions);
  const keys = events.map(keyOf);
  const told = new Set(keys);
  expect.soft(keys.length, "each once").toBe(told.size);
  expect
    .soft(
      people.filter(({ commit, userId }) => !told.has(`${commit} ${userId}`)),
      "not told",
    )
    .toEqual([]);
  const crossed = people.filter(({ mutation }) => ["updateUser", "deactivateUser"].includes(mutation));
  expect
    .soft(transitions.map(keyOf).toSorted())
    .toEqual(crossed.map(({ commit, userId }) => `${commit} ${userId}`).toSorted());
}

/** The audit log has every write that was acknowledged, everything once and in order. */
async function sealedAlike({ acknowledged }: Traffic, url: string, from: string): Promise<void> {
  const positions = await auditBehind(url, commitOf({ position: from }));
  const commits = positions.map((position) => commitOf({ position }));
  const known = new Set(commits);
  expect.soft(positions.length, "each once").toBe(new Set(positions).size);
  expect
    .soft(
      commits.every((commit, place) => place === 0 || commit >= (commits[place - 1] as bigint)),
      "in order",
    )
    .toBe(true);
  expect
    .soft(
      acknowledged.filter(({ commit }) => !known.has(commit)),
      "not in the audit log",
    )
    .toEqual([]);
}
