import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type pg from "pg";

/** Seconds of processor time that were used so far, by a server's process and by each of PostgreSQL's processes for connections. */
export interface Used {
  node: number;
  /** Null where PostgreSQL's processes are not on this machine, or where there are none. */
  postgres: ReadonlyMap<number, number> | null;
}

/** Seconds that PostgreSQL has used in between. Of a connection that was closed meanwhile nothing is known; what one did that was opened meanwhile counts whole. */
export function postgresBetween(before: Used, after: Used): number | null {
  if (before.postgres === null || after.postgres === null) return null;
  let sum = 0;
  for (const [pid, used] of after.postgres) sum += used - (before.postgres.get(pid) ?? 0);
  return sum;
}

const TICKS = ticksPerSecond();

function ticksPerSecond(): number {
  try {
    return Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  } catch {
    return 100;
  }
}

/** What a process has used, its threads included; null where there is none of that id here. */
function usedBy(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return null;
  }
}

/** Reads what was used so far. Workers that a count ran on beside its connection are gone by then, and left out. */
export async function readUsed(pid: number, client: pg.Client, embedded: boolean): Promise<Used> {
  const node = usedBy(pid) ?? 0;
  if (embedded) return { node, postgres: null };
  const { rows } = await client.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  const backends = rows.map((row): [number, number | null] => [row.pid, usedBy(row.pid)]);
  if (backends.some(([, used]) => used === null)) return { node, postgres: null };
  return { node, postgres: new Map(backends as [number, number][]) };
}
