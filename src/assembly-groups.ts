import { buildSearches, type SearchFeature, type SearchParts } from "./assembly-searches.ts";
import type { Database } from "./database/database.ts";
import { GroupFollower } from "./features/dynamic-groups/dynamic-group.follower.ts";
import { DynamicGroupResolver } from "./features/dynamic-groups/dynamic-group.resolver.ts";
import { DynamicGroupSearches } from "./features/dynamic-groups/dynamic-group.searches.ts";
import { type GroupLoaders, groupLoaders } from "./features/groups/group.loaders.ts";
import { GroupMembers } from "./features/groups/group.members.ts";
import { GroupQueries } from "./features/groups/group.queries.ts";
import { GroupResolver, UserGroupsResolver } from "./features/groups/group.resolver.ts";
import { GroupService } from "./features/groups/group.service.ts";
import type { OrgUnitLoader } from "./features/org/org-unit.loaders.ts";
import { groupHoldings } from "./features/roles/group-holdings.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import { LoneWorker } from "./feed/lone-worker.ts";
import type { FindNode } from "./graphql/node.ts";

/** Whoever follows searches into groups holds this advisory lock; the number is arbitrary and ours. */
const FOLLOWER_LOCK = 7_260_313_305;

/** How groups are read, also by features that stand between groups and those that make them dynamic. */
export interface GroupReaders {
  queries: GroupQueries;
  loaders: GroupLoaders;
}

export interface GroupParts {
  database: Database;
  users: UserQueries;
  people: UserLoader;
  units: OrgUnitLoader;
  ofGroups: GroupReaders;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf: (instant: Date) => string;
  following: Pick<SearchParts, "follower" | "onError">;
}

/** Groups, what keeps the members of dynamic ones, and the saved searches that make these. */
export interface GroupFeature {
  searches: SearchFeature;
  resolvers: object[];
  find: FindNode;
  follower: GroupFollower;
  /** The work of following searches, for one gateway at a time; to be started where background work is done. */
  following: LoneWorker;
}

export function groupLoadersOver(database: Database): GroupReaders {
  const queries = new GroupQueries(database);
  return { queries, loaders: groupLoaders(queries) };
}

/** Builds groups, and the saved searches whose changes they have a say in: a part of the composition root. */
export function buildGroups(parts: GroupParts): GroupFeature {
  const { database, users, people, units, ofGroups, dateOf, following } = parts;
  const dynamic = new DynamicGroupSearches(database, users, groupHoldings);
  const searches = buildSearches({ database, users, people, units, uses: [dynamic], dateOf, ...following });
  const service = new GroupService(database, groupHoldings, dynamic);
  const reading = { ...ofGroups, users, people, units };
  const resolver = new GroupResolver(service, new GroupMembers(database, groupHoldings), reading);
  const follower = new GroupFollower({ database, matches: searches.matches, dateOf });
  return {
    searches,
    resolvers: [
      resolver,
      new UserGroupsResolver(ofGroups.loaders),
      new DynamicGroupResolver(database, searches.resolver),
    ],
    find: (context, id) => resolver.find(context, id),
    follower,
    following: new LoneWorker({
      name: "groups",
      lock: FOLLOWER_LOCK,
      database,
      work: (signal) => follower.run(signal),
      report: following.onError,
    }),
  };
}
