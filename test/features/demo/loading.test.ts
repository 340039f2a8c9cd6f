import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import { type LoadedDemo, loadDemo } from "../../../src/features/demo/demo.load.ts";
import { databaseForTest, type FreshDatabase, freshDatabase, someCause } from "../../support/database.ts";

const today = "2026-11-20";

/** Everything that does not depend on the moment of loading, table by table. */
const contents = async (database: Database): Promise<Record<string, unknown[]>> => {
  const tables = ["org_unit", "user_account", "user_email", "user_phone", "user_address", "user_identity"];
  const rest = ["user_security", "role", "role_inheritance", "role_grant", "org_unit_path"];
  const found: Record<string, unknown[]> = {};
  for (const table of [...tables, ...rest]) {
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)} ORDER BY 1`.execute(
      database.reader,
    );
    found[table] = rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => !(value instanceof Date))),
    );
  }
  return found;
};

describe("Loading the demo", () => {
  let first: FreshDatabase;
  let loaded: LoadedDemo | null;

  beforeAll(async () => {
    first = await freshDatabase();
    loaded = await loadDemo(first.database, { today });
  });

  afterAll(() => first.close());

  it("fills an empty directory with about a thousand people and says how many", async () => {
    const { reader } = first.database;
    const people = await reader.selectFrom("user_search").select("user_id").execute();
    expect(people.length).toBeGreaterThan(950);
    expect(people.length).toBeLessThan(1_050);
    expect(loaded?.people).toBe(people.length);
    expect(loaded?.units).toBe((await reader.selectFrom("org_unit_path").select("unit_id").execute()).length);
    expect(loaded?.roles).toBe((await reader.selectFrom("role").select("id").execute()).length);
    expect(loaded?.grants).toBe((await reader.selectFrom("role_grant").select("id").execute()).length);
  });

  it("is one commit of the system, named after what it did", async () => {
    const commits = await first.database.reader
      .selectFrom("commit")
      .select(["kind", "action", "actor_kind", "actor_name"])
      .execute();
    expect(commits).toEqual([{ kind: "SYSTEM", action: "demo.loaded", actor_kind: "SYSTEM", actor_name: "demo" }]);
  });

  it("makes the same organisation in every database, ids included", async () => {
    const { database: second } = await databaseForTest();
    await loadDemo(second, { today });
    expect(await contents(second)).toEqual(await contents(first.database));
  });

  it("leaves a directory alone that has been loaded before", async () => {
    const before = await first.database.head();
    expect(await loadDemo(first.database, { today })).toBeNull();
    expect(await first.database.head()).toEqual(before);
  });

  it("fills the directory once where two gateways find it empty together", async () => {
    const { database } = await databaseForTest();
    const both = await Promise.all([loadDemo(database, { today }), loadDemo(database, { today })]);
    expect(both.filter((one) => one === null)).toHaveLength(1);
    expect(await database.reader.selectFrom("commit").select("action").execute()).toHaveLength(1);
  });

  it.each(["user_account", "org_unit", "role"] as const)(
    "leaves a directory alone that has a row in %s",
    async (table) => {
      const { database } = await databaseForTest();
      await database.write(someCause, async ({ sql: db, now }) => {
        const id = "019b76da-a800-7000-8000-000000000001";
        const kept = { id, created_at: now, updated_at: now };
        if (table === "org_unit")
          await db
            .insertInto(table)
            .values({ ...kept, code: "A", name: "A", kind: "COMPANY", parent_id: null, head_id: null })
            .execute();
        else if (table === "role")
          await db
            .insertInto(table)
            .values({ ...kept, key: "a", name: "A", description: null })
            .execute();
        else
          await sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, created_at, updated_at)
        VALUES (${id}, 'ann', 'Ann', 'ACTIVE', ${now}, 'LOCAL', ${now}, ${now})`.execute(db);
      });
      const before = await database.head();
      expect(await loadDemo(database, { today })).toBeNull();
      expect(await database.head()).toEqual(before);
    },
  );
});
