import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { publicId } from "../../src/kernel/ids.ts";
import { fieldsUsedAt, scopeUnits } from "../../src/search/fields-used.ts";
import { parseFilter, parseFilterWithPaths } from "../../src/search/parse.ts";
import { UNITS, USERS } from "./support/vocabulary.ts";

const catalogue = userCatalogue;
const parse = (input: unknown) => parseFilter(input, { catalogue });
const [unit = "", other = ""] = UNITS;
const unitId = publicId("OrgUnit", unit);
const userId = publicId("User", USERS[0] ?? "");

function refusal(input: unknown): RollcallError {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error("The filter was accepted.");
}

const faults = (input: unknown): string[] => {
  const { code, details } = refusal(input);
  expect(code).toBe("INVALID_INPUT");
  return (details.violations ?? []).map(({ path }) => path);
};

describe("A filter input", () => {
  it("says nothing when it is empty or absent, and so holds everywhere", () => {
    expect(parse({})).toEqual({ kind: "and", of: [] });
    expect(parse(undefined)).toEqual({ kind: "and", of: [] });
    expect(parse({ and: [] })).toEqual({ kind: "and", of: [] });
    expect(parse({ or: [] })).toEqual({ kind: "or", of: [] });
    expect(parse({ title: undefined })).toEqual({ kind: "and", of: [] });
  });

  it("becomes criteria of one operator each, ids as UUIDs and instants in UTC with milliseconds", () => {
    expect(parse({ orgUnit: { within: unitId } })).toEqual({
      kind: "criterion",
      field: "orgUnit",
      operator: "within",
      operand: unit,
    });
    expect(parse({ createdAt: { gte: "2024-02-29T12:00:00.123987+02:00" } })).toMatchObject({
      operand: "2024-02-29T10:00:00.123Z",
    });
    expect(parse({ createdAt: { lt: new Date(0) } })).toMatchObject({ operand: "1970-01-01T00:00:00.000Z" });
    expect(parse({ title: { eq: "a", contains: "b", caseSensitive: true } })).toEqual({
      kind: "and",
      of: [
        { kind: "criterion", field: "title", operator: "eq", operand: "a", caseSensitive: true },
        { kind: "criterion", field: "title", operator: "contains", operand: "b", caseSensitive: true },
      ],
    });
  });

  it("asks for a manager's status by the operators of a status", () => {
    const statusIn = { kind: "criterion", field: "manager", operator: "statusIn", operand: ["ACTIVE"] };
    expect(parse({ manager: { status: { eq: "ACTIVE" } } })).toEqual(statusIn);
    expect(parse({ manager: { status: { notIn: ["ACTIVE"] } } })).toEqual({ kind: "not", of: statusIn });
  });

  it("keeps where each criterion stands, and which fields are asked about first where", () => {
    const parsed = parseFilterWithPaths(
      { and: [{ title: { eq: "a" } }, { not: { title: { ne: "b" }, status: { in: ["ACTIVE"] } } }] },
      { catalogue },
    );
    expect([...fieldsUsedAt(parsed)]).toEqual([
      ["title", "filter.and[0].title.eq"],
      ["status", "filter.and[1].not.status.in"],
    ]);
  });

  it("tells to which units its top-level AND confines it, and not those under or, not and inside grants", () => {
    const ids = [unit, other].map((id) => publicId("OrgUnit", id));
    const confined = { and: [{ and: [{ orgUnit: { withinAny: ids } }] }], orgUnit: { eq: unitId }, title: { eq: "a" } };
    expect(scopeUnits(parse(confined), catalogue)).toEqual([[unit, other], [unit]]);
    const open = {
      or: [{ orgUnit: { eq: unitId } }],
      not: { orgUnit: { within: unitId } },
      roleGrants: { some: { scopeWithin: unitId } },
    };
    expect(scopeUnits(parse({ or: [open, {}] }), catalogue)).toEqual([]);
    expect(scopeUnits(parse({ not: { not: { orgUnit: { eq: unitId } } } }), catalogue)).toEqual([]);
  });
});

describe("INVALID_INPUT names the place of", () => {
  it.each([
    ["a null filter", null, ["filter"]],
    ["a null field", { status: null }, ["filter.status"]],
    ["a null operand", { status: { eq: null } }, ["filter.status.eq"]],
    ["a null in a list", { and: [{}, { status: { in: ["ACTIVE", null] } }] }, ["filter.and[1].status.in[1]"]],
    ["a null among filters", { or: [null] }, ["filter.or[0]"]],
    ["a null logic", { and: null, or: null, not: null }, ["filter.and", "filter.or", "filter.not"]],
    ["an empty criterion", { status: {} }, ["filter.status"]],
    ["a criterion that only says how to compare", { title: { caseSensitive: true } }, ["filter.title"]],
    ["a null caseSensitive", { title: { eq: "a", caseSensitive: null } }, ["filter.title.caseSensitive"]],
    ["an unknown field", { shoeSize: { eq: 5 } }, ["filter.shoeSize"]],
    ["a field that is shown but never asked about", { version: { eq: 5 } }, ["filter.version"]],
    ["an unknown operator", { title: { matches: "a" } }, ["filter.title.matches"]],
    ["isNull of what is never missing", { username: { isNull: true } }, ["filter.username.isNull"]],
    ["isNull of a manager's status", { manager: { status: { isNull: true } } }, ["filter.manager.status.isNull"]],
    ["a value outside the choice", { status: { eq: "active" } }, ["filter.status.eq"]],
    ["a choice of an object's own names", { status: { eq: "constructor" } }, ["filter.status.eq"]],
    ["an id of another kind", { orgUnit: { within: userId } }, ["filter.orgUnit.within"]],
    ["an id that is none", { id: { in: ["user_x"] } }, ["filter.id.in[0]"]],
    ["a list where a value belongs", { title: { eq: ["a"] } }, ["filter.title.eq"]],
    ["a value where a list belongs", { title: { in: "a" } }, ["filter.title.in"]],
    ["a number over 32 bits", { riskScore: { gt: 2147483648 } }, ["filter.riskScore.gt"]],
    ["a fraction where a whole number belongs", { riskScore: { gt: 0.5 } }, ["filter.riskScore.gt"]],
    ["no number", { attributes: [{ key: "a", number: { eq: Number.NaN } }] }, ["filter.attributes[0].number.eq"]],
    [
      "a text that no database holds",
      { title: { eq: "a\u0000" }, department: { eq: "\ud800" } },
      ["filter.title.eq", "filter.department.eq"],
    ],
    ["a text without words", { text: " -- " }, ["filter.text"]],
    ["a day that does not exist", { hiredOn: { eq: "2023-02-29" } }, ["filter.hiredOn.eq"]],
    ["an instant on a day that does not exist", { createdAt: { eq: "2023-02-30T00:00:00Z" } }, ["filter.createdAt.eq"]],
    ["an instant without a zone", { createdAt: { eq: "2023-02-28T00:00:00" } }, ["filter.createdAt.eq"]],
    ["an invalid Date", { createdAt: { eq: new Date(Number.NaN) } }, ["filter.createdAt.eq"]],
    ["a duration that is none", { createdAt: { withinLast: "P" } }, ["filter.createdAt.withinLast"]],
    ["a negative duration", { createdAt: { olderThan: "-P1D" } }, ["filter.createdAt.olderThan"]],
    [
      "a duration of more than a thousand years",
      { createdAt: { olderThan: "P1001Y" } },
      ["filter.createdAt.olderThan"],
    ],
    ["hours of a civil date", { hiredOn: { withinNext: "PT36H" } }, ["filter.hiredOn.withinNext"]],
    ["an attribute without a key", { attributes: [{ exists: true }] }, ["filter.attributes[0].key"]],
    ["an attribute that is asked nothing", { attributes: [{ key: "a" }] }, ["filter.attributes[0]"]],
    [
      "an attribute of two types",
      { attributes: [{ key: "a", exists: true, string: { eq: "a" } }] },
      ["filter.attributes[0]"],
    ],
    ["an unknown field of a grant", { roleGrants: { some: { title: { eq: "a" } } } }, ["filter.roleGrants.some.title"]],
    [
      "every fault there is",
      { status: {}, and: [{ title: { eq: 5 } }], x: 1 },
      ["filter.status", "filter.and[0].title.eq", "filter.x"],
    ],
  ])("%s", (_, input, paths) => {
    expect(faults(input)).toEqual(paths);
  });

  it("names of JavaScript's own, which are fields like any unknown one", () => {
    const input = JSON.parse(
      '{"__proto__": {"status": {"eq": "ACTIVE"}}, "title": {"__proto__": "a", "constructor": 1}}',
    );
    expect(faults(input)).toEqual(["filter.__proto__", "filter.title.__proto__", "filter.title.constructor"]);
    expect(({} as Record<string, unknown>).status).toBeUndefined();
  });

  it("and what would be accepted, but never the value", () => {
    const { message, details } = refusal({ status: { eq: "secret-value" } });
    expect(details.violations?.[0]?.allowed).toContain("ACTIVE");
    expect(JSON.stringify([message, details])).not.toContain("secret-value");
  });
});
