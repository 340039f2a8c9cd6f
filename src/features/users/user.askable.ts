import { reachOf, type Viewer } from "../../access/actor.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { type LoadUnitPaths, requireAskable } from "../../access/field-policy.ts";
import type { Named } from "../../graphql/subscription-standing.ts";
import { notFound, RollcallError } from "../../kernel/errors.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import { asksOfUnits, fieldsUsedAt, peopleNamed } from "../../search/fields-used.ts";
import type { Criterion, Filter } from "../../search/filter.ts";
import type { ParsedFilter } from "../../search/parse.ts";
import { askedName, keyAsked } from "./user.attributes.ts";
import { userCatalogue } from "./user.fields.ts";

/** Which of these users the viewer may see. */
export type LoadVisible = (viewer: Viewer, ids: readonly string[]) => Promise<ReadonlySet<string>>;

/** Fields asked about outside a filter (by an order or a facet), with their place in the input; an attribute as `attributes.<key>`. */
export type AlsoAsked = ReadonlyMap<string, string>;

/**
 * Passes where a search asks only about what the viewer may read over all of it. A viewer whose sight is bounded may not ask
 * about what lies outside it either: a manager must be somebody in sight, and counts of reports or a manager's status, which
 * could tell of others, are refused.
 */
export async function requireUserSearch(
  viewer: Viewer,
  parsed: ParsedFilter,
  also: AlsoAsked,
  loadUnitPaths: LoadUnitPaths,
  loadVisible: LoadVisible,
): Promise<void> {
  const asked = new Map(
    [...fieldsUsedAt(parsed), ...attributesUsedAt(parsed), ...also].map(([name, path]) => [
      askedField(viewer, name),
      path,
    ]),
  );
  await requireAskable(viewer, asked, parsed.filter, userCatalogue, loadUnitPaths);
  if (reachOf(viewer, "USER_READ") === "everywhere") return;
  const operands = new Map<string, string>();
  for (const [node, path] of parsed.paths) {
    if (node.kind !== "criterion") continue;
    if (tellsOfOthers(node)) {
      throw new RollcallError(
        "FIELD_FORBIDDEN",
        `${node.field} tells of people out of sight: asking about it needs USER_READ everywhere.`,
        {
          field: node.field,
          inputPath: path,
          permission: "USER_READ",
        },
      );
    }
    if (node.field === "manager") for (const id of idsOf(node)) operands.set(id, path);
  }
  const visible = operands.size > 0 ? await loadVisible(viewer, [...operands.keys()]) : new Set();
  for (const [id, path] of operands) if (!visible.has(id)) throw notFound("user", path);
}

/** What a filter names on whose place it depends whether `requireUserSearch` passes. */
export const namedBy = (filter: Filter): Named => ({
  units: asksOfUnits(filter, userCatalogue),
  people: new Set(peopleNamed(filter, userCatalogue)),
});

/** A field of a user by the name under which it is asked about. */
export function askedField(viewer: Viewer, name: string): Field {
  const key = keyAsked(name);
  return key === undefined ? fieldOf(userCatalogue, name) : attributeField(viewer, ATTRIBUTES, key);
}

const ATTRIBUTES = fieldOf(userCatalogue, "attributes");

/** The custom attributes that a filter asks about, by the names under which they are asked about, with the place where each first is. */
export function attributesUsedAt({ paths }: ParsedFilter): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [node, path] of paths)
    if (node.kind === "criterion" && node.key !== undefined && !places.has(askedName(node.key)))
      places.set(askedName(node.key), path);
  return places;
}

const tellsOfOthers = ({ field, operator }: Criterion): boolean =>
  field === "directReportCount" || (field === "manager" && !["eq", "in", "reportsTo"].includes(operator));

const idsOf = ({ operand }: Criterion): readonly string[] => (Array.isArray(operand) ? operand : [operand as string]);
