import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type pg from "pg";

/** Seconds of processor time that were used so far. */
export interface Used {
  /** By a server's process. */
  node: number;
  /** By PostgreSQL, all its processes; null where they are not on this machine, or where there are none. */
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

/** What a process is the child of, and what it has used, its threads included, and what those of its children that are gone have. */
interface Process {
  parent: number;
  own: number;
  gone: number;
}

function read(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // From the third field of proc(5) on: the second is a name in brackets, which may have spaces.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user, system, goneUser, goneSystem] = fields.slice(11, 15) as [number, number, number, number];
    return { parent: fields[1] as number, own: (user + system) / TICKS, gone: (goneUser + goneSystem) / TICKS };
  } catch {
    return null;
  }
}

/** Reads what was used so far; of PostgreSQL what workers did that a statement ran on beside its connection, too. */
export async function readUsed(pid: number, client: pg.Client, embedded: boolean): Promise<Used> {
  const node = read(pid)?.own ?? 0;
  if (embedded) return { node, postgres: null };
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const first = read(rows[0]?.pid ?? 0)?.parent ?? 0;
  const itself = read(first);
  if (!itself) return { node, postgres: null };
  const children = readdirSync("/proc").flatMap((name) => {
    const found = /^\d+$/.test(name) ? read(Number(name)) : null;
    return found?.parent === first ? [found.own] : [];
  });
  return { node, postgres: itself.own + itself.gone + children.reduce((sum, own) => sum + own, 0) };
}
