import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/*
 * A file system of the test's own that can be filled to its last byte, which only root may mount.
 */

const CHUNK = Buffer.alloc(64 * 1024);

/** Why there can be none on this machine; undefined where there can. */
export function noSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux may mount one";
  try {
    new SmallDisk(1).remove();
    return undefined;
  } catch {
    return "this machine lets nobody mount one";
  }
}

export class SmallDisk {
  /** Where it is mounted; anybody may write there. */
  readonly directory: string;
  readonly #filler: string;

  /** Mounts one of so many MiB. */
  constructor(mebibytes: number) {
    this.directory = execFileSync("mktemp", ["-d", join(tmpdir(), "rollcall-disk-XXXXXX")], {
      encoding: "utf8",
    }).trim();
    this.#filler = join(this.directory, "filler");
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "rollcall-test", this.directory], {
      stdio: "pipe",
    });
    chmodSync(this.directory, 0o777);
  }

  /** One for the running test. */
  static forTest(mebibytes: number): SmallDisk {
    const disk = new SmallDisk(mebibytes);
    onTestFinished(() => disk.remove());
    return disk;
  }

  /** A new folder on it. */
  folder(name: string): string {
    const folder = join(this.directory, name);
    mkdirSync(folder);
    return folder;
  }

  /** Takes all that is left. */
  fill(): void {
    const file = openSync(this.#filler, "a");
    try {
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Gives back what `fill` took. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    execFileSync("umount", ["-l", this.directory], { stdio: "pipe" });
    rmSync(this.directory, { recursive: true, force: true });
  }
}
