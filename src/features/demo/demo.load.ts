import { type Kysely, sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import { type DemoRows, makeDemo } from "./demo.organisation.ts";

const CAUSE: Cause = { kind: "SYSTEM", action: "demo.loaded", actor: { kind: "SYSTEM", id: null, name: "demo" } };

/** How much there is of the demo. */
export interface LoadedDemo {
  people: number;
  units: number;
  roles: number;
  grants: number;
}

/**
 * Fills an empty directory with the demo organisation, in one transaction, with dates that fit `today` (YYYY-MM-DD). Gives
 * null, and leaves everything as it is, where the directory has a person, a unit or a role.
 */
export async function loadDemo(database: Database, { today }: { today: string }): Promise<LoadedDemo | null> {
  const { value } = await database.write(CAUSE, async (tx) => {
    // Of two gateways that find the same directory empty, one waits here for what the other one fills in.
    await sql`SELECT pg_advisory_xact_lock(hashtext('rollcall.demo'))`.execute(tx.sql);
    if (!(await isEmpty(tx.sql))) return null;
    const rows = makeDemo(today, tx.now);
    await fill(tx.sql, rows);
    const { user_account: people, org_unit: units, role: roles, role_grant: grants } = rows;
    return { people: people.length, units: units.length, roles: roles.length, grants: grants.length };
  });
  return value;
}

/** Whether the directory has neither a person nor a unit nor a role. */
export async function isEmpty(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ filled: boolean }>`
    SELECT EXISTS (SELECT FROM user_account) OR EXISTS (SELECT FROM org_unit) OR EXISTS (SELECT FROM role) AS filled`.execute(
    db,
  );
  return rows[0]?.filled === false;
}

/** One statement a table. Units come before people, and so without heads; these follow. */
async function fill(db: Kysely<Tables>, demo: DemoRows): Promise<void> {
  const headless = demo.org_unit.map((unit) => ({ ...unit, head_id: null }));
  for (const [table, rows] of Object.entries({ ...demo, org_unit: headless })) {
    const target = sql.table(table);
    await sql`INSERT INTO ${target} SELECT * FROM jsonb_populate_recordset(NULL::${target}, ${JSON.stringify(rows)}::jsonb)`.execute(
      db,
    );
  }
  await db
    .updateTable("org_unit")
    .from(
      sql<{ id: string; head_id: string }>`jsonb_to_recordset(${JSON.stringify(demo.org_unit)}::jsonb)`.as<"u">(
        sql`u(id uuid, head_id uuid)`,
      ),
    )
    .set((eb) => ({ head_id: eb.ref("u.head_id") }))
    .whereRef("org_unit.id", "=", "u.id")
    .where("u.head_id", "is not", null)
    .execute();
}
