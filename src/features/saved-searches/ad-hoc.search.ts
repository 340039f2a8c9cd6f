import type { Viewer } from "../../access/actor.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { watchedFields } from "./saved-search.access.ts";
import { WATCH_LIMIT } from "./saved-search.inputs.ts";
import type { Search } from "./search.membership.ts";

/** The search that these arguments ask for; refuses what the viewer may not ask about, or watch. */
export async function askedSearch(
  users: UserQueries,
  viewer: Viewer,
  { filter, watch }: { filter: object; watch?: readonly string[] | null | undefined },
): Promise<Search> {
  if ((watch?.length ?? 0) > WATCH_LIMIT)
    throw invalidInput([{ path: "watch", message: `must name at most ${WATCH_LIMIT} fields.`, limit: WATCH_LIMIT }]);
  const parsed = parseFilterWithPaths(filter, { catalogue: userCatalogue });
  await users.requireAskable(viewer, parsed, new Map());
  return { filter: parsed.filter, watch: watchedFields(viewer, watch ?? [], "watch") };
}
