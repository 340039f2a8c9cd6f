import { RollcallError } from "./errors.ts";

/** Passes where the record is at the version that the client last saw, or where the client named none; else STALE_VERSION. */
export function requireVersion(current: number, expected: number | null | undefined): void {
  if (expected == null || expected === current) return;
  throw new RollcallError("STALE_VERSION", "The record has changed since: read it again.", {
    inputPath: "input.expectedVersion",
    currentVersion: current,
  });
}
