import DataLoader from "dataloader";
import type { LoaderKey } from "../../graphql/context.ts";
import type { GroupQueries } from "./group.queries.ts";
import type { Group } from "./group.types.ts";

export interface GroupLoaders {
  /** Groups by UUID; undefined for those out of sight. */
  groups: LoaderKey<DataLoader<string, Group | undefined>>;
  /** The groups of users, by the users' UUIDs. Whoever loads has decided that the viewer may know. */
  ofUsers: LoaderKey<DataLoader<string, Group[]>>;
}

/** Loaders of groups, each in one statement a tick. */
export const groupLoaders = (queries: GroupQueries): GroupLoaders => ({
  groups: { create: ({ viewer }) => new DataLoader((ids) => queries.byIds(viewer, ids)) },
  ofUsers: { create: () => new DataLoader((ids) => queries.ofUsers(ids)) },
});
