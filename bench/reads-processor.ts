import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type pg from "pg";

/** Seconds of processor time that were used, by a server's process and by PostgreSQL on behalf of its connections. */
export interface Used {
  node: number;
  /** Null where PostgreSQL's processes are not on this machine, or where there are none. */
  postgres: number | null;
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
  const backends = rows.map((row) => usedBy(row.pid));
  return {
    node,
    postgres: backends.some((one) => one === null) ? null : backends.reduce<number>((sum, one) => sum + (one ?? 0), 0),
  };
}
