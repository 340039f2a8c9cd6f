import { invalidInput, type Violation } from "../kernel/errors.ts";
import { ATTRIBUTE_TYPES } from "./attribute.ts";
import type { Catalogue, Field } from "./field.ts";
import type { And, Criterion, Filter, Operand, Operator } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import { assertWithinLimits } from "./limits.ts";
import { Fault, readOperand } from "./operand.ts";
import type { ComparedKind, OperatorRow } from "./operator.ts";
import { operatorsOf } from "./operator-of.ts";

export interface ParseContext {
  catalogue: Catalogue;
  /** How errors call the filter; `filter` unless said otherwise. */
  path?: string;
}

/** A filter, and where in the input each of its nodes stands (`filter.and[1].status.in`). */
export interface ParsedFilter {
  filter: Filter;
  paths: ReadonlyMap<Filter, string>;
}

/**
 * The filter that a GraphQL input stands for. Undefined is the filter that holds everywhere. Refuses what is over a limit with
 * FILTER_TOO_COMPLEX, before anything else, and any null, unknown name, empty criterion or unfit value with INVALID_INPUT,
 * which lists every fault with its path. Nothing is dropped.
 */
export const parseFilter = (input: unknown, context: ParseContext): Filter =>
  parseFilterWithPaths(input, context).filter;

/** As `parseFilter`, and keeps where each node stands. */
export function parseFilterWithPaths(input: unknown, { catalogue, path = "filter" }: ParseContext): ParsedFilter {
  assertWithinLimits(input, path);
  const reading = new Reading();
  const filter = reading.filter(input === undefined ? {} : input, catalogue, path);
  if (reading.violations.length > 0) throw invalidInput(reading.violations);
  return { filter, paths: reading.paths };
}

type Input = Readonly<Record<string, unknown>>;
type About = Pick<Criterion, "field" | "key" | "as" | "caseSensitive">;

const isInput = (value: unknown): value is Input =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The entries that are there: an absent field of a GraphQL input may show as undefined. */
const entriesOf = (input: Input): [string, unknown][] =>
  Object.entries(input).filter(([, value]) => value !== undefined);

const NOTHING: And = { kind: "and", of: [] };

class Reading {
  readonly violations: Violation[] = [];
  readonly paths = new Map<Filter, string>();

  /** Members of one object are ANDed; a single one stands for itself. */
  filter(input: unknown, catalogue: Catalogue, path: string): Filter {
    if (!isInput(input)) return this.refuse(path, "must be a filter.");
    const parts = entriesOf(input).map(([name, value]) => this.member(name, value, catalogue, `${path}.${name}`));
    return this.all(parts, path);
  }

  private member(name: string, value: unknown, catalogue: Catalogue, path: string): Filter {
    if (name === "and" || name === "or") {
      if (!Array.isArray(value)) return this.refuse(path, "must be a list of filters.");
      return this.at(path, { kind: name, of: value.map((item, i) => this.filter(item, catalogue, `${path}[${i}]`)) });
    }
    if (name === "not") return this.at(path, { kind: "not", of: this.filter(value, catalogue, path) });
    const field = catalogue.fields.get(name);
    if (!field?.filter) return this.refuse(path, "is no field that a filter can ask about.", filterable(catalogue));
    return this.field(field, value, catalogue, path);
  }

  private field(field: Field, value: unknown, catalogue: Catalogue, path: string): Filter {
    const shorthand = field.shorthand ?? (field.kind === "words" ? "words" : undefined);
    if (shorthand) {
      const found = operatorsOf(field.kind).get(shorthand);
      if (!found) throw new TypeError(`${field.name} has no operator ${shorthand}.`);
      return this.criterion({ field: field.name }, found, value, { field, catalogue }, path);
    }
    if (field.kind === "attributes") return this.attributes(field, value, catalogue, path);
    return this.operators({ field: field.name }, field.kind, value, { field, catalogue }, path);
  }

  /** Operators of one object are ANDed, each a criterion of its own. */
  private operators(about: About, kind: ComparedKind, value: unknown, place: Place, path: string): Filter {
    if (!isInput(value)) return this.refuse(path, "must be an object of operators.");
    const { caseSensitive, ...operators } = value;
    const offered = operatorsOf(kind);
    const cased = offered.has("contains");
    const names = entriesOf(cased ? operators : value);
    if (cased && caseSensitive !== undefined && typeof caseSensitive !== "boolean")
      return this.refuse(`${path}.caseSensitive`, "must be true or false.");
    if (names.length === 0) return this.refuse(path, "must have at least one operator.", usable(offered, place));
    const parts = names.map(([name, operand]) => {
      const at = `${path}.${name}`;
      const found = offered.get(name);
      if (!found || (found.row.nullableOnly && !place.field.nullable && !about.key))
        return this.refuse(at, "is no operator of this field.", usable(offered, place));
      if (kind === "manager" && found.operator === "statusIn") return this.managerStatus(operand, place, at);
      const exact = cased && caseSensitive === true && found.row.takes === "text";
      return this.criterion(exact ? { ...about, caseSensitive } : about, found, operand, place, at);
    });
    return this.all(parts, path);
  }

  /** The manager's status is asked with the operators of a choice; one operator of the tree, and its complement, say them all. */
  private managerStatus(value: unknown, place: Place, path: string): Filter {
    const asked = this.operators(
      { field: place.field.name },
      "choice",
      value,
      { ...place, field: { ...place.field, nullable: false } },
      path,
    );
    const translate = (filter: Filter): Filter => {
      if (filter.kind === "and") return this.at(path, { ...filter, of: filter.of.map(translate) });
      if (filter.kind !== "criterion") return filter;
      const at = this.paths.get(filter) ?? path;
      const operand = Array.isArray(filter.operand) ? filter.operand : [filter.operand as string];
      const status: Criterion = { kind: "criterion", field: filter.field, operator: "statusIn", operand };
      const positive = filter.operator === "eq" || filter.operator === "in";
      return this.at(at, positive ? status : { kind: "not", of: this.at(at, status) });
    };
    return translate(asked);
  }

  private attributes(field: Field, value: unknown, catalogue: Catalogue, path: string): Filter {
    if (!Array.isArray(value)) return this.refuse(path, "must be a list of attribute filters.");
    return this.all(
      value.map((item, i) => this.attribute(field, item, catalogue, `${path}[${i}]`)),
      path,
    );
  }

  private attribute(field: Field, value: unknown, catalogue: Catalogue, path: string): Filter {
    if (!isInput(value)) return this.refuse(path, "must be an attribute filter.");
    const { key, ...rest } = value;
    const place = { field, catalogue };
    const name = readOperand("text", key, place);
    if (name instanceof Fault || name === "") return this.refuse(`${path}.key`, "must be the key of an attribute.");
    const [first, ...more] = entriesOf(rest);
    if (!first || more.length > 0)
      return this.refuse(path, "must have a key and exactly one of the others.", ATTRIBUTE_INPUTS);
    const [member, operand] = first;
    const about = { field: field.name, key: String(name) };
    const found = operatorsOf("attributes").get(member);
    if (found) return this.criterion(about, found, operand, place, `${path}.${member}`);
    const type = Object.entries(ATTRIBUTE_TYPES).find(([, { input }]) => input === member);
    if (!type) return this.refuse(`${path}.${member}`, "is no way to compare an attribute.", ATTRIBUTE_INPUTS);
    return this.operators(
      { ...about, as: type[0] as About["as"] & string },
      type[1].kind,
      operand,
      place,
      `${path}.${member}`,
    );
  }

  private criterion(
    about: About,
    { operator, row }: { operator: Operator; row: OperatorRow },
    value: unknown,
    place: Place,
    path: string,
  ): Filter {
    if (row.takes === "filter") {
      const of = this.filter(value, GRANT_CATALOGUE, path);
      return this.at(path, { kind: "criterion", ...about, operator, operand: null, of });
    }
    const operand = row.list ? this.list(row, value, place, path) : this.one(row, value, place, path);
    return operand === undefined ? NOTHING : this.at(path, { kind: "criterion", ...about, operator, operand });
  }

  private one(row: OperatorRow, value: unknown, place: Place, path: string): string | number | boolean | undefined {
    const read = readOperand(row.takes, value, place);
    if (!(read instanceof Fault)) return read;
    this.refuse(path, read.message, read.allowed);
    return undefined;
  }

  /** The first unfit value of a list is named, since they tend to be unfit together. */
  private list(row: OperatorRow, value: unknown, place: Place, path: string): Operand | undefined {
    if (!Array.isArray(value)) {
      this.refuse(path, "must be a list.");
      return undefined;
    }
    const values: (string | number | boolean)[] = [];
    for (const [i, item] of value.entries()) {
      const read = this.one(row, item, place, `${path}[${i}]`);
      if (read === undefined) return undefined;
      values.push(read);
    }
    return values as string[] | number[];
  }

  private all(parts: readonly Filter[], path: string): Filter {
    return parts.length === 1 && parts[0] ? parts[0] : this.at(path, { kind: "and", of: parts });
  }

  private at<F extends Filter>(path: string, filter: F): F {
    this.paths.set(filter, path);
    return filter;
  }

  private refuse(path: string, message: string, allowed?: readonly string[]): Filter {
    this.violations.push({ path, message, ...(allowed ? { allowed } : {}) });
    return NOTHING;
  }
}

interface Place {
  field: Field;
  catalogue: Catalogue;
}

const ATTRIBUTE_INPUTS = [
  ...Object.values(ATTRIBUTE_TYPES).map((type) => type.input),
  ...operatorsOf("attributes").keys(),
];

const filterable = (catalogue: Catalogue): string[] => [
  "and",
  "or",
  "not",
  ...[...catalogue.fields.values()].filter((field) => field.filter).map((field) => field.name),
];

const usable = (offered: ReturnType<typeof operatorsOf>, { field }: Place): string[] =>
  [...offered].filter(([, { row }]) => field.nullable || !row.nullableOnly).map(([name]) => name);
