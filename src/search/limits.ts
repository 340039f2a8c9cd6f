import { RollcallError } from "../kernel/errors.ts";

/** The published limits of a filter; how each is counted is said in schema/FILTER.md, section 2. */
export const FILTER_LIMITS = {
  depth: 12,
  leaves: 200,
  listValues: 1000,
  textCharacters: 256,
} as const;

/** Keys under which filters nest; every other key holds a criterion. */
const NESTING = new Set(["and", "or", "not", "some", "none"]);

interface Visit {
  value: unknown;
  path: string;
  depth: number;
  /** Nothing is below it: it is an operand, or an object or a list with nothing in it. */
  isLeaf: boolean;
}

const refuse = (what: string, inputPath: string, limit: number, actual: number): RollcallError =>
  new RollcallError("FILTER_TOO_COMPLEX", `${inputPath}: ${what}; the limit is ${limit}.`, {
    inputPath,
    limit,
    actual,
  });

/** Refuses with FILTER_TOO_COMPLEX a filter input over a published limit, before anything of it is understood. */
export function assertWithinLimits(input: unknown, path: string): void {
  let leaves = 0;
  let depth = 0;
  let tooDeep = path;
  for (const visit of visits(input, path)) {
    if (depth <= FILTER_LIMITS.depth && visit.depth > FILTER_LIMITS.depth) tooDeep = visit.path;
    depth = Math.max(depth, visit.depth);
    if (visit.isLeaf) leaves += 1;
    assertOperand(visit);
  }
  if (depth > FILTER_LIMITS.depth) throw refuse(`the filter nests ${depth} deep`, tooDeep, FILTER_LIMITS.depth, depth);
  if (leaves > FILTER_LIMITS.leaves)
    throw refuse(`the filter has ${leaves} criteria`, path, FILTER_LIMITS.leaves, leaves);
}

/** How large a filter input is, as the limits count, whether or not it is over them. */
export interface FilterSize {
  depth: number;
  leaves: number;
  /** Values that a record is compared with: one a leaf, and of a list as many as it has. */
  comparisons: number;
}

/** Measures a filter input, whatever it is. */
export function sizeOf(input: unknown): FilterSize {
  const size: FilterSize = { depth: 0, leaves: 0, comparisons: 0 };
  for (const { value, depth, isLeaf } of visits(input, "")) {
    size.depth = Math.max(size.depth, depth);
    if (!isLeaf) continue;
    size.leaves += 1;
    size.comparisons += Array.isArray(value) ? Math.max(1, value.length) : 1;
  }
  return size;
}

/** Everything in a filter input, without recursion, so that no nesting can exhaust the stack. */
function* visits(input: unknown, path: string): Generator<Visit> {
  const open: Omit<Visit, "isLeaf">[] = [{ value: input, path, depth: 1 }];
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const inside = children(visit);
    yield { ...visit, isLeaf: inside.length === 0 };
    for (const child of inside) open.push(child);
  }
}

/** What is to be walked below a value; operands have nothing below. */
function children({ value, path, depth }: Omit<Visit, "isLeaf">): Omit<Visit, "isLeaf">[] {
  if (Array.isArray(value))
    return value.some(isObject) ? value.map((item, i) => ({ value: item, path: `${path}[${i}]`, depth })) : [];
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([key, item]) => item !== undefined && !isModifier(key, item))
    .map(([key, item]) => ({
      value: item,
      path: `${path}.${key}`,
      depth: NESTING.has(key) && holdsFilters(item) ? depth + 1 : depth,
    }));
}

/** `caseSensitive` and an attribute's `key` say how to compare; they are no criteria of their own. */
const isModifier = (key: string, item: unknown): boolean =>
  (key === "key" && typeof item === "string") || (key === "caseSensitive" && typeof item === "boolean");

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof Date) && !Array.isArray(value);

const holdsFilters = (value: unknown): boolean => (Array.isArray(value) ? value.some(isObject) : isObject(value));

/** Measures what is no filter: an operand, a list of them, and an attribute's key. */
function assertOperand({ value, path, isLeaf }: Visit): void {
  if (isObject(value) && "key" in value) assertText(value.key, `${path}.key`);
  if (!isLeaf) return;
  if (Array.isArray(value)) assertList(value, path);
  else assertText(value, path);
}

function assertList(values: readonly unknown[], path: string): void {
  const limit = FILTER_LIMITS.listValues;
  if (values.length > limit) throw refuse(`the list has ${values.length} values`, path, limit, values.length);
  for (const [i, value] of values.entries()) assertText(value, `${path}[${i}]`);
}

function assertText(value: unknown, path: string): void {
  const limit = FILTER_LIMITS.textCharacters;
  if (typeof value !== "string" || value.length <= limit) return;
  const characters = [...value].length;
  if (characters > limit) throw refuse(`the text has ${characters} characters`, path, limit, characters);
}
