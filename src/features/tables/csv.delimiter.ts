import { TABLE_DELIMITERS, type TableDelimiter } from "./table.format.ts";

/** How much of a file tells what stands between its cells: bytes, and records. */
export const DELIMITER_SAMPLE = 65_536;
const RECORDS = 20;

/**
 * What stands between the cells of a text that begins so: what most of the first records have equally often outside of quotes; then what they
 * have most of; then the first of the list, so that a file of one column has commas.
 */
export function delimiterOf(sample: string): TableDelimiter {
  const counts = countsOf(sample);
  let best: { delimiter: TableDelimiter; records: number; each: number } = { delimiter: ",", records: 0, each: 0 };
  for (const delimiter of TABLE_DELIMITERS) {
    const often = new Map<number, number>();
    for (const record of counts) {
      const count = record.get(delimiter) ?? 0;
      if (count > 0) often.set(count, (often.get(count) ?? 0) + 1);
    }
    for (const [each, records] of often)
      if (records > best.records || (records === best.records && each > best.each)) best = { delimiter, records, each };
  }
  return best.delimiter;
}

/** How often each character that may stand between cells stands in each of the first records, outside of quotes. */
function countsOf(sample: string): Map<string, number>[] {
  const counts: Map<string, number>[] = [new Map()];
  let quoted = false;
  for (const one of sample) {
    if (one === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (one === "\n" || one === "\r") {
      if (counts.length === RECORDS) break;
      counts.push(new Map());
    } else if ((TABLE_DELIMITERS as readonly string[]).includes(one)) {
      const record = counts.at(-1) as Map<string, number>;
      record.set(one, (record.get(one) ?? 0) + 1);
    }
  }
  return counts;
}
