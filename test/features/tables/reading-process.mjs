/*
 * Reads a file in a process of its own, whose heap is small, and says what became of it: { rows } or { refused }, and { peakMiB }.
 * node --max-old-space-size=64 reading-process.mjs <file>
 */
import { readFileSync } from "node:fs";
import { TABLE_LIMITS } from "../../../dist/features/tables/table.limits.js";
import { openTable } from "../../../dist/features/tables/table.reader.js";
import { sourceAt } from "../../../dist/features/tables/table.source.js";

const said = {};
try {
  // What repeats itself as these files do would be refused at once.
  const table = await openTable(sourceAt(process.argv[2]), { limits: { ...TABLE_LIMITS, ratio: 1_000_000 } });
  said.rows = 0;
  for await (const _ of table.rows) said.rows++;
} catch (error) {
  if (error.code !== "INVALID_INPUT") throw error;
  said.refused = error.message;
}

/** Of this program alone: what `resourceUsage` says begins with what the process had that it was forked from. */
function peakMiB() {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return Math.round(Number(kib) / 1024);
  } catch {
    return Math.round(process.resourceUsage().maxRSS / 1024);
  }
}
process.stdout.write(JSON.stringify({ ...said, peakMiB: peakMiB() }));
