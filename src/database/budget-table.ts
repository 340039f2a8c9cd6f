import { sql } from "kysely";
import type { Database } from "./database.ts";

/** What `rate-limiter-flexible` asks of a PostgreSQL client: its key, points, the end of a new window and now, by this process's clock. */
interface Upsert {
  values: readonly [key: string, points: number, until: number, now: number];
}

/**
 * Budgets in PostgreSQL, counted by its clock. `rate-limiter-flexible` reckons with the clock of the process, on which gateways need not agree: what
 * it asks and is told is moved from the one to the other.
 */
export class BudgetTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds points to what was used in a window, or begins a new one. */
  async query({ values }: Upsert): Promise<{ rows: { points: number; expire: number }[] }> {
    const [key, points, until, now] = values;
    const { rows } = await sql<{ points: string; left: string }>`
      INSERT INTO viewer_budget AS b (key, points, until)
      SELECT ${key}, ${points}, now + make_interval(secs => ${(until - now) / 1000}::float8) FROM rollcall_now() AS now
      ON CONFLICT (key) DO UPDATE SET
        points = CASE WHEN b.until <= rollcall_now() THEN excluded.points ELSE b.points + excluded.points END,
        until = CASE WHEN b.until <= rollcall_now() THEN excluded.until ELSE b.until END
      RETURNING points::float8 AS points, extract(epoch FROM until - rollcall_now())::float8 AS left`.execute(
      this.#database.reader,
    );
    return { rows: rows.map((row) => ({ points: Number(row.points), expire: now + Number(row.left) * 1000 })) };
  }
}

/** Forgets the windows that are over. */
export async function forgetBudgets(database: Database): Promise<void> {
  await sql`DELETE FROM viewer_budget WHERE until < rollcall_now()`.execute(database.reader);
}
