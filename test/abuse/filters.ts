import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import type { Choice } from "./choice.ts";
import { HOSTILE_TEXTS } from "./values.ts";

/*
 * Filters that nobody means: too deep, too wide, of values that are not there, and texts that would be something else to a database.
 */

const DATES = [
  "9999-12-31",
  "0001-01-01",
  "10000-01-01",
  "-4713-11-24",
  "2024-02-30",
  "infinity",
  "now()",
  "today",
  "",
];
const INSTANTS = [
  ...DATES,
  "9999-12-31T23:59:59.999-14:00",
  "0001-01-01T00:00:00+14:00",
  "2016-12-31T23:59:60Z",
  "epoch",
  "294277-01-01T00:00:00Z",
];
const NUMBERS: readonly unknown[] = [0, -0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, 1.5, "1", "NaN", null, [], {}];
const ANY: readonly unknown[] = [null, true, "x", 1, [], [null], {}, [[]], { eq: "x" }, "__proto__"];

/** Texts that mean the same to people and not to machines, or the other way round. */
const CONFUSABLE = [
  "ﬀ",
  "ǅ",
  "ıI",
  "K",
  "Σςσ",
  "\u0130",
  "a\u0308",
  "ä",
  "ß",
  "ẞ",
  "\u200d",
  "\u{1f468}\u200d\u{1f469}",
  "ﷺ".repeat(50),
  "\u0345".repeat(100),
];
const LONG_LISTS = [99, 101, 500, 1_001, 10_001];

export class Filters {
  readonly #choice: Choice;
  readonly #type: GraphQLInputObjectType;
  /** Whether what is made may hold long texts and lists: many of them would only be a body that is too large. */
  #spacious = true;

  constructor(type: GraphQLInputObjectType, choice: Choice) {
    this.#type = type;
    this.#choice = choice;
  }

  next(): unknown {
    const choice = this.#choice;
    const kind = choice.below(8);
    this.#spacious = kind > 2;
    switch (kind) {
      case 0:
        return this.#deep(choice.of([3, 8, 12, 30, 90, 99, 101]));
      case 1:
        return { [choice.of(["and", "or"])]: choice.times(choice.of([1, 60, 300, 2_000]), () => this.#criterion()) };
      case 2:
        return { or: choice.times(20, () => ({ and: choice.times(20, () => ({ not: this.#criterion() })) })) };
      case 3:
        return choice.of<unknown>([
          {},
          null,
          { and: [] },
          { or: [] },
          { not: {} },
          { not: { or: [] } },
          { and: [{}, {}] },
          [],
          "x",
          1,
          { __proto__x: 1 },
        ]);
      default:
        return this.#criterion();
    }
  }

  #deep(levels: number): unknown {
    let filter = this.#criterion();
    for (let level = 0; level < levels; level++) {
      const join = this.#choice.of(["and", "or", "not"]);
      filter =
        join === "not" ? { not: filter } : { [join]: [filter, ...(this.#choice.yes(0.2) ? [this.#criterion()] : [])] };
    }
    return filter;
  }

  #criterion(): unknown {
    return this.#object(this.#type, 1, (name) => !["and", "or", "not"].includes(name), 0);
  }

  #object(type: GraphQLInputObjectType, count: number, wanted: (name: string) => boolean, depth: number): unknown {
    const fields = Object.values(type.getFields()).filter(({ name }) => wanted(name));
    const chosen = this.#choice.times(count, () => this.#choice.of(fields));
    return Object.fromEntries(chosen.map((field) => [field.name, this.#value(field.type, depth + 1)]));
  }

  #value(type: GraphQLInputType, depth: number): unknown {
    const choice = this.#choice;
    if (choice.yes(0.06)) return choice.of(ANY);
    if (isNonNullType(type)) return this.#value(type.ofType, depth);
    if (isListType(type)) {
      if (this.#spacious && choice.yes(0.1) && !isInputObjectType(type.ofType)) {
        this.#spacious = false;
        return choice.times(choice.of(LONG_LISTS), () => this.#value(type.ofType, depth + 1));
      }
      return choice.times(choice.below(4), () => this.#value(type.ofType, depth + 1));
    }
    if (isInputObjectType(type))
      return depth > 5 ? {} : this.#object(type, 1 + choice.below(depth > 2 ? 1 : 3), () => true, depth);
    if (isEnumType(type)) return choice.of([...type.getValues().map(({ name }) => name), "NOTHING", "active"]);
    return this.#scalar(type.name);
  }

  #text(all: readonly string[]): string {
    return this.#choice.of(this.#spacious ? all : all.filter(({ length }) => length < 40));
  }

  #scalar(name: string): unknown {
    const choice = this.#choice;
    switch (name) {
      case "Boolean":
        return choice.of<unknown>([true, false, "true", 1]);
      case "Int":
      case "Float":
        return choice.of(NUMBERS);
      case "Date":
        return choice.of(DATES);
      case "DateTime":
        return choice.of(INSTANTS);
      case "Duration":
        return choice.of([
          "P999999999Y",
          "PT0.0000000001S",
          "P1M",
          "P0D",
          "-P1D",
          "P99999999999999999999D",
          "P178956970Y",
          "P1",
        ]);
      case "JSON":
        return choice.yes(0.4) ? this.#text(HOSTILE_TEXTS) : choice.of<unknown>([...ANY, 1e308, -0, { a: { b: [1] } }]);
      default:
        return this.#text([
          ...HOSTILE_TEXTS,
          ...CONFUSABLE,
          "%".repeat(200),
          "_%".repeat(100),
          "a%b_c\\",
          "x".repeat(257),
        ]);
    }
  }
}
