import { invalidInput } from "../../kernel/errors.ts";
import { BUCKETS_LIMIT, FACETS_LIMIT, type FacetRequest } from "./user.facets.ts";
import { userCatalogue } from "./user.fields.ts";
import type { FacetInput } from "./user.types.ts";

/** What the arguments of `facets` ask for; INVALID_INPUT for none, too many or too long ones. */
export function facetsAsked({ by, top }: { by: readonly FacetInput[]; top: number | null | undefined }): {
  wanted: FacetRequest[];
  size: number;
} {
  if (by.length < 1 || by.length > FACETS_LIMIT)
    throw invalidInput([{ path: "by", message: `must hold 1 to ${FACETS_LIMIT} facets.`, limit: FACETS_LIMIT }]);
  const size = top ?? 20;
  if (size < 1 || size > BUCKETS_LIMIT)
    throw invalidInput([{ path: "top", message: `must be from 1 to ${BUCKETS_LIMIT}.`, limit: BUCKETS_LIMIT }]);
  return { wanted: by.map(facetOf), size };
}

const FACET_FIELDS = new Map([...userCatalogue.fields.values()].map((field) => [field.facet, field.name]));

const facetOf = ({ field, attributeKey }: FacetInput, place: number): FacetRequest => ({
  field: attributeKey == null ? (FACET_FIELDS.get(field as string) as string) : "attributes",
  attributeKey: attributeKey ?? null,
  path: `by[${place}]`,
});
