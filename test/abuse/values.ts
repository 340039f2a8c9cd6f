import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from "graphql";
import type { Choice } from "./choice.ts";

/*
 * Values for inputs, made from their types alone: most are such as a client would send, some are such as nobody should.
 */

/** What names things: ids by their prefix, as `user` in `user_…`. */
export type Pool = ReadonlyMap<string, readonly string[]>;

/** Texts that have broken something, somewhere. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00\ud800",
  "\u202emoc.elpmaxe@a",
  "e\u0301\u0301\u0301\u0301\u0301",
  "\ufeff\u200b\u2060",
  "ﬁ ſ İ ı K Å ß ẞ",
  "аdmіn",
  "👩‍👩‍👧‍👦".repeat(20),
  "%",
  "%%%%____",
  "\\",
  "\\%\\_\\\\",
  "*".repeat(60),
  "(a+)+$",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "' OR '1'='1",
  "'; DROP TABLE user_account; --",
  '"; SELECT pg_sleep(10); --',
  "1) UNION SELECT password_hash FROM credential --",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what is sent is this very text.
  "${jndi:ldap://127.0.0.1/a}",
  "{{7*7}}",
  "$1",
  "$$",
  ":name",
  "?",
  "<script>alert(1)</script>",
  "\r\nSet-Cookie: a=b",
  "../../../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "NaN",
  "undefined",
  "-Infinity",
  "1e400",
  "x".repeat(300),
  "x".repeat(5_000),
  "=1+1",
  "@SUM(1)",
];

const WORDS = ["Ada", "grace", "Night shift", "engineering", "north-1", "Ärger", "佐藤", "O'Neil", "a", "GB", "b.c"];

/** Fields whose texts have a form of their own. */
const FORMS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/timezone/i, ["Europe/Berlin", "UTC", "America/St_Johns", "Mars/Olympus"]],
  [/locale|language/i, ["en-GB", "de", "zh-Hant-TW", "x-nothing"]],
  [/country/i, ["DE", "GB", "ZZ", "xx"]],
  [/phone/i, ["+44 20 7946 0958", "0049", "+1"]],
  [/recurrence/i, ["0 9 * * 1", "* * * * *"]],
  [/(search|query|text)$/i, ["ada status:active", 'title:"night shift" OR -tag:x', "((((", "a AND OR b"]],
];

const DATES = ["2024-02-29", "2026-01-31", "2027-06-01"];
const HOSTILE_DATES = ["0001-01-01", "9999-12-31", "2023-02-29", "0000-00-00", "-0001-01-01"];
const INSTANTS = ["2026-01-31T12:00:00.000Z", "2030-06-01T00:00:00+14:00", "2024-02-29T23:59:59Z"];
const HOSTILE_INSTANTS = [
  "0001-01-01T00:00:00Z",
  "0001-01-01T00:00:00+14:00",
  "9999-12-31T23:59:59.999-12:00",
  "9999-12-31T23:59:59.999Z",
  "2016-12-31T23:59:60Z",
  "1969-12-31T23:59:59.999999999Z",
  "+275760-09-13T00:00:00.000Z",
  "infinity",
];
const DURATIONS = ["P1D", "PT15M", "P1Y6M", "P90D"];
const HOSTILE_DURATIONS = ["P0D", "PT0S", "P99999999D", "P9999999999Y", "PT0.000001S", "-P1D"];
const POSITIONS = ["0", "1", "25"];
const HOSTILE_POSITIONS = ["9223372036854775807", "9223372036854775808", "99999999999999999999999", "-1", "1.5"];
const NUMBERS = [0, 1, 2, 5, 50, 100];
const HOSTILE_NUMBERS = [-1, 500, 501, 2_147_483_647, -2_147_483_648];

/** Makes values; what `gentle` is asked for is what a client would send. */
export class Values {
  readonly #choice: Choice;
  readonly #pool: Pool;
  readonly #hostile: number;

  constructor(choice: Choice, pool: Pool, hostile = 0.08) {
    this.#choice = choice;
    this.#pool = pool;
    this.#hostile = hostile;
  }

  /** A value of the type, as JSON. */
  of(type: GraphQLInputType, field: string, depth = 0): unknown {
    if (isNonNullType(type)) return this.#present(type.ofType, field, depth);
    return this.#choice.yes(0.05) ? null : this.#present(type, field, depth);
  }

  #present(type: GraphQLInputType, field: string, depth: number): unknown {
    if (isNonNullType(type)) return this.#present(type.ofType, field, depth);
    if (isListType(type)) {
      const length = this.#choice.yes(0.03) ? 120 : this.#choice.below(4);
      return this.#choice.times(length, () => this.of(type.ofType, field, depth + 1));
    }
    if (isEnumType(type)) return this.#choice.of(type.getValues()).name;
    if (isInputObjectType(type)) return this.#object(type, field, depth);
    return this.scalar(type.name, field);
  }

  #object(type: GraphQLInputObjectType, place: string, depth: number): Record<string, unknown> {
    const fields = Object.values(type.getFields());
    if (type.isOneOf) {
      const field = this.#choice.of(fields);
      return { [field.name]: this.#present(field.type, `${place} ${field.name}`, depth + 1) };
    }
    const chance = depth > 6 ? 0 : depth > 2 || fields.length > 20 ? 0.06 : 0.3;
    const required = fields.filter(isRequiredInputField);
    const optional = this.#choice.some(
      fields.filter((field) => !required.includes(field)),
      chance,
    );
    return Object.fromEntries(
      [...required, ...optional].map((one) => [one.name, this.of(one.type, `${place} ${one.name}`, depth + 1)]),
    );
  }

  scalar(name: string, field: string): unknown {
    const choice = this.#choice;
    switch (name) {
      case "Boolean":
        return choice.yes(0.5);
      case "Int":
        return /\b(first|last|top)$/.test(field)
          ? choice.of([0, 1, 2, 3, 5, 10])
          : choice.of(this.#rude() ? HOSTILE_NUMBERS : NUMBERS);
      case "Float":
        return choice.of([...NUMBERS, ...HOSTILE_NUMBERS, 0.1, 1e308, 5e-324, -1.5]);
      case "ID":
        return this.#id(field);
      case "Date":
        return choice.of(this.#rude() ? HOSTILE_DATES : DATES);
      case "DateTime":
        return choice.of(this.#rude() ? HOSTILE_INSTANTS : INSTANTS);
      case "Duration":
        return choice.of(this.#rude() ? HOSTILE_DURATIONS : DURATIONS);
      case "Position":
        return choice.of(this.#rude() ? HOSTILE_POSITIONS : POSITIONS);
      case "EmailAddress":
        return choice.of([
          "ada@example.com",
          "a.b+c@example.co.uk",
          `${"x".repeat(64)}@example.com`,
          "grâce@exämple.com",
        ]);
      case "JSON":
        return this.json(0);
      case "JSONObject":
        return { [this.text("key")]: this.json(1) };
      default:
        return this.text(field);
    }
  }

  /** Whether this time it is something that nobody should send. */
  #rude(): boolean {
    return this.#choice.yes(this.#hostile);
  }

  text(field: string): string {
    const choice = this.#choice;
    if (this.#rude()) return choice.of(HOSTILE_TEXTS);
    const forms = FORMS.find(([name]) => name.test(field))?.[1];
    if (forms && choice.yes(0.9)) return choice.of(forms);
    if (/(after|before|cursor)$/i.test(field)) return choice.of([...this.#all("cursor"), "bm90IGEgY3Vyc29y"]);
    if (/username|key|code|name$/i.test(field) && choice.yes(0.6))
      return `${choice.of(["n", "K", "ü"])}${choice.below(1e6)}`;
    return choice.of(WORDS);
  }

  json(depth: number): unknown {
    const choice = this.#choice;
    const kind = choice.below(depth > 3 ? 5 : 7);
    if (kind === 5) return choice.times(choice.below(4), () => this.json(depth + 1));
    if (kind === 6)
      return Object.fromEntries(choice.times(choice.below(4), () => [this.text("key"), this.json(depth + 1)]));
    return [null, choice.yes(0.5), choice.of([0, -0, 1.5, 1e308, -1e-308, 2 ** 53]), this.text("value"), ""][kind];
  }

  #all(prefix: string): readonly string[] {
    return this.#pool.get(prefix) ?? [];
  }

  /** An id of a fitting thing, of any thing, of nothing, or none at all. */
  #id(field: string): string {
    const choice = this.#choice;
    const ids = [...this.#pool.values()].flat();
    if (choice.yes(0.05))
      return choice.of(["", "user_", "user_00000000000000000000000000", "x", "7zzzzzzzzzzzzzzzzzzzzzzzzz", "\u0000"]);
    // The last word that names a kind of thing: of `grantRole input granteeId` none does, of `addGroupMembers userIds` both do.
    const place = field.toLowerCase();
    const [prefix] = [...this.#pool.keys()].sort((a, b) => place.lastIndexOf(b) - place.lastIndexOf(a));
    const fitting = prefix && place.includes(prefix) && choice.yes(0.9) ? this.#all(prefix) : [];
    return choice.of(fitting.length > 0 ? fitting : ids);
  }
}
