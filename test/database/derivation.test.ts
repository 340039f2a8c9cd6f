import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tx } from "../../src/database/transaction.ts";
import { passTime } from "../../src/feed/time.ts";
import { followTrail } from "../../src/feed/trail.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { newId } from "../../src/kernel/ids.ts";
import { databaseKind, type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { tellsAtOnce } from "../support/owner.ts";
import { seeded } from "../support/random.ts";
import { emailRow, grantRow, identityRow, roleRow, unitRow, userRow } from "../support/rows.ts";

const random = seeded("derivation");

const [WRITERS, WRITES] = databaseKind === "postgres" ? [8, 2_000] : [2, 300];

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase({ poolSize: WRITERS });
});
afterAll(() => fresh.close());

const write = (work: (tx: Tx) => Promise<unknown>) => fresh.database.write(someCause, work);

async function searchRow(id: string) {
  return await fresh.database.reader
    .selectFrom("user_search")
    .selectAll()
    .where("user_id", "=", id)
    .executeTakeFirstOrThrow();
}

/** People whose search row, and units whose path, are not what the base tables say. */
async function wrongRows(): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT coalesce(kept.user_id, right_one.user_id)::text AS id
    FROM user_search kept FULL JOIN user_search_of(ARRAY(SELECT id FROM user_account), rollcall_now()) right_one USING (user_id)
    WHERE (kept *<> right_one) IS NOT FALSE
    UNION ALL
    SELECT coalesce(kept.unit_id, right_one.unit_id)::text
    FROM org_unit_path kept FULL JOIN org_unit_path_of(ARRAY(SELECT id FROM org_unit)) right_one USING (unit_id)
    WHERE (kept *<> right_one) IS NOT FALSE`.execute(fresh.database.reader);
  return rows.map((row) => row.id);
}

describe("The search row", () => {
  it("holds what the person's rows, units, managers, roles and grants say", async () => {
    const [top, boss, user] = [
      userRow(),
      userRow({ status: "SUSPENDED" }),
      userRow({ username: "Ümit.Çelik", given_name: "Ümit", title: "Dr.-Ing." }),
    ];
    const [company, team] = [unitRow(), unitRow()];
    const [base, admin] = [
      roleRow({ key: "base", permissions: ["USER_READ"] }),
      roleRow({ key: "admin", permissions: ["ROLE_READ"], privileged: true }),
    ];
    const later = new Date(Date.now() + 86_400_000);
    const [now, future] = [
      grantRow(user.id, admin.id, { scope_id: team.id }),
      grantRow(user.id, base.id, { starts_at: later }),
    ];
    await write(async (tx) => {
      await tx.sql
        .insertInto("org_unit")
        .values([company, { ...team, parent_id: company.id }])
        .execute();
      await tx.sql
        .insertInto("user_account")
        .values([top, { ...boss, manager_id: top.id }])
        .execute();
      await tx.sql
        .insertInto("user_account")
        .values({ ...user, manager_id: boss.id, org_unit_id: team.id })
        .execute();
      await tx.sql
        .insertInto("user_email")
        .values([
          emailRow(user.id, { is_primary: false }),
          emailRow(user.id, { value: "umit@Example.ORG", verified: true }),
        ])
        .execute();
      await tx.sql
        .insertInto("user_identity")
        .values([identityRow(user.id, { place: 1, external_id: "b" }), identityRow(user.id, { external_id: "a" })])
        .execute();
      await tx.sql
        .insertInto("user_security")
        .values({ user_id: user.id, mfa_methods: ["TOTP"], failed_login_count: 3 })
        .execute();
      await tx.sql.insertInto("role").values([base, admin]).execute();
      await tx.sql
        .insertInto("role_inheritance")
        .values({ id: newId(), role_id: admin.id, inherits_id: base.id })
        .execute();
      await tx.sql.insertInto("role_grant").values([now, future]).execute();
    });
    expect(await searchRow(user.id)).toMatchObject({
      username: "Ümit.Çelik",
      email: "umit@Example.ORG",
      email_domain: "Example.ORG",
      email_verified: true,
      external_id: "a",
      external_ids: ["a", "b"],
      mfa_enrolled: true,
      mfa_methods: ["TOTP"],
      failed_login_count: 3,
      active_session_count: 0,
      unit_path: [company.id, team.id],
      manager_chain: [boss.id, top.id],
      manager_status: "SUSPENDED",
      direct_report_count: 0,
      role_keys: ["admin", "base"],
      permissions: ["ROLE_READ", "USER_READ"],
      role_grants: [
        {
          id: now.id,
          role: "admin",
          privileged: true,
          scopePath: [company.id, team.id],
          grantedAt: "2026-01-05T08:00:00.000Z",
          startsAt: "2026-01-05T08:00:00.000Z",
          expiresAt: null,
        },
        { id: future.id, role: "base", privileged: false, scopePath: null, startsAt: later.toISOString() },
      ],
      words: " ümit ada example ümit çelik umit example org dr ing",
    });
    expect((await searchRow(boss.id)).direct_report_count).toBe(1);
  });

  it("of everybody below follows a move of a unit, in one commit with one change each", async () => {
    const [old, moved, below, target] = [unitRow(), unitRow(), unitRow(), unitRow()];
    const people = Array.from({ length: 5 }, () => userRow({ org_unit_id: below.id }));
    await write(async (tx) => {
      await tx.sql.insertInto("org_unit").values([old, target]).execute();
      await tx.sql
        .insertInto("org_unit")
        .values({ ...moved, parent_id: old.id })
        .execute();
      await tx.sql
        .insertInto("org_unit")
        .values({ ...below, parent_id: moved.id })
        .execute();
      await tx.sql.insertInto("user_account").values(people).execute();
    });
    const { position } = await write((tx) =>
      tx.sql.updateTable("org_unit").set({ parent_id: target.id }).where("id", "=", moved.id).execute(),
    );
    expect((await searchRow(people[0]?.id ?? "")).unit_path).toEqual([target.id, moved.id, below.id]);
    const changes = await fresh.database.reader
      .selectFrom("change")
      .innerJoin("commit", "commit.id", "commit_id")
      .select(["table_name", "derived"])
      .where("number", "=", position.commit)
      .execute();
    expect(changes.filter((change) => !change.derived)).toEqual([{ table_name: "org_unit", derived: false }]);
    expect(changes.filter((change) => change.derived).length).toBe(people.length);
  });

  it("counts as direct reports only people who are not deleted", async () => {
    const boss = userRow();
    const report = userRow({ manager_id: boss.id });
    await write(async (tx) => {
      await tx.sql.insertInto("user_account").values(boss).execute();
      await tx.sql.insertInto("user_account").values(report).execute();
    });
    expect((await searchRow(boss.id)).direct_report_count).toBe(1);
    await write((tx) =>
      tx.sql
        .updateTable("user_account")
        .set({ status: "DELETED", deleted_at: tx.now })
        .where("id", "=", report.id)
        .execute(),
    );
    expect((await searchRow(boss.id)).direct_report_count).toBe(0);
  });

  it("leaves with the person", async () => {
    const user = userRow();
    await write((tx) => tx.sql.insertInto("user_account").values(user).execute());
    await write((tx) => tx.sql.deleteFrom("user_account").where("id", "=", user.id).execute());
    expect(
      await fresh.database.reader.selectFrom("user_search").selectAll().where("user_id", "=", user.id).execute(),
    ).toEqual([]);
  });
});

describe("Derived rows", () => {
  it(`equal a recomputation from scratch after ${WRITES} random writes of every kind by ${WRITERS} writers at once`, async () => {
    const world = await makeWorld();
    await tellsAtOnce(fresh.owner, 2); // What roles bring to more than two trails.
    let left = WRITES;
    let conflicts = 0;
    const writer = async () => {
      while (left-- > 0) {
        if (left % 10 === 0) await followTrail(fresh.database, 3);
        const steps = Array.from({ length: 1 + below(3) }, () => pick(STEPS));
        try {
          await write(async (tx) => {
            for (const step of steps) await step(tx, world);
          });
        } catch (error) {
          if (!(error instanceof RollcallError && error.code === "CONFLICT")) throw error;
          conflicts++;
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    while (await followTrail(fresh.database, 3));
    expect(await wrongRows()).toEqual([]);
    // Conflicts (cycles, duplicates) are part of the mix; most writes must still have happened.
    expect(conflicts).toBeLessThan(WRITES / 2);
    expect((await fresh.database.head()).commit).toBeGreaterThan(BigInt(Math.floor(WRITES / 3)));
  }, 300_000);

  it("of a person are written at most once by a commit, and not at all where they stay what they are", async () => {
    const { rows } = await sql<{ doubled: bigint; same: bigint }>`
      SELECT (SELECT count(*) FROM (SELECT FROM change WHERE derived GROUP BY commit_id, row_id HAVING count(*) > 1) d) AS doubled,
        count(*) FILTER (WHERE before IS NOT DISTINCT FROM after) AS same
      FROM change WHERE derived`.execute(fresh.database.reader);
    expect(rows).toEqual([{ doubled: 0n, same: 0n }]);
  });
});

describe("What a role brings to more people than its commit tells of", () => {
  /** Ten people of one role, of whom one commit tells of three; what was written of them since. */
  async function arrange() {
    const role = roleRow({ permissions: ["USER_READ"] });
    const people = Array.from({ length: 10 }, () => userRow());
    await write(async (tx) => {
      await tx.sql.insertInto("role").values(role).execute();
      await tx.sql.insertInto("user_account").values(people).execute();
      await tx.sql
        .insertInto("role_grant")
        .values(people.map(({ id }) => grantRow(id, role.id)))
        .execute();
    });
    await tellsAtOnce(fresh.owner, 3);
    const { commit } = await fresh.database.head();
    const told = async () => {
      const { rows } = await sql<{
        number: bigint;
        operation: string | null;
        row: string;
        permissions: string[];
        title: string | null;
      }>`
        SELECT k.number, k.operation_id AS operation, c.row_id::text AS row, ARRAY(SELECT jsonb_array_elements_text(c.after->'permissions')) AS permissions,
          c.after->>'title' AS title
        FROM commit k JOIN change c ON c.commit_id = k.id WHERE k.number > ${commit} AND c.derived ORDER BY k.number, c.ordinal`.execute(
        fresh.database.reader,
      );
      return rows;
    };
    const cause = { ...someCause, operationId: newId() };
    const allow = (...permissions: string[]) =>
      fresh.database.write(cause, (tx) =>
        tx.sql.updateTable("role").set({ permissions }).where("id", "=", role.id).execute(),
      );
    return { people: people.map(({ id }) => id).sort(), role, told, allow, operation: cause.operationId };
  }

  it("follows in commits of its cause, each person once", async () => {
    const { people, told, allow, operation } = await arrange();
    const { position } = await allow("ROLE_READ");
    expect(await told()).toEqual([]);
    let commits = 0;
    while (await followTrail(fresh.database, 4)) commits += 1;
    const rows = await told();
    expect(rows.map(({ row }) => row).sort()).toEqual(people);
    expect(new Set(rows.map(({ operation }) => operation))).toEqual(new Set([operation]));
    expect(new Set(rows.map(({ number }) => number - position.commit))).toEqual(new Set([1n, 2n, 3n]));
    expect(commits).toBe(3);
    expect(rows.every(({ permissions }) => permissions.join() === "ROLE_READ")).toBe(true);
    expect(await wrongRows()).toEqual([]);
    const { rows: left } = await sql`SELECT FROM trail UNION ALL SELECT FROM trail_person`.execute(
      fresh.database.reader,
    );
    expect(left).toEqual([]);
  });

  it("comes, for whom another commit concerns meanwhile, before that commit, which tells of nothing but its own", async () => {
    const { people, told, allow, operation } = await arrange();
    await allow("ROLE_READ");
    await sleep(5); // or no time would have passed
    const last = people[9] as string;
    await write((tx) => tx.sql.updateTable("user_account").set({ title: "Dr." }).where("id", "=", last).execute());
    const first = await told();
    expect(first).toMatchObject([
      { row: last, operation, permissions: ["ROLE_READ"], title: null },
      { row: last, permissions: ["ROLE_READ"], title: "Dr." },
    ]);
    expect(first[1]?.operation).not.toBe(operation);
    expect(first[1]?.operation).not.toBe(operation);
    expect(first[1]?.number).toBe((first[0]?.number ?? 0n) + 1n);
    // Time does not pass in what trails.
    const { rows: instants } = await sql<{ at: Date; since: Date }>`
      SELECT at, since FROM commit WHERE number >= ${(first[0]?.number ?? 0n) - 1n} ORDER BY number`.execute(
      fresh.database.reader,
    );
    const [before, trailing, own] = instants;
    expect(trailing).toEqual({ at: before?.at, since: before?.at });
    expect(own?.since).toEqual(before?.at);
    // Whoever goes goes for good, and two changes that come before anybody was told are told as one.
    await write((tx) =>
      tx.sql
        .deleteFrom("user_account")
        .where("id", "=", people[0] as string)
        .execute(),
    );
    await allow("ORG_READ");
    while (await followTrail(fresh.database, 100));
    const rest = (await told()).slice(2).filter(({ permissions }) => permissions.join() === "ORG_READ");
    expect(rest.map(({ row }) => row).sort()).toEqual(people.slice(1));
    expect(await wrongRows()).toEqual([]);
  });

  it("is begun and ended by time as well, where a group holds it", async () => {
    const { people, role, told } = await arrange();
    const group = { id: newId(), key: newId(), name: "Group", kind: "STATIC" as const };
    await write(async (tx) => {
      const dates = { created_at: tx.now, updated_at: tx.now };
      await tx.sql.deleteFrom("role_grant").where("role_id", "=", role.id).execute();
      await tx.sql
        .insertInto("user_group")
        .values({ ...group, ...dates })
        .execute();
      await tx.sql
        .insertInto("group_member")
        .values(people.map((user_id) => ({ id: newId(), group_id: group.id, user_id, joined_at: tx.now })))
        .execute();
      const expires_at = new Date(tx.now.getTime() + 3_600_000);
      const { user_id: _, ...grant } = grantRow("", role.id, { expires_at });
      await tx.sql
        .insertInto("role_grant")
        .values({ ...grant, group_id: group.id })
        .execute();
    });
    while (await followTrail(fresh.database, 100));
    fresh.database.moveClock("2 hours");
    await passTime(fresh.database);
    const before = (await told()).length;
    while (await followTrail(fresh.database, 100));
    const ended = (await told()).slice(before);
    expect(ended.map(({ row }) => row).sort()).toEqual(people);
    expect(ended.every(({ permissions }) => permissions.length === 0)).toBe(true);
    expect(await wrongRows()).toEqual([]);
  });
});

interface World {
  users: string[];
  units: string[];
  roles: string[];
}

const below = (n: number) => Math.floor(random() * n);
const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
const maybe = <T>(value: T): T | null => (random() < 0.8 ? value : null);

async function makeWorld(): Promise<World> {
  const [users, units, roles] = [
    Array.from({ length: 40 }, () => userRow()),
    Array.from({ length: 12 }, () => unitRow()),
    Array.from({ length: 8 }, () => roleRow()),
  ];
  await write(async (tx) => {
    await tx.sql.insertInto("org_unit").values(units).execute();
    await tx.sql.insertInto("role").values(roles).execute();
    await tx.sql.insertInto("user_account").values(users).execute();
  });
  return { users: users.map((row) => row.id), units: units.map((row) => row.id), roles: roles.map((row) => row.id) };
}

type Step = (tx: Tx, world: World) => Promise<unknown>;

const STEPS: readonly Step[] = [
  (tx, w) =>
    tx.sql
      .updateTable("user_account")
      .set({ title: `title ${below(9)}`, org_unit_id: maybe(pick(w.units)) })
      .where("id", "=", pick(w.users))
      .execute(),
  (tx, w) =>
    tx.sql
      .updateTable("user_account")
      .set({ manager_id: maybe(pick(w.users)) })
      .where("id", "=", pick(w.users))
      .execute(),
  (tx, w) =>
    tx.sql
      .updateTable("user_account")
      .set({ status: pick(["ACTIVE", "LOCKED"]), deleted_at: null })
      .where("id", "=", pick(w.users))
      .execute(),
  (tx, w) =>
    tx.sql
      .updateTable("user_account")
      .set({ status: "DELETED", deleted_at: tx.now })
      .where("id", "=", pick(w.users))
      .execute(),
  (tx, w) =>
    tx.sql
      .updateTable("org_unit")
      .set({ parent_id: maybe(pick(w.units)), code: `CODE-${random()}` })
      .where("id", "=", pick(w.units))
      .execute(),
  async (tx, w) => {
    const user = userRow({ manager_id: maybe(pick(w.users)), org_unit_id: maybe(pick(w.units)) });
    await tx.sql.insertInto("user_account").values(user).execute();
    await tx.sql.insertInto("user_email").values(emailRow(user.id)).execute();
    await tx.sql
      .deleteFrom("user_account")
      .where("id", "=", pick([user.id, newId()]))
      .execute();
  },
  async (tx, w) => {
    const id = pick(w.users);
    await tx.sql.deleteFrom("user_email").where("user_id", "=", id).execute();
    await tx.sql
      .insertInto("user_email")
      .values(emailRow(id, { value: `shared-${below(60)}@example.org` }))
      .execute();
  },
  (tx, w) =>
    tx.sql
      .updateTable("user_email")
      .set({ user_id: pick(w.users), is_primary: false })
      .where("user_id", "=", pick(w.users))
      .execute(),
  (tx, w) =>
    tx.sql
      .insertInto("user_identity")
      .values(identityRow(pick(w.users), { external_id: `shared-${below(200)}` }))
      .execute(),
  (tx, w) => tx.sql.deleteFrom("user_identity").where("user_id", "=", pick(w.users)).execute(),
  (tx, w) =>
    tx.sql
      .insertInto("user_security")
      .values({
        user_id: pick(w.users),
        failed_login_count: below(9),
        mfa_methods: pick([[], ["TOTP"], ["PASSKEY", "TOTP"]]),
      })
      .onConflict((on) => on.column("user_id").doUpdateSet({ failed_login_count: below(9) }))
      .execute(),
  (tx, w) =>
    tx.sql
      .insertInto("role_grant")
      .values(
        grantRow(pick(w.users), pick(w.roles), { scope_id: maybe(pick(w.units)), starts_at: new Date(below(1e12)) }),
      )
      .execute(),
  (tx, w) =>
    tx.sql.updateTable("role_grant").set({ revoked_at: tx.now }).where("user_id", "=", pick(w.users)).execute(),
  (tx, w) =>
    tx.sql.deleteFrom("role_grant").where("role_id", "=", pick(w.roles)).where("user_id", "=", pick(w.users)).execute(),
  (tx, w) =>
    tx.sql
      .updateTable("role")
      .set({
        permissions: pick([[], ["USER_READ"], ["ORG_READ", "USER_READ"]]),
        privileged: random() < 0.5,
        key: `key-${random()}`,
      })
      .where("id", "=", pick(w.roles))
      .execute(),
  (tx, w) =>
    tx.sql
      .insertInto("role_inheritance")
      .values({ id: newId(), role_id: pick(w.roles), inherits_id: pick(w.roles) })
      .onConflict((on) => on.doNothing())
      .execute(),
  (tx, w) => tx.sql.deleteFrom("role_inheritance").where("role_id", "=", pick(w.roles)).execute(),
];
