import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { FILTER_LIMITS } from "../../src/search/limits.ts";
import { parseFilter } from "../../src/search/parse.ts";

const parse = (input: unknown) => parseFilter(input, { catalogue: userCatalogue });

function refusal(input: unknown): Partial<RollcallError> {
  try {
    parse(input);
    return {};
  } catch (error) {
    return error as RollcallError;
  }
}

const nested = (depth: number, innermost: unknown = { title: { eq: "a" } }): unknown =>
  depth === 1 ? innermost : { not: nested(depth - 1, innermost) };
const leaves = (count: number): unknown => ({ or: Array.from({ length: count }, () => ({ title: { eq: "a" } })) });

describe("A filter at a published limit is taken, one over it is refused with the limit and what was found:", () => {
  it("depth", () => {
    expect(() => parse(nested(12))).not.toThrow();
    expect(refusal(nested(13))).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      details: { limit: 12, actual: 13, inputPath: `filter${".not".repeat(12)}` },
    });
  });

  it("depth, through and, or and grants alike", () => {
    const grants = (depth: number) => nested(depth - 2, { or: [{ roleGrants: { some: { role: { eq: "a" } } } }] });
    expect(() => parse(grants(12))).not.toThrow();
    expect(refusal(grants(13)).details).toMatchObject({ limit: 12, actual: 13 });
  });

  it("leaves, counting operators, not fields", () => {
    expect(() => parse(leaves(200))).not.toThrow();
    expect(refusal(leaves(201))).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      details: { limit: 200, actual: 201, inputPath: "filter" },
    });
    expect(refusal({ and: [leaves(199), { title: { startsWith: "a", endsWith: "b" } }] }).details).toMatchObject({
      actual: 201,
    });
  });

  it("leaves, counting what says nothing as well", () => {
    expect(refusal({ and: Array.from({ length: 201 }, () => ({})) }).details).toMatchObject({
      limit: 200,
      actual: 201,
    });
    expect(refusal({ or: Array.from({ length: 201 }, () => ({ and: [] })) }).details).toMatchObject({
      limit: 200,
      actual: 201,
    });
  });

  it("values in a list", () => {
    const list = (length: number) => ({ title: { in: Array.from({ length }, (_, i) => `t${i}`) } });
    expect(() => parse(list(1000))).not.toThrow();
    expect(refusal({ and: [list(1001)] })).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      details: { limit: 1000, actual: 1001, inputPath: "filter.and[0].title.in" },
    });
  });

  it("characters of a text, also in a list and in an attribute's key", () => {
    const long = "😀".repeat(257);
    expect(() => parse({ title: { eq: "😀".repeat(256) } })).not.toThrow();
    expect(refusal({ title: { eq: long } }).details).toMatchObject({
      limit: 256,
      actual: 257,
      inputPath: "filter.title.eq",
    });
    expect(refusal({ title: { in: ["a", long] } }).details).toMatchObject({ inputPath: "filter.title.in[1]" });
    expect(refusal({ attributes: [{ key: long, exists: true }] }).details).toMatchObject({
      inputPath: "filter.attributes[0].key",
    });
  });
});

describe("Limits", () => {
  it("are checked before anything else: a filter that is wrong as well is called too complex", () => {
    expect(refusal({ and: [leaves(201), { status: { eq: null } }, { nothing: 1 }] }).code).toBe("FILTER_TOO_COMPLEX");
    expect(refusal(nested(13, { status: {} })).code).toBe("FILTER_TOO_COMPLEX");
  });

  it("hold for nesting that would exhaust the stack", () => {
    let input: unknown = {};
    for (let i = 0; i < 100_000; i++) input = { not: input };
    expect(refusal(input).details).toMatchObject({
      limit: FILTER_LIMITS.depth,
      actual: 100_001,
      inputPath: `filter${".not".repeat(12)}`,
    });
    let list: unknown = [{}];
    for (let i = 0; i < 100_000; i++) list = i % 2 ? [list] : { and: list };
    expect(refusal(list).code).toBe("FILTER_TOO_COMPLEX");
    let garbage: unknown = "x";
    for (let i = 0; i < 100_000; i++) garbage = { title: garbage };
    expect(refusal(garbage)).toBeInstanceOf(RollcallError);
  });
});
