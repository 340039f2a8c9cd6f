import pg from "pg";
import type { Config } from "../config.ts";
import { MIGRATIONS } from "../database/migrations/list.ts";
import { WRITTEN_TABLES } from "../database/privileges.ts";
import { bad, doubtful, type Finding, good } from "./doctor-finding.ts";

const CLOCK_SECONDS = 30;
const LAG_SECONDS = 60;
/** Connections of a gateway beside its pool: three for look-ups, two that listen, those of sealer, matcher and groups, and one that cancels. */
const BESIDE_POOL = 9;

type Row = Record<string, string | boolean | number | null>;

/** Asks the database, as the role that the gateway runs as, and changes nothing. */
export class DatabaseExamination {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Everything that is found of the database that `options` lead to. */
  static async of(options: pg.ClientConfig, config: Config): Promise<Finding[]> {
    const client = new pg.Client({ ...options, application_name: "rollcall doctor" });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return await new DatabaseExamination(client).#all(config);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #all(config: Config): Promise<Finding[]> {
    const server = await this.#server();
    const { missing, findings } = await this.#migrations();
    if (missing) return [...server, ...findings];
    return [
      ...server,
      ...findings,
      ...(await this.#privileges(config)),
      ...(await this.#connections(config)),
      ...(await this.#feed()),
    ];
  }

  async #server(): Promise<Finding[]> {
    const asked = Date.now();
    const row = await this.#one(`
      SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
        current_setting('transaction_read_only') AS read_only, extract(epoch FROM clock_timestamp()) * 1000 AS clock,
        (SELECT string_agg(wanted.name, ', ') FROM unnest(ARRAY['pg_trgm', 'btree_gin']) AS wanted (name) WHERE NOT EXISTS (SELECT FROM pg_available_extensions available WHERE available.name = wanted.name)) AS lacking`);
    const off = Math.abs(Number(row.clock) - (asked + Date.now()) / 2) / 1000;
    return [
      good("server", `PostgreSQL ${row.version}`),
      row.standby || row.read_only === "on"
        ? bad("server", "it is read-only, a standby perhaps: point DATABASE_URL at the primary.")
        : good("server", "it takes writes"),
      row.lacking === null
        ? good("extensions", "pg_trgm and btree_gin are there")
        : bad(
            "extensions",
            `${row.lacking} is not installed on the server: install PostgreSQL's contrib package there.`,
          ),
      off > CLOCK_SECONDS
        ? bad("clock", `this machine and the database are ${Math.round(off)} s apart: have both follow a time server.`)
        : good("clock", `${off.toFixed(1)} s from the database's`),
    ];
  }

  async #migrations(): Promise<{ missing: boolean; findings: Finding[] }> {
    const known = MIGRATIONS.map(({ name }) => name);
    const there = await this.#one("SELECT to_regclass('schema_migration') IS NOT NULL AS found");
    if (!there.found)
      return {
        missing: true,
        findings: [doubtful("migrations", "the database is empty: npm run migrate, or a start, fills it.")],
      };
    const applied = (await this.#client.query<{ name: string }>("SELECT name FROM schema_migration")).rows.map(
      ({ name }) => name,
    );
    const lacking = known.filter((name) => !applied.includes(name));
    const newer = applied.filter((name) => !known.includes(name));
    if (lacking.length > 0)
      return {
        missing: true,
        findings: [
          doubtful("migrations", `${lacking.join(", ")} has still to run: npm run migrate, or a start, does it.`),
        ],
      };
    const findings = [
      newer.length === 0
        ? good("migrations", `all ${known.length} have run`)
        : doubtful("migrations", `a newer version has run ${newer.join(", ")}: bring this one up to it.`),
    ];
    return { missing: false, findings };
  }

  async #privileges({ databaseUrl }: Config): Promise<Finding[]> {
    const row = await this.#one(
      `
      SELECT current_user AS role, rolsuper AS super, pg_has_role(current_user, (SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'commit'), 'MEMBER') AS owner,
        (SELECT string_agg(name, ', ') FROM unnest($1::text[]) AS name WHERE NOT has_table_privilege(name, 'INSERT, UPDATE, DELETE')) AS lacking,
        has_table_privilege('audit_log', 'INSERT') AS writes_log
      FROM pg_roles WHERE rolname = current_user`,
      [[...WRITTEN_TABLES]],
    );
    if (row.lacking !== null)
      return [
        bad(
          "privileges",
          `${row.role} may not write ${row.lacking}: a start with MIGRATION_DATABASE_URL sets the privileges anew.`,
        ),
      ];
    if (databaseUrl !== undefined && (row.super || row.owner || row.writes_log))
      return [
        doubtful(
          "privileges",
          `${row.role} ${row.super ? "is a superuser" : "owns the tables"}, who can switch the log off: run as a lesser role.`,
        ),
      ];
    return [good("privileges", `${row.role} writes the directory and nothing else`)];
  }

  async #connections({ databaseUrl, poolSize }: Config): Promise<Finding[]> {
    if (databaseUrl === undefined) return [];
    const row = await this.#one(`
      SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS most,
        (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`);
    const wanted = poolSize + BESIDE_POOL;
    const gateways = Math.floor(Number(row.most) / wanted);
    const text = `a gateway opens up to ${wanted} of the server's ${row.most} connections (${row.used} are open now)`;
    if (gateways < 1) return [bad("connections", `${text}: lower POOL_SIZE or raise max_connections.`)];
    if (gateways < 3)
      return [
        doubtful(
          "connections",
          `${text}: there is room for ${gateways}, and a rolling restart needs one more than run.`,
        ),
      ];
    return [good("connections", `${text}: room for ${gateways} gateways`)];
  }

  async #feed(): Promise<Finding[]> {
    const { rows } = await this.#client.query<{ name: string; head: string; commits: string; seconds: number | null }>(`
      SELECT next.name, head.number AS head, head.number - next.number + 1 AS commits,
        extract(epoch FROM rollcall_now() - c.at)::float8 AS seconds
      FROM feed_head head CROSS JOIN (
        SELECT name, commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END AS number FROM feed_consumer) next
      LEFT JOIN commit c ON c.number = next.number ORDER BY next.name`);
    return rows.map(({ name, head, commits, seconds }) => {
      const text = `${name} is ${commits} commits behind the head, ${head}`;
      return Number(commits) > 0 && (seconds ?? 0) > LAG_SECONDS
        ? doubtful(
            "feed",
            `${text}, for ${Math.round(seconds ?? 0)} s: where a gateway runs, its log says why; where none does, a start catches up.`,
          )
        : good("feed", text);
    });
  }

  async #one(text: string, values: unknown[] = []): Promise<Row> {
    return (await this.#client.query<Row>(text, values)).rows[0] ?? {};
  }
}
