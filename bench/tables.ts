import { execFile } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Cell } from "../dist/features/exports/export.cells.js";
import { writeFile } from "../dist/features/exports/export.formats.js";

/** How fast files of one kind are read, and what that takes. */
export interface ReadingRate {
  format: "CSV" | "XLSX";
  rows: number;
  columns: number;
  /** Of the file. */
  mib: number;
  rowsPerSecond: number;
  /** Of the process that reads, Node and all. */
  peakMiB: number;
}

const READER = fileURLToPath(new URL("tables-reading.ts", import.meta.url));
const PART = 1_000;

async function* parts(rows: number, columns: number): AsyncGenerator<Cell[][]> {
  for (let first = 0; first < rows; first += PART)
    yield Array.from({ length: Math.min(PART, rows - first) }, (_, place) =>
      Array.from({ length: columns }, (_, column): Cell => {
        const number = (first + place) * columns + column;
        if (column % 5 === 0) return number;
        return column % 5 === 1 ? `2024-01-${String(1 + (number % 28)).padStart(2, "0")}` : `Value ${number} “ß”`;
      }),
    );
}

/** Writes a file of each kind, as exports do, and reads it in a process of its own. */
export async function measureReading(rows = 100_000, columns = 20): Promise<ReadingRate[]> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-tables-"));
  const heads = Array.from({ length: columns }, (_, column) => ({
    name: `Column ${column}`,
    isDate: column % 5 === 1,
  }));
  const rates: ReadingRate[] = [];
  try {
    for (const format of ["CSV", "XLSX"] as const) {
      const path = join(folder, format);
      await pipeline(Readable.from(writeFile(format, heads, parts(rows, columns))), createWriteStream(path));
      const { stdout } = await promisify(execFile)(process.execPath, [READER, path]);
      const read = JSON.parse(stdout) as { rows: number; seconds: number; peakMiB: number };
      if (read.rows !== rows) throw new Error(`${read.rows} of ${rows} rows were read.`);
      const mib = statSync(path).size / 1_048_576;
      rates.push({ format, rows, columns, mib, rowsPerSecond: rows / read.seconds, peakMiB: read.peakMiB });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rates;
}

if (import.meta.main) console.table(await measureReading());
