import { sql } from "kysely";
import type { Database } from "../../database/database.ts";

/** How many people are put in order at a time: a batch holds nobody up for longer than it takes. */
const BATCH = 2_000;

/**
 * Puts people in order by the attributes that were marked searchable, and gives up the orders of those that no longer are, batch by batch, until
 * there is nothing to do. Writers go on meanwhile, and keep the order of whomever they change; an order is read by once it has everybody.
 */
export async function putAttributesInOrder(database: Database): Promise<void> {
  for (let more = true; more; ) {
    const { rows } = await sql<{ more: boolean }>`SELECT advance_attribute_index(${BATCH}) AS more`.execute(
      database.reader,
    );
    more = rows[0]?.more === true;
  }
}
