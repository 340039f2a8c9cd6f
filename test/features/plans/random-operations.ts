import fc from "fast-check";
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  parse,
  print,
} from "graphql";

/*
 * Random queries over a schema, with their variables: every field may be asked for, under an alias or twice, in fragments, with
 * @skip and @include, and with arguments that mostly make sense.
 */

/** What arguments are drawn from: ids and names that exist, and some that do not. */
export interface Vocabulary {
  users: readonly string[];
  units: readonly string[];
  roles: readonly string[];
  grants: readonly string[];
  usernames: readonly string[];
  emails: readonly string[];
  codes: readonly string[];
  roleKeys: readonly string[];
  groups: readonly string[];
  groupKeys: readonly string[];
  searches: readonly string[];
}

export interface RandomOperation {
  query: string;
  variables: Record<string, unknown>;
}

/** Decides, from a list of numbers that fast-check draws and makes smaller. */
class Chance {
  #place = 0;
  constructor(private readonly numbers: readonly number[]) {}
  /** A number below `limit`; 0 once the numbers are used up, so that what is written comes to an end. */
  below(limit: number): number {
    return (this.numbers[this.#place++] ?? 0) % limit;
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
  often(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }
  get isSpent(): boolean {
    return this.#place >= this.numbers.length;
  }
}

class Writer {
  readonly variables: Record<string, unknown> = {};
  readonly declared: string[] = [];
  readonly fragments: string[] = [];

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly chance: Chance,
    private readonly words: Vocabulary,
  ) {}

  /** What is selected of an object; a key is asked for with equal arguments only, so that the document is valid. */
  selection(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter((field) => depth > 0 || isLeaf(field));
    const count = 1 + this.chance.below(depth > 3 ? 3 : 6);
    const lines = Array.from({ length: count }, () => this.#line(type, this.chance.one(fields), depth));
    if (lines.length === 0 || this.chance.often(15)) lines.push("__typename");
    return `{ ${lines.join(" ")} }`;
  }

  #line(type: GraphQLObjectType, field: GraphQLField<unknown, unknown> | undefined, depth: number): string {
    if (!field) return "__typename";
    const line = this.#field(field, depth);
    const kind = this.chance.below(12);
    if (kind === 1) return `... on ${type.name} { ${line} }`;
    if (kind === 2) return `... { ${line} }`;
    if (kind === 3) return `... ${this.#directive()} { ${line} }`;
    if (kind === 4) return `...${this.#fragment(type, line)}`;
    if (kind === 5 && type.getInterfaces()[0]) return "... on Node { id }";
    return line;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = this.#arguments(field);
    const directive = this.chance.often(8) ? ` ${this.#directive()}` : "";
    const named = getNamedType(field.type);
    const inner = isObjectType(named)
      ? this.selection(named, depth - 1)
      : isAbstractType(named)
        ? this.#abstract(this.schema.getPossibleTypes(named), depth)
        : "";
    // Every field has a name of its own, but plain leaves without arguments, which may be asked for twice.
    const alias = args === "" && inner === "" && this.chance.often(70) ? "" : `a${this.#next()}: `;
    return `${alias}${field.name}${args}${directive} ${inner}`;
  }

  #abstract(types: readonly GraphQLObjectType[], depth: number): string {
    const some = types
      .filter(() => this.chance.often(40))
      .map((type) => `... on ${type.name} ${this.selection(type, depth - 1)}`);
    return `{ __typename ${some.join(" ")} }`;
  }

  #fragment(type: GraphQLObjectType, line: string): string {
    const name = `F${this.#next()}`;
    this.fragments.push(`fragment ${name} on ${type.name} { ${line} }`);
    return name;
  }

  #directive(): string {
    const name = this.chance.one(["skip", "include"]);
    const value = this.chance.often(50);
    return `@${name}(if: ${this.chance.often(50) ? String(value) : this.#variable("Boolean!", value)})`;
  }

  #arguments(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.flatMap((argument) => {
      const value = this.#value(field, argument);
      return value === undefined ? [] : [`${argument.name}: ${this.#variable(String(argument.type), value)}`];
    });
    return given.length > 0 ? `(${given.join(", ")})` : "";
  }

  #variable(type: string, value: unknown): string {
    const name = `v${this.#next()}`;
    if (/^(Boolean|ID|\w+By)!$/.test(type) && this.chance.often(4)) {
      // It has a default, and is sent as null all the same.
      this.variables[name] = null;
      this.declared.push(`$${name}: ${type.slice(0, -1)} = ${literal(value)}`);
      return `$${name}`;
    }
    this.variables[name] = value;
    this.declared.push(`$${name}: ${type}`);
    return `$${name}`;
  }

  #value(field: GraphQLField<unknown, unknown>, { name, type }: GraphQLArgument): unknown {
    const required = String(type).endsWith("!");
    if (!required && !this.chance.often(name === "first" ? 80 : 25)) return undefined;
    const { chance, words } = this;
    const { users, units, roles, grants, groups, searches } = words;
    const anyId = () => chance.one([...users, ...units, ...roles, ...grants, ...groups, ...searches, "user_x"]);
    switch (name) {
      case "first":
        return chance.one([3, 1, 2, 5, 10, 501]);
      case "last":
        return chance.one([2, 1]);
      case "id":
        return field.name === "savedSearch" && this.chance.often(80) ? chance.one(searches) : anyId();
      case "ids":
        return Array.from({ length: chance.below(4) }, () => chance.one(chance.often(80) ? words.users : [anyId()]));
      case "by":
        return this.#by(String(type).replace("!", ""));
      case "filter":
        return this.#filter(String(type));
      case "orderBy":
        return this.#order(String(type));
      case "search":
        return chance.one(["a", "Eng", "%", ""]);
      case "within":
        return chance.one(words.units);
      case "top":
        return chance.one([3, 1]);
      default:
        return String(type).startsWith("Boolean") ? chance.often(50) : field.args.length > 9 ? null : undefined;
    }
  }

  #by(type: string): unknown {
    const { chance, words } = this;
    if (type === "OrgUnitBy")
      return chance.often(50) ? { code: chance.one(words.codes) } : { id: chance.one(words.units) };
    if (type === "GroupBy")
      return chance.often(50) ? { key: chance.one(words.groupKeys) } : { id: chance.one(words.groups) };
    if (type === "RoleBy")
      return chance.often(50) ? { key: chance.one(words.roleKeys) } : { id: chance.one(words.roles) };
    if (type !== "UserBy") return [{ field: chance.one(["STATUS", "DEPARTMENT", "ROLE"]) }];
    return chance.one([
      { id: chance.one(words.users) },
      { username: chance.one(words.usernames).toUpperCase() },
      { email: chance.one(words.emails) },
      { employeeNumber: "10001" },
      { id: chance.one(words.units) },
    ]);
  }

  #filter(type: string): unknown {
    const { chance, words } = this;
    if (type === "OrgUnitFilter")
      return chance.one<unknown>([{ roots: true }, { kind: "TEAM" }, { within: chance.one(words.units) }, {}]);
    if (type !== "UserFilter") return {};
    return chance.one<unknown>([
      { status: { in: ["ACTIVE", "LOCKED"] } },
      { orgUnit: { within: chance.one(words.units) } },
      { hiredOn: { withinLast: "P3Y" } },
      { roles: { any: [chance.one(words.roleKeys)] } },
      { mfaEnrolled: { eq: false } },
      { email: { contains: "a" }, orgUnit: { within: chance.one(words.units) } },
      { manager: { eq: chance.one(words.users) } },
      { or: [{ displayName: { contains: "an" } }, { lastLoginAt: { olderThan: "P30D" } }] },
    ]);
  }

  #order(type: string): unknown {
    const { chance } = this;
    const direction = chance.one(["ASC", "DESC"]);
    if (type === "OrgUnitOrder") return { field: chance.one(["NAME", "CODE", "PATH", "CREATED_AT"]), direction };
    if (!type.includes("UserOrder")) return { direction };
    const field = chance.one(["DISPLAY_NAME", "HIRED_ON", "RISK_SCORE", "LAST_LOGIN_AT", "STATUS", "DEPARTMENT"]);
    return [chance.often(15) ? { attributeKey: "shoe" } : { field, direction, nulls: chance.one(["LAST", "FIRST"]) }];
  }

  #serial = 0;
  #next(): number {
    return ++this.#serial;
  }
}

/** A value as a document spells it. */
const literal = (value: unknown): string => JSON.stringify(value).replace(/"(\w+)":/g, "$1: ");

const isLeaf = (field: GraphQLField<unknown, unknown>): boolean => {
  const type = getNamedType(field.type);
  return !isObjectType(type) && !isAbstractType(type);
};

/** Random queries whose root fields are among the given ones. */
export const randomOperations = (
  schema: GraphQLSchema,
  words: Vocabulary,
  roots: readonly string[],
): fc.Arbitrary<RandomOperation> =>
  fc.array(fc.nat(9_999), { minLength: 20, maxLength: 120 }).map((numbers) => {
    const chance = new Chance(numbers);
    const writer = new Writer(schema, chance, words);
    const query = schema.getQueryType() as GraphQLObjectType;
    const some = Object.fromEntries(Object.entries(query.getFields()).filter(([name]) => roots.includes(name)));
    const root = Object.assign(Object.create(query) as GraphQLObjectType, { getFields: () => some });
    const selection = writer.selection(root, 5);
    const declared = writer.declared.length > 0 ? `(${writer.declared.join(", ")})` : "";
    const text = `query Random${declared} ${selection}\n${writer.fragments.join("\n")}`;
    return { query: print(parse(text)), variables: writer.variables };
  });
