import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { escapeFoldedLike, escapeLike, fold, wordsOf } from "../../src/search/folding.ts";
import { Sample } from "./support/sample.ts";

let sample: Sample;
beforeAll(async () => {
  sample = await Sample.open();
});
afterAll(() => sample.close());

/** Letters whose case pair came with Unicode 16 or later; FILTER.md names them. */
const YOUNG = /^[\u1c89\ua7cb-\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]$/u;

describe("Folding", () => {
  it("is the same in JavaScript and in the database, for every character but letters younger than Unicode 15", async () => {
    const characters: string[] = [];
    for (let code = 1; code < 0x110000; code++)
      if (code < 0xd800 || code > 0xdfff) characters.push(String.fromCodePoint(code));
    const { rows } = await sample.client.query<{ character: string; folded: string }>(
      "SELECT c AS character, fold(c) AS folded FROM unnest($1::text[]) AS t(c) WHERE fold(c) <> c",
      [characters],
    );
    const folded = new Map(rows.map((row) => [row.character, row.folded]));
    const different = characters.filter((c) => fold(c) !== (folded.get(c) ?? c));
    expect(different.filter((c) => !YOUNG.test(c))).toEqual([]);
  });

  it.each([
    "ΑΣ",
    "ΑΣΑ",
    "Σ",
    "ΑΣ.",
    "ΑΣ.Α",
    "Α.Σ",
    "ΑΣ\u0301",
    "ΑΣ\u0301Α",
    "I\u0307",
    "İI",
    "Α_Σ",
    "ΑΣ%",
    "ΑΣ\\",
    "ΑΣ1",
    "ΑΣ'Α",
    "Σ\u00adΣ",
    "ǅẞﬀ",
  ])("of %j heeds what stands beside a letter as the database does", async (text) => {
    const { rows } = await sample.client.query<{ folded: string }>("SELECT fold($1) AS folded", [text]);
    expect(rows[0]?.folded).toBe(fold(text));
  });

  it("lets a pattern match wherever the text itself has the operand", async () => {
    for (const [text, part] of [
      ["ΟΔΟΣΟ", "ΟΔΟΣ"],
      ["ΟΔΟΣ", "Σ"],
      ["50%\\_", "%\\_"],
      ["ΑΣ", "Σ"],
    ] as const) {
      const { rows } = await sample.client.query<{ exact: boolean; folded: boolean }>(
        "SELECT $1::text LIKE $2 AS exact, fold($1) LIKE $3 AS folded",
        [text, `%${escapeLike(part)}%`, `%${escapeFoldedLike(part)}%`],
      );
      expect(rows[0]).toEqual({ exact: true, folded: true });
    }
  });
});

describe("Words", () => {
  it("end at white space and ASCII punctuation alone", () => {
    expect(wordsOf("  Ann-Marie\u00a0O'Neil_x\t(50%) é\u3000Straße·1 ")).toEqual([
      "ann",
      "marie",
      "o",
      "neil",
      "x",
      "50",
      "é",
      "straße·1",
    ]);
    expect(wordsOf(" -- ")).toEqual([]);
  });
});
