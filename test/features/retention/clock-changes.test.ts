import { sql } from "kysely";
import { expect, it } from "vitest";
import { gatewayForFile } from "../../support/gateway.ts";
import { policy, settled } from "./support.ts";

const file = gatewayForFile({ timezone: "Europe/Berlin", times: { retentionHour: 3 } });

const HOUR_MS = 3_600_000;

/** When it is looked, from the morning of the day before a change to the evening of the day behind: a quarter of an hour before so many hours behind it. */
const HOURS = [-18, -6, 0, 1, 2, 3, 10, 20, 24, 25, 26, 27, 42];

/** The next day after now, in UTC, on which clocks in Berlin are changed: the last Sunday of a month, at 01:00 UTC. */
function nextChange(now: Date, month: number): Date {
  for (let year = now.getUTCFullYear(); ; year++) {
    const last = new Date(Date.UTC(year, month + 1, 0, 1));
    const sunday = new Date(last.getTime() - last.getUTCDay() * 24 * HOUR_MS);
    if (sunday > new Date(now.getTime() + 48 * HOUR_MS)) return sunday;
  }
}

it("A policy has one run on a day of 23 hours, and one on a day of 25", async () => {
  const { gateway } = file;
  const { database } = gateway;
  const { tag } = await settled(gateway, "INACTIVE", 200);
  await policy(gateway, tag, {});
  const now = await database.now();
  const changes = [2, 9].map((month) => nextChange(now, month)).sort((a, b) => a.getTime() - b.getTime());
  try {
    for (const change of changes)
      for (const hours of HOURS) {
        const instant = change.getTime() + (hours - 0.25) * HOUR_MS;
        database.moveClock(`${Math.round((instant - now.getTime()) / 1000)} seconds`);
        await gateway.retention.worker.run();
      }
  } finally {
    database.moveClock("0");
  }
  const { rows } = await sql<{ day: string; runs: number; hour: number }>`
    SELECT day::text, count(*)::integer AS runs, min(extract(hour FROM created_at AT TIME ZONE 'Europe/Berlin'))::integer AS hour
    FROM retention_run GROUP BY day ORDER BY day`.execute(database.reader);
  const dayOf = (change: Date, days: number) =>
    new Date(change.getTime() + days * 24 * HOUR_MS).toISOString().slice(0, 10);
  const expected = changes.flatMap((change) => {
    // So many hours behind midnight, which is an hour beside what clocks show on that day.
    const shown = change.getUTCMonth() === 2 ? 4 : 2;
    return [
      { day: dayOf(change, -1), runs: 1 },
      { day: dayOf(change, 0), runs: 1, hour: shown },
      { day: dayOf(change, 1), runs: 1, hour: 3 },
    ];
  });
  expect(rows).toMatchObject(expected);
});
