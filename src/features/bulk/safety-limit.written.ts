import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Row } from "../../search/field.ts";
import { TRUE } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import type { Aspect } from "./bulk.change.ts";
import { COMMAND_LINE, SafetyCheck } from "./safety-limit.check.ts";

/** Search rows that are read at a time. */
const PAGE = 500;

/**
 * Measures by the safety limits what a transaction of whoever has the machine writes that makes no plan, and so counts for no later one. Asked before it writes anything; what it gives, asked behind its last
 * write, says which limits are exceeded.
 */
export async function measuring(tx: Tx, moment: Moment): Promise<() => Promise<string[]>> {
  const check = await SafetyCheck.load(tx, moment);
  if (check.isEmpty) return async () => [];
  const among = await check.among(tx, COMMAND_LINE, TRUE);
  return async () => {
    for await (const { before, after } of written(tx)) if (after) check.add(aspectsOf(before, after), before, after);
    const exceeded = check.judged(among).filter((one) => one.exceeded);
    return exceeded.map(({ name, people, of }) => `${name} (${people} of ${of} people)`);
  };
}

interface Written {
  before: Row | null;
  after: Row | null;
}

/** The search rows of everybody whom the transaction has written to, as they were and as they will be. */
async function* written(tx: Tx): AsyncGenerator<Written> {
  const { rows } = await sql<{ commit: bigint | null }>`SELECT rehearse_derivation() AS commit`.execute(tx.sql);
  const commit = rows[0]?.commit;
  await sql`
    DECLARE written_people NO SCROLL CURSOR FOR
    WITH people AS (
      SELECT DISTINCT coalesce((coalesce(after, before)->>'user_id')::uuid, row_id) AS id FROM change
      WHERE commit_id = ${commit} AND table_name IN ('user_account', 'user_email', 'user_phone', 'user_identity'))
    SELECT c.before, c.after FROM people JOIN change c ON c.row_id = people.id AND c.commit_id = ${commit} AND c.table_name = 'user_search'`.execute(
    tx.sql,
  );
  for (;;) {
    const page = await sql<Written>`FETCH FORWARD ${sql.lit(PAGE)} FROM written_people`.execute(tx.sql);
    if (page.rows.length === 0) break;
    yield* page.rows;
  }
  await sql`CLOSE written_people`.execute(tx.sql);
}

/** What of a person has changed, where nobody said it. */
function aspectsOf(before: Row | null, after: Row): Aspect[] {
  const differs = (name: string) => (before?.[name] ?? null) !== (after[name] ?? null);
  return [
    "PROFILE",
    ...(differs("org_unit_id") || differs("manager_id") ? (["PLACE"] as const) : []),
    ...(differs("status") ? (["STATUS"] as const) : []),
  ];
}
