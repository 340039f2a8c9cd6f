import { type Filter, not, TRUE } from "../../search/filter.ts";
import type { ParsedFilter } from "../../search/parse.ts";
import { printText } from "../../search/text-form.ts";
import { userCatalogue } from "./user.fields.ts";

export type FilterNodeKind = "AND" | "OR" | "NOT" | "CRITERION";

/** A node of a parsed filter as clients are shown it. */
export interface ShownNode {
  kind: FilterNodeKind;
  path: string;
  text: string;
}

const KINDS: Readonly<Record<Filter["kind"], FilterNodeKind>> = {
  and: "AND",
  or: "OR",
  not: "NOT",
  criterion: "CRITERION",
};

/** How a node of a parsed filter is shown; its path is that of the input, without the argument's name. */
export const shownNode = (node: Filter, { paths }: ParsedFilter): ShownNode => ({
  kind: KINDS[node.kind],
  path: (paths.get(node) ?? "").replace(/^filter\.?/, ""),
  text: printText(node, userCatalogue),
});

/** The nodes right below; a criterion about grants has none, since what it asks is asked of one grant. */
export const childrenOf = (node: Filter): readonly Filter[] =>
  node.kind === "criterion" ? [] : node.kind === "not" ? [node.of] : node.of;

/** A node and all below it, each before its own. */
export const nodesOf = (node: Filter): Filter[] => [node, ...childrenOf(node).flatMap(nodesOf)];

/** The whole without one of its nodes; a node that loses its last child goes with it, and nothing at all is true. */
export const without = (whole: Filter, gone: Filter): Filter => remainder(whole, gone) ?? TRUE;

function remainder(node: Filter, gone: Filter): Filter | undefined {
  if (node === gone) return undefined;
  if (node.kind === "criterion") return node;
  if (node.kind === "not") {
    const inner = remainder(node.of, gone);
    return inner && not(inner);
  }
  const of = node.of.map((member) => remainder(member, gone)).filter((member) => member !== undefined);
  return of.length === 0 && node.of.length > 0 ? undefined : { kind: node.kind, of };
}

/** The node below that goes when this one does, and takes it along: taking either out leaves the same. */
export function essenceOf(node: Filter): Filter {
  const [only, ...more] = childrenOf(node);
  return only && more.length === 0 ? essenceOf(only) : node;
}
