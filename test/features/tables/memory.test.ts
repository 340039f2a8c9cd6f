import { execFile } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { openTable } from "../../../src/features/tables/table.reader.ts";
import { sourceAt } from "../../../src/features/tables/table.source.ts";
import { rounds } from "../../support/rounds.ts";
import { contentTypes, relationships, row, textCell, WORKBOOK, worksheet } from "./workbooks.ts";

/** What the reading process may have on its heap; a reader that holds a file would need many times that. */
const HEAP_MIB = 64;
/** And in all: Node itself takes 50. */
const PEAK_MIB = 320;
const MIB = 1_048_576;
/** How large the files are, unpacked. */
const SIZE = rounds(40, 800) * MIB;

const READER = fileURLToPath(new URL("reading-process.mjs", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-tables-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A text over and over. */
function* repeated(text: string, bytes = SIZE): Generator<string> {
  const block = text.repeat(Math.ceil(65_536 / text.length));
  for (let length = 0; length < bytes; length += block.length) yield block;
}

/** Numbered texts. */
function* numbered(text: (number: number) => string, count: number): Generator<string> {
  for (let number = 0; number < count; ) {
    let block = "";
    for (; block.length < 65_536 && number < count; number++) block += text(number);
    yield block;
  }
}

type Content = () => Iterable<string>;
const around = (before: string, inside: Content, behind: string): Content =>
  function* () {
    yield before;
    yield* inside();
    yield behind;
  };
const [BEFORE, BEHIND] = worksheet("|").split("|") as [string, string];
const inSheet = (inside: Content): Content => around(BEFORE, inside, BEHIND);
const HEADER = row(textCell("number"), textCell("name"));
const SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">';

/** What a process of its own says of a file. */
async function readApart(name: string): Promise<{ rows?: number; refused?: string; peakMiB: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    `--max-old-space-size=${HEAP_MIB}`,
    READER,
    join(folder, name),
  ]);
  return JSON.parse(stdout);
}

async function bookOf(sheet: Content, texts?: Content): Promise<string> {
  const zip = new ZipFile();
  const parts = {
    "[Content_Types].xml": contentTypes(),
    "_rels/.rels": relationships(["rId1", "officeDocument", "xl/workbook.xml"]),
    "xl/workbook.xml": WORKBOOK,
    "xl/_rels/workbook.xml.rels": relationships(
      ["rId1", "worksheet", "worksheets/sheet1.xml"],
      ...(texts ? [["rId3", "sharedStrings", "sharedStrings.xml"] as [string, string, string]] : []),
    ),
  };
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), name);
  zip.addReadStream(Readable.from(sheet(), { objectMode: false }), "xl/worksheets/sheet1.xml");
  if (texts)
    zip.addReadStream(Readable.from(texts(), { objectMode: false }), "xl/sharedStrings.xml", { compressionLevel: 1 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(join(folder, "book.xlsx")));
  return "book.xlsx";
}

async function csvOf(content: Content): Promise<string> {
  await pipeline(Readable.from(content(), { objectMode: false }), createWriteStream(join(folder, "file.csv")));
  return "file.csv";
}

describe("A file is read in bounded memory", () => {
  const records = rounds(200_000, 900_000);
  const texts = rounds(150_000, 3_000_000);
  const cases: [string, () => Promise<string>, { rows: number } | { refused: RegExp }][] = [
    [
      "that has many texts to share",
      () =>
        bookOf(
          inSheet(around(HEADER, () => numbered((n) => `<row><c t="s"><v>${n}</v></c></row>`, texts), "")),
          around(SST, () => numbered((n) => `<si><t>text ${n} of them</t></si>`, texts), "</sst>"),
        ),
      { rows: texts },
    ],
    [
      "that has 2^20 rows of nothing",
      () => bookOf(inSheet(around(HEADER, () => numbered(() => "<row/>", 2 ** 20 - 1), ""))),
      { rows: 0 },
    ],
    [
      "that has 2^20 columns",
      () => bookOf(inSheet(around("<row>", () => repeated("<c/>"), "</row>"))),
      { refused: /16384 columns/ },
    ],
    [
      "that is one comment",
      () => bookOf(inSheet(around("<!--", () => repeated("<c> "), "-->"))),
      { refused: /without a tag/ },
    ],
    [
      "that is one text",
      () => bookOf(inSheet(around("<row><c><v>", () => repeated("1"), "</v></c></row>"))),
      { refused: /without a tag/ },
    ],
    [
      "that is one text in many pieces",
      () => bookOf(inSheet(around('<row><c t="inlineStr"><is>', () => repeated("<r><t>x</t></r>"), "</is></c></row>"))),
      { refused: /at most 32767/ },
    ],
    [
      "that is one element of many attributes",
      () => bookOf(inSheet(around("<row ", () => numbered((n) => `a${n}="" `, SIZE / 10), "/>"))),
      { refused: /without a tag/ },
    ],
    [
      "that shares one endless text",
      () =>
        bookOf(
          inSheet(() => [HEADER]),
          around(`${SST}<si>`, () => repeated("<r><t>x</t></r>"), "</si></sst>"),
        ),
      { refused: /at most 32767/ },
    ],
    [
      "that merges cells without end",
      () =>
        bookOf(
          around(
            `${BEFORE}${HEADER}</sheetData><mergeCells>`,
            () => repeated('<mergeCell ref="A1:B2"/>'),
            "</mergeCells></worksheet>",
          ),
        ),
      { refused: /may be merged/ },
    ],
    [
      "of CSV that leaves a quote open",
      () => csvOf(around('a,b\n1,"', () => repeated("x\n"), "")),
      { refused: /quote left open/ },
    ],
    [
      "of CSV that is one line of commas",
      () => csvOf(around("a,b\n", () => repeated(","), "")),
      { refused: /quote left open/ },
    ],
    [
      "of CSV with many rows",
      () => csvOf(around("a,b\n", () => numbered((n) => `${n},x\n`, records), "")),
      { rows: records },
    ],
  ];
  it.each(cases)("%s", async (_, made, expected) => {
    const said = await readApart(await made());
    expect(said.peakMiB).toBeLessThan(PEAK_MIB);
    if ("rows" in expected) expect(said).toMatchObject(expected);
    else expect(said.refused).toMatch(expected.refused);
  });

  it("that unpacks to a thousand times its size, by not being unpacked", async () => {
    const name = await bookOf(inSheet(() => repeated(" ")));
    await expect(openTable(sourceAt(join(folder, name)))).rejects.toThrow(/at most 250 times its size/);
  });
});
