import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Asking } from "../../../src/access/asking.ts";
import { entities } from "../../../src/assembly.ts";
import type { Tx } from "../../../src/database/transaction.ts";
import { UserCounting } from "../../../src/features/users/user.counting.ts";
import { UserCounts } from "../../../src/features/users/user.counts.ts";
import type { FacetRequest } from "../../../src/features/users/user.facets.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { FeedFollower } from "../../../src/feed/follower.ts";
import type { Filter } from "../../../src/search/filter.ts";
import { parseFilter } from "../../../src/search/parse.ts";
import { filtersOf } from "../../search/support/filters.ts";
import { rowsOf } from "../../search/support/rows.ts";
import { ROLES, UNITS, USERS } from "../../search/support/vocabulary.ts";
import { type FreshDatabase, freshDatabase, someCause } from "../../support/database.ts";
import { machineToken } from "../../support/directory.ts";
import { TestGateway } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import { unitRow, userRow } from "../../support/rows.ts";

const catalogue = userCatalogue;
const PEOPLE = 40;
const COUNTING = { countingMegabytes: 64 };

let fresh: FreshDatabase;
let gateway: TestGateway;
/** The same questions, asked of the database. */
let inDatabase: UserCounts;
let inMemory: UserCounts;
let people: string[];
let roles: string[];

beforeAll(async () => {
  fresh = await freshDatabase({ entities });
  const { database } = fresh;
  people = [...USERS, ...Array.from({ length: PEOPLE - USERS.length }, () => userRow().id)];
  await database.write(someCause, async (tx) => {
    const units = UNITS.map((id, place) => unitRow({ id, parent_id: place > 0 ? (UNITS[place - 1] ?? null) : null }));
    await tx.sql.insertInto("org_unit").values(units).execute();
    await tx.sql
      .insertInto("user_account")
      .values(people.map((id) => userRow({ id })))
      .execute();
    const made = ROLES.filter((key) => key !== "Admin").map((key) => ({ ...roleRow(), key }));
    roles = made.map(({ id }) => id);
    await tx.sql.insertInto("role").values(made).execute();
  });
  gateway = await TestGateway.over(database, { times: COUNTING });
  await vi.waitFor(() => expect(gateway.counting.ready).toBe(true), 30_000);
  inMemory = new UserCounts(database, gateway.counting);
  inDatabase = new UserCounts(database, new UserCounting(database, new FeedFollower(database, () => undefined)));
});
afterAll(async () => {
  await gateway.close();
  await fresh.close();
});

const roleRow = () => {
  const at = new Date("2026-01-05T08:00:00.000Z");
  return { id: userRow().id, name: "Role", created_at: at, updated_at: at, permissions: ["USER_READ"] };
};

const asking = (): Asking => ({ now: new Date(), today: new Date().toISOString().slice(0, 10), viewer: {} }) as Asking;

/** One random write to one of the tables that search rows are made of, by the numbers and the values that it is given. */
async function write(tx: Tx, kind: number, place: number, row: Record<string, unknown>): Promise<void> {
  const id = people[place % people.length] as string;
  const other = people[(place * 7) % people.length] as string;
  const text = (column: string) => (row[column] ?? null) as string | null;
  switch (kind % 7) {
    case 0: {
      const { title, department, location, country, hired_on, employee_type } = row;
      const facts = sql`title = ${title}, department = ${department}, location = ${location}, country = ${country}, hired_on = ${hired_on}::date, employee_type = ${employee_type}`;
      await sql`UPDATE user_account SET ${facts}, tags = ${row.tags}, attributes = ${JSON.stringify(row.attributes)} WHERE id = ${id}`.execute(
        tx.sql,
      );
      return;
    }
    case 1: {
      const status = text("status") ?? "ACTIVE";
      await sql`UPDATE user_account SET status = ${status}, deleted_at = CASE WHEN ${status} = 'DELETED' THEN now() END WHERE id = ${id}`.execute(
        tx.sql,
      );
      return;
    }
    case 2: {
      // Nobody reports to somebody behind them, so that there is no cycle.
      const manager = people.indexOf(other) < people.indexOf(id) ? other : null;
      await sql`UPDATE user_account SET manager_id = ${manager}, org_unit_id = ${UNITS[place % (UNITS.length + 1)] ?? null} WHERE id = ${id}`.execute(
        tx.sql,
      );
      return;
    }
    case 3:
      await sql`INSERT INTO user_security (user_id, last_login_at, risk_score, mfa_methods) VALUES (${id}, ${row.last_login_at}, ${row.risk_score}, ${row.mfa_methods})
        ON CONFLICT (user_id) DO UPDATE SET last_login_at = EXCLUDED.last_login_at, mfa_methods = EXCLUDED.mfa_methods`.execute(
        tx.sql,
      );
      return;
    case 4:
      await sql`INSERT INTO role_grant (id, user_id, role_id, starts_at, granted_by_kind, granted_by_name, granted_at)
        VALUES (gen_random_uuid(), ${id}, ${roles[place % roles.length]}, now() - interval '1 day', 'SYSTEM', 'test', now()) ON CONFLICT DO NOTHING`.execute(
        tx.sql,
      );
      return;
    case 5:
      // A unit below another place: everybody in it and below has another path.
      await sql`UPDATE org_unit SET parent_id = ${UNITS[place % 2]} WHERE id = ${UNITS[2 + (place % 2)]}`.execute(
        tx.sql,
      );
      return;
    default:
      if (place % 2 === 0) await sql`DELETE FROM role_grant WHERE user_id = ${id}`.execute(tx.sql);
      else
        await sql`DELETE FROM user_account u WHERE id = ${id} AND NOT EXISTS (SELECT FROM user_account r WHERE r.manager_id = u.id)`.execute(
          tx.sql,
        );
      if (place % 2 === 1)
        await tx.sql
          .insertInto("user_account")
          .values(userRow({ id }))
          .onConflict((c) => c.doNothing())
          .execute();
  }
}

const writes = fc.array(fc.tuple(fc.nat(6), fc.nat(999), rowsOf(catalogue)), { minLength: 8, maxLength: 8 });
const FACETS: FacetRequest[] = [...catalogue.fields.values()]
  .filter(({ facet, name }) => facet && name !== "attributes")
  .map(({ name }) => ({ field: name, attributeKey: null, path: "" }));

describe("Counts and facets from memory", () => {
  it("are those of the database, after any writes by several at once", async () => {
    const filters = fc.array(filtersOf(catalogue), { minLength: 12, maxLength: 12 });
    let [asked, answered] = [0, 0];
    await fc.assert(
      fc.asyncProperty(writes, filters, async (wanted, inputs) => {
        const half = wanted.length / 2;
        await Promise.all(
          [wanted.slice(0, half), wanted.slice(half)].map(async (mine) => {
            for (const [kind, place, row] of mine)
              await fresh.database.write(someCause, (tx) => write(tx, kind, place, row));
          }),
        );
        for (const [nth, input] of inputs.entries()) {
          const filter: Filter = parseFilter(input, { catalogue });
          const at = asking();
          const counted = await inMemory.countEach(at, [filter]);
          asked++;
          if (counted) answered++;
          expect(await inMemory.count(at, filter), JSON.stringify(input)).toBe(await inDatabase.count(at, filter));
          if (nth % 4 > 0) continue;
          expect(await inMemory.facets(at, filter, FACETS, 3)).toEqual(await inDatabase.facets(at, filter, FACETS, 3));
        }
      }),
      { numRuns: rounds(8, 100), endOnFailure: true },
    );
    expect(answered).toBeGreaterThan(asked * 0.8);
  });

  it("have every commit that was answered before the question, while others write", async () => {
    const at = asking();
    await Promise.all(
      Array.from({ length: 4 }, async (_, writer) => {
        for (let nth = 0; nth < rounds(6, 60); nth++) {
          const title = `writer ${writer} ${nth}`;
          const ids = people.slice(writer * 4, writer * 4 + 1 + (nth % 4));
          await fresh.database.write(someCause, async (tx) => {
            await sql`UPDATE user_account SET title = ${title} WHERE id = ANY(${ids}::uuid[])`.execute(tx.sql);
          });
          const filter: Filter = { kind: "criterion", field: "title", operator: "eq", operand: title };
          const [counted] = (await inMemory.countEach(at, [filter])) ?? [ids.length];
          expect(counted).toBe(ids.length);
        }
      }),
    );
  });

  it("are bounded by what the viewer may see, and refuse what they may not ask", async () => {
    const plain = await TestGateway.over(fresh.database);
    onTestFinished(() => plain.close());
    await fresh.database.write(someCause, async (tx) => {
      await sql`UPDATE user_account SET org_unit_id = ${UNITS[1]}, status = 'ACTIVE', deleted_at = NULL WHERE id = ANY(${people.slice(0, 9)}::uuid[])`.execute(
        tx.sql,
      );
    });
    const { nodes } = (await gateway.run("{ orgUnits { nodes { id code } } }")).orgUnits;
    const COUNT = `query ($filter: UserFilter) { users(filter: $filter) { totalCount facets(by: [{ field: STATUS }, { field: ORG_UNIT }]) { buckets { value label count } missingCount } } }`;
    for (const unit of nodes as { id: string }[]) {
      const token = await machineToken(gateway, ["USER_READ", "ORG_READ"], [unit.id]);
      const bounded = { orgUnit: { within: unit.id } };
      const answer = await gateway.run(COUNT, { filter: bounded }, token);
      expect(answer).toEqual(await plain.run(COUNT, { filter: bounded }, token));
      expect(await gateway.run("{ users { totalCount } }", {}, token)).toEqual(
        await plain.run("{ users { totalCount } }", {}, token),
      );
      expect((await gateway.refusal(COUNT, { filter: { mfaEnrolled: { eq: true } } }, token)).extensions.code).toBe(
        "FIELD_FORBIDDEN",
      );
    }
  });
});

describe("Pages of the few whom memory knows", () => {
  const ORDERS = ["DISPLAY_NAME", "FAMILY_NAME", "HIRED_ON", "DEPARTMENT"];
  /** By a plan, and by resolvers, which alone know until when somebody can be restored. */
  const PAGES = ["", "restorableUntil"].map(
    (more) => `query ($filter: UserFilter, $orderBy: [UserOrder!], $after: String) {
      users(first: 4, after: $after, filter: $filter, orderBy: $orderBy) { nodes { id title ${more} } pageInfo { hasNextPage endCursor } } }`,
  );

  it("are those of the database, in any order, from the first to the last", async () => {
    const plain = await TestGateway.over(fresh.database);
    onTestFinished(() => plain.close());
    const few = vi.spyOn(UserCounts.prototype, "few");
    onTestFinished(() => few.mockRestore());
    await fc.assert(
      fc.asyncProperty(writes, filtersOf(catalogue), fc.nat(), async (wanted, filter, nth) => {
        for (const [kind, place, row] of wanted)
          await fresh.database.write(someCause, (tx) => write(tx, kind, place, row));
        const orderBy = { field: ORDERS[nth % ORDERS.length], direction: nth % 2 ? "ASC" : "DESC" };
        for (const page of PAGES) {
          let after: string | null = null;
          do {
            const asked = { filter, orderBy, after };
            const found: { users: { pageInfo: { hasNextPage: boolean; endCursor: string | null } } } =
              await gateway.run(page, asked);
            expect(found, JSON.stringify(asked)).toEqual(await plain.run(page, asked));
            after = found.users.pageInfo.hasNextPage ? found.users.pageInfo.endCursor : null;
          } while (after);
        }
      }),
      { numRuns: rounds(15, 200), endOnFailure: true },
    );
    const known = few.mock.results.filter(({ value }) => value !== undefined);
    expect(known.length).toBeGreaterThan(few.mock.results.length * 0.3);
  });

  it("have those who came in a commit that memory has not seen yet", async () => {
    const [first, second] = people as [string, string];
    const title = (ids: string[], value: string) =>
      fresh.database.write(someCause, async (tx) => {
        await sql`UPDATE user_account SET title = ${value}, status = 'ACTIVE', deleted_at = NULL WHERE id = ANY(${ids}::uuid[])`.execute(
          tx.sql,
        );
      });
    const filter = { title: { eq: "late" } };
    await title([first], "late");
    const early = await vi.waitFor(() => {
      const found = gateway.counting.asItStands((index) => index.size);
      const known = inMemory.few(asking(), parseFilter(filter, { catalogue }));
      expect([found, known?.ids.length]).toEqual([expect.anything(), 20 + 20]);
      return known;
    });
    await title([second], "late");
    const few = vi.spyOn(UserCounts.prototype, "few").mockReturnValue(early);
    onTestFinished(() => few.mockRestore());
    for (const page of PAGES) expect((await gateway.run(page, { filter })).users.nodes).toHaveLength(2);
    expect(few).toHaveBeenCalledTimes(PAGES.length);
  });
});

describe("The index of counts", () => {
  it("gives way to the database where it would take more memory than it may", async () => {
    const counting = new UserCounting(fresh.database, new FeedFollower(fresh.database, () => undefined));
    const failed: unknown[] = [];
    counting.start({ megabytes: 0.001, onError: (error) => failed.push(error) });
    await vi.waitFor(() => expect(failed).toHaveLength(1), 30_000);
    expect(String(failed[0])).toContain("COUNTING_MEMORY_MB");
    expect(counting.ready).toBe(false);
    await counting.stop();
  });
});
