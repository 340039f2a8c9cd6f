import DataLoader from "dataloader";
import { sql } from "kysely";
import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { Database } from "../../database/database.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import type { Position } from "../../kernel/position.ts";
import { Group } from "../groups/group.types.ts";
import type { SavedSearchResolver } from "../saved-searches/saved-search.resolver.ts";
import { SavedSearch } from "../saved-searches/saved-search.types.ts";
import { WHOLE_COMMITS } from "../saved-searches/search.transitions.ts";

/** How far the members of a dynamic group follow its search. */
interface Following {
  /** Null while it has not been built by its search yet. */
  through: bigint | null;
  paused: boolean;
}

/** What following searches adds to a group. */
@Resolver(() => Group)
export class DynamicGroupResolver {
  readonly #following: LoaderKey<DataLoader<string, Following>>;

  constructor(
    database: Database,
    private readonly searches: SavedSearchResolver,
  ) {
    this.#following = { create: () => new DataLoader((ids) => followingOf(database, ids)) };
  }

  @FieldResolver(() => SavedSearch, {
    nullable: true,
    description:
      "The search that makes the members of a dynamic group; null of a static one, and where the viewer may not see it.",
  })
  @Read(scoped)
  async savedSearch(@Root() group: Group, @Ctx() context: GraphContext): Promise<SavedSearch | null> {
    return group.savedSearchId ? this.searches.find(context, group.savedSearchId) : null;
  }

  @FieldResolver(() => PositionScalar, {
    nullable: true,
    description:
      "Up to which place in the log the members of a dynamic group follow its search; null of a static one, and until they were first found.",
  })
  @Read(carried)
  async followedTo(@Root() group: Group, @Ctx() context: GraphContext): Promise<Position | null> {
    if (!group.savedSearchId) return null;
    const { through } = await context.load(this.#following).load(group.uuid);
    return through === null ? null : { commit: through };
  }

  @FieldResolver(() => Boolean, {
    description:
      "Whether the members of a dynamic group stand still, because its search is not matched: its owner may no longer ask about a field of the filter.",
  })
  @Read(carried)
  async paused(@Root() group: Group, @Ctx() context: GraphContext): Promise<boolean> {
    return group.savedSearchId !== null && (await context.load(this.#following).load(group.uuid)).paused;
  }
}

/** Where nothing is stored behind the follower's place that concerns a group, it has followed as far as searches were matched. */
async function followingOf(database: Database, ids: readonly string[]): Promise<Following[]> {
  const { rows } = await sql<{ id: string; through: bigint | null; paused: boolean }>`
    SELECT g.id, m.refusal IS NOT NULL AS paused,
      CASE WHEN b.search_id IS DISTINCT FROM g.saved_search_id OR m.since > known.through THEN NULL
        WHEN EXISTS (SELECT FROM search_transition t WHERE t.search_id = g.saved_search_id
          AND t.commit_number > known.through AND t.commit_number <= place.matched) THEN known.through
        ELSE greatest(known.through, place.matched) END AS through
    FROM user_group g LEFT JOIN group_built b ON b.group_id = g.id LEFT JOIN matched_search m ON m.search_id = g.saved_search_id
    CROSS JOIN (SELECT h.followed, ${WHOLE_COMMITS} AS matched FROM group_head h CROSS JOIN feed_consumer f WHERE f.name = 'matcher') place
    CROSS JOIN LATERAL (SELECT greatest(b.built, place.followed) AS through) known
    WHERE g.id = ANY(${[...ids]}::uuid[])`.execute(database.reader);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? { through: null, paused: false });
}
