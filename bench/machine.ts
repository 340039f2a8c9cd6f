import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

/** What a reader has to know of the machine to judge a figure. */
export function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), ${memory}, ${system()}, Node ${process.versions.node}`;
}

/** How busy it is with other things; above the number of cores, figures are worth little. */
export const busyness = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`;

/** The version of the sources, with a mark where they were changed since. */
export function sources(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown sources";
  }
}

function system(): string {
  const file = "/etc/os-release";
  const name = existsSync(file) ? /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync(file, "utf8"))?.[1] : undefined;
  return `${name ?? type()} (${release()})`;
}

/** From now on the peak is that of what follows. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Where the system cannot forget it, the peak is that of the whole run.
  }
}

/** Peak resident memory of a process, in megabytes; where the system does not tell, not a number. */
export function peakOf(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
