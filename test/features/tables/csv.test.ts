import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type CellValues, cellValues } from "../../../src/features/tables/cell.values.ts";
import type { TableCell } from "../../../src/features/tables/table.cell.ts";
import type { TableFormat } from "../../../src/features/tables/table.format.ts";
import { TABLE_LIMITS } from "../../../src/features/tables/table.limits.ts";
import { openTable, type TableOptions } from "../../../src/features/tables/table.reader.ts";
import { readTable, refusalOf, sourceOf, texts } from "./support.ts";

const ROWS = "name;city\nÄnne “A”;Köln\n";
const utf16 = (text: string, big = false) =>
  big ? Buffer.from(text, "utf16le").swap16() : Buffer.from(text, "utf16le");

describe("A CSV file", () => {
  it("is read by what it says of itself: marks of encodings, and what stands between cells", async () => {
    const latin = Buffer.from(ROWS.replace("“", "\u0093").replace("”", "\u0094"), "latin1");
    const files: [Buffer, TableFormat, string][] = [
      [Buffer.from(ROWS), {}, "utf-8"],
      [Buffer.from(`\uFEFF${ROWS}`), {}, "utf-8"],
      [utf16(`\uFEFF${ROWS}`), {}, "utf-16le"],
      [utf16(`\uFEFF${ROWS}`, true), {}, "utf-16be"],
      [utf16(ROWS), { encoding: "utf-16le" }, "utf-16le"],
      [utf16(ROWS, true), { encoding: "utf-16be" }, "utf-16be"],
      [latin, { encoding: "windows-1252" }, "windows-1252"],
    ];
    for (const [bytes, format, encoding] of files)
      for (const chunk of [1, 2, 3, 65_536]) {
        const { table, rows } = await readTable(sourceOf(bytes, "people.csv", chunk), { format });
        expect(table).toMatchObject({ kind: "CSV", encoding, delimiter: ";", headerRow: 1 });
        expect(table.columns.map(({ name }) => name)).toEqual(["name", "city"]);
        expect(rows.map(texts)).toEqual([["Änne “A”", "Köln"]]);
      }
  });

  it.each([
    ["comma", ",", "a,b\n1,2\n"],
    ["semicolon, though texts hold commas", ";", "a;b\nx, y, z;2\n1, 2;3\n"],
    ["tab", "\t", "a\tb\n1;2\t3\n"],
    ["pipe", "|", "a|b\n1|2\n"],
    ["comma, where there is but one column", ",", "a\n1\n"],
    ["semicolon, outside of quotes", ";", '"a,,,,,";b\n1;2\n'],
  ])("may have between its cells a %s", async (_, delimiter, text) => {
    const { table } = await readTable(sourceOf(text));
    expect(table.delimiter).toBe(delimiter);
  });

  it("may end its lines in LF, CRLF and CR, wherever its chunks end, and its rows are numbered as a spreadsheet shows them", async () => {
    for (const end of ["\n", "\r\n", "\r"])
      for (const chunk of [1, 5, 1000]) {
        const text = ["a,b", '"x\ny",1', "", "z,2"].join(end);
        const { rows } = await readTable(sourceOf(text, "a.csv", chunk));
        expect(rows.map(({ number, line }) => [number, line])).toEqual([
          [2, 2],
          [4, 5],
        ]);
      }
  });

  it("gives back what was marked lest it be taken for a formula", async () => {
    const { rows } = await readTable(sourceOf("phone,note\n'+49 1,''=x\n'quoted',it's\n"));
    expect(rows.map(texts)).toEqual([
      ["+49 1", "'=x"],
      ["'quoted'", "it's"],
    ]);
  });

  const refused: [string, string | Buffer, TableFormat, RegExp][] = [
    ["is not in UTF-8", Buffer.from("a,b\n1,é\n", "latin1"), {}, /^f:2: holds bytes.*UTF-8.*declare/],
    ["holds NULs", "a,b\n1,\0\n", {}, /^f:2: holds a NUL/],
    ["is in UTF-16 and does not say so", utf16("a,b\n1,2\n"), {}, /^f:1: holds a NUL.*declare its encoding/],
    ["has half a character of UTF-16", utf16("\uFEFFa,b\n\ud800,2\n"), {}, /^f:2: .*UTF-16/],
    ["ends within a character of UTF-16", utf16("\uFEFFa,b\n1,2").subarray(0, -1), {}, /^f:2: .*UTF-16/],
    [
      "holds what Windows-1252 has not",
      Buffer.from([97, 10, 0x81]),
      { encoding: "windows-1252" },
      /^f:2: .*Windows-1252/,
    ],
    ["has another mark than was declared", "\uFEFFa", { encoding: "windows-1252" }, /byte order mark of UTF-8/],
    ["was declared a workbook", "a,b\n", { kind: "XLSX" }, /no workbook/],
    ["leaves a quote open", 'a,b\n1,"2\n', {}, /^f:2: .*no closing/],
    ["goes on behind a quote", 'a,b\n1,"2"3\n', {}, /^f:2: .*closing quote/],
    ["has a quote within a cell", 'a,b\n1,2"3"\n', {}, /^f:2: .*whole cell/],
    ["is empty", "", {}, /^f:1: is empty/],
    ["holds nothing but blank lines", "\n\n\n", {}, /^f:1: is empty/],
    ["has a column twice", "a,b,a\n", {}, /^f:1: the column "a" stands there twice/],
    ["has a column without a name", "a,,b\n", {}, /^f:1: the column B has no name/],
    ["has no names at all", "1,2\n3,4\n", {}, /none of the first 2 rows/],
    ["has nothing where its header was declared", "a\n\nb\n", { headerRow: 2 }, /row 2, which was declared/],
    [
      "is a workbook of before 2007",
      Buffer.from("d0cf11e0a1b11ae10000", "hex"),
      {},
      /password, or of a version before/,
    ],
  ];
  it.each(refused)("is refused where it %s", async (_, content, format, message) => {
    for (const chunk of [1, 3, 1000])
      expect(await refusalOf(sourceOf(content, "f", chunk), { format })).toMatch(message);
  });

  const limited: [string, string, TableOptions["limits"], RegExp][] = [
    ["bytes", "a\nb\n", { ...TABLE_LIMITS, bytes: 3 }, /at most 3 bytes/],
    ["rows", "a\nb\nc\n", { ...TABLE_LIMITS, rows: 2 }, /^f:3: at most 2 rows/],
    ["columns", "a,b\n1,2,3\n", { ...TABLE_LIMITS, columns: 2 }, /^f:2: .*at most 2 cells/],
    ["characters in a cell", "a,b\n1,123\n", { ...TABLE_LIMITS, cellCharacters: 2 }, /^f B2: .*at most 2 characters/],
    ["characters in a row", "a,b\n1,123456789012\n", { ...TABLE_LIMITS, rowCharacters: 9 }, /^f:2: .*at most 9/],
  ];
  it.each(limited)("is refused where it has too many %s", async (_, text, limits, message) => {
    expect(await refusalOf(sourceOf(text, "f"), { limits })).toMatch(message);
    expect(await refusalOf({ ...sourceOf(text, "f"), size: undefined }, { limits })).toMatch(message);
  });

  it("is refused where one record never ends, however it is made, before it is in memory", async () => {
    for (const endless of ["x", ",", '"\n",', ',"\n"']) {
      let given = 0;
      function* chunks() {
        yield Buffer.from("a,b\n");
        const chunk = Buffer.from(endless.repeat(65_536));
        for (; given < 200_000_000; given += chunk.length) yield chunk;
      }
      const source = { name: "f", open: () => Readable.from(chunks(), { objectMode: false }) };
      expect(await refusalOf(source)).toMatch(/^f:2: .*at most/);
      expect(given).toBeLessThan(20_000_000);
    }
  });

  it("says of a row that it has too many cells, or too few", async () => {
    const { rows } = await readTable(sourceOf("a,b\n1\n1,2,3\n1,2\n"));
    expect(rows.map(({ problem }) => problem && [problem.address, problem.column, problem.message])).toEqual([
      ["B2", "b", "the row must have 2 cells, as the header has; it has 1."],
      ["C3", "C", "the row must have 2 cells, as the header has; it has 3."],
      undefined,
    ]);
  });

  it("ends with whoever no longer wants it", async () => {
    const away = new AbortController();
    const text = `a,b\n${"1,2\n".repeat(100_000)}`;
    const table = await openTable(sourceOf(text), { signal: away.signal });
    const read = async () => {
      for await (const _ of table.rows) away.abort(new Error("gone"));
    };
    await expect(read()).rejects.toThrow("gone");
  });
});

describe("A header", () => {
  it.each([
    ["below a title", "Staff list,,\nas of 2026-01-01,,\nnumber,name,hired\n1,Ada,2020-01-01\n", 3],
    ["in the first row", "number,name\n1,Ada\n", 1],
    ["where all rows are names", "given,family\nAda,Abel\n", 1],
    ["with less of it than a row that is too wide", "given,family\nAda,Abel,x\n", 1],
  ])("is found %s", async (_, text, row) => {
    expect((await readTable(sourceOf(text))).table.headerRow).toBe(row);
  });

  it("may be declared, and stand aside", async () => {
    const { table, rows } = await readTable(sourceOf("x,y,z\n,number,name\n,1,Ada\n2,3,Bo\n"), {
      format: { headerRow: 2 },
    });
    expect(table.columns).toEqual([
      { name: "number", index: 0, letters: "B" },
      { name: "name", index: 1, letters: "C" },
    ]);
    expect(rows.map(texts)).toEqual([
      ["1", "Ada"],
      ["3", "Bo"],
    ]);
    expect(rows.map(({ problem }) => problem?.address)).toEqual([undefined, "A4"]);
    expect(table.address(17, 1)).toBe("C17");
  });
});

describe("A value", () => {
  const text = (value: string): TableCell => ({ kind: "text", text: value });
  const german = cellValues({
    date: "DD.MM.YYYY",
    decimal: ",",
    grouping: ".",
    listSeparator: "|",
    booleans: { true: ["ja"], false: ["nein"] },
    timezone: "Europe/Berlin",
  });
  const plain = cellValues();

  it.each<[CellValues, keyof CellValues, TableCell, unknown]>([
    [plain, "text", text(" x "), "x"],
    [plain, "text", text("  "), null],
    [plain, "text", { kind: "number", value: 7, text: "007" }, "007"],
    [plain, "text", { kind: "boolean", value: true }, "TRUE"],
    [plain, "integer", text("-12"), -12],
    [plain, "integer", { kind: "number", value: 12, text: "12" }, 12],
    [german, "integer", text("1.234.567"), 1_234_567],
    [plain, "decimal", text(".5e1"), 5],
    [german, "decimal", text("1.234,5"), 1234.5],
    [german, "date", text("1.2.2024"), "2024-02-01"],
    [german, "date", text("29.02.2024"), "2024-02-29"],
    [german, "date", { kind: "date", date: "2024-02-01" }, "2024-02-01"],
    [cellValues({ date: "YYYYMMDD" }), "date", { kind: "number", value: 20240201, text: "20240201" }, "2024-02-01"],
    [cellValues({ date: "MM/DD/YYYY" }), "date", text("12/31/2024"), "2024-12-31"],
    [plain, "instant", text("2024-02-01T10:00:00.5+02:00"), new Date("2024-02-01T08:00:00.500Z")],
    [german, "instant", text("01.07.2024 10:00"), new Date("2024-07-01T08:00:00Z")],
    [german, "instant", { kind: "date", date: "2024-01-01", time: "10:00:00" }, new Date("2024-01-01T09:00:00Z")],
    // Clocks are set back at three.
    [german, "instant", text("27.10.2024 02:30"), new Date("2024-10-27T00:30:00Z")],
    [german, "boolean", text("JA"), true],
    [german, "boolean", { kind: "boolean", value: false }, false],
    [german, "list", text("a | b||c"), ["a", "b", "c"]],
    [plain, "list", { kind: "empty" }, null],
  ])("is read by the formats of its file (%#)", (values, type, cell, value) => {
    expect(values[type](cell)).toEqual({ value });
  });

  it.each<[CellValues, keyof CellValues, TableCell, string]>([
    [
      german,
      "date",
      text("2024-02-01xx"),
      "expected a date that exists, as DD.MM.YYYY; it holds a text of 12 characters.",
    ],
    [
      german,
      "date",
      text("30.02.2024"),
      "expected a date that exists, as DD.MM.YYYY; it holds a text of 10 characters.",
    ],
    [plain, "date", { kind: "number", value: 45_000, text: "45000" }, "it holds a number."],
    [plain, "date", { kind: "date", date: "2024-01-01", time: "10:00:00" }, "it holds a date and a time."],
    [plain, "text", { kind: "date", date: "2024-01-01" }, "expected a text; it holds a date."],
    [plain, "text", { kind: "number", value: 2 ** 60, text: "1" }, "more digits than spreadsheets keep."],
    [plain, "text", { kind: "unusable", why: "the error #N/A" }, "expected a text; it holds the error #N/A."],
    [plain, "integer", text("1.5"), "expected a whole number, such as 12; it holds a text of 3 characters."],
    [plain, "integer", text("1,000"), "a whole number"],
    [german, "integer", text("1.23.456"), "a whole number, such as 1.200"],
    [plain, "decimal", text("1,5"), "a number, such as 0.5"],
    [plain, "decimal", text("1e999"), "a number"],
    [plain, "boolean", text("yes"), "expected one of true, false"],
    [plain, "instant", text("2024-02-01T25:00Z"), "a date and a time"],
    // Clocks are set forward at two.
    [german, "instant", text("31.03.2024 02:30"), "that exist"],
  ])("that is none says what was expected, and never what stands there (%#)", (values, type, cell, message) => {
    expect(values[type](cell)).toEqual({ expected: expect.stringContaining(message) });
  });
});

describe("The limits", () => {
  it("are those that the guide names", () => {
    const guide = readFileSync("docs/import-and-export.md", "utf8");
    for (const [name, limit] of Object.entries(TABLE_LIMITS)) {
      const mib = limit / 1_048_576;
      const shown = /bytes/i.test(name)
        ? `${mib.toLocaleString("en")} MiB`
        : `${limit.toLocaleString("en")}${name === "ratio" ? " times" : ""}`;
      expect(guide, name).toContain(`\n| ${shown} |`);
    }
  });
});
