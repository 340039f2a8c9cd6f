import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { directoryForTest, embeddedTemplate } from "./database.ts";

/*
 * Data directories of gateways that were started before: migrated, and empty otherwise. A process that begins with one does in an instant what
 * takes the embedded database seconds of work; what a first start does is tested by a first start (test/tooling/start.test.ts).
 */

/** Fills a directory that is not there yet as a first start would. */
export async function fillDataDirectory(dataDir: string): Promise<void> {
  const postgres = join(dataDir, "postgres");
  mkdirSync(postgres, { recursive: true, mode: 0o700 });
  execFileSync("tar", ["-xf", await embeddedTemplate(), "-C", postgres], { stdio: ["ignore", "ignore", "ignore"] });
}

/** One for the running test, removed when it ends. */
export async function migratedDirectory(): Promise<string> {
  const dataDir = join(directoryForTest(), "data");
  await fillDataDirectory(dataDir);
  return dataDir;
}
