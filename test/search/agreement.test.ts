import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { not } from "../../src/search/filter.ts";
import { canonical } from "../../src/search/normal-form.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { toInput } from "../../src/search/print.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { databaseKind } from "../support/database.ts";
import { fieldInput, filtersOf } from "./support/filters.ts";
import { rowsOf } from "./support/rows.ts";
import { Sample } from "./support/sample.ts";
import { moments } from "./support/vocabulary.ts";

/** The server tries more of them; the embedded database is the same PostgreSQL, several times as slow. */
const RUNS = databaseKind === "postgres" ? { each: 8, nested: 30 } : { each: 3, nested: 10 };

const catalogue = userCatalogue;
const rows = fc.array(rowsOf(catalogue), { minLength: 20, maxLength: 20 });

let sample: Sample;
beforeAll(async () => {
  sample = await Sample.open();
});
afterAll(() => sample.close());

async function expectAgreement(
  inputs: readonly unknown[],
  random: Record<string, unknown>[],
  at: { now: Date; today: string },
) {
  const stored = await sample.fill(random);
  for (const input of inputs) {
    const filter = parseFilter(input, { catalogue });
    const holds = compile(filter, catalogue);
    const expected = stored.flatMap((row, place) => (holds(row, at) ? [place] : []));
    const others = stored.flatMap((row, place) => (holds(row, at) ? [] : [place]));
    const said = JSON.stringify(input);
    expect(await sample.matching(filter, at), said).toEqual(expected);
    expect(await sample.matching(not(filter), at), `not ${said}`).toEqual(others);
    expect(await sample.matching(canonical(filter, catalogue), at), `canonical ${said}`).toEqual(expected);
    expect(
      await sample.matching(parseFilter(toInput(filter, catalogue), { catalogue }), at),
      `printed ${said}`,
    ).toEqual(expected);
  }
}

describe("SQL and predicate agree, not F finds what F does not, and the canonical form finds the same", () => {
  for (const field of [...catalogue.fields.values()].filter(({ filter }) => filter)) {
    it(`for every operator of ${field.name}`, async () => {
      const filters = fc.array(fieldInput(field), { minLength: 12, maxLength: 12 });
      await fc.assert(fc.asyncProperty(filters, rows, moments, expectAgreement), {
        numRuns: RUNS.each,
        endOnFailure: true,
      });
    });
  }

  it("for nested filters", async () => {
    const filters = fc.array(filtersOf(catalogue), { minLength: 20, maxLength: 20 });
    await fc.assert(fc.asyncProperty(filters, rows, moments, expectAgreement), {
      numRuns: RUNS.nested,
      endOnFailure: true,
    });
  });
});
