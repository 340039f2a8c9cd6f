import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cause } from "../../src/database/cause.ts";
import { WRITTEN_TABLES } from "../../src/database/privileges.ts";
import { readChanges, START } from "../../src/feed/reader.ts";
import { newId } from "../../src/kernel/ids.ts";
import { type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { roleRow, unitRow, userRow } from "../support/rows.ts";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.close());

const setCause = `SELECT set_config('rollcall.cause', '${JSON.stringify(someCause)}', true)`;

/** Runs statements in one transaction of a plain client, as psql would; gives the error's text, or "" where there is none. */
async function attempt(as: pg.ClientConfig, ...statements: string[]): Promise<string> {
  const client = new pg.Client(as);
  await client.connect();
  try {
    await client.query("BEGIN");
    for (const statement of statements) await client.query(statement);
    await client.query("COMMIT");
    return "";
  } catch (error) {
    await client.query("ROLLBACK");
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

const changesSince = async (commit: bigint) => readChanges(fresh.database.reader, { after: { commit }, limit: 1000 });

describe("A write", () => {
  it("becomes a change with its row before and after, under a commit that carries its cause", async () => {
    const cause: Cause = {
      kind: "MUTATION",
      action: "user.renamed",
      actor: { kind: "USER", id: newId(), name: "Grace Example" },
      operationId: "op-1",
      reason: "Marriage",
      requestId: "req-1",
      ip: "192.0.2.1",
    };
    const user = userRow({ given_name: "Ada" });
    const { position: made } = await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("user_account").values(user).execute(),
    );
    const { position } = await fresh.database.write(cause, (tx) =>
      tx.sql.updateTable("user_account").set({ given_name: "Augusta" }).where("id", "=", user.id).execute(),
    );
    const [change, derived, ...others] = await changesSince(made.commit);
    expect(position.commit).toBe(made.commit + 1n);
    expect(change).toMatchObject({
      position: { commit: position.commit, ordinal: 1 },
      table: "user_account",
      rowId: user.id,
      operation: "UPDATE",
      before: { given_name: "Ada", username: user.username },
      after: { given_name: "Augusta", username: user.username },
      derived: false,
    });
    expect(change?.commit.cause).toEqual({ ...cause, about: null });
    expect(derived).toMatchObject({
      table: "user_search",
      derived: true,
      before: { given_name: "Ada" },
      after: { given_name: "Augusta" },
    });
    expect(others).toEqual([]);
  });

  it("is logged with instants in UTC at milliseconds, whatever the session's time zone", async () => {
    const id = newId();
    const { commit } = await fresh.database.head();
    const instant = "2026-03-29T01:30:00.5+02:00";
    expect(
      await attempt(
        fresh.runner,
        setCause,
        "SET LOCAL TimeZone = 'Pacific/Chatham'",
        "SET LOCAL DateStyle = 'German'",
        `INSERT INTO role (id, key, name, created_at, updated_at) VALUES ('${id}', '${id}', 'x', '${instant}', '${instant}')`,
      ),
    ).toBe("");
    expect((await changesSince(commit))[0]?.after).toMatchObject({ created_at: "2026-03-28T23:30:00.500Z" });
  });

  it("is logged whole, as its row's JSON, but for the form of instants", async () => {
    const user = userRow({ attributes: { level: 1, list: ["a", null], text: 'ü\u0001"' }, tags: ["a b", "c"] });
    const { position } = await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("user_account").values(user).execute(),
    );
    const { rows } = await sql<{ logged: string; whole: string }>`
      SELECT after::text AS logged, (to_jsonb(u) || (
        SELECT jsonb_object_agg(c.column_name, instant_text((to_jsonb(u)->>c.column_name)::timestamptz)) FROM information_schema.columns c
        WHERE c.table_name = 'user_account' AND c.data_type = 'timestamp with time zone'))::text AS whole
      FROM change JOIN commit ON commit.id = commit_id JOIN user_account u ON u.id = row_id
      WHERE number = ${position.commit} AND table_name = 'user_account'`.execute(fresh.database.reader);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.logged).toBe(rows[0]?.whole);
  });

  it("that changes nothing logs nothing, and has no place of its own in the feed", async () => {
    const role = roleRow();
    const { position: made } = await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("role").values(role).execute(),
    );
    const { position } = await fresh.database.write(someCause, async (tx) => {
      await tx.sql.updateTable("role").set({ name: role.name }).where("id", "=", role.id).execute();
      await tx.sql.updateTable("role").set({ name: "x" }).where("id", "=", newId()).execute();
      await tx.sql.deleteFrom("role").where("id", "=", newId()).execute();
    });
    expect(position).toEqual(made);
    expect(await changesSince(made.commit)).toEqual([]);
  });

  it("logs a difference that equality overlooks", async () => {
    const user = userRow({ attributes: { level: 1 } });
    await fresh.database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(user).execute());
    const { position } = await fresh.database.write(someCause, (tx) =>
      sql`UPDATE user_account SET attributes = '{"level": 1.0}' WHERE id = ${user.id}`.execute(tx.sql),
    );
    const { rows } = await sql<{ level: string }>`
      SELECT after->'attributes'->>'level' AS level FROM change JOIN commit ON commit.id = commit_id
      WHERE number = ${position.commit} AND table_name = 'user_account'`.execute(fresh.database.reader);
    expect(rows).toEqual([{ level: "1.0" }]);
  });

  it("by ON CONFLICT, by MERGE, in several CTEs and by cascades is logged row by row, in one commit", async () => {
    const [kept, doomed] = [roleRow({ name: "kept" }), userRow()];
    const { position: made } = await fresh.database.write(someCause, async (tx) => {
      await tx.sql.insertInto("role").values(kept).execute();
      await tx.sql.insertInto("user_account").values(doomed).execute();
      await sql`INSERT INTO user_phone (id, user_id, place, value, is_primary) VALUES (${newId()}, ${doomed.id}, 0, '1', true)`.execute(
        tx.sql,
      );
    });
    const other = newId();
    await fresh.database.write(someCause, async (tx) => {
      await sql`INSERT INTO role (id, key, name, created_at, updated_at)
        SELECT * FROM (VALUES (${kept.id}::uuid, ${kept.key}, 'again', now(), now()), (${other}::uuid, ${other}, 'new', now(), now())) v
        ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name`.execute(tx.sql);
      await sql`WITH gone AS (DELETE FROM role WHERE id = ${other}), more AS (UPDATE role SET name = 'cte' WHERE id = ${kept.id})
        SELECT 1`.execute(tx.sql);
      await sql`MERGE INTO role r USING (VALUES (${kept.id}::uuid)) v (id) ON r.id = v.id
        WHEN MATCHED THEN UPDATE SET name = 'merged'`.execute(tx.sql);
      await tx.sql.deleteFrom("user_account").where("id", "=", doomed.id).execute();
    });
    const changes = await changesSince(made.commit);
    expect(changes.map(({ operation, table }) => `${operation} ${table}`).sort()).toEqual(
      [
        "INSERT role",
        "UPDATE role",
        "DELETE role",
        "UPDATE role",
        "UPDATE role",
        "DELETE user_phone",
        "DELETE user_account",
        "DELETE user_search",
      ].sort(),
    );
    expect(new Set(changes.map((change) => change.commit.number))).toEqual(new Set([made.commit + 1n]));
    expect(changes.map((change) => change.position.ordinal)).toEqual(changes.map((_, index) => index + 1));
  });

  it("of a hidden column is named but not shown", async () => {
    const id = newId();
    const { commit } = await fresh.database.head();
    const hash = Buffer.from("not for the log");
    await fresh.database.write(someCause, async (tx) => {
      await tx.sql
        .insertInto("service_token")
        .values({ id, name: "ci", hash, permissions: [], created_at: tx.now })
        .execute();
      await tx.sql
        .updateTable("service_token")
        .set({ hash: Buffer.from("another") })
        .where("id", "=", id)
        .execute();
      await tx.sql.updateTable("service_token").set({ name: "CI" }).where("id", "=", id).execute();
    });
    const changes = await changesSince(commit);
    expect(changes.map((change) => change.hidden)).toEqual([["hash"], ["hash"], []]);
    for (const { before, after } of changes) expect({ ...before, ...after }).not.toHaveProperty("hash");
    expect(JSON.stringify(changes.map(({ before, after }) => [before, after]))).not.toContain(hash.toString("hex"));
  });

  it("that is undone by a savepoint leaves no trace, and the transaction still has its place", async () => {
    const [lost, kept] = [newId(), newId()];
    const { commit } = await fresh.database.head();
    const role = (id: string) =>
      `INSERT INTO role (id, key, name, created_at, updated_at) VALUES ('${id}', '${id}', 'x', now(), now())`;
    expect(await attempt(fresh.runner, setCause, "SAVEPOINT s", role(lost), "ROLLBACK TO s", role(kept))).toBe("");
    expect((await changesSince(commit)).map((change) => change.rowId)).toEqual([kept]);
  });
});

describe.each([
  ["the role that the gateway runs as", () => fresh.runner],
  ["the owner of the tables", () => fresh.owner],
])("A plain connection as %s", (_, as) => {
  const insert = () =>
    `INSERT INTO role (id, key, name, created_at, updated_at) VALUES ('${newId()}', '${newId()}', 'x', now(), now())`;

  it("cannot write without a cause", async () => {
    expect(await attempt(as(), insert())).toBe("a write needs a cause");
    expect(await attempt(as(), "SELECT set_config('rollcall.cause', '', true)", insert())).toBe(
      "a write needs a cause",
    );
  });

  it("cannot write with half a cause", async () => {
    for (const half of [
      '{"kind": "SYSTEM"}',
      '{"kind": "WHIM", "action": "a.b", "actor": {"kind": "SYSTEM", "name": "x"}}',
      "[]",
      "nothing",
    ])
      expect(await attempt(as(), `SELECT set_config('rollcall.cause', '${half}', true)`, insert())).not.toBe("");
  });

  it("finds the cause gone with the transaction that gave it", async () => {
    const client = new pg.Client(as());
    await client.connect();
    await client.query("BEGIN");
    await client.query(setCause);
    await client.query("COMMIT");
    await expect(client.query(insert())).rejects.toThrow("a write needs a cause");
    await client.end();
  });

  it("cannot truncate a captured table", async () => {
    for (const table of ["role", "user_account", "org_unit", "user_search"])
      expect(await attempt(as(), setCause, `TRUNCATE ${table} CASCADE`)).toMatch(
        /would leave no trace|permission denied/,
      );
  });

  it("cannot change a primary key, nor swap two", async () => {
    const [a, b] = [newId(), newId()];
    const rows = `INSERT INTO role (id, key, name, created_at, updated_at) VALUES ('${a}', '${a}', 'x', now(), now()), ('${b}', '${b}', 'x', now(), now())`;
    expect(await attempt(as(), setCause, rows)).toBe("");
    expect(await attempt(as(), setCause, `UPDATE role SET id = gen_random_uuid() WHERE id = '${a}'`)).toMatch(
      "primary key of role cannot change",
    );
    expect(
      await attempt(
        as(),
        setCause,
        `UPDATE role SET id = CASE id WHEN '${a}' THEN '${b}'::uuid ELSE '${a}'::uuid END WHERE id IN ('${a}', '${b}')`,
      ),
    ).toMatch("primary key of role cannot change");
  });

  it("cannot write after its transaction was given its place", async () => {
    expect(await attempt(as(), setCause, insert(), "SET CONSTRAINTS ALL IMMEDIATE", insert())).toMatch(
      "already has its place in the log",
    );
  });

  it("cannot take its place before it has written", async () => {
    expect(await attempt(as(), setCause, "SET CONSTRAINTS ALL IMMEDIATE", insert())).toMatch("cannot be immediate");
  });

  it("cannot leave a prepared transaction at the head of the log", async () => {
    expect(await attempt(as(), setCause, insert(), "PREPARE TRANSACTION 'left'")).not.toBe("");
  });
});

describe("The role that the gateway runs as", () => {
  it.each([
    ["UPDATE change SET derived = true"],
    ["DELETE FROM change"],
    [
      "INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, derived) VALUES (1, 99, 'role', gen_random_uuid(), 'INSERT', false)",
    ],
    ["UPDATE commit SET actor_name = 'someone else'"],
    ["DELETE FROM commit"],
    ["UPDATE feed_head SET number = 0"],
    ["UPDATE user_search SET title = 'x'"],
    ["DELETE FROM user_search"],
    ["UPDATE org_unit_path SET depth = 0"],
    ["ALTER TABLE role DISABLE TRIGGER capture_update"],
    ["DROP TRIGGER capture_update ON role"],
    ["SELECT capture_table('role', true)"],
    ["SELECT commit_under_way()"],
    ["SELECT refresh_user_search(ARRAY(SELECT id FROM user_account), now())"],
    ["CREATE TABLE public.mine (id integer)"],
  ])("may not %s", async (statement) => {
    await fresh.database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(userRow()).execute());
    expect(await attempt(fresh.runner, setCause, statement)).toMatch(/permission denied|must be owner/);
  });

  it("may not have the log's own triggers record a table of its own", async () => {
    expect(
      await attempt(
        fresh.runner,
        setCause,
        "CREATE TEMP TABLE role (LIKE public.role)",
        "CREATE TRIGGER forged AFTER INSERT ON role REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.capture_role()",
      ),
    ).toMatch("permission denied");
  });

  it("may not take the owner's triggers away by the setting for replicas", async () => {
    expect(await attempt(fresh.runner, "SET LOCAL session_replication_role = replica")).toMatch("permission denied");
  });
});

it("The triggers of the log fire for the owner's replication sessions too", async () => {
  const { commit } = await fresh.database.head();
  const id = newId();
  const written = await attempt(
    fresh.owner,
    "SET LOCAL session_replication_role = replica",
    setCause,
    `INSERT INTO role (id, key, name, created_at, updated_at) VALUES ('${id}', '${id}', 'x', now(), now())`,
  );
  expect(written).toBe("");
  expect((await changesSince(commit)).map((change) => change.rowId)).toEqual([id]);
});

it("The gateway may write the tables that it says it writes, and no others", async () => {
  const { rows } = await sql<{ name: string }>`
    SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')`.execute(fresh.database.reader);
  expect(rows.map((row) => row.name).sort()).toEqual([...WRITTEN_TABLES].sort());
});

it("Every instant of every captured table is written in the log's form", async () => {
  const { rows } = await sql<{ table: string; column: string }>`
    SELECT c.relname AS table, a.attname AS column FROM pg_class c
    JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'capture_insert'
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid = 'timestamptz'::regtype
    WHERE strpos(p.prosrc, format('instant_text(n.%I)', a.attname)) = 0`.execute(fresh.database.reader);
  expect(rows).toEqual([]);
});

it("The log from its start replays to every captured table's rows", async () => {
  const unit = unitRow();
  await fresh.database.write(someCause, (tx) => tx.sql.insertInto("org_unit").values(unit).execute());
  const state = new Map<string, unknown>();
  for (const change of await readChanges(fresh.database.reader, { after: START, limit: 100_000 })) {
    const key = `${change.table}/${change.rowId}`;
    expect(change.before).toEqual(state.get(key) ?? null);
    state.set(key, change.after);
  }
  for (const table of ["role", "user_account", "org_unit", "user_search"] as const) {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM ${sql.table(table)}`.execute(
      fresh.database.reader,
    );
    const alive = [...state].filter(([key, row]) => key.startsWith(`${table}/`) && row !== null);
    expect(BigInt(alive.length)).toBe(rows[0]?.count);
  }
});
