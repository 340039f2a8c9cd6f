import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { entities } from "../../src/assembly.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { someCause } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { seeded } from "../support/random.ts";
import { patience, rounds } from "../support/rounds.ts";

/* The gateway is killed while it carries out policies that delete and erase, and while it finishes erasures, wherever that falls. */

const random = seeded("retention");
const KILLS = rounds(2, 15, 1);
const PEOPLE = rounds(150, 1_000, 60);
const ERASED = rounds(25, 150, 8);

const CREATE = `mutation ($input: CreateRetentionPolicyInput!) { createRetentionPolicy(input: $input) { policy { id } } }`;
const RUN = "mutation ($input: RunRetentionInput!) { runRetention(input: $input) { run { id peopleCount } } }";
const LOOK =
  "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on RetentionRun { state doneCount passedOverCount operationId } } }";

interface Look {
  nodes: { state: string; doneCount: number; passedOverCount: number; operationId: string }[];
}

/** Does something to the gateways' database while none of them runs. */
async function between<T>(
  environment: Readonly<Record<string, string>>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: url, MIGRATION_DATABASE_URL: migrationUrl, DATA_DIR: dataDir = "" } = environment;
  const common = { statementTimeoutMs: 120_000, entities };
  const database = await openDatabase(
    url === undefined
      ? { kind: "embedded", dataDir, ...common }
      : { kind: "postgres", url, ...(migrationUrl ? { migrationUrl } : {}), poolSize: 2, ...common },
  );
  return work(database).finally(() => database.close());
}

/** People who have been in a status for 200 days. */
const insert = (database: Database, status: string, count: number) =>
  database.write(someCause, async (tx) => {
    const at = new Date(tx.now.getTime() - 200 * 86_400_000);
    const [deleted, before] = status === "DELETED" ? [at, "INACTIVE"] : [null, null];
    await sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, status_before, deleted_at, source, created_at, updated_at)
      SELECT gen_random_uuid(), ${status} || '-' || n, 'Zqxkill ' || n, ${status}, ${at}, ${before}, ${deleted}, 'LOCAL', ${at}, ${at}
      FROM generate_series(1, ${count}::integer) n`.execute(tx.sql);
  });

it(
  `policies over ${PEOPLE} people and ${ERASED} erasures do each once and finish, over ${KILLS} kills of the gateway`,
  async () => {
    const environment = await environmentForTest();
    await between(environment, async (database) => {
      await insert(database, "INACTIVE", PEOPLE);
      await insert(database, "DELETED", ERASED);
    });
    let gateway = await GatewayProcess.start(environment);
    const begin = async (input: object) => {
      const limits = { name: "Kept no longer", days: 180, enabled: true, maxPeople: 10_000, ...input };
      const { createRetentionPolicy } = await ask<{ createRetentionPolicy: { policy: { id: string } } }>(
        gateway.url,
        CREATE,
        { input: limits },
      );
      return createRetentionPolicy.policy.id;
    };
    const policies = [
      await begin({ status: "INACTIVE", action: "DELETE" }),
      await begin({ status: "DELETED", action: "ERASE" }),
    ];
    await gateway.kill();
    // A second person's word, which other tests are about.
    await between(environment, (database) =>
      database.write(someCause, (tx) => sql`UPDATE retention_policy SET approved_version = version`.execute(tx.sql)),
    );
    gateway = await GatewayProcess.start(environment);
    const ids: string[] = [];
    for (const policyId of policies) {
      const { runRetention } = await ask<{ runRetention: { run: { id: string } } }>(gateway.url, RUN, {
        input: { policyId },
      });
      ids.push(runRetention.run.id);
    }
    const look = async () => (await ask<Look>(gateway.url, LOOK, { ids })).nodes;
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(2_000 + random() * 500);
      await gateway.kill();
      gateway = await GatewayProcess.start(environment);
    }
    await expect
      .poll(async () => (await look()).map(({ state }) => state), { timeout: 120_000, interval: 100 })
      .toEqual(["DONE", "DONE"]);
    const [deleting, erasing] = await look();
    expect(deleting).toMatchObject({ doneCount: PEOPLE, passedOverCount: 0 });
    expect(erasing).toMatchObject({ doneCount: ERASED, passedOverCount: 0 });
    const unfinished = async () => {
      const { previewErasure } = await ask<{ previewErasure: { erasure: { finishedAt: string | null } } }>(
        gateway.url,
        "query ($userId: ID!) { previewErasure(userId: $userId) { erasure { finishedAt } } }",
        { userId: await lastErased() },
      );
      return previewErasure.erasure.finishedAt;
    };
    const lastErased = async () => {
      const { node } = await ask<{ node: { people: { nodes: { userId: string }[] } } }>(
        gateway.url,
        "query ($id: ID!) { node(id: $id) { ... on RetentionRun { people(last: 1) { nodes { userId } } } } }",
        { id: ids[1] },
      );
      return node.people.nodes[0]?.userId;
    };
    await expect.poll(unfinished, { timeout: 120_000, interval: 200 }).not.toBeNull();
    await gateway.kill();
    const found = await between(environment, async (database) => {
      const { rows } = await sql`
        SELECT (SELECT count(*)::integer FROM user_account WHERE status = 'DELETED' AND erased_at IS NULL AND version = 2) AS deleted,
          (SELECT count(*)::integer FROM user_account WHERE erased_at IS NOT NULL) AS erased,
          (SELECT count(*)::integer FROM user_erasure) AS erasures,
          (SELECT count(*)::integer FROM user_erasure WHERE finished_at IS NULL) AS unfinished,
          (SELECT count(*)::integer FROM change h JOIN user_erasure e ON e.user_id = h.row_id
            WHERE h.before::text LIKE '%Zqxkill%' OR h.after::text LIKE '%Zqxkill%') AS left_in_log,
          (SELECT count(*)::integer FROM user_version v JOIN user_erasure e ON e.user_id = v.user_id WHERE v.display_name LIKE 'Zqxkill%') AS left_in_past`.execute(
        database.reader,
      );
      return rows[0];
    });
    expect(found).toEqual({
      deleted: PEOPLE,
      erased: ERASED,
      erasures: ERASED,
      unfinished: 0,
      left_in_log: 0,
      left_in_past: 0,
    });
  },
  patience(KILLS + 2),
);
