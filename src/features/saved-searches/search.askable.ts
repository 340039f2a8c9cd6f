import type { Viewer } from "../../access/actor.ts";
import type { UnitPaths } from "../../access/field-policy.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { toInput } from "../../search/print.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";

/**
 * Passes where somebody may ask by a filter as it is stored; else the error that a search by it would give. What it asks of an attribute may
 * have suited a type that the attribute had when it was saved. Where the units stand that it
 * names is read unless it is given.
 */
export function requireAskableFilter(
  users: UserQueries,
  viewer: Viewer,
  filter: Filter,
  paths?: UnitPaths,
): Promise<void> {
  const parsed = parseFilterWithPaths(toInput(filter, userCatalogue), { catalogue: userCatalogue });
  return users.requireAskable(viewer, parsed, new Map(), { stored: true, paths });
}

/** Those of some searches that a viewer may ask by. */
export async function askableOf<S extends { filter: Filter }>(
  users: UserQueries,
  viewer: Viewer,
  searches: readonly S[],
): Promise<S[]> {
  const asked: S[] = [];
  for (const search of searches) {
    try {
      await requireAskableFilter(users, viewer, search.filter);
      asked.push(search);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
    }
  }
  return asked;
}
