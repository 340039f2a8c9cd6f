import { describe, expect, it } from "vitest";
import type { TableFormat } from "../../../src/features/tables/table.format.ts";
import { TABLE_LIMITS } from "../../../src/features/tables/table.limits.ts";
import type { TableOptions } from "../../../src/features/tables/table.reader.ts";
import { readTable, refusalOf, sourceOf, texts } from "./support.ts";
import { type Book, contentTypes, relationships, row, textCell, workbook, worksheet, zipped } from "./workbooks.ts";

const HEADER = row(textCell("number"), textCell("name"));

/** The only cell of the only row of a workbook. */
async function cellOf(cell: string, book: Book = {}) {
  const bytes = await workbook({ rows: `${row(textCell("a"))}${row(cell)}`, ...book });
  const { rows } = await readTable(sourceOf(bytes, "book.xlsx"));
  return rows[0]?.cells[0];
}

describe("A workbook", () => {
  it("is read as programs write it, whatever its name says", async () => {
    const bytes = await workbook({
      texts: [
        "<t>number</t>",
        "<t>name</t>",
        "<t>hired</t>",
        '<r><t xml:space="preserve">Ada </t></r><r><rPr><b/></rPr><t>Abel</t></r><rPh sb="0" eb="1"><t>エイダ</t></rPh>',
        "<t>a &lt;b&gt;_x000D_&#10;_x005F_x0041_</t>",
      ],
      rows: `<row r="1" spans="1:3"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="XFD1" s="1"/></row>
        <row r="3"><c r="A3" s="5"><v>42</v></c><c r="B3" t="s"><v>3</v></c><c r="C3" s="1"><v>45292</v></c></row>
        <row r="4"><c r="A4"><f>1+1</f><v>2</v></c><c r="B4" t="s"><v>4</v></c></row>
        <row r="1048576"><c r="A1048576" s="1"/></row>`,
    });
    for (const chunk of [7, 65_536]) {
      const { table, rows } = await readTable(sourceOf(bytes, "people.csv", chunk));
      expect(table).toMatchObject({ kind: "XLSX", sheet: "Staff 2026", sheets: ["Staff 2026", "Other"], headerRow: 1 });
      expect(table.address(17, 2)).toBe("'Staff 2026'!C17");
      expect(rows.map(({ number }) => number)).toEqual([3, 4]);
      expect(rows.map(texts)).toEqual([
        ["00042", "Ada Abel", "2024-01-01"],
        ["2", "a <b>\r\n_x0041_", ""],
      ]);
    }
  });

  it("gives the sheet of a name, hidden or not, by a path from its own part", async () => {
    const bytes = await workbook({ rows: HEADER });
    for (const sheet of ["other", "SECRET"]) {
      const { table } = await readTable(sourceOf(bytes), { format: { sheet } });
      expect(table.columns[0]?.name).toBe("other");
    }
    expect(await refusalOf(sourceOf(bytes, "f"), { format: { sheet: "Nowhere" } })).toBe(
      "f: has no sheet of the name that was declared.",
    );
  });

  it("may have prefixes, the strict form's namespaces, and UTF-16", async () => {
    const strict = worksheet(HEADER)
      .replaceAll(
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
      )
      .replaceAll(/<(\/?)(\w)/g, "<$1s:$2")
      .replace("xmlns=", "xmlns:s=");
    const wide = Buffer.from(`\uFEFF${worksheet(HEADER).replace("UTF-8", "UTF-16")}`, "utf16le");
    for (const part of [strict, wide]) {
      const { table } = await readTable(sourceOf(await workbook({ parts: { "xl/worksheets/sheet1.xml": part } })));
      expect(table.columns.map(({ name }) => name)).toEqual(["number", "name"]);
    }
  });

  it.each<[string, unknown, Book?]>([
    ['<c s="1"><v>1</v></c>', { kind: "date", date: "1900-01-01" }],
    ['<c s="1"><v>59</v></c>', { kind: "date", date: "1900-02-28" }],
    ['<c s="2"><v>61</v></c>', { kind: "date", date: "1900-03-01" }],
    ['<c s="1"><v>60</v></c>', { kind: "unusable", why: "the date 1900-02-29, which never was" }],
    ['<c s="1"><v>2958465.9</v></c>', { kind: "date", date: "9999-12-31" }],
    ['<c s="1"><v>2958466</v></c>', { kind: "unusable", why: "a date before 1900 or after 9999" }],
    ['<c s="1"><v>-1</v></c>', { kind: "unusable", why: "a date before 1900 or after 9999" }],
    ['<c s="1"><v>0</v></c>', { kind: "date", date: "1904-01-01" }, { date1904: true }],
    ['<c s="1"><v>43830</v></c>', { kind: "date", date: "2024-01-01" }, { date1904: true }],
    ['<c s="3"><v>45292.999999999</v></c>', { kind: "date", date: "2024-01-02", time: "00:00:00" }],
    ['<c s="3"><v>45292.5000115741</v></c>', { kind: "date", date: "2024-01-01", time: "12:00:01" }],
    ['<c s="4"><v>0.75</v></c>', { kind: "time", time: "18:00:00" }],
    ['<c s="8"><v>45292</v></c>', { kind: "date", date: "2024-01-01" }],
    ['<c s="7"><v>45292</v></c>', { kind: "number", value: 45292, text: "45292" }],
    ['<c s="5"><v>7</v></c>', { kind: "number", value: 7, text: "00007" }],
    ["<c><v>0.30000000000000004</v></c>", { kind: "number", value: 0.30000000000000004, text: "0.3" }],
    ["<c><v>1.2E+15</v></c>", { kind: "number", value: 1.2e15, text: "1200000000000000" }],
    ['<c t="d"><v>2024-01-01T10:00:00</v></c>', { kind: "date", date: "2024-01-01", time: "10:00:00" }],
    ['<c t="b"><v>1</v></c>', { kind: "boolean", value: true }],
    ['<c t="e"><v>#N/A</v></c>', { kind: "unusable", why: "the error #N/A" }],
    ['<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c>', { kind: "text", text: "ab" }],
    ["<c><f>1+1</f></c>", { kind: "unusable", why: "a formula without a stored value" }],
    ['<c t="inlineStr"><is><t><![CDATA[<x>]]></t></is></c>', { kind: "text", text: "<x>" }],
  ])("holds in a cell what its type and its format say: %s", async (cell, expected, book) => {
    expect(await cellOf(cell, book)).toEqual(expected);
  });

  it("numbers rows and cells that do not say where they stand", async () => {
    const rows = `${HEADER}<row r="5"><c r="B5"><v>1</v></c></row>${row("<c><v>2</v></c>")}`;
    const { rows: read } = await readTable(sourceOf(await workbook({ rows })));
    expect(read.map((one) => [one.number, ...texts(one)])).toEqual([
      [5, "", "1"],
      [6, "2", ""],
    ]);
  });

  it("takes links that people may click, and merged cells above the header", async () => {
    const bytes = await workbook({
      rows: `${row(textCell("A title"))}${HEADER}${row("<c><v>1</v></c>", textCell("a@b.example"))}`,
      behind: '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>',
      parts: {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(["rId1", "hyperlink", "mailto:a@b.example", "External"]),
      },
    });
    const { table, rows } = await readTable(sourceOf(bytes));
    expect([table.headerRow, rows.length]).toEqual([2, 1]);
  });
});

describe("A workbook that cannot be used", () => {
  const doctype = '<!DOCTYPE x [<!ENTITY a "aaaa">]>';
  const rows = `${HEADER}${row("<c><v>1</v></c>", textCell("x"))}`;
  const cases: [string, Book, RegExp, TableFormat?][] = [
    [
      "has entities",
      { parts: { "xl/worksheets/sheet1.xml": worksheet(HEADER).replace("<worksheet", `${doctype}<worksheet`) } },
      /sheet1.xml must not declare a document type/,
    ],
    [
      "is no XML",
      { parts: { "xl/workbook.xml": "<workbook><sheets></workbook>" } },
      /workbook.xml is no well-formed XML/,
    ],
    ["is cut short", { parts: { "xl/worksheets/sheet1.xml": worksheet(HEADER).slice(0, -20) } }, /no well-formed XML/],
    [
      "is no text",
      { parts: { "xl/worksheets/sheet1.xml": Buffer.from(worksheet(textCell("é")), "latin1") } },
      /UTF-8 or UTF-16/,
    ],
    [
      "is in another encoding",
      { parts: { "xl/worksheets/sheet1.xml": worksheet("").replace("UTF-8", "ISO-8859-1") } },
      /UTF-8 or UTF-16/,
    ],
    ["is nested without end", { rows: "<x>".repeat(10_000) }, /nested deeper than 64/],
    ["says little in many words", { rows: `<!--${"< ".repeat(2_000_000)}-->` }, /characters without a tag/],
    [
      "refers to other workbooks",
      {
        rows,
        parts: {
          "xl/_rels/workbook.xml.rels": relationships(
            ["rId1", "worksheet", "/xl/worksheets/sheet1.xml"],
            ["rId2", "externalLink", "externalLinks/externalLink1.xml"],
          ),
        },
      },
      /refers to other files \(externalLink\)/,
    ],
    [
      "has its sheet elsewhere",
      {
        rows,
        parts: {
          "xl/_rels/workbook.xml.rels": relationships([
            "rId1",
            "worksheet",
            "https://evil.example/sheet.xml",
            "External",
          ]),
        },
      },
      /refers to other files/,
    ],
    [
      "has a template of elsewhere",
      {
        rows,
        parts: {
          "xl/worksheets/_rels/sheet1.xml.rels": relationships(["rId1", "oleObject", "file:///etc/passwd", "External"]),
        },
      },
      /refers to other files/,
    ],
    [
      "leads to another host",
      {
        rows,
        parts: { "xl/_rels/workbook.xml.rels": relationships(["rId1", "worksheet", "//evil.example/sheet.xml"]) },
      },
      /refers to other files/,
    ],
    [
      "has macros",
      { parts: { "[Content_Types].xml": contentTypes("application/vnd.ms-excel.sheet.macroEnabled.main+xml") } },
      /has macros/,
    ],
    [
      "is a binary one",
      { parts: { "[Content_Types].xml": contentTypes("application/vnd.ms-excel.sheet.binary.macroEnabled.main") } },
      /macros|no workbook/,
    ],
    [
      "is a document of another kind",
      { parts: { "[Content_Types].xml": contentTypes("application/msword") } },
      /no workbook \(XLSX\)/,
    ],
    ["is an archive", { parts: { "[Content_Types].xml": null } }, /is an archive/],
    [
      "is an OpenDocument",
      { parts: { "[Content_Types].xml": null, mimetype: "application/vnd.oasis.opendocument.spreadsheet" } },
      /OpenDocument/,
    ],
    ["lacks its sheet", { parts: { "xl/worksheets/sheet1.xml": null } }, /sheet1.xml is missing/],
    [
      "lacks a shared text",
      { rows: `${HEADER}<row r="2"><c r="B2" t="s"><v>3</v></c></row>` },
      /'Staff 2026'!B2: is damaged/,
    ],
    [
      "has a number that is none",
      { rows: `${HEADER}<row r="2"><c r="B2"><v>0x1F</v></c></row>` },
      /'Staff 2026'!B2: is damaged/,
    ],
    ["has cells of no type", { rows: `${HEADER}<row r="2"><c r="B2" t="q"><v>1</v></c></row>` }, /!B2: is damaged/],
    ["has a row twice", { rows: `<row r="2"/><row r="2"/>` }, /rows must be numbered upwards/],
    ["has a row beyond the last", { rows: `<row r="1048577"/>` }, /to 1048576 at most/],
    ["has cells in any order", { rows: `<row r="1"><c r="B1"/><c r="A1"/></row>` }, /from left to right/],
    ["has cells of other rows", { rows: `<row r="1"><c r="B2"/></row>` }, /from left to right/],
    [
      "has 2^20 columns",
      { rows: `<row r="1">${textCell("a")}<c r="AAAA1"><v>1</v></c></row>` },
      /16384 columns at most/,
    ],
    ["has 2^20 columns in a row", { rows: `<row r="1">${"<c/>".repeat(2 ** 20)}</row>` }, /16384 columns at most/],
    [
      "has more columns than are read",
      { rows: `<row r="1">${"<c><v>1</v></c>".repeat(2_000)}</row>` },
      /!AMK1: a row may have at most 1024 cells/,
    ],
    [
      "merges cells of its table",
      { rows, behind: '<mergeCells><mergeCell ref="B2:B3"/></mergeCells>' },
      /'Staff 2026'!B2:B3: the cells are merged/,
    ],
    [
      "has a text too long for a cell",
      { rows: row(textCell("x".repeat(40_000))) },
      /!A1: a cell may have at most 32767/,
    ],
    [
      "shares a text too long for a cell",
      { texts: [`<r><t>${"x".repeat(30_000)}</t></r>`.repeat(9)] },
      /cells share may have at most 32767/,
    ],
    ["is empty", {}, /Staff 2026: is empty/],
    ["was declared CSV", { rows }, /CSV was declared/, { kind: "CSV" }],
    [
      "has no sheet to see",
      { parts: { "xl/_rels/workbook.xml.rels": relationships(["rId9", "worksheet", "worksheets/sheet2.xml"]) } },
      /no sheet that is not hidden/,
    ],
  ];
  it.each(cases)("because it %s is refused by what is wrong", async (_, book, message, format) => {
    const limits = { ...TABLE_LIMITS, ratio: 10_000 };
    expect(await refusalOf(sourceOf(await workbook(book), "f"), { format, limits })).toMatch(message);
  });

  const limited: [string, TableOptions["limits"], RegExp][] = [
    ["parts", { ...TABLE_LIMITS, parts: 3 }, /at most 3 parts; it has 8/],
    ["sheets", { ...TABLE_LIMITS, sheets: 2 }, /at most 2 sheets/],
    ["bytes unpacked", { ...TABLE_LIMITS, unpackedBytes: 2_000 }, /unpack to at most 2000 bytes/],
    ["bytes of shared texts", { ...TABLE_LIMITS, sharedTextBytes: 10 }, /share may take at most 10 bytes/],
    ["rows", { ...TABLE_LIMITS, rows: 1 }, /'Staff 2026'!A2: at most 1 rows/],
  ];
  it.each(limited)("because it has too many %s is refused", async (_, limits, message) => {
    expect(await refusalOf(sourceOf(await workbook({ rows, texts: ["<t>a</t>"] }), "f"), { limits })).toMatch(message);
  });
});

describe("An archive that lies", () => {
  const ratio = /may unpack to at most 250 times its size/;

  it("about what it unpacks to is refused, whether it says so or not", async () => {
    const bomb = Buffer.alloc(20_000_000, " ");
    const bytes = await workbook({ parts: { "xl/worksheets/sheet1.xml": bomb } });
    expect(await refusalOf(sourceOf(bytes, "f"))).toMatch(ratio);
    // The list of parts says that it unpacks to a thousand bytes.
    const entry = bytes.indexOf("xl/worksheets/sheet1.xml", bytes.indexOf("PK\x01\x02", 0, "latin1")) - 46;
    expect(bytes.readUInt32LE(entry + 24)).toBe(20_000_000);
    bytes.writeUInt32LE(1_000, entry + 24);
    expect(await refusalOf(sourceOf(bytes, "f"))).toMatch(/is damaged/);
  });

  it("about its sums, the places of its parts or their number is refused", async () => {
    const bytes = await workbook({ rows: HEADER });
    const directory = bytes.indexOf("PK\x01\x02", 0, "latin1");
    const entry = bytes.indexOf("xl/worksheets/sheet1.xml", directory) - 46;
    const changed = async (place: number, value: number) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(value, place);
      return await refusalOf(sourceOf(copy, "f"));
    };
    expect(await changed(entry + 16, 1)).toMatch(/is damaged/);
    expect(await changed(entry + 42, 0)).toMatch(/its parts overlap/);
    expect(await changed(bytes.length - 22 + 8, 0x00ff00ff)).toMatch(/is damaged/);
    expect(await changed(bytes.length - 22 + 16, bytes.length + 5)).toMatch(/is damaged/);
  });

  it("has no parts twice, none outside of it, and none encrypted", async () => {
    const named = async (name: string, other: string) => {
      const bytes = await zipped({ "[Content_Types].xml": contentTypes(), [name]: "x" });
      return Buffer.from(bytes.toString("latin1").replaceAll(name, other), "latin1");
    };
    expect(await refusalOf(sourceOf(await named("aContent_Types].xml", "[Content_Types].xml"), "f"))).toMatch(
      /is there twice/,
    );
    expect(await refusalOf(sourceOf(await named("aContent_Types].xml", "[CONTENT_TYPES].xml"), "f"))).toMatch(
      /is there twice/,
    );
    expect(await refusalOf(sourceOf(await named("aaaa", "../a"), "f"))).toMatch(/is damaged/);
    expect(await refusalOf(sourceOf(await named("aaaa", "/a/a"), "f"))).toMatch(/is damaged/);
    expect(await refusalOf(sourceOf(await named("aaaa", "a\\aa"), "f"))).toMatch(/is damaged/);
    const bytes = await workbook({ rows: HEADER });
    const entry = bytes.indexOf("PK\x01\x02", 0, "latin1");
    for (const [bit, message] of [
      [0x01, /is encrypted/],
      [0x40, /is damaged/],
    ] as const) {
      const copy = Buffer.from(bytes);
      copy.writeUInt16LE(copy.readUInt16LE(entry + 8) | bit, entry + 8);
      expect(await refusalOf(sourceOf(copy, "f"))).toMatch(message);
    }
  });
});
