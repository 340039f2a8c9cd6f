import { parseDuration } from "./duration.ts";
import type { Catalogue } from "./field.ts";
import type { Criterion, Filter, Operator } from "./filter.ts";
import { fold, wordsOf } from "./folding.ts";
import type { ComparedKind } from "./operator.ts";
import { type Resolved, resolve } from "./operator-of.ts";
import { DATE, FLOAT, INSTANT, INT } from "./scalar-operators.ts";

/** How a view makes a value of a row comparable. Every criterion found by a view is a function of what the view reads, and of nothing else. */
export type Mode =
  | "exact"
  | "folded"
  | "number"
  | "instant"
  | "date"
  | "instantAge"
  | "dateAge"
  | "members"
  | "foldedMembers"
  | "presence"
  | "raw";

/** A mode that reads a value by itself, without the moment. */
export type PlainMode = Exclude<Mode, "instantAge" | "dateAge">;

/** Where in a text a part must stand. */
export type Place = "anywhere" | "start" | "end";

/**
 * What about a row decides a criterion, and so where the index looks for its flips. It says how a criterion is found and never
 * what it means: an operator without an entry is found by any change of its column, which is always right.
 *
 * - `facts`: one of these values is there (or every one of them).
 * - `parts`: one of the texts has this part in it (or every part).
 * - `bounds`: a number stands above `lower` and below `upper`.
 * - `change`: anything about the value; `timely` where the moment decides too.
 */
export type Access =
  | { by: "facts"; mode: Mode; values: readonly unknown[]; every: boolean }
  | { by: "parts"; mode: Mode; place: Place; parts: readonly string[]; every: boolean }
  | { by: "bounds"; mode: Mode; lower?: number; upper?: number }
  | { by: "change"; mode: "raw"; timely: boolean };

const UNKNOWN = { by: "change", mode: "raw", timely: false } as const satisfies Access;

export const MISSING = "missing";
export const PRESENT = "present";

/** How the index finds a criterion whose operator has a meaning of its own. */
export function accessOf(criterion: Criterion, catalogue: Catalogue): Access {
  const resolved = resolve(criterion, catalogue);
  const { operator, operand } = criterion;
  if (criterion.of) return { ...UNKNOWN, timely: asksAboutNow(criterion.of) };
  if (operator === "isNull" && resolved.kind !== "anyText") return presence(operand === true ? MISSING : PRESENT);
  if (operator === "exists") return presence(operand === true ? PRESENT : MISSING);
  const bounds = BOUNDS[operator];
  if (bounds) return bounds(criterion, resolved);
  const mode = modeOf(resolved, criterion);
  const place = PLACES[operator];
  if (place && mode)
    return partsAccess(mode, place, [criterion.caseSensitive ? String(operand) : fold(String(operand))]);
  if (operator === "words")
    return partsAccess(
      "exact",
      "anywhere",
      wordsOf(String(operand)).map((word) => ` ${word}`),
    );
  return mode && BY_VALUE.has(operator) ? factsAccess(mode, criterion) : UNKNOWN;
}

const presence = (value: string): Access => ({ by: "facts", mode: "presence", values: [value], every: false });

const PLACES: Partial<Record<Operator, Place>> = { contains: "anywhere", startsWith: "start", endsWith: "end" };

/** The empty part is in every text: no part to look for. */
const partsAccess = (mode: Mode, place: Place, parts: readonly string[]): Access =>
  parts.includes("") ? UNKNOWN : { by: "parts", mode, place, parts, every: true };

const BY_VALUE: ReadonlySet<Operator> = new Set([
  "eq",
  "in",
  "any",
  "all",
  "within",
  "withinAny",
  "reportsTo",
  "statusIn",
]);

function factsAccess(mode: PlainMode, { operator, operand }: Criterion): Access {
  const read = READS[mode];
  const values = (Array.isArray(operand) ? operand : [operand]) as readonly unknown[];
  // The operand of a set, read one by one as the members of a row's set are.
  const known = values.map((value) => (isSet(mode) ? (read([value]) as unknown[])[0] : read(value)));
  if (known.length === 0 || known.includes(undefined)) return UNKNOWN;
  return { by: "facts", mode, values: [...new Set(known)], every: operator === "all" };
}

const isSet = (mode: Mode): boolean => mode === "members" || mode === "foldedMembers";

const MODES: Partial<Record<ComparedKind, PlainMode>> = {
  id: "exact",
  choice: "exact",
  boolean: "exact",
  unit: "exact",
  manager: "exact",
  int: "number",
  float: "number",
  instant: "instant",
  date: "date",
  choiceSet: "members",
  idSet: "members",
  textSet: "foldedMembers",
};

function modeOf({ kind, meaning }: Resolved, { caseSensitive }: Criterion): PlainMode | undefined {
  if (kind === "text") return caseSensitive ? "exact" : "folded";
  if (kind === "anyText") return caseSensitive ? "members" : "foldedMembers";
  return meaning.reads === "pathColumn" ? "members" : MODES[kind];
}

const texts = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** What a view of a mode reads from a column's value; undefined where there is nothing. Ages are reckoned from the last two scalars. */
export const READS: Readonly<Record<PlainMode, (value: unknown) => unknown>> = {
  exact: (value) => (typeof value === "string" || typeof value === "boolean" ? value : undefined),
  folded: (value) => (typeof value === "string" ? fold(value) : undefined),
  number: FLOAT.read,
  instant: INSTANT.read,
  date: DATE.read,
  members: texts,
  foldedMembers: (value) => texts(value)?.map((one) => (typeof one === "string" ? fold(one) : one)),
  presence: (value) => (value === null || value === undefined ? MISSING : PRESENT),
  raw: (value) => value,
};

type Bounding = (criterion: Criterion, resolved: Resolved) => Access;

const compared =
  (side: "lower" | "upper"): Bounding =>
  ({ operand }, { kind }) => {
    const mode = kind === "int" || kind === "float" || kind === "instant" || kind === "date" ? MODES[kind] : undefined;
    const bound = mode && (kind === "int" ? INT.read(operand) : READS[mode]?.(operand));
    return mode && typeof bound === "number" ? { by: "bounds", mode, [side]: bound } : UNKNOWN;
  };

const DAY = 86_400_000;

/** A span of days and shorter units is a span of ages; months are of unequal length, so theirs is asked at every moment. */
const aged =
  (span: (length: number) => { lower?: number; upper?: number }): Bounding =>
  ({ operand }, { kind }) => {
    const duration = parseDuration(String(operand));
    if (!duration || duration.months > 0 || (kind !== "instant" && kind !== "date"))
      return { ...UNKNOWN, timely: true };
    const length = kind === "date" ? duration.milliseconds / DAY : duration.milliseconds;
    return { by: "bounds", mode: kind === "date" ? "dateAge" : "instantAge", ...span(length) };
  };

const BOUNDS: Partial<Record<Operator, Bounding>> = {
  lt: compared("upper"),
  lte: compared("upper"),
  gt: compared("lower"),
  gte: compared("lower"),
  withinLast: aged((length) => ({ lower: 0, upper: length })),
  withinNext: aged((length) => ({ lower: -length, upper: 0 })),
  olderThan: aged((length) => ({ lower: length })),
};

const RELATIVE: ReadonlySet<Operator> = new Set(["withinLast", "withinNext", "olderThan"]);

/** Whether the moment can change the answer of a filter about grants. */
function asksAboutNow(filter: Filter): boolean {
  if (filter.kind === "criterion") return RELATIVE.has(filter.operator);
  return filter.kind === "not" ? asksAboutNow(filter.of) : filter.of.some(asksAboutNow);
}

/** About how many of all rows have one value (or part), where nothing is known of them: what is rarer guards better. */
export function expectedShare(access: Access, criterion: Criterion, catalogue: Catalogue): number {
  if (access.by === "parts") return Math.min(0.3, 0.5 / Math.max(...access.parts.map((part) => part.length)));
  const { field, kind } = resolve(criterion, catalogue);
  if (access.mode === "presence" || kind === "boolean") return 0.5;
  if (field.choice) return 1 / Object.keys(field.choice.values).length;
  return SHARES[kind] ?? 0.05;
}

const SHARES: Partial<Record<ComparedKind, number>> = { id: 1e-6, manager: 0.005, text: 0.02, anyText: 0.001 };
