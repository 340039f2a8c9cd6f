import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SqlBool,
  sql,
} from "kysely";
import pg from "pg";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import type { Row } from "../../../src/search/field.ts";
import type { Filter } from "../../../src/search/filter.ts";
import type { Moment } from "../../../src/search/operator.ts";
import { filterToSql } from "../../../src/search/to-sql.ts";
import { freshDatabase } from "../../support/database.ts";
import { jsonOf } from "./rows.ts";

const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createDriver: () => new DummyDriver(),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  },
});

/** A table like user_search, with its indexes, that tests fill as they like. */
export class Sample {
  private constructor(
    readonly client: pg.Client,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Sample> {
    const fresh = await freshDatabase();
    const client = new pg.Client(fresh.owner);
    await client.connect();
    await client.query(
      "CREATE TABLE sample (LIKE user_search INCLUDING ALL); ALTER TABLE sample ADD COLUMN place integer, DROP CONSTRAINT sample_pkey",
    );
    return new Sample(client, async () => {
      await client.end();
      await fresh.close();
    });
  }

  /** Replaces the rows; gives them as the change log would carry them, in order. */
  async fill(rows: readonly Record<string, unknown>[]): Promise<Row[]> {
    await this.client.query("DELETE FROM sample");
    const placed = rows.map((row, place) => ({ version: 1, ...row, place }));
    await this.client.query("INSERT INTO sample SELECT * FROM jsonb_populate_recordset(NULL::sample, $1::jsonb)", [
      jsonOf(placed),
    ]);
    const found = await this.client.query<{ row: Row }>("SELECT to_jsonb(s) AS row FROM sample s ORDER BY place");
    return found.rows.map(({ row }) => row);
  }

  async run<T extends pg.QueryResultRow>(statement: RawBuilder<unknown>): Promise<T[]> {
    const { sql: text, parameters } = statement.compile(compiler);
    return (await this.client.query<T>(text, [...parameters])).rows;
  }

  /** The places of the rows that a condition finds. */
  async found(condition: RawBuilder<SqlBool>): Promise<number[]> {
    const rows = await this.run<{ place: number }>(sql`SELECT place FROM sample s WHERE ${condition} ORDER BY place`);
    return rows.map(({ place }) => place);
  }

  matching(filter: Filter, at: Moment): Promise<number[]> {
    return this.found(filterToSql(filter, { catalogue: userCatalogue, alias: "s", ...at }));
  }

  /** Replaces the rows by many plain ones, and lets the planner know of them. */
  async fillPlainly(count: number): Promise<void> {
    await this.client.query("DELETE FROM sample");
    await this.client.query(
      `INSERT INTO sample SELECT p.* FROM generate_series(1, ${Number(count)}) AS n, jsonb_populate_record(NULL::sample, ${PLAIN}) AS p`,
    );
    await this.client.query("VACUUM ANALYZE sample");
  }
}

/** A row of its own for every number n, with values of the selectivity that they have among people. */
const PLAIN = `jsonb_build_object(
  'user_id', lpad(to_hex(n), 32, '0')::uuid, 'place', n, 'version', 1, 'username', 'user' || md5(n::text), 'display_name', md5('d' || n) || ' ' || md5(n::text),
  'given_name', md5((n % 500)::text), 'family_name', md5((n % 3000)::text), 'status', CASE WHEN n % 10 = 0 THEN 'LOCKED' ELSE 'ACTIVE' END,
  'email', md5(n::text) || '@' || (n % 20) || '.example', 'email_domain', (n % 20) || '.example', 'email_verified', n % 3 = 0, 'phone', '+49' || n,
  'external_ids', jsonb_build_array('ext' || md5(n::text)), 'employee_number', 'E' || n, 'title', md5((n % 40)::text), 'department', md5((n % 30)::text),
  'division', md5((n % 8)::text), 'cost_center', 'C' || (n % 100), 'employee_type', 'EMPLOYEE', 'location', md5((n % 50)::text), 'country', 'C' || (n % 25),
  'locale', 'l' || (n % 9), 'timezone', 'z' || (n % 9), 'source', 'LOCAL', 'last_login_country', 'C' || (n % 25),
  'tags', jsonb_build_array('t' || (n % 70)), 'role_keys', jsonb_build_array('r' || (n % 60)), 'permissions', '[]'::jsonb, 'mfa_methods', '[]'::jsonb, 'mfa_enrolled', n % 4 = 0,
  'attributes', jsonb_build_object('badge', 'b' || n, 'floor', n % 12),
  'status_changed_at', timestamptz '2020-01-01Z' + n * interval '1 hour', 'created_at', timestamptz '2019-01-01Z' + n * interval '1 hour',
  'updated_at', timestamptz '2021-01-01Z' + n * interval '1 hour', 'last_login_at', timestamptz '2024-01-01Z' + n * interval '1 minute',
  'password_changed_at', timestamptz '2023-01-01Z' + n * interval '1 hour', 'hired_on', date '1990-01-01' + n % 12000, 'terminates_on', date '2000-01-01' + n % 12000,
  'failed_login_count', n % 9, 'active_session_count', n % 5, 'risk_score', n % 100, 'direct_report_count', n % 7,
  'org_unit_id', lpad(to_hex(n % 200), 32, '0')::uuid, 'unit_path', jsonb_build_array(lpad(to_hex(n % 200), 32, '0')::uuid),
  'manager_id', lpad(to_hex(n % 900), 32, '0')::uuid, 'manager_chain', jsonb_build_array(lpad(to_hex(n % 900), 32, '0')::uuid), 'manager_status', 'ACTIVE',
  'role_grants', jsonb_build_array(jsonb_build_object('role', 'r' || (n % 60), 'privileged', false, 'scopePath', NULL, 'grantedAt', '2024-01-01T00:00:00.000Z', 'startsAt', '2024-01-01T00:00:00.000Z', 'expiresAt', NULL)),
  'words', ' ' || md5(n::text) || ' ' || md5('d' || n)) || jsonb_build_object(
  'group_keys', jsonb_build_array('g' || (n % 50)), 'group_ids', jsonb_build_array(lpad(to_hex(n % 200), 32, '0')::uuid))`;
