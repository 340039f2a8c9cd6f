import fc from "fast-check";
import { sql } from "kysely";
import type { Database } from "../../../src/database/database.ts";
import type { Tx } from "../../../src/database/transaction.ts";
import { passTime } from "../../../src/feed/time.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { UNITS, USERS } from "../../search/support/vocabulary.ts";
import { someCause } from "../../support/database.ts";

/*
 * Random writes of every kind to a small directory, with the values that random filters ask about; written as SQL, so that thousands of steps
 * take little time, and captured like any other write.
 */

export const ROLES = ["admin", "auditor", "ΡΟΛΟΣ", "a%b"];
export const PERMISSIONS = [
  "USER_READ",
  "USER_READ_CONTACT",
  "USER_READ_SECURITY",
  "ORG_READ",
  "ROLE_READ",
  "ROLE_GRANT",
];
export const TITLES = ["Ann", "ann", "Straße", "STRASSE", "İstanbul", "50%", "50_", "a\\b", 'O\'Neil, "Al"', "😀"];
const MAILBOXES = TITLES.slice(0, 6);
export const GROUPS = ["staff", "Staff of ΡΟΛΟΣ", "50%"];
/** Numbers that share digits, so that one taken for another would be told. */
export const NUMBERS = [0, 1, 4, 5, 10, 14, 15, 45, 100, 145];
/** Those whom any random filter can name, and others. */
export const PEOPLE = [...USERS, ...[4, 5, 6, 7].map((n) => `01935000-0001-7000-8000-00000000000${n}`)];
const DAY = 86_400_000;

const person = fc.constantFrom(...PEOPLE);
const unit = fc.constantFrom(...UNITS);
const role = fc.constantFrom(...ROLES);
const days = fc.constantFrom(-370, -100, -80, -40, -29, -20, -2, -1, 0, 1, 5, 25, 40);
const title = fc.constantFrom(...TITLES);
const number = fc.constantFrom(...NUMBERS);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { freq: 3 });

export const writes = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("update" as const),
      person,
      status: maybe(fc.constantFrom("ACTIVE", "ACTIVE", "LOCKED", "SUSPENDED", "PENDING", "DELETED")),
      texts: fc.record(
        { title: maybe(title), department: maybe(title), location: maybe(title), given_name: maybe(title) },
        { requiredKeys: [] },
      ),
      hiredOn: maybe(days),
      terminatesOn: maybe(days),
      tags: maybe(fc.subarray(["Ann", "admin", "x", "é", "a,b"])),
      attributes: maybe(
        fc.record(
          { badge: title, floor: fc.oneof(number, fc.constantFrom(-1.5, "5")), since: days },
          { requiredKeys: [] },
        ),
      ),
      createdAt: maybe(days),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("place" as const), person, unit: maybe(unit), manager: maybe(person) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("security" as const),
      person,
      lastLogin: maybe(days),
      mfa: fc.subarray(["TOTP", "PASSKEY"]),
      risk: maybe(number),
      failed: number,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("email" as const), person, value: maybe(fc.constantFrom(...MAILBOXES)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("belong" as const),
      person,
      group: fc.constantFrom(...GROUPS),
      joins: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("moveUnit" as const), unit, parent: maybe(unit) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("role" as const),
      role,
      permissions: fc.subarray(PERMISSIONS),
      privileged: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("inherit" as const), role, inherits: role }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("grant" as const),
      person,
      role,
      scope: maybe(unit),
      starts: fc.integer({ min: -20, max: 30 }),
      lasts: maybe(fc.integer({ min: 1, max: 60 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("revoke" as const), person }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("erase" as const), person }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("everybody" as const), department: maybe(title) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 3_600_000, DAY, 3 * DAY + 7, 10 * DAY, 31 * DAY, 95 * DAY),
    }),
  },
);
export type Write = typeof writes extends fc.Arbitrary<infer T> ? T : never;

/** Carries out random writes on one database; what a write cannot do (a cycle, a name that is taken) it leaves. */
export class RandomDirectory {
  /** How far the clock was moved. */
  #offset = 0;

  constructor(private readonly database: Database) {}

  /** Units in a line, roles, and people in the units, each made at another time. */
  async begin(): Promise<void> {
    await this.database.write(someCause, async ({ sql: db, now }) => {
      const dates = { created_at: now, updated_at: now };
      for (const [n, id] of UNITS.entries())
        await db
          .insertInto("org_unit")
          .values({ id, code: `R${n}`, name: `Unit ${n}`, kind: "TEAM", parent_id: UNITS[n - 1] ?? null, ...dates })
          .execute();
      for (const key of ROLES)
        await db
          .insertInto("role")
          .values({ id: newId(), key, name: key, ...dates })
          .execute();
      for (const key of GROUPS)
        await db
          .insertInto("user_group")
          .values({ id: newId(), key, name: key, kind: "STATIC", ...dates })
          .execute();
      for (const [n, id] of PEOPLE.entries()) {
        await ensurePerson(db, id, now);
        const values = { org_unit_id: UNITS[n % 4] as string, created_at: new Date(now.getTime() - n * 13 * DAY) };
        await db.updateTable("user_account").set(values).where("id", "=", id).execute();
      }
    });
  }

  async write(step: Write): Promise<void> {
    if (step.does === "wait") {
      this.#offset += step.ms;
      this.database.moveClock(`${this.#offset} milliseconds`);
      await passTime(this.database);
      return;
    }
    await this.database
      .write(someCause, (tx) => this.#carryOut(step, tx))
      .catch((error: { code?: string }) => {
        if (error.code !== "CONFLICT" && error.code !== "INVALID_INPUT") throw error;
      });
  }

  async #carryOut(step: Exclude<Write, { does: "wait" }>, { sql: db, now }: Tx): Promise<unknown> {
    const at = (day: number | null) => (day === null ? null : new Date(now.getTime() + day * DAY));
    const day = (days: number) => new Date(now.getTime() + days * DAY).toISOString().slice(0, 10);
    const id = "person" in step ? step.person : "";
    if (id !== "" && step.does !== "erase") await ensurePerson(db, id, now);
    switch (step.does) {
      case "update": {
        const status =
          step.status === null
            ? {}
            : { status: step.status, deleted_at: step.status === "DELETED" ? now : null, status_changed_at: now };
        const values = {
          ...step.texts,
          ...status,
          ...(step.hiredOn === null ? {} : { hired_on: day(step.hiredOn) }),
          ...(step.terminatesOn === null ? {} : { terminates_on: day(step.terminatesOn) }),
          ...(step.tags === null ? {} : { tags: step.tags }),
          ...(step.attributes === null ? {} : { attributes: attributesOf(step.attributes, day) }),
          ...(step.createdAt === null ? {} : { created_at: at(step.createdAt) as Date }),
          updated_at: now,
        };
        return db.updateTable("user_account").set(values).where("id", "=", id).execute();
      }
      case "place": {
        const manager = step.manager !== null && step.manager < id ? step.manager : null;
        if (manager) await ensurePerson(db, manager, now);
        return db
          .updateTable("user_account")
          .set({ org_unit_id: step.unit, manager_id: manager })
          .where("id", "=", id)
          .execute();
      }
      case "security": {
        const facts = {
          last_login_at: at(step.lastLogin),
          mfa_methods: step.mfa,
          risk_score: step.risk,
          failed_login_count: step.failed,
        };
        return db
          .insertInto("user_security")
          .values({ user_id: id, ...facts })
          .onConflict((on) => on.column("user_id").doUpdateSet(facts))
          .execute();
      }
      case "email":
        await db.deleteFrom("user_email").where("user_id", "=", id).execute();
        if (step.value === null || step.value === "") return undefined;
        return db
          .insertInto("user_email")
          .values({ id: newId(), user_id: id, place: 0, value: `${step.value}@example.org`, is_primary: true })
          .execute();
      case "belong": {
        if (!step.joins)
          return sql`DELETE FROM group_member m USING user_group g WHERE m.group_id = g.id AND g.key = ${step.group} AND m.user_id = ${id}`.execute(
            db,
          );
        return sql`INSERT INTO group_member (id, group_id, user_id, joined_at)
          SELECT ${newId()}::uuid, g.id, ${id}::uuid, ${now} FROM user_group g WHERE g.key = ${step.group} ON CONFLICT DO NOTHING`.execute(
          db,
        );
      }
      case "moveUnit": {
        const parent = step.parent !== null && step.parent < step.unit ? step.parent : null;
        return db.updateTable("org_unit").set({ parent_id: parent }).where("id", "=", step.unit).execute();
      }
      case "role":
        return db
          .updateTable("role")
          .set({ permissions: step.permissions, privileged: step.privileged })
          .where("key", "=", step.role)
          .execute();
      case "inherit": {
        if (step.inherits >= step.role)
          return db.deleteFrom("role_inheritance").where("role_id", "in", roleIds(db, step.role)).execute();
        return sql`INSERT INTO role_inheritance (id, role_id, inherits_id) SELECT ${newId()}::uuid, a.id, b.id FROM role a, role b
          WHERE a.key = ${step.role} AND b.key = ${step.inherits} ON CONFLICT DO NOTHING`.execute(db);
      }
      case "grant": {
        const ends = step.lasts === null ? null : at(step.starts + step.lasts);
        return sql`INSERT INTO role_grant (id, user_id, role_id, scope_id, starts_at, expires_at, granted_by_kind, granted_by_name, granted_at)
          SELECT ${newId()}::uuid, ${id}::uuid, r.id, ${step.scope}::uuid, ${at(step.starts)}, ${ends}, 'SYSTEM', 'test', ${now} FROM role r
          WHERE r.key = ${step.role} ON CONFLICT DO NOTHING`.execute(db);
      }
      case "revoke":
        return db
          .updateTable("role_grant")
          .set({ revoked_at: now })
          .where("user_id", "=", id)
          .where("revoked_at", "is", null)
          .execute();
      case "erase":
        await db.updateTable("user_account").set({ manager_id: null }).where("manager_id", "=", id).execute();
        return db.deleteFrom("user_account").where("id", "=", id).execute();
      case "everybody":
        return db.updateTable("user_account").set({ department: step.department }).execute();
    }
  }
}

/** Attributes, whose date is given by its distance from today. */
const attributesOf = (
  { since, ...given }: { since?: number },
  day: (days: number) => string,
): Record<string, unknown> => (since === undefined ? given : { ...given, since: day(since) });

const roleIds = (db: Tx["sql"], key: string) => db.selectFrom("role").select("id").where("key", "=", key);

async function ensurePerson(db: Tx["sql"], id: string, now: Date): Promise<void> {
  await db
    .insertInto("user_account")
    .values({
      id,
      username: `person-${id}`,
      display_name: "Ann Example",
      status: "ACTIVE",
      status_changed_at: now,
      source: "LOCAL",
      created_at: now,
      updated_at: now,
    })
    .onConflict((on) => on.column("id").doNothing())
    .execute();
}
