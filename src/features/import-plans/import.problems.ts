import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { addressOf as cellAddress, columnLetters } from "../tables/table.cell.ts";
import type { ReadColumn } from "./import.reading.ts";

/** Where a cell stands, as spreadsheets say it: `Sheet1!C17`; without a column, the row, `Sheet1!17:17`. The column is counted from 1. */
export const addressOf = (sheet: string | null | undefined, column: number, row: number): string =>
  column > 0
    ? cellAddress(sheet ?? undefined, row, columnLetters(column - 1))
    : cellAddress(sheet ?? undefined, row, `${row}:`);

/** Writes the rows that could not even be rehearsed into a plan, behind the people who are there, each with its first problem; gives how many. */
export async function writeUnusable(tx: Tx, planId: string, behind: number): Promise<number> {
  const { numAffectedRows } = await sql`
    INSERT INTO bulk_item (plan_id, place, user_id, new_id, source_row, version, change, finding, problem)
    SELECT r.plan_id, ${behind} + row_number() OVER (ORDER BY r.source_row), r.user_id, CASE WHEN r.user_id IS NULL THEN r.new_id END, r.source_row, 0,
      NULL, 'ERROR', jsonb_build_object('code', 'INVALID_INPUT', 'message', coalesce(
        (SELECT coalesce(p.header || ': ', '') || p.message FROM import_problem p
          WHERE p.plan_id = r.plan_id AND p.source_row = r.source_row ORDER BY p.source_column, p.place LIMIT 1), 'The row cannot be used.'))
    FROM import_row r WHERE r.plan_id = ${planId} AND r.bad`.execute(tx.sql);
  return Number(numAffectedRows ?? 0n);
}

/** What values of a change are called in files. */
const TARGET_OF: Readonly<Record<string, string>> = {
  orgUnitId: "orgUnit",
  managerId: "manager",
  identities: "externalId",
  emails: "email",
  phones: "phone",
};

/** Keeps what the rehearsal refused of rows as problems of their cells, the first so many; gives how many there are. */
export async function keepRowProblems(
  tx: Tx,
  planId: string,
  columns: readonly ReadColumn[],
  room: number,
): Promise<number> {
  const places = Object.fromEntries(
    columns.flatMap(({ target, number, header }) => {
      const column = { column: number, header };
      const others = Object.entries(TARGET_OF).filter(([, own]) => own === target);
      return [[target, column], ...others.map(([name]) => [name, column])];
    }),
  );
  const refused = sql`i.plan_id = ${planId} AND i.finding = 'ERROR' AND i.source_row IS NOT NULL AND i.change IS NOT NULL`;
  await sql`
    INSERT INTO import_problem (plan_id, source_row, source_column, place, header, message)
    SELECT i.plan_id, i.source_row, coalesce((c.at->>'column')::integer, 0), 0, c.at->>'header', i.problem->>'message'
    FROM bulk_item i CROSS JOIN LATERAL (SELECT coalesce(
      ${JSON.stringify(places)}::jsonb->(i.problem->>'path'), ${JSON.stringify(places)}::jsonb->(i.problem->>'field')) AS at) c
    WHERE ${refused} ORDER BY i.source_row LIMIT ${Math.max(0, room)} ON CONFLICT DO NOTHING`.execute(tx.sql);
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM bulk_item i WHERE ${refused}`.execute(tx.sql);
  return Number(rows[0]?.count ?? 0n);
}
