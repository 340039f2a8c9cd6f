import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import { isRefusedIn } from "../saved-searches/search.refusal.ts";
import type { LifecyclePart } from "../users/user.following.ts";
import { ofEach } from "../users/user.restorations.ts";

/**
 * Groups that are made of searches of these people, and whose members stand still once this commits: by what the owners are left with, they may no longer ask by
 * the search. To be asked behind whatever ends grants.
 */
export async function pausedGroups(tx: Tx, owners: readonly string[]): Promise<Consequence[]> {
  return consequence(
    "GROUPS_PAUSED",
    (await standingStill(tx, owners)).map(({ id }) => id),
  );
}

interface Still {
  id: string;
  ownerId: string | null;
}

async function standingStill(tx: Tx, owners: readonly string[]): Promise<Still[]> {
  const made = await tx.sql
    .selectFrom("user_group as g")
    .innerJoin("saved_search as s", "s.id", "g.saved_search_id")
    .select(["g.id", "s.owner_id", "s.filter"])
    .where("s.owner_id", "=", sql<string>`ANY (${[...owners]}::uuid[])`)
    .orderBy("g.id")
    .execute();
  const paused: Still[] = [];
  for (const { id, owner_id: ownerId, filter } of made)
    if (await isRefusedIn(tx, { ownerId, tokenId: null }, filter as unknown as Filter))
      paused.push({ id: publicId("Group", id), ownerId });
  return paused;
}

/** Whoever lost their grants makes no group any more; a restore that gives them back sets the groups going again. */
export const groupsPausedPart: LifecyclePart = {
  follows: {
    REPORT_GROUPS: (tx, moves) =>
      pausedGroups(
        tx,
        moves.map(({ userId }) => userId),
      ),
  },
  restores: {
    GROUPS: {
      of: "GROUPS_PAUSED",
      async restore(tx, restored) {
        const concerned = restored.filter(({ ids }) => ids.length > 0);
        if (concerned.length === 0) return { consequences: [], notRestored: new Map() };
        const still = await standingStill(
          tx,
          concerned.map(({ userId }) => userId),
        );
        const stands = new Set(still.map(({ id }) => id));
        const paused = concerned.flatMap(({ ids }) => ids.map((id) => publicId("Group", id)));
        return {
          consequences: consequence(
            "GROUPS_RESUMED",
            paused.filter((id) => !stands.has(id)),
          ),
          notRestored: ofEach(concerned, ({ userId }) =>
            consequence(
              "GROUPS_PAUSED",
              still.filter(({ ownerId }) => ownerId === userId).map(({ id }) => id),
            ),
          ),
        };
      },
    },
  },
};
