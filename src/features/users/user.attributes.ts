import type { DefinedType, Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { ATTRIBUTE_TYPES } from "../../search/attribute.ts";
import type { Criterion } from "../../search/filter.ts";
import type { ParsedFilter } from "../../search/parse.ts";

const PREFIX = "attributes.";

/** The name under which an order, a facet or a filter asks about a custom attribute. */
export const askedName = (key: string): string => PREFIX + key;

/** The attribute's key in such a name; undefined for the name of a field. */
export const keyAsked = (name: string): string | undefined =>
  name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;

/** How values of each type are compared; `exists` suits all of them. */
const SUITS: Readonly<Record<DefinedType, NonNullable<Criterion["as"]>>> = {
  STRING: "text",
  NUMBER: "float",
  BOOLEAN: "boolean",
  DATE: "date",
  CHOICE: "text",
  SET: "textSet",
};

/** Types whose values have no order. */
const UNORDERED: ReadonlySet<DefinedType> = new Set(["BOOLEAN", "SET"]);

/** Whether a search by this asker may read an attribute where it is kept in order; a replica may be behind that. */
export const orderedFor =
  ({ viewer, fromReplica }: Pick<Asking, "viewer" | "fromReplica">) =>
  (key: string): boolean =>
    fromReplica !== true && viewer.defined?.get(key)?.ordered === true;

/** Passes where each attribute that is defined is asked about as its type can be; INVALID_INPUT names what suits, all places at once. */
export function requireSuitable({ defined }: Viewer, { paths }: ParsedFilter, also: ReadonlyMap<string, string>): void {
  if (!defined) return;
  const violations: Violation[] = [];
  for (const [node, path] of paths) {
    if (node.kind !== "criterion" || node.key === undefined || node.as === undefined) continue;
    const type = defined.get(node.key)?.type;
    if (type === undefined || SUITS[type] === node.as) continue;
    const allowed = [ATTRIBUTE_TYPES[SUITS[type]].input, "exists"];
    violations.push({
      path,
      message: `must be asked by ${allowed.join(" or ")}: the attribute is a ${type}.`,
      allowed,
    });
  }
  for (const [name, path] of also) {
    const type = defined.get(keyAsked(name) ?? "")?.type;
    if (type !== undefined && UNORDERED.has(type) && path.startsWith("orderBy"))
      violations.push({ path, message: `must name an attribute whose values have an order: a ${type} has none.` });
  }
  if (violations.length > 0) throw invalidInput(violations);
}
