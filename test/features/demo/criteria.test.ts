import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDemo } from "../../../src/features/demo/demo.load.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { todayIn } from "../../../src/search/civil-date.ts";
import type { Field } from "../../../src/search/field.ts";
import type { Criterion, Filter, Operand, Operator } from "../../../src/search/filter.ts";
import { GRANT_CATALOGUE } from "../../../src/search/grant.ts";
import type { ComparedKind } from "../../../src/search/operator.ts";
import { operatorsOf } from "../../../src/search/operator-of.ts";
import { filterToSql } from "../../../src/search/to-sql.ts";
import { type FreshDatabase, freshDatabase } from "../../support/database.ts";

/*
 * Whatever a newcomer asks of the demo finds somebody, and not everybody. Every filterable field is asked about with every
 * operator that its kind has, with an operand taken from the middle of the values that the demo holds.
 */

type Row = Record<string, unknown>;

/** What has happened is never still to come. */
const PAST = ["statusChangedAt", "lastLoginAt", "passwordChangedAt", "createdAt", "updatedAt", "deletedAt"];
const ATTRIBUTES = {
  text: ["badgeNumber", "shirtSize"],
  float: ["startedProjects"],
  boolean: ["remote"],
  date: ["probationEnds"],
  textSet: ["certifications"],
} as const;

const filterable = [...userCatalogue.fields.values()].filter(({ filter }) => filter);
const criterion = (field: string, operator: Operator, operand: Operand, more: Partial<Criterion> = {}): Criterion => ({
  kind: "criterion",
  field,
  operator,
  operand,
  ...more,
});

describe("A criterion about the demo", () => {
  let fresh: FreshDatabase;
  let now: Date;
  let today: string;
  let people: Row[];

  beforeAll(async () => {
    fresh = await freshDatabase();
    today = todayIn(await fresh.database.now(), "UTC");
    await loadDemo(fresh.database, { today });
    now = await fresh.database.now();
    people = await fresh.database.reader.selectFrom("user_search").selectAll().execute();
  });

  afterAll(() => fresh.close());

  async function count(filter: Filter): Promise<number> {
    const condition = filterToSql(filter, { catalogue: userCatalogue, alias: "u", now, today });
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM user_search u WHERE ${condition}`.execute(
      fresh.database.reader,
    );
    return Number(rows[0]?.count);
  }

  /** Finds somebody and leaves somebody out; gives what it found in words where that is not so. */
  async function faults(asked: Filter, told: string): Promise<string[]> {
    const found = await count(asked);
    if (found === 0) return [`${told} finds nobody`];
    return found === people.length ? [`${told} finds everybody`] : [];
  }

  /** The distinct values of a column, in order; of a column of lists, those of their members. */
  function valuesOf(column: string, rows: readonly Row[] = people): unknown[] {
    const plain = rows
      .map((row) => row[column])
      .flatMap((value) => (value instanceof Date ? value.toISOString() : value));
    const present = [...new Set(plain.filter((value) => value !== null && value !== undefined))];
    return typeof present[0] === "number" ? present.sort((a, b) => Number(a) - Number(b)) : present.sort();
  }

  const middle = <T>(values: readonly T[]): T => values[Math.floor(values.length / 2)] as T;

  /** Operands that fit an operator; none where nothing can be asked with it. */
  function operandsFor(kind: ComparedKind, operator: Operator, values: readonly unknown[]): Operand[] {
    const value = middle(values) as string;
    switch (operator) {
      case "contains":
        return [value.slice(1, 5)];
      case "startsWith":
        return [value.slice(0, 3)];
      case "endsWith":
        return [value.slice(-3)];
      case "isNull":
      case "isEmpty":
      case "exists":
        return [true, false];
      case "withinLast":
      case "withinNext":
      case "olderThan":
        return ["P30D"];
      case "in":
      case "notIn":
      case "any":
      case "all":
      case "none":
      case "withinAny":
        return [[value]];
      case "eq":
      case "ne":
        return kind === "boolean" ? [true, false] : [value];
      default:
        return [value];
    }
  }

  async function faultsOfKind(
    field: Field,
    kind: ComparedKind,
    values: readonly unknown[],
    more: Partial<Criterion> = {},
  ): Promise<string[]> {
    const found: string[] = [];
    for (const { operator, row } of operatorsOf(kind).values()) {
      if (row.nullableOnly && !field.nullable && more.key === undefined) continue;
      if (operator === "withinNext" && PAST.includes(field.name)) continue;
      for (const operand of operandsFor(kind, operator, values))
        found.push(
          ...(await faults(
            criterion(field.name, operator, operand, more),
            `${field.name} ${more.key ?? ""} ${operator} ${String(operand)}`,
          )),
        );
    }
    return found;
  }

  const special = ["attributes", "grants", "words", "unit", "manager"];

  it.each(filterable.filter(({ kind }) => !special.includes(kind)))(
    "about $name finds somebody with every operator",
    async (field) => {
      const values = valuesOf(field.column);
      expect(values.length).toBeGreaterThan(1);
      expect(await faultsOfKind(field, field.kind, values)).toEqual([]);
    },
  );

  it.each(filterable.filter(({ choice }) => choice))("about $name finds somebody with every choice", async (field) => {
    const found: string[] = [];
    for (const value of Object.keys(field.choice?.values ?? {})) {
      const [operator, operand]: [Operator, Operand] =
        field.kind === "choiceSet"
          ? ["any", [value]]
          : field.kind === "manager"
            ? ["statusIn", [value]]
            : ["eq", value];
      found.push(...(await faults(criterion(field.name, operator, operand), `${field.name} ${value}`)));
    }
    expect(found).toEqual([]);
  });

  it("about words finds somebody by beginnings of words, in any script", async () => {
    const asked = ["eng", "soft sen", "ada.ad", "łuk", "zür", "søren", "健二", "ليلى", "अनन्या"];
    const found = await Promise.all(asked.map((words) => faults(criterion("text", "words", words), words)));
    expect(found.flat()).toEqual([]);
  });

  it("about the org unit finds somebody with every operator, at every depth", async () => {
    const units = await fresh.database.reader.selectFrom("org_unit_path").selectAll().orderBy("depth").execute();
    expect(Math.max(...units.map(({ depth }) => depth))).toBe(4);
    const found: string[] = [];
    for (const depth of [0, 1, 2, 3, 4]) {
      const unit = units.find((one) => one.depth === depth);
      for (const operator of operatorsOf("unit").keys() as Iterable<Operator>) {
        const operands = operandsFor("unit", operator, [unit?.unit_id]);
        for (const operand of operands)
          found.push(...(await faults(criterion("orgUnit", operator, operand), `${operator} at depth ${depth}`)));
      }
    }
    expect(found).toEqual([]);
  });

  it("about the manager finds somebody with every operator", async () => {
    const chains = people.map(({ manager_chain: chain }) => chain as string[]).filter((chain) => chain.length > 4);
    const direct = middle(chains)[0] as string;
    const found: string[] = [];
    for (const { operator } of operatorsOf("manager").values()) {
      const operands = operator === "statusIn" ? [["ACTIVE"]] : operandsFor("manager", operator, [direct]);
      for (const operand of operands)
        found.push(...(await faults(criterion("manager", operator, operand), `manager ${operator}`)));
    }
    expect(found).toEqual([]);
  });

  it.each(
    Object.entries(ATTRIBUTES).flatMap(([as, keys]) => keys.map((key) => ({ as: as as keyof typeof ATTRIBUTES, key }))),
  )("about the attribute $key finds somebody with every operator", async ({ as, key }) => {
    const field = userCatalogue.fields.get("attributes") as Field;
    const values = valuesOf(
      key,
      people.map(({ attributes }) => attributes as Row),
    );
    expect(values.length).toBeGreaterThan(1);
    expect(await faultsOfKind(field, as, values, { key, as })).toEqual([]);
    expect(await faultsOfKind(field, "attributes", [true], { key })).toEqual([]);
  });

  it("about grants finds somebody with every operator about every field of one grant", async () => {
    const grants = people.flatMap(({ role_grants: list }) => list as Row[]);
    const found: string[] = [];
    for (const field of GRANT_CATALOGUE.fields.values()) {
      for (const { operator, row } of operatorsOf(field.kind).values()) {
        if (field.shorthand && operator !== field.shorthand) continue;
        if ((row.nullableOnly && !field.nullable) || (operator === "withinNext" && field.name === "grantedAt"))
          continue;
        // A grant that has expired is no longer among those that can be asked about.
        if (field.name === "expiresAt" && (operator === "withinLast" || operator === "olderThan")) continue;
        for (const operand of operandsFor(field.kind, operator, valuesOf(field.pathColumn ?? field.column, grants)))
          for (const outer of ["some", "noneOf"] as const)
            found.push(
              ...(await faults(
                criterion("roleGrants", outer, null, { of: criterion(field.name, operator, operand) }),
                `${outer} ${field.name} ${operator} ${String(operand)}`,
              )),
            );
      }
    }
    expect(found).toEqual([]);
  });

  it("about a role finds its holders, whichever role it is", async () => {
    const roles = await fresh.database.reader.selectFrom("role").select("key").execute();
    const found = await Promise.all(roles.map(({ key }) => faults(criterion("roles", "any", [key]), key)));
    expect(found.flat()).toEqual([]);
  });
});
