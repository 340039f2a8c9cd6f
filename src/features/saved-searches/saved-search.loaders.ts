import DataLoader from "dataloader";
import type { LoaderKey } from "../../graphql/context.ts";
import type { SavedSearchQueries } from "./saved-search.queries.ts";
import type { SavedSearch } from "./saved-search.types.ts";

export type SavedSearchLoader = LoaderKey<DataLoader<string, SavedSearch | undefined>>;

/** Saved searches by UUID, in one statement a tick; undefined for what the viewer may not see. */
export const savedSearchLoader = (queries: SavedSearchQueries): SavedSearchLoader => ({
  create: ({ viewer }) => new DataLoader((ids) => queries.byIds(viewer, ids)),
});
