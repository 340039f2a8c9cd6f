import { sql } from "kysely";
import type { Cause } from "../database/cause.ts";
import type { Database } from "../database/database.ts";
import { dayBeginnings } from "../search/civil-date.ts";

/** What a look at the clock writes in passing. That time has passed is the database's own word (FEED.md, "Time"). */
const CAUSE: Cause = { kind: "SYSTEM", action: "time.looked", actor: { kind: "SYSTEM", id: null, name: "clock" } };

/** How far ahead the beginnings of days are laid down: beyond that the database takes every day for one of 24 hours. */
const DAYS_AHEAD = 90;
const DAY_MS = 86_400_000;
const LEAST_MS = 20;

/**
 * Brings what depends on time up to now, in one commit of kind TIME where anybody is concerned: whose grants began or ceased to hold, and who
 * crossed a boundary of a criterion relative to now, since time last passed. Gives how many people that were. Any number of gateways may call it.
 */
export async function passTime(database: Database): Promise<number> {
  const { value } = await database.write(CAUSE, async (tx) => {
    const { rows } = await sql<{ people: number }>`SELECT pass_time() AS people`.execute(tx.sql);
    return rows[0]?.people ?? 0;
  });
  return value;
}

/** Milliseconds until time is next known to concern somebody, at most so many; at least a few, so that boundaries close together are one commit. */
export async function untilNextTime(database: Database, atMostMs: number): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    SELECT (extract(epoch FROM next_time(rollcall_now()) - rollcall_now()) * 1000)::float8 AS ms`.execute(
    database.reader,
  );
  return Math.min(Math.max(Math.ceil(rows[0]?.ms ?? atMostMs), LEAST_MS), atMostMs);
}

/** Tells the database when the days of a time zone begin, from yesterday on. Gives whether it knew otherwise. */
export async function layDownDays(database: Database, timezone: string): Promise<boolean> {
  const now = (await database.now()).getTime();
  const days = dayBeginnings(timezone, new Date(now - 2 * DAY_MS), new Date(now + DAYS_AHEAD * DAY_MS));
  const { rows } = await sql<{ changed: boolean }>`
    SELECT set_org_days(${days.map(({ begins }) => begins)}::timestamptz[], ${days.map(({ day }) => day)}::date[]) AS changed`.execute(
    database.reader,
  );
  return rows[0]?.changed ?? false;
}
