import fc from "fast-check";
import { sql } from "kysely";
import { expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import type { Tx } from "../../src/database/transaction.ts";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Change, LoggedRow } from "../../src/feed/change.ts";
import { readChanges } from "../../src/feed/reader.ts";
import { layDownDays, passTime } from "../../src/feed/time.ts";
import { newId } from "../../src/kernel/ids.ts";
import type { Position } from "../../src/kernel/position.ts";
import { todayIn } from "../../src/search/civil-date.ts";
import { dateFrom, instantFrom } from "../../src/search/duration.ts";
import type { Filter } from "../../src/search/filter.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { databaseForTest, someCause } from "../support/database.ts";
import { rounds } from "../support/rounds.ts";
import { grantRow, roleRow, userRow } from "../support/rows.ts";

/*
 * Random people, searches relative to now, writes and movements of the clock: at every position, what the changes say of who joins and leaves
 * adds up to what a fresh search finds at that position's instant; and nobody joins twice.
 */

const ZONE = "Europe/Zurich";
const PEOPLE = 6;
const LENGTHS = ["P0D", "PT2S", "PT90M", "P1D", "P7D", "P1M", "P1Y2M3D"];
const DAYS = ["P0D", "P1D", "P7D", "P1M", "P1Y"];

const anyOf = <T>(list: readonly T[]) => fc.constantFrom(...list);
const operators = anyOf(["withinLast", "withinNext", "olderThan"]);
const instants = anyOf(["statusChangedAt", "lastLoginAt", "passwordChangedAt", "createdAt", "updatedAt", "deletedAt"]);
const dates = anyOf(["hiredOn", "terminatesOn"]);
const asks = fc.oneof(
  fc.tuple(instants, operators, anyOf(LENGTHS)).map(([f, o, d]) => ({ [f]: { [o]: d } })),
  fc.tuple(dates, operators, anyOf(DAYS)).map(([f, o, d]) => ({ [f]: { [o]: d } })),
  fc.tuple(operators, anyOf(DAYS)).map(([o, d]) => ({ attributes: [{ key: "since", date: { [o]: d } }] })),
  fc
    .tuple(anyOf(["grantedAt", "startsAt", "expiresAt"]), operators, anyOf(LENGTHS))
    .map(([f, o, d]) => ({ roleGrants: { some: { [f]: { [o]: d } } } })),
);
const filters = fc.oneof(
  asks,
  asks.map((one) => ({ not: one })),
  fc.tuple(asks, asks).map((both) => ({ or: both })),
);
/** Beside what moment a value is put: so long before or after now, and so many milliseconds or days off. */
const spots = fc.record({
  length: anyOf(LENGTHS),
  sign: anyOf([-1, 1] as const),
  off: fc.integer({ min: -2, max: 2 }),
});
const steps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass"),
      tick: fc.boolean(),
      ms: anyOf([0, 1, 700, 2_000, 5_400_000, 86_400_000, 7 * 86_400_000, 31 * 86_400_000]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("back"), tick: fc.constant(true), ms: fc.constant(-3_600_000) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("write"),
      writes: fc.array(fc.record({ who: fc.nat(PEOPLE - 1), field: fc.nat(8), spot: spots }), {
        minLength: 4,
        maxLength: 4,
        size: "max",
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("elsewhere") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("save"), input: filters }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget") }) },
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

type Satisfies = (row: LoggedRow, moment: { now: Date; today: string }) => boolean;
const momentOf = (now: Date) => ({ now, today: todayIn(now, ZONE) });

/** Folds the log: rows as they stand, and by search who is in it. */
class Folded {
  readonly rows = new Map<string, LoggedRow>();
  readonly #searches = new Map<string, { satisfies: Satisfies; members: Set<string> }>();
  position: Position = { commit: 0n };
  told = 0;

  take(changes: readonly Change[]): void {
    for (const commit of Map.groupBy(changes, ({ commit: { number } }) => number).values()) {
      for (const change of commit) this.#one(change);
      this.#check((commit[0] as Change).commit.at);
      this.position = { commit: (commit[0] as Change).commit.number };
    }
  }

  #one({ table, rowId, before, after, commit }: Change): void {
    if (table === "saved_search") {
      if (after === null) this.#searches.delete(rowId);
      else {
        const satisfies = compile(after.filter as Filter, userCatalogue);
        this.#searches.set(rowId, { satisfies, members: this.#found(satisfies, commit.at) });
      }
    }
    if (table !== "user_search") return;
    for (const { satisfies, members } of this.#searches.values()) {
      const was = before !== null && satisfies(before, momentOf(commit.since));
      const is = after !== null && satisfies(after, momentOf(commit.at));
      expect(members.has(rowId)).toBe(was);
      if (was !== is) this.told += 1;
      if (is) members.add(rowId);
      else members.delete(rowId);
    }
    if (after) this.rows.set(rowId, after);
    else this.rows.delete(rowId);
  }

  #found(satisfies: Satisfies, at: Date): Set<string> {
    return new Set([...this.rows].filter(([, row]) => satisfies(row, momentOf(at))).map(([id]) => id));
  }

  #check(at: Date): void {
    for (const { satisfies, members } of this.#searches.values())
      expect([...members].sort()).toEqual([...this.#found(satisfies, at)].sort());
  }
}

async function write(
  tx: Tx,
  user: string,
  role: string,
  field: number,
  spot: { length: string; sign: -1 | 1; off: number },
): Promise<void> {
  const instant = new Date(Date.parse(instantFrom(tx.now, spot.length, spot.sign)) + spot.off);
  const day = dateFrom(todayIn(tx.now, ZONE), spot.length.includes("T") ? "P0D" : spot.length, spot.sign);
  const account = (set: object) => tx.sql.updateTable("user_account").set(set).where("id", "=", user).execute();
  const security = (set: object) => tx.sql.updateTable("user_security").set(set).where("user_id", "=", user).execute();
  const writes = [
    () => security({ last_login_at: instant }),
    () => security({ password_changed_at: instant }),
    () => account({ status_changed_at: instant, updated_at: instant }),
    () => account({ created_at: instant }),
    () => account({ hired_on: day }),
    () => account({ terminates_on: day }),
    () => account({ attributes: JSON.stringify({ since: day }) }),
    () => account({ status: "DELETED", deleted_at: instant }),
    () =>
      tx.sql
        .insertInto("role_grant")
        .values(
          grantRow(user, role, {
            granted_at: instant,
            starts_at: instant,
            expires_at: new Date(instant.getTime() + 5_000),
          }),
        )
        .execute(),
  ];
  await writes[field]?.();
}

const saved = (id: string, owner: string, input: object, at: Date) => ({
  id,
  name: "search",
  owner_id: owner,
  visibility: "PRIVATE" as const,
  filter: JSON.stringify(parseFilter(input, { catalogue: userCatalogue })),
  filter_hash: id,
  created_at: at,
  updated_at: at,
});

async function run(database: Database, script: readonly Step[], first: readonly object[]): Promise<number> {
  const folded = new Folded();
  folded.position = await database.head();
  const people = Array.from({ length: PEOPLE }, () => userRow());
  const role = roleRow();
  const searches: string[] = [];
  const save = (tx: Tx, input: object) => {
    searches.push(newId());
    return sql`INSERT INTO saved_search ${sql.raw("(id, name, owner_id, visibility, filter, filter_hash, created_at, updated_at)")}
      SELECT r.id, r.name, r.owner_id, r.visibility, r.filter, r.filter_hash, r.created_at, r.updated_at
      FROM jsonb_populate_record(NULL::saved_search, ${JSON.stringify({ ...saved(searches.at(-1) as string, (people[0] as { id: string }).id, input, tx.now), filter: parseFilter(input, { catalogue: userCatalogue }) })}::jsonb) r`.execute(
      tx.sql,
    );
  };
  await database.write(someCause, async (tx) => {
    await tx.sql.insertInto("user_account").values(people).execute();
    await tx.sql
      .insertInto("user_security")
      .values(people.map(({ id }) => ({ user_id: id })))
      .execute();
    await tx.sql.insertInto("role").values(role).execute();
  });
  await database.write(someCause, async (tx) => {
    for (const input of first) await save(tx, input);
  });
  let offset = 0;
  for (const step of script) {
    if (step.do === "pass" || step.do === "back") {
      offset += step.ms;
      database.moveClock(`${offset} milliseconds`);
      if (step.tick) await passTime(database);
    } else if (step.do === "forget") {
      const gone = searches.shift();
      if (gone)
        await database.write(someCause, (tx) => tx.sql.deleteFrom("saved_search").where("id", "=", gone).execute());
    } else
      await database.write(someCause, async (tx) => {
        if (step.do === "save") await save(tx, step.input);
        else if (step.do === "elsewhere") await tx.sql.insertInto("role").values(roleRow()).execute();
        else
          for (const { who, field, spot } of step.writes)
            await write(tx, (people[who] as { id: string }).id, role.id, field, spot);
      });
    folded.take(await readChanges(database.reader, { after: folded.position, limit: 10_000 }));
  }
  return folded.told;
}

it("What changes say of who joins and leaves adds up, at every position, to a fresh search at its instant", async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(filters, { minLength: 30, maxLength: 30 }),
      fc.array(steps, { minLength: 60, maxLength: 60 }),
      async (first, script) => {
        const { database, close } = await databaseForTest();
        await layDownDays(database, ZONE);
        told += await run(database, script, first);
        await close();
      },
    ),
    { numRuns: rounds(2, 100), endOnFailure: true },
  );
  expect(told).toBeGreaterThan(rounds(50, 5_000));
}, 600_000);
