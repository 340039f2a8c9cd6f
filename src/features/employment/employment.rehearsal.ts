import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";

/** Carries what was found out of the transaction that is rolled back. */
class Rehearsed extends Error {
  constructor(readonly found: unknown) {
    super("Rolled back: it was a preview.");
  }
}

/** Does some work, gives what it gave, and takes all of it back; what the work throws, or would when it commits, is thrown. */
export async function rehearse<T>(database: Database, cause: Cause, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    await database.write(cause, async (tx) => {
      const found = await work(tx);
      await tx.flush();
      await sql`SELECT conclude_transaction()`.execute(tx.sql); // All that could still refuse it.
      throw new Rehearsed(found);
    });
  } catch (error) {
    if (error instanceof Rehearsed) return error.found as T;
    throw error;
  }
  throw new Error("A preview was not rolled back.");
}
