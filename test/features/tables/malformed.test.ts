import { describe, expect, it } from "vitest";
import type { TableFormat } from "../../../src/features/tables/table.format.ts";
import { TABLE_LIMITS } from "../../../src/features/tables/table.limits.ts";
import { seeded } from "../../support/random.ts";
import { patience, rounds } from "../../support/rounds.ts";
import { readTable, refusalOf, sourceOf } from "./support.ts";
import { row, STYLES, textCell, workbook, worksheet } from "./workbooks.ts";

const FILES = rounds(500, 20_000);
/** Small, so that what is beyond them is found out by small files. */
const LIMITS = {
  ...TABLE_LIMITS,
  bytes: 1_000_000,
  unpackedBytes: 10_000_000,
  rows: 1_000,
  cellCharacters: 10_000,
  rowCharacters: 50_000,
};

interface Valid {
  format?: TableFormat;
  bytes: Buffer;
}

const CSV = `name;city;hired;note\r\n${'Ännë;"Köln; am Rhein";2024-01-01;"says ""hi""\r\nand more"\r\n'.repeat(8)}`;
const TEXTS = [
  "<t>number</t>",
  "<t>name</t>",
  "<t>hired</t>",
  "<r><t>Ada </t></r><r><t>Abel</t></r>",
  "<t>a&amp;b</t>",
];
const ROWS = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>${[
  2, 3, 4, 5,
]
  .map(
    (n) =>
      `<row r="${n}"><c r="A${n}" s="5"><v>${n}</v></c><c r="B${n}" t="s"><v>3</v></c><c r="C${n}" s="1"><v>4529${n}</v></c></row>`,
  )
  .join("")}`;

/** Files that can be read, of every kind. */
async function validFiles(): Promise<Valid[]> {
  const stored = await workbook({
    rows: `${row(textCell("a"), textCell("b"))}${row("<c><v>1</v></c>", textCell("x"))}`,
  });
  return [
    { bytes: Buffer.from(CSV) },
    { bytes: Buffer.from(`\uFEFF${CSV}`, "utf16le") },
    { bytes: Buffer.from(CSV, "latin1"), format: { encoding: "windows-1252" } },
    { bytes: await workbook({ rows: ROWS, texts: TEXTS }) },
    { bytes: stored },
  ];
}

type Chance = (below: number) => number;

/** Ways to break bytes. */
const BREAKS: Readonly<Record<string, (bytes: Buffer, chance: Chance) => Buffer>> = {
  "cut short": (bytes, chance) => bytes.subarray(0, chance(bytes.length)),
  "without its beginning": (bytes, chance) => bytes.subarray(1 + chance(bytes.length - 1)),
  "with bits turned": (bytes, chance) => {
    const copy = Buffer.from(bytes);
    for (let count = 1 + chance(8); count > 0; count--) {
      const at = chance(copy.length);
      copy[at] = (copy[at] as number) ^ (1 << chance(8));
    }
    return copy;
  },
  "with random bytes": (bytes, chance) => {
    const copy = Buffer.from(bytes);
    for (let at = chance(copy.length), end = at + chance(64); at < end && at < copy.length; at++)
      copy[at] = chance(256);
    return copy;
  },
  "with a number changed": (bytes, chance) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(
      [0, 1, 0x7fffffff, 0xffffffff, chance(bytes.length)][chance(5)] as number,
      chance(copy.length - 4),
    );
    return copy;
  },
  "with a part of it twice": (bytes, chance) => {
    const [at, length] = [chance(bytes.length), chance(500)];
    return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
  },
  "with a part of it missing": (bytes, chance) => {
    const at = chance(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance(50))]);
  },
  "with its bytes in pairs turned": (bytes) => Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16(),
};

const PIECES = [
  "<",
  ">",
  "&",
  '"',
  "<row>",
  "</row>",
  "<c>",
  "]]>",
  "<!--",
  "<?x",
  "&#0;",
  "&#x110000;",
  "&lol;",
  "<v>",
  'r="ZZZ1"',
  's="99999"',
  "-1",
  "1e999",
  "\0",
  "é",
];

/** A workbook one of whose parts is broken as a text, and packed again: so that it is the parts that are read. */
async function brokenBook(chance: Chance): Promise<Buffer> {
  const good: Record<string, string> = { "xl/worksheets/sheet1.xml": worksheet(ROWS), "xl/styles.xml": STYLES };
  const part = Object.keys(good)[chance(2)] as string;
  let text = good[part] as string;
  for (let count = 1 + chance(3); count > 0; count--) {
    const at = chance(text.length);
    text = text.slice(0, at) + (PIECES[chance(PIECES.length)] as string) + text.slice(at + chance(6));
  }
  return await workbook({ rows: ROWS, texts: TEXTS.slice(chance(5)), parts: { [part]: text } });
}

describe("A malformed file", () => {
  it(
    `is read, or refused in one clear line, in every of ${FILES} forms`,
    async () => {
      const random = seeded("malformed tables");
      const chance: Chance = (below) => Math.floor(random() * below);
      const valid = await validFiles();
      for (const { bytes, format } of valid)
        expect((await readTable(sourceOf(bytes), { format })).rows.length).toBeGreaterThan(0);
      const breaks = Object.entries(BREAKS);
      const refused = new Map<string, number>();
      for (let file = 0; file < FILES; file++) {
        const [how, breaking] = breaks[chance(breaks.length)] as (typeof breaks)[number];
        const { bytes, format } = valid[chance(valid.length)] as Valid;
        const isBook = chance(4) === 0;
        const broken = isBook ? await brokenBook(chance) : breaking(bytes, chance);
        const said = await refusalOf(sourceOf(broken, "f", 1 + chance(5_000)), {
          format: isBook ? {} : format,
          limits: LIMITS,
        });
        expect(said, how).toMatch(/^(nothing is wrong with it|f(:\d+| \S+.*)?: .+)$/);
        if (said !== "nothing is wrong with it") refused.set(said, (refused.get(said) ?? 0) + 1);
      }
      const count = [...refused.values()].reduce((sum, one) => sum + one, 0);
      expect(count).toBeGreaterThan(FILES / 2);
      expect(refused.size).toBeGreaterThan(20);
      if (process.env.SHOW) console.log(count, [...refused].sort((a, b) => b[1] - a[1]).slice(0, 60));
    },
    patience(FILES / 200),
  );
});
