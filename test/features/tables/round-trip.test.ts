import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Cell } from "../../../src/features/exports/export.cells.ts";
import { type CsvDialect, writeFile } from "../../../src/features/exports/export.formats.ts";
import { ERRORS_COLUMN, writtenAgain } from "../../../src/features/tables/corrected.writer.ts";
import { CivilDate, type TableCell } from "../../../src/features/tables/table.cell.ts";
import { TABLE_DELIMITERS, TABLE_ENCODINGS } from "../../../src/features/tables/table.format.ts";
import { seeded } from "../../support/random.ts";
import { rounds } from "../../support/rounds.ts";
import { readTable, sourceOf, texts } from "./support.ts";
import { row, textCell, workbook } from "./workbooks.ts";

const ROWS = rounds(300, 20_000);
const PIECES = [
  "a",
  "Z",
  " ",
  "é",
  "'",
  '"',
  ",",
  ";",
  "\t",
  "|",
  "=",
  "+",
  "-",
  "@",
  "\r\n",
  "\n",
  "\r",
  "0",
  "1",
  ".",
  "&",
  "<",
  "]]>",
  "_x0041_",
  "_x",
  "“",
];
const BEYOND_LATIN = ["ß→", "日本", "😀", "＝", "\u0301", "\uFEFF", "Ω"];

const random = seeded("tables to and fro");
const chance = (below: number): number => Math.floor(random() * below);
const textOf = (pieces: readonly string[]): string =>
  Array.from({ length: chance(8) }, () => pieces[chance(pieces.length)] as string).join("");

async function* parts<T>(all: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < all.length; at += 70) yield all.slice(at, at + 70);
}
const columns = (...names: string[]) => names.map((name) => ({ name, isDate: false }));
const written = (format: "CSV" | "XLSX", names: string[], rows: readonly (readonly Cell[])[], dialect?: CsvDialect) =>
  buffer(writeFile(format, columns(...names), parts(rows), dialect));

describe("What is written is read again as it was", () => {
  it.each(TABLE_ENCODINGS.flatMap((encoding) => TABLE_DELIMITERS.map((delimiter) => ({ encoding, delimiter }))))(
    "in CSV in $encoding with $delimiter between cells",
    async (dialect) => {
      const pieces = dialect.encoding === "windows-1252" ? PIECES : [...PIECES, ...BEYOND_LATIN];
      const rows = Array.from({ length: ROWS }, (_, place) => [`r${place}`, textOf(pieces), textOf(pieces)]);
      const bytes = await written("CSV", ["id", "one", "two"], rows, dialect);
      const read = await readTable(sourceOf(bytes, "f", 1 + chance(3_000)), { format: dialect });
      expect(read.rows.map(texts)).toEqual(rows);
      expect(read.rows.every(({ problem }) => problem === undefined)).toBe(true);
    },
  );

  it("in a workbook, each value as what it is", async () => {
    const pieces = [...PIECES, ...BEYOND_LATIN, "\u0000", "\u0007", "\ud800", "\ufffe"];
    const values: (() => [Cell, TableCell])[] = [
      () => {
        const text = textOf(pieces);
        return [text, text === "" ? { kind: "empty" } : { kind: "text", text }];
      },
      () => {
        const value = chance(2) ? chance(1e9) : random() * 10 ** (chance(20) - 10);
        const text = String(Number.isInteger(value) ? value : Number(value.toPrecision(15)));
        return [value, { kind: "number", value, text }];
      },
      () => [true, { kind: "boolean", value: true }],
      () => [null, { kind: "empty" }],
      () => {
        const date = new Date(
          Date.UTC(1900 + chance(8_000), chance(12), 1 + chance(28), 5, chance(60), chance(60), chance(1_000)),
        );
        const [day, time = ""] = date.toISOString().slice(0, -1).split("T");
        if (chance(2)) return [new CivilDate(day as string), serialDate(day as string)];
        return [
          date,
          (day as string) >= "1900-03-01"
            ? { kind: "date", date: day as string, time: time.replace(/\.000$/, "") }
            : { kind: "text", text: date.toISOString() },
        ];
      },
    ];
    const all = Array.from({ length: ROWS }, () =>
      Array.from({ length: 5 }, () => (values[chance(values.length)] as () => [Cell, TableCell])()),
    );
    const bytes = await written(
      "XLSX",
      ["id", "a", "b", "c", "d", "e"],
      all.map((cells, place) => [`r${place}`, ...cells.map(([cell]) => cell)]),
    );
    const { rows } = await readTable(sourceOf(bytes, "f"));
    expect(rows.map(({ cells }) => cells.slice(1))).toEqual(all.map((cells) => cells.map(([, cell]) => cell)));
  });
});

/** What is before March 1900 is not counted alike by all programs, and written as a text. */
const serialDate = (date: string): TableCell =>
  date >= "1900-03-01" ? { kind: "date", date } : { kind: "text", text: date };

describe("A corrected file", () => {
  it("is read as the file was, without the column of what was wrong", async () => {
    const cells = [
      "<c><v>1.5</v></c>",
      '<c s="5"><v>7</v></c>',
      '<c s="1"><v>45292</v></c>',
      '<c s="3"><v>45292.5</v></c>',
      '<c t="b"><v>0</v></c>',
      textCell("=1+1"),
    ];
    const bytes = await workbook({
      rows: `${row(...["a", "b", "c", "d", "e", "f"].map((name) => textCell(name)))}${row(...cells)}`,
    });
    const first = await readTable(sourceOf(bytes));
    const names = first.table.columns.map(({ name }) => name);
    const again = first.rows.map((one) => [...one.cells.map(writtenAgain), "'Staff 2026'!A2: expected a text."]);
    for (const format of ["XLSX", "CSV"] as const) {
      const second = await readTable(sourceOf(await written(format, [...names, ERRORS_COLUMN], again)));
      expect(second.table.columns.map(({ name }) => name)).toEqual(names);
      expect(second.rows.map(texts)).toEqual(
        format === "XLSX"
          ? first.rows.map(texts)
          : [["1.5", "00007", "2024-01-01", "2024-01-01 12:00:00", "false", "=1+1"]],
      );
      expect(second.rows[0]?.problem).toBeUndefined();
    }
  });
});
