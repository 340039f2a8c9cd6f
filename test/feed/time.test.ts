import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { readChanges } from "../../src/feed/reader.ts";
import { layDownDays, passTime, untilNextTime } from "../../src/feed/time.ts";
import { newId } from "../../src/kernel/ids.ts";
import { dayBeginnings, todayIn } from "../../src/search/civil-date.ts";
import { GRANT_CATALOGUE } from "../../src/search/grant.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { databaseKind, type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { asOwner } from "../support/owner.ts";
import { roleRow, userRow } from "../support/rows.ts";

/*
 * The passing of time, with a clock that is moved: commits of kind TIME at the boundaries of criteria relative to now. All tests share a
 * database, whose clock each of them takes further on.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let fresh: FreshDatabase;
let database: Database;
/** Where the clock was set last. */
let set = 0;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = fresh.database;
  set = Math.ceil((await database.now()).getTime() / DAY) * DAY;
});
afterAll(() => fresh.close());
afterEach(async () => {
  await database.write(someCause, (tx) => sql`DELETE FROM saved_search`.execute(tx.sql));
  await passTime(database);
});

/** Sets the clock, which goes on from there. */
function setClock(at: number): number {
  set = at;
  database.moveClock(`${at - Date.now()} milliseconds`);
  return at;
}

/** Sets the clock to the noon of some days after it was last set. */
const laterDay = (days = 2): number => setClock(Math.floor(set / DAY + days) * DAY + 12 * HOUR);

const iso = (ms: number): string => new Date(ms).toISOString();
/** To the second. */
const told = (what: string, ms: number): string => `${what} at ${iso(ms).slice(0, 19)}`;

interface Facts {
  last_login_at?: number;
  hired_on?: string;
  attributes?: Record<string, unknown>;
}

/** Somebody with these facts, and a search that is saved by this filter. */
async function arrange({ last_login_at, ...facts }: Facts, input?: object): Promise<string> {
  const person = userRow(facts as object);
  await database.write(someCause, async (tx) => {
    await tx.sql.insertInto("user_account").values(person).execute();
    if (last_login_at !== undefined)
      await tx.sql
        .insertInto("user_security")
        .values({ user_id: person.id, last_login_at: new Date(last_login_at) })
        .execute();
    if (input === undefined) return;
    const filter = JSON.stringify(parseFilter(input, { catalogue: userCatalogue }));
    await sql`INSERT INTO saved_search (id, name, owner_id, visibility, filter, filter_hash, created_at, updated_at)
      VALUES (${newId()}, 'search', ${person.id}, 'PRIVATE', ${filter}::jsonb, '', ${tx.now}, ${tx.now})`.execute(
      tx.sql,
    );
  });
  return person.id;
}

const signIn = (person: string) =>
  database.write(someCause, (tx) =>
    tx.sql.updateTable("user_security").set({ last_login_at: tx.now }).where("user_id", "=", person).execute(),
  );

/** What the log says of somebody's joining and leaving a filter. */
async function story(person: string, input: object, zone = "UTC"): Promise<string[]> {
  const satisfies = compile(parseFilter(input, { catalogue: userCatalogue }), userCatalogue);
  const moment = (now: Date) => ({ now, today: todayIn(now, zone) });
  const changes = await readChanges(database.reader, {
    after: { commit: 0n },
    limit: 10_000,
    tables: ["user_search"],
  });
  return changes.flatMap(({ rowId, before, after, commit }) => {
    if (rowId !== person) return [];
    const was = before !== null && satisfies(before, moment(commit.since));
    const is = after !== null && satisfies(after, moment(commit.at));
    return was === is ? [] : [told(`${is ? "joined" : "left"} by ${commit.cause.kind}`, commit.at.getTime())];
  });
}

const head = async (): Promise<bigint> => (await database.head()).commit;
const OLD = { lastLoginAt: { olderThan: "PT1H" } };

describe("A criterion relative to now", () => {
  it("is told at its boundary, to the second, once, and nothing is written before and after", async () => {
    const now = laterDay();
    const person = await arrange({ last_login_at: now }, { lastLoginAt: { olderThan: "P90D" } });
    const start = await head();
    const boundary = now + 90 * DAY;
    setClock(boundary - 20 * SECOND);
    expect([await passTime(database), await head()]).toEqual([0, start]);
    setClock(boundary + 500);
    expect(await passTime(database)).toBe(1);
    expect([await passTime(database), await passTime(database)]).toEqual([0, 0]);
    setClock(boundary + 30 * DAY);
    expect([await passTime(database), await head()]).toEqual([0, start + 1n]);
    expect(await story(person, { lastLoginAt: { olderThan: "P90D" } })).toEqual([told("joined by TIME", boundary)]);
    const versions = await sql`SELECT advance_user_versions(1000)`
      .execute(database.reader)
      .then(() => sql`SELECT FROM user_version WHERE user_id = ${person}`.execute(database.reader));
    expect(versions.rows).toHaveLength(1);
  });

  it("is told before a commit that comes behind the boundary and before the tick, under a number of its own", async () => {
    const now = laterDay();
    const person = await arrange({ last_login_at: now }, OLD);
    const start = await head();
    const behind = setClock(now + HOUR + 30 * SECOND);
    const { position } = await signIn(person);
    expect(position.commit).toBe(start + 2n);
    expect(await story(person, OLD)).toEqual([told("joined by TIME", behind), told("left by SYSTEM", behind)]);
    expect(await passTime(database)).toBe(0);
  });

  it("is followed from the search's commit on: what lay behind then is not told, and counts", async () => {
    const person = await arrange({ last_login_at: laterDay() });
    laterDay();
    await arrange({}, OLD);
    expect(await passTime(database)).toBe(0);
    const now = laterDay();
    await signIn(person);
    // The log never said that the person joined, but a search made two days ago has found them.
    expect(await story(person, OLD)).toEqual([told("left by SYSTEM", now)]);
  });

  it("of nobody's search is followed no more", async () => {
    await arrange({}, { hiredOn: { withinLast: "P1Y" } });
    const edges = async () => (await sql`SELECT FROM time_edge`.execute(database.reader)).rows.length;
    expect(await edges()).toBe(2);
    await database.write(someCause, (tx) => sql`DELETE FROM saved_search`.execute(tx.sql));
    expect([await passTime(database), await edges()]).toEqual([0, 0]);
  });

  it("inside grants is followed as well, and so is one in attributes", async () => {
    const now = laterDay();
    const ends = { roleGrants: { some: { expiresAt: { withinNext: "P1D" } } } };
    const certified = { attributes: [{ key: "certifiedUntil", date: { withinNext: "P7D" } }] };
    const day = iso(now + 8 * DAY).slice(0, 10);
    const person = await arrange({ attributes: { certifiedUntil: day } }, { or: [ends, certified] });
    await database.write(someCause, async (tx) => {
      const role = roleRow();
      await tx.sql.insertInto("role").values(role).execute();
      await sql`INSERT INTO role_grant (id, user_id, role_id, starts_at, expires_at, granted_by_kind, granted_by_name, granted_at)
        VALUES (${newId()}, ${person}, ${role.id}, ${tx.now}, ${new Date(now + 30 * HOUR)}, 'SYSTEM', 'test', ${tx.now})`.execute(
        tx.sql,
      );
    });
    expect(await passTime(database)).toBe(0);
    setClock(now + 6 * HOUR + SECOND);
    expect(await passTime(database)).toBe(1);
    setClock(now + 12 * HOUR + SECOND);
    expect(await passTime(database)).toBe(1);
    expect(await story(person, ends)).toEqual([told("joined by TIME", now + 6 * HOUR + SECOND)]);
    expect(await story(person, certified)).toEqual([told("joined by TIME", now + 12 * HOUR + SECOND)]);
  });
});

describe("A clock", () => {
  it("that jumps forward by a day, while nobody was there, tells what differs at the end, in one commit", async () => {
    const now = laterDay();
    const asks = { lastLoginAt: { withinLast: "PT1H" } };
    const leaves = await arrange({ last_login_at: now - 30 * MINUTE }, asks);
    const joins = await arrange({ last_login_at: now + DAY - 30 * MINUTE });
    const comesAndGoes = await arrange({ last_login_at: now + 8 * HOUR });
    const start = await head();
    const then = setClock(now + DAY);
    await passTime(database);
    expect(await head()).toBe(start + 1n);
    expect(await story(leaves, asks)).toEqual([told("joined by SYSTEM", now), told("left by TIME", then)]);
    expect(await story(joins, asks)).toEqual([told("joined by TIME", then)]);
    expect(await story(comesAndGoes, asks)).toEqual([]);
  });

  it("that jumps back by an hour tells nothing twice, and goes on where it was", async () => {
    const now = laterDay();
    const person = await arrange({ last_login_at: now - HOUR + 30 * SECOND }, OLD);
    const reached = setClock(now + MINUTE);
    expect(await passTime(database)).toBe(1);
    setClock(now + MINUTE - HOUR);
    const other = await arrange({ last_login_at: now - HOUR + 5 * MINUTE });
    expect(await passTime(database)).toBe(0);
    setClock(now + 45 * SECOND);
    expect(await passTime(database)).toBe(0);
    const then = setClock(now + 5 * MINUTE + SECOND);
    expect(await passTime(database)).toBe(1);
    expect(await story(person, OLD)).toEqual([told("joined by TIME", reached)]);
    expect(await story(other, OLD)).toEqual([told("joined by TIME", then)]);
  });

  it.runIf(databaseKind === "postgres")("is read by several gateways at once, and time passes once", async () => {
    const now = laterDay();
    await arrange({ last_login_at: now }, OLD);
    setClock(now + HOUR + SECOND);
    const passed = await Promise.all(Array.from({ length: 4 }, () => passTime(database)));
    expect(passed.toSorted()).toEqual([0, 0, 0, 1]);
  });

  it.runIf(databaseKind === "postgres")(
    "that went on while no gateway ran is caught up with by the next, once",
    async () => {
      const now = laterDay();
      const person = await arrange({ last_login_at: now }, OLD);
      await database.close();
      database = await openDatabase(fresh.config);
      fresh = { ...fresh, database };
      const back = setClock(now + DAY);
      expect([await passTime(database), await passTime(database)]).toEqual([1, 0]);
      expect(await story(person, OLD)).toEqual([told("joined by TIME", back)]);
    },
  );

  it("says when the next boundary comes, and nothing further away than asked", async () => {
    const now = laterDay();
    await arrange({ last_login_at: now }, OLD);
    setClock(now + HOUR - 30 * SECOND);
    const ms = await untilNextTime(database, HOUR);
    expect(ms).toBeGreaterThan(20);
    expect(ms).toBeLessThanOrEqual(30 * SECOND + 1);
    expect(await untilNextTime(database, 500)).toBe(500);
    setClock(now + HOUR - 100);
    await sleep(await untilNextTime(database, SECOND));
    expect(await passTime(database)).toBe(1);
  });
});

describe("Civil dates", () => {
  /** The next day of so many hours, or the one behind it. */
  const nextDay = (zone: string, hours: number, behind: 0 | 1) => {
    const days = dayBeginnings(zone, new Date(set + 2 * DAY), new Date(set + 500 * DAY));
    const place = days.findIndex(
      ({ begins }, at) => days[at + 1]?.begins.getTime() === begins.getTime() + hours * HOUR,
    );
    return days[place + behind] as (typeof days)[number];
  };

  it.each([
    ["a day of 23 hours that begins at one in the morning", "Africa/Cairo", 23, 0],
    ["the day behind one of 23 hours", "Europe/Zurich", 23, 1],
    ["a day of 25 hours", "Europe/Zurich", 25, 0],
    ["the day behind one of 25 hours", "America/New_York", 25, 1],
  ] as const)("come with %s of the organisation's time zone", async (_, zone, hours, behind) => {
    const { day, begins } = nextDay(zone, hours, behind);
    const at = begins.getTime();
    setClock(at - HOUR);
    await layDownDays(database, zone);
    const asks = { hiredOn: { withinLast: "P1D" } };
    const person = await arrange({ hired_on: day }, asks);
    setClock(at - 20 * SECOND);
    expect(await passTime(database)).toBe(0);
    setClock(at + 100);
    expect(await passTime(database)).toBe(1);
    expect(await story(person, asks, zone)).toEqual([told("joined by TIME", at)]);
  });

  it("clamp: a leap day's first anniversary ends with 28 February", async () => {
    const leap = [1, 2, 3, 4, 5, 6, 7, 8]
      .map((years) => new Date(set).getUTCFullYear() + years)
      .find((year) => year % 4 === 0 && year % 100 !== 0);
    const year = (leap as number) + 1;
    const asks = { hiredOn: { withinLast: "P1Y" } };
    setClock(Date.UTC(year, 1, 25, 12));
    await layDownDays(database, "UTC");
    const person = await arrange({ hired_on: `${leap}-02-29` }, asks);
    for (const day of [27, 28]) {
      setClock(Date.UTC(year, 1, day, 0, 0, 10));
      expect(await passTime(database)).toBe(0);
    }
    const march = setClock(Date.UTC(year, 2, 1, 0, 0, 10));
    expect(await passTime(database)).toBe(1);
    expect((await story(person, asks)).at(-1)).toBe(told("left by TIME", march));
  });
});

it("A filter that nobody saved is followed while somebody holds it; whether time did anything before can be asked", async () => {
  const filter = JSON.stringify(parseFilter(OLD, { catalogue: userCatalogue }));
  const missed = async (commit: bigint) => {
    const { rows } = await sql<{ missed: boolean }>`
      SELECT time_missed(${filter}::jsonb, ${commit}::bigint) AS missed`.execute(database.reader);
    return rows[0]?.missed;
  };
  const now = laterDay();
  await arrange({ last_login_at: now });
  await arrange({ last_login_at: now + 2 * HOUR });
  await arrange({ last_login_at: now + 3 * HOUR });
  const page = await head();
  setClock(now + HOUR + MINUTE);
  await arrange({});
  await sql`INSERT INTO live_filter (id, filter, since, held_until)
    VALUES (${newId()}, ${filter}::jsonb, rollcall_now(), rollcall_now() + interval '3 hours')`.execute(
    database.reader,
  );
  const held = await head();
  expect([await missed(page), await missed(held)]).toEqual([true, false]);
  // Also where the log goes on behind the position, and no longer holds what stood before it.
  await asOwner(
    database.connectionConfig.owner,
    `DELETE FROM change WHERE commit_id = (SELECT id FROM commit WHERE number = ${page}); DELETE FROM commit WHERE number = ${page}`,
  );
  expect(await missed(page)).toBe(true);
  setClock(now + 3 * HOUR + MINUTE);
  expect(await passTime(database)).toBe(1);
  expect(await missed(held)).toBe(false);
  // Nobody renewed it meanwhile: whoever held it is told of what time did up to there.
  setClock(now + 5 * HOUR);
  expect(await passTime(database)).toBe(1);
  expect((await sql`SELECT FROM time_edge`.execute(database.reader)).rows).toEqual([]);
});

it("Nobody can write and say that time did it", async () => {
  await expect(
    database.write({ ...someCause, kind: "TIME" }, (tx) => tx.sql.insertInto("role").values(roleRow()).execute()),
  ).rejects.toThrow();
});

it("Every field that can be asked about relative to now is followed", async () => {
  const { rows } = await sql<{ source: string }>`
    SELECT pg_get_functiondef('time_crossers'::regproc) || pg_get_functiondef('crossers_of'::regproc) AS source`.execute(
    database.reader,
  );
  const asked = [userCatalogue, GRANT_CATALOGUE].flatMap(({ fields }) =>
    [...fields.values()]
      .filter(({ filter, kind }) => filter && (kind === "instant" || kind === "date"))
      .map(({ name }) => (fields === GRANT_CATALOGUE.fields ? `roleGrants.${name}` : name)),
  );
  for (const name of asked) expect(rows[0]?.source.split(`e.field = '${name}'`)).toHaveLength(3);
});

it("No worker is begun to look whom time concerns, which is looked at every second", async () => {
  const { rows } = await sql<{ name: string }>`
    SELECT proname AS name FROM pg_proc
    WHERE proname IN ('time_crossers', 'crossers_of') AND 'max_parallel_workers_per_gather=0' = ANY (proconfig) ORDER BY 1`.execute(
    database.reader,
  );
  expect(rows.map(({ name }) => name)).toEqual(["crossers_of", "time_crossers"]);
});
