import { sql } from "kysely";
import { expect, it } from "vitest";
import { namesIn, PERSONAL_DATA } from "../../../src/features/erasure/personal-data.ts";
import { databaseForTest } from "../../support/database.ts";

it("Every column of every table is in the inventory of personal data, once; a new one has to be classified", async () => {
  const { database } = await databaseForTest();
  const { rows } = await sql<{ name: string; columns: string[] }>`
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attname) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
    GROUP BY 1 ORDER BY 1`.execute(database.reader);
  const classified = Object.entries(PERSONAL_DATA).map(([name, { columns }]) => ({
    name,
    columns: Object.values(columns).flatMap(namesIn).sort(),
  }));
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect(classified.sort(byName)).toEqual(rows.map((row) => ({ ...row, columns: row.columns.sort() })).sort(byName));
});

it("Whatever stays says why, and names of actors stand beside their ids", () => {
  for (const [table, { fate, why, columns }] of Object.entries(PERSONAL_DATA)) {
    if (fate === "STAYS") expect(why, table).toMatch(/\.$/);
    const all = Object.values(columns).flatMap(namesIn);
    for (const name of namesIn(columns.name)) expect(all, table).toContain(name.replace(/_name$/, "_id"));
  }
});
