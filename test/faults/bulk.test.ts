import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { databaseKind, someCause } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, onDatabaseOf } from "../support/gateway-process.ts";
import { patience, rounds } from "../support/rounds.ts";

/* The gateway is killed while it applies a plan, wherever in a batch or between two that falls. */

const KILLS = rounds(2, 12, 1);
const PEOPLE = rounds(3_000, 20_000, 1_500);

const GROUP = `mutation { createGroup(input: { key: "moved", name: "Moved" }) { group { id } } }`;
const PLAN = `mutation ($groupId: ID!) { planBulk(input: { target: { filter: { tags: { any: ["crowd"] } } },
  change: { set: { title: "Moved" }, add: { tags: ["moved"], groupIds: [$groupId] } } }) { plan { id changingCount } } }`;
const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const LOOK = "query ($id: ID!) { bulkPlan(id: $id) { state operationId progress { done changed conflicts failed } } }";

interface Look {
  bulkPlan: { state: string; operationId: string; progress: { done: number; changed: number } };
}

it(
  `a plan over ${PEOPLE} people changes each exactly once, over ${KILLS} kills of the gateway that applies it`,
  async () => {
    const environment = { ...(await environmentForTest()), REQUEST_TIMEOUT_MS: "600000" };
    await onDatabaseOf(environment, (database) =>
      database.write(someCause, async (tx) => {
        await sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, tags, created_at, updated_at)
          SELECT gen_random_uuid(), 'crowd-' || n, 'Person ' || n, 'ACTIVE', ${tx.now}, 'LOCAL', '{crowd}', ${tx.now}, ${tx.now}
          FROM generate_series(1, ${PEOPLE}::integer) n`.execute(tx.sql);
      }),
    );
    let gateway = await GatewayProcess.start(environment);
    const { createGroup } = await ask<{ createGroup: { group: { id: string } } }>(gateway.url, GROUP);
    const { planBulk } = await ask<{ planBulk: { plan: { id: string; changingCount: number } } }>(gateway.url, PLAN, {
      groupId: createGroup.group.id,
    });
    expect(planBulk.plan.changingCount).toBe(PEOPLE);
    const { id } = planBulk.plan;
    await ask(gateway.url, APPLY, { input: { id } });
    let seen = -1;
    for (let kill = 0; kill < KILLS; kill++) {
      const look = () => ask<Look>(gateway.url, LOOK, { id }).then(({ bulkPlan }) => bulkPlan);
      // Somewhere in the batch behind the next one that is seen: or, where there is none left, behind the end.
      await expect
        .poll(async () => (await look()).progress.done > seen || (await look()).state === "DONE", {
          timeout: 60_000,
          interval: 5,
        })
        .toBe(true);
      seen = (await look()).progress.done;
      await sleep((kill * 37) % 150);
      await gateway.kill();
      gateway = await GatewayProcess.start(environment);
    }
    await expect
      .poll(async () => (await ask<Look>(gateway.url, LOOK, { id })).bulkPlan.state, { timeout: 120_000, interval: 50 })
      .toBe("DONE");
    const { bulkPlan } = await ask<Look>(gateway.url, LOOK, { id });
    expect(bulkPlan.progress).toEqual({ done: PEOPLE, changed: PEOPLE, conflicts: 0, failed: 0 });
    await gateway.kill();
    const found = await onDatabaseOf(environment, async (database) => {
      const { rows } = await sql<{ people: bigint; once: bigint; members: bigint; changes: bigint; commits: bigint }>`
        SELECT count(*) AS people, count(*) FILTER (WHERE version = 2 AND title = 'Moved' AND tags = '{crowd,moved}') AS once,
          (SELECT count(*) FROM change h JOIN commit c ON c.id = h.commit_id
            WHERE c.operation_id = ${bulkPlan.operationId} AND h.table_name = 'group_member') AS members,
          (SELECT count(*) FROM change h JOIN commit c ON c.id = h.commit_id
            WHERE c.operation_id = ${bulkPlan.operationId} AND h.table_name = 'user_account') AS changes,
          (SELECT count(*) FROM commit WHERE operation_id = ${bulkPlan.operationId}) AS commits
        FROM user_account WHERE tags @> '{crowd}'`.execute(database.reader);
      return rows[0];
    });
    const all = BigInt(PEOPLE);
    expect(found).toMatchObject({ people: all, once: all, members: all, changes: all });
    // A batch that did not commit was never there.
    expect(Number(found?.commits)).toBe(Math.ceil(PEOPLE / 1_000));
  },
  patience(KILLS) + (databaseKind === "embedded" ? 120_000 : 0),
);
