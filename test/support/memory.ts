import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** To be required by a process whose memory is to be measured, with the path of a file in `MEMORY_FILE`. */
export const MEMORY_REPORT = new URL("./memory-report.cjs", import.meta.url).pathname;

/** The bytes that such a process holds after a collection, on its heap and beside it; throws where it has ended. */
export async function heldBy(child: ChildProcess, file: string): Promise<number> {
  rmSync(file, { force: true });
  child.kill("SIGUSR2");
  while (!existsSync(file)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("The process has ended.");
    await sleep(20);
  }
  const { heapUsed, external } = JSON.parse(readFileSync(file, "utf8")) as { heapUsed: number; external: number };
  return heapUsed + external;
}
