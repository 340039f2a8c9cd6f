import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { ImportProblemRow } from "../../database/import-tables.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { decodeCursor, encodeCursor, type KeyType } from "../../search/cursor.ts";
import { addressOf } from "./import.problems.ts";
import { ImportProblem } from "./import.types.ts";

const PLACE = [
  { type: "int", nullable: false },
  { type: "int", nullable: false },
  { type: "int", nullable: false },
] as const satisfies { type: KeyType; nullable: boolean }[];

/** Reads what is wrong with the files of plans, for those who see the plan. */
export class ImportQueries {
  constructor(private readonly database: Database) {}

  /** In the order of the file. */
  async problems(planId: string, sheet: string | null, request: PageRequest): Promise<Page<ImportProblem>> {
    const order = `problems of the plan ${planId}`;
    const { backward, cursor, size } = request;
    const after = cursor === undefined ? undefined : decodeCursor(order, PLACE, cursor, backward ? "before" : "after");
    const key = sql`(p.source_row, p.source_column, p.place)`;
    const beyond = after === undefined ? sql`true` : sql`${key} ${backward ? sql`<` : sql`>`} (${sql.join(after)})`;
    const way = backward ? sql`DESC` : sql`ASC`;
    const { rows } = await sql<ImportProblemRow & { position: bigint }>`
      SELECT head.number AS position, p.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT p.* FROM import_problem p WHERE p.plan_id = ${planId} AND ${beyond}
        ORDER BY p.source_row ${way}, p.source_column ${way}, p.place ${way} LIMIT ${size + 1}) p ON true`.execute(
      this.database.reader,
    );
    const found = rows.filter((row) => row.plan_id !== null);
    return cutPage(
      found,
      request,
      { commit: rows[0]?.position ?? 0n },
      () => this.#count(planId),
      (row) => ({
        cursor: encodeCursor(order, [row.source_row, row.source_column, row.place]),
        node: Object.assign(new ImportProblem(), {
          address: addressOf(sheet, row.source_column, row.source_row),
          row: row.source_row,
          column: row.header,
          message: row.message,
        }),
      }),
    );
  }

  async #count(planId: string): Promise<number> {
    const { rows } = await sql<{
      count: bigint;
    }>`SELECT count(*) FROM import_problem WHERE plan_id = ${planId}`.execute(this.database.reader);
    return Number(rows[0]?.count ?? 0n);
  }
}
