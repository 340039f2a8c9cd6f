import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { migrate } from "../../src/database/migrate.ts";
import { MIGRATIONS } from "../../src/database/migrations/list.ts";
import { databaseKind, emptyServerDatabase } from "../support/database.ts";

/*
 * Gateways of the version before go on while a new one migrates: behind the floor (docs/operations/upgrading.md) migrations only add. What
 * old code reads and writes by name must be there as it was, and what it does not know of must not be asked of it.
 */

interface Column {
  place: string;
  type: string;
  nullable: boolean;
  defaulted: boolean;
}

/** What stands in the way of code that knows the schema as it was before. */
function breaks(before: readonly Column[], after: readonly Column[]): string[] {
  const now = new Map(after.map((column) => [column.place, column]));
  const tables = new Set(before.map(({ place }) => place.split(".")[0]));
  const gone = before.flatMap(({ place, type, nullable }) => {
    const column = now.get(place);
    if (!column) return [`${place} is gone or has another name`];
    if (column.type !== type) return [`${place} was ${type} and is ${column.type}`];
    return nullable && !column.nullable ? [`${place} must now have a value`] : [];
  });
  const known = new Set(before.map(({ place }) => place));
  const demanded = after
    .filter(({ place }) => !known.has(place) && tables.has(place.split(".")[0]))
    .filter(({ nullable, defaulted }) => !nullable && !defaulted)
    .map(({ place }) => `${place} must have a value, which old code does not give`);
  return [...gone, ...demanded];
}

async function connectionTo(config: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: (config as { migrationUrl: string }).migrationUrl });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function columnsOf(client: pg.Client): Promise<Column[]> {
  const { rows } = await client.query<Column>(`
    SELECT c.relname || '.' || a.attname AS place, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
      a.atthasdef OR a.attidentity <> '' AS defaulted
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped`);
  return rows;
}

it.runIf(databaseKind === "postgres")(
  "Migrations behind the floor take nothing away and ask nothing of old code",
  async () => {
    const { config, drop } = await emptyServerDatabase();
    onTestFinished(drop);
    const all = [...MIGRATIONS];
    onTestFinished(() => void MIGRATIONS.splice(0, Infinity, ...all));
    const first = all.findIndex(({ name }) => name === "0028-schema-floor");
    MIGRATIONS.splice(first + 1);
    // As its owner alone: the rights are those on all tables of today.
    const { migrationUrl } = config as { migrationUrl: string };
    await migrate({ ...config, url: migrationUrl } as DatabaseConfig);
    const client = await connectionTo(config);
    const before = await columnsOf(client);
    MIGRATIONS.splice(0, Infinity, ...all);
    await migrate(config);
    const floor = (await client.query<{ migration: string }>("SELECT migration FROM schema_floor")).rows[0]?.migration;
    if (floor === "0028-schema-floor") expect(breaks(before, await columnsOf(client))).toEqual([]);
    else expect(all.map(({ name }) => name)).toContain(floor);
    await client.query(`
    ALTER TABLE saved_search RENAME name TO title;
    ALTER TABLE role ALTER description SET NOT NULL;
    ALTER TABLE role ADD colour text NOT NULL, ADD shade text NOT NULL DEFAULT '', ADD hue text;
    CREATE TABLE paint (colour text NOT NULL)`);
    expect(breaks(before, await columnsOf(client)).toSorted()).toEqual([
      "role.colour must have a value, which old code does not give",
      "role.description must now have a value",
      "saved_search.name is gone or has another name",
      "saved_search.title must have a value, which old code does not give",
    ]);
  },
);
