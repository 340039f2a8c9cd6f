import { cellValues } from "../dist/features/tables/cell.values.js";
import { openTable } from "../dist/features/tables/table.reader.js";
import { sourceAt } from "../dist/features/tables/table.source.js";

/*
 * Reads a file in a process of its own, every cell as a text, and says how long that took and how much memory it had at most:
 * node bench/tables-reading.ts <file>
 */

const values = cellValues();
const begun = performance.now();
const table = await openTable(sourceAt(process.argv[2] as string));
let [rows, characters] = [0, 0];
for await (const { cells } of table.rows) {
  rows++;
  for (const cell of cells) {
    const read = cell.kind === "date" ? values.date(cell) : values.text(cell);
    if ("value" in read) characters += read.value?.length ?? 0;
  }
}
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(JSON.stringify({ rows, characters, seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
