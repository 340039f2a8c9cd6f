import type { Catalogue } from "./field.ts";
import { type Criterion, FALSE, type Filter, not, type Operator, TRUE } from "./filter.ts";
import { isNeverMissing, sorted } from "./normal-operand.ts";
import { resolve } from "./operator-of.ts";
import { OPERATORS } from "./operators.ts";

export const isTrue = (filter: Filter): boolean => filter.kind === "and" && filter.of.length === 0;
export const isFalse = (filter: Filter): boolean => filter.kind === "or" && filter.of.length === 0;

const OPPOSITES: Partial<Record<Operator, Operator>> = { lt: "gte", gte: "lt", lte: "gt", gt: "lte" };

/** The canonical form of a canonical criterion's complement, and of the filters that stand for one. */
export function complement(filter: Filter, catalogue: Catalogue): Filter {
  if (filter.kind === "not") return filter.of;
  if (filter.kind !== "criterion") return isTrue(filter) ? FALSE : TRUE;
  const { field, kind } = resolve(filter, catalogue);
  if (!isNeverMissing(field, filter)) return not(filter);
  const opposite = OPPOSITES[filter.operator];
  if (opposite) return { ...filter, operator: opposite };
  return kind === "boolean" && filter.operator === "eq" ? { ...filter, operand: !filter.operand } : not(filter);
}

/** The canonical form of `and` or `or` over canonical members. */
export function combine(kind: "and" | "or", members: readonly Filter[], catalogue: Catalogue): Filter {
  const [neutral, absorbing] = kind === "and" ? [isTrue, isFalse] : [isFalse, isTrue];
  const flat = members.flatMap((member) => (member.kind === kind ? member.of : [member]));
  if (flat.some(absorbing)) return kind === "and" ? FALSE : TRUE;
  const kept = flat.filter((member) => !neutral(member));
  const distinct = new Map(joined(kind, kept, catalogue).map((member) => [JSON.stringify(member), member]));
  for (const member of distinct.values())
    if (isLeaf(member) && distinct.has(JSON.stringify(complement(member, catalogue))))
      return kind === "and" ? FALSE : TRUE;
  const of = sorted([...distinct.keys()]).flatMap((text) => distinct.get(text) ?? []);
  return of.length === 1 && of[0] ? of[0] : { kind, of };
}

const isLeaf = (filter: Filter): boolean => filter.kind === "criterion" || filter.kind === "not";

/** The list operator that says what several single ones say, and the single one it is written as when one value is left. */
const LISTS: Partial<Record<Operator, { list: Operator; single: Operator }>> = {
  eq: { list: "in", single: "eq" },
  in: { list: "in", single: "eq" },
  within: { list: "withinAny", single: "within" },
  withinAny: { list: "withinAny", single: "within" },
  any: { list: "any", single: "any" },
  statusIn: { list: "statusIn", single: "statusIn" },
};

/** Joins lists about the same thing: under `or` as they are, under `and` below their negations. */
function joined(kind: "and" | "or", members: readonly Filter[], catalogue: Catalogue): readonly Filter[] {
  const groups = new Map<string, Criterion[]>();
  const rest: Filter[] = [];
  for (const member of members) {
    const criterion = kind === "or" ? member : member.kind === "not" ? member.of : undefined;
    const group = criterion?.kind === "criterion" ? groupOf(criterion, catalogue) : undefined;
    if (criterion?.kind !== "criterion" || group === undefined) rest.push(member);
    else groups.set(group, [...(groups.get(group) ?? []), criterion]);
  }
  const lists = [...groups.values()].map(join);
  return [...rest, ...(kind === "or" ? lists : lists.map(not))];
}

/** Criteria with the same text can be joined; undefined where the kind has no list, or the field no way to ask with one. */
function groupOf(criterion: Criterion, catalogue: Catalogue): string | undefined {
  const list = LISTS[criterion.operator]?.list;
  const { field, kind } = resolve(criterion, catalogue);
  if (!list || field.shorthand || !OPERATORS[kind][list]) return undefined;
  return JSON.stringify({ ...criterion, operator: list, operand: null });
}

function join(group: readonly Criterion[]): Criterion {
  const [first] = group;
  const names = first && LISTS[first.operator];
  if (!first || !names) throw new TypeError("Nothing to join.");
  const values = sorted(group.flatMap(({ operand }) => (Array.isArray(operand) ? operand : [operand]) as string[]));
  const [only] = values;
  const single = values.length === 1 && only !== undefined && names.single !== names.list;
  return single
    ? { ...first, operator: names.single, operand: only }
    : { ...first, operator: names.list, operand: values };
}
