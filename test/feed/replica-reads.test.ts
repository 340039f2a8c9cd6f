import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { expect, it, onTestFinished, vi } from "vitest";
import { entities } from "../../src/assembly.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { ReplicaReads } from "../../src/feed/replica-reads.ts";
import { parsePosition, printPosition } from "../../src/kernel/position.ts";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { databaseForTest, databaseKind } from "../support/database.ts";
import { find, makeUser } from "../support/directory.ts";
import { TestGateway } from "../support/gateway.ts";
import { roleRow } from "../support/rows.ts";
import { causeOf } from "../support/sealing.ts";

/* Queries over a real streaming replica, whose replay is held up. */

const PATIENCE = { timeout: 30_000, interval: 50 };

const possible = databaseKind === "postgres" && clusterPossible();
if (databaseKind === "postgres" && !possible)
  process.stderr.write("Reading from a replica is not tested: there are no PostgreSQL programs to start one with.\n");

async function open(url: string, replicaUrl?: string): Promise<Database> {
  const common = { kind: "postgres", poolSize: 4, statementTimeoutMs: 30_000, entities } as const;
  const database = await openDatabase({ ...common, url, ...(replicaUrl ? { replicaUrl } : {}) });
  onTestFinished(() => database.close());
  return database;
}

async function replay(replica: Cluster, way: "pause" | "resume"): Promise<void> {
  const client = new pg.Client({ connectionString: replica.url });
  await client.connect();
  await client.query(`SELECT pg_wal_replay_${way}()`);
  await client.end();
}

it.runIf(possible)("a query sees what its gateway knows of, wherever it is read", { timeout: 180_000 }, async () => {
  const cluster = await Cluster.make();
  const elsewhere = await open(cluster.url);
  const replica = await cluster.replica();
  const database = await open(cluster.url, replica.url);
  const gateway = await TestGateway.over(database, {});
  onTestFinished(gateway.close);
  const readsFor = vi.spyOn(database, "readsFor");
  const fromReplica = () => readsFor.mock.lastCall?.[0].fromReplica;
  const named = (username: string) => find(gateway, { username: { eq: username } });

  const first = await makeUser(gateway);
  await expect
    .poll(async () => [await named(first.username), fromReplica()], PATIENCE)
    .toEqual([[first.username], true]);

  await replay(replica, "pause");
  const second = await makeUser(gateway);
  expect(await named(second.username)).toEqual([second.username]);
  expect(fromReplica()).toBe(false);
  const page = await gateway.run("{ users(first: 1) { position } }");
  expect(parsePosition(page.users.position).commit).toBeGreaterThanOrEqual(parsePosition(second.position).commit);

  await replay(replica, "resume");
  await expect
    .poll(async () => [await named(second.username), fromReplica()], PATIENCE)
    .toEqual([[second.username], true]);

  const other = await TestGateway.over(elsewhere);
  onTestFinished(other.close);
  await replay(replica, "pause");
  const third = await makeUser(other);
  const askAtLeast = (position: string) =>
    gateway.server.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: `Bearer ${gateway.admin}`, "rollcall-at-least": position },
      payload: { query: `{ users(filter: { username: { eq: "${third.username}" } }) { totalCount } }` },
    });
  expect((await askAtLeast(third.position)).json().data.users.totalCount).toBe(1);
  const ahead = await askAtLeast(printPosition({ commit: 1_000_000n }));
  expect([ahead.statusCode, ahead.json().errors[0].extensions.code]).toEqual([503, "STALE_READ"]);

  await replica.stop();
  expect(await named(third.username)).toEqual([third.username]);
  await replica.start();
  await expect
    .poll(async () => [await named(third.username), fromReplica()], PATIENCE)
    .toEqual([[third.username], true]);
});

it("a replica whose connections come and go is listened to once, and no more when nobody reads it", async () => {
  const { database } = await databaseForTest();
  const replica = Object.assign(new EventEmitter(), {
    query: (text: string) => sql.raw(text).execute(database.reader),
  });
  const over = { onCommit: () => () => undefined, reader: database.reader, replica } as unknown as Database;
  const { position } = await database.write(causeOf("role.created"), (tx) =>
    tx.sql.insertInto("role").values(roleRow()).execute(),
  );
  const reads = new ReplicaReads({ database: over, known: () => position.commit, report: () => undefined });
  for (let round = 0; round < 3; round++) {
    replica.emit("remove");
    expect(await reads.mayServe()).toBe(true);
    expect(replica.listenerCount("remove")).toBe(1);
  }
  reads.stop();
  expect(replica.listenerCount("remove")).toBe(0);
});

it.runIf(possible)(
  "a query waits for the replica, and leaves one alone that is far behind, away or another's",
  { timeout: 180_000 },
  async () => {
    const cluster = await Cluster.make();
    const writer = await open(cluster.url);
    const replica = await cluster.replica();
    const database = await open(cluster.url, replica.url);
    const problems: string[] = [];
    const readsOver = (over: Database, waitMs: number): ReplicaReads => {
      const reads = new ReplicaReads({
        database: over,
        known: () => 0n,
        report: (error) => problems.push(String(error)),
        waitMs,
      });
      onTestFinished(() => reads.stop());
      return reads;
    };
    const patient = readsOver(database, 60_000);
    const hasty = readsOver(database, 20);
    await expect.poll(() => hasty.mayServe(), PATIENCE).toBe(true);

    await replay(replica, "pause");
    const gateway = await TestGateway.over(writer);
    onTestFinished(gateway.close);
    const position = parsePosition((await makeUser(gateway)).position);
    for (const reads of [patient, hasty]) reads.require(position);
    let served: boolean | undefined;
    const waiting = patient.mayServe().then((serves) => {
      served = serves;
    });
    expect(await hasty.mayServe()).toBe(false);
    await sleep(200);
    expect(served).toBeUndefined();
    await replay(replica, "resume");
    await waiting;
    expect(served).toBe(true);
    const head = database.readsFor({ fromReplica: true }).kysely.selectFrom("feed_head").select("number");
    expect((await head.executeTakeFirstOrThrow()).number).toBeGreaterThanOrEqual(position.commit);
    await expect.poll(() => hasty.mayServe(), PATIENCE).toBe(true);
    expect(problems).toEqual([]);

    const strangers = readsOver(await open(cluster.url, process.env.TEST_DATABASE_URL as string), 20);
    strangers.require(position);
    expect(await strangers.mayServe()).toBe(false);
    expect(problems).toEqual([expect.stringContaining("does not lead to a replica of the database")]);
  },
);
