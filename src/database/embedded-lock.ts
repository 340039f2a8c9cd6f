import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "../kernel/start-error.ts";

const LOCK_FILE = "lock";

/**
 * Takes the directory for this process alone, making it where it is missing; refuses at once, with a StartError, while another
 * process has it. The system frees it when the process ends, however it ends. Gives what frees it earlier.
 *
 * SQLite's exclusive transaction is the one lock in Node that belongs to the process and not to a file somebody must remove.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 500 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new StartError(
      `The data directory ${directory} is in use by another Rollcall: stop that one, or give this one a directory of its own with DATA_DIR.`,
      { cause: error },
    );
  }
  return () => lock.close();
}

/** Whether another process has the directory now. */
export function isLocked(directory: string): boolean {
  const file = join(directory, LOCK_FILE);
  if (!existsSync(file)) return false;
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}
