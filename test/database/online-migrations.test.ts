import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { migrate } from "../../src/database/migrate.ts";
import { MIGRATIONS } from "../../src/database/migrations/list.ts";
import { databaseKind, emptyServerDatabase } from "../support/database.ts";

/*
 * Gateways of the version before go on while a new one migrates: behind the floor (docs/operations/upgrading.md) migrations only add. What
 * old code reads, writes and calls by name must be there as it was, and what it does not know of must not be asked of it.
 */

interface Column {
  place: string;
  type: string;
  nullable: boolean;
  defaulted: boolean;
}

/** What a table holds every row to: a constraint, or a unique index. */
interface Rule {
  name: string;
  place: string;
  columns: string[];
  definition: string;
}

/** A schema as old code knows it. */
interface Known {
  columns: readonly Column[];
  rules: readonly Rule[];
  /** With their arguments, and what they give. */
  functions: readonly string[];
}

/** Rules that are new on columns of old, and that everything old code writes keeps. */
const KEPT: readonly string[] = [
  "user_account_check2", // only who is deleted is erased, and old code erases nobody
  "role_grant_grantee", // somebody or a group, and old code knows no groups
  "role_grant_group_live_key", // what groups hold alone, and old code knows no groups
  "bulk_item_someone", // somebody who is there or is to be, and old code always names somebody
];

/** What stands in the way of code that knows the schema as it was before. */
function breaks(before: Known, after: Known): string[] {
  return [
    ...brokenColumns(before.columns, after.columns),
    ...brokenRules(before, after),
    ...before.functions
      .filter((one) => !after.functions.includes(one))
      .map((one) => `${one} is gone, or takes or gives something else`),
  ];
}

const tablesOf = (columns: readonly Column[]) => new Set(columns.map(({ place }) => place.split(".")[0]));

function brokenColumns(before: readonly Column[], after: readonly Column[]): string[] {
  const now = new Map(after.map((column) => [column.place, column]));
  const tables = tablesOf(before);
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

/** A rule on what old code writes: a new one, or one that takes a value no more that it took. */
function brokenRules({ columns, rules }: Known, after: Known): string[] {
  const known = new Set(columns.map(({ place }) => place));
  const old = new Map(rules.map((rule) => [`${rule.place}.${rule.name}`, rule]));
  return after.rules.flatMap(({ name, place, columns: concerned, definition }) => {
    const former = old.get(`${place}.${name}`)?.definition;
    if (former === definition || KEPT.includes(name)) return [];
    const lost = literalsOf(former ?? "").filter((value) => !literalsOf(definition).includes(value));
    if (former !== undefined) return lost.length > 0 ? [`${name} on ${place} takes ${lost.join(", ")} no more`] : [];
    const onOld = concerned.some((column) => known.has(`${place}.${column}`));
    return onOld ? [`${name} on ${place} is new`] : [];
  });
}

const literalsOf = (definition: string): string[] =>
  [...definition.matchAll(/'([^']*)'/g)].map(([, value = ""]) => value);

async function connectionTo(config: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: (config as { migrationUrl: string }).migrationUrl });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function knownOf(client: pg.Client): Promise<Known> {
  const { rows: columns } = await client.query<Column>(`
    SELECT c.relname || '.' || a.attname AS place, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
      a.atthasdef OR a.attidentity <> '' AS defaulted
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped`);
  const { rows: rules } = await client.query<Rule>(`
    WITH rule AS (
      SELECT conname AS name, conrelid AS relid, conkey AS keys, pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE contype IN ('c', 'f', 'u', 'p', 'x')
      UNION ALL SELECT indexrelid::regclass::text, indrelid, indkey::smallint[], regexp_replace(pg_get_indexdef(indexrelid), ' ON .* USING ', ' ')
      FROM pg_index WHERE indisunique)
    SELECT rule.name, c.relname AS place, rule.definition, ARRAY(
      SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = rule.relid AND a.attnum = ANY (rule.keys)) AS columns
    FROM rule JOIN pg_class c ON c.oid = rule.relid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`);
  const { rows: functions } = await client.query<{ name: string }>(`
    SELECT p.oid::regprocedure || ' ' || pg_get_function_result(p.oid) AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`);
  return { columns, rules, functions: functions.map(({ name }) => name) };
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
    const before = await knownOf(client);
    MIGRATIONS.splice(0, Infinity, ...all);
    await migrate(config);
    const floor = (await client.query<{ migration: string }>("SELECT migration FROM schema_floor")).rows[0]?.migration;
    if (floor === "0028-schema-floor") expect(breaks(before, await knownOf(client))).toEqual([]);
    else expect(all.map(({ name }) => name)).toContain(floor);
    await client.query(`
    ALTER TABLE saved_search RENAME name TO title;
    ALTER TABLE role ALTER description SET NOT NULL;
    ALTER TABLE role ADD colour text NOT NULL, ADD shade text NOT NULL DEFAULT '', ADD hue text;
    ALTER TABLE role ADD CONSTRAINT role_named CHECK (name <> '');
    CREATE UNIQUE INDEX role_shade_key ON role (shade);
    ALTER TABLE mail DROP CONSTRAINT mail_kind_check, ADD CONSTRAINT mail_kind_check CHECK (kind <> 'INVITATION');
    ALTER FUNCTION fold(text) RENAME TO folded;
    CREATE TABLE paint (colour text NOT NULL)`);
    expect(breaks(before, await knownOf(client)).toSorted()).toEqual([
      "fold(text) text is gone, or takes or gives something else",
      "mail_kind_check on mail takes EMAIL_VERIFICATION, PASSWORD_RESET, PASSWORD_CHANGED no more",
      "role.colour must have a value, which old code does not give",
      "role.description must now have a value",
      "role_named on role is new",
      "saved_search.name is gone or has another name",
      "saved_search.title must have a value, which old code does not give",
    ]);
  },
);
