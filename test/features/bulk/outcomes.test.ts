import { type KyselyPlugin, RawNode, sql } from "kysely";
import { expect, it } from "vitest";
import type { Tx } from "../../../src/database/transaction.ts";
import { dueItems, writeOutcomes } from "../../../src/features/bulk/bulk.outcomes.ts";
import { someCause } from "../../support/database.ts";
import { uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { makePeople, plan, tagged } from "./support.ts";

const file = gatewayForFile();

/** How the database would carry out the statements that are sent in the place of them. */
async function explained(tx: Tx, work: (tx: Tx) => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const explaining: KyselyPlugin = {
    transformQuery: ({ node }) =>
      RawNode.is(node)
        ? { ...node, sqlFragments: [`EXPLAIN ${node.sqlFragments[0]}`, ...node.sqlFragments.slice(1)] }
        : node,
    async transformResult({ result }) {
      lines.push(...result.rows.map((row) => String(row["QUERY PLAN"])));
      return result;
    },
  };
  const other = Object.create(tx, { sql: { value: tx.sql.withPlugin(explaining) } }) as Tx;
  // Nobody was written about.
  await work(other).catch(() => undefined);
  return lines.join("\n");
}

it("what became of a batch is compared with nobody else of the plan, though the database has not counted yet how many there are", async () => {
  const { gateway } = file;
  const filter = tagged(await makePeople(gateway, 1));
  const planId = uuid((await plan(gateway, { filter }, { set: { title: "T" } })).id);
  const { value: how } = await gateway.database.write(someCause, async (tx) => {
    await sql`
      INSERT INTO bulk_item (plan_id, place, new_id, version, finding)
      SELECT ${planId}::uuid, place, gen_random_uuid(), 1, 'CHANGE' FROM generate_series(1, 20000) place`.execute(
      tx.sql,
    );
    // Which way is the cheapest depends on counts that may not be there yet: of looking somebody up, by the whole key must be it.
    await sql`SELECT set_config('enable_' || way, 'off', true) FROM unnest('{hashjoin,mergejoin,seqscan,bitmapscan}'::text[]) way`.execute(
      tx.sql,
    );
    const items = await dueItems(tx, planId, 1_000);
    const results = items.map(({ id: userId }) => ({ userId, kind: "UNCHANGED", version: 1, notes: [] }) as const);
    return explained(tx, (other) => writeOutcomes(other, planId, items, results));
  });
  expect(how).toMatch(/Index Cond: .*plan_id = r\.plan_id.*place = r\.place/);
  expect(how).not.toMatch(/Join Filter/);
});
