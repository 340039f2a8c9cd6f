import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { consequence } from "../../kernel/consequence.ts";
import { notFound } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UnitDeletion } from "../org/org-unit.service.ts";
import type { StatusMove } from "../users/user.following.ts";
import { placeOfUser } from "../users/user.place.ts";
import { ofEach, type Restored } from "../users/user.restorations.ts";
import type { UserCascade } from "../users/user.service.ts";
import { lockRoleGraph } from "./role.graph.ts";
import { keepRoleManagerBeside } from "./role.guard.ts";
import { addGrant, EVERYWHERE } from "./role-grant.addition.ts";

const ended = (ids: readonly { id: string }[]) =>
  consequence(
    "GRANTS_ENDED",
    ids.map(({ id }) => publicId("RoleGrant", id)),
  );

const restored = (ids: readonly string[]) =>
  consequence(
    "GRANTS_RESTORED",
    ids.map((id) => publicId("RoleGrant", id)),
  );

/**
 * A new user is granted the roles asked for, everywhere and from now on, by the rules of grantRole. The last active person who manages roles
 * everywhere stays active: also a lock or a suspension, which their victim could not lift, would leave nobody who can mend anything.
 */
export const roleGrantCascade: UserCascade = {
  async created(tx, author, userId, roleKeys) {
    if (roleKeys.length === 0) return [];
    const user = await placeOfUser(tx.sql, userId);
    if (!user) throw notFound("user");
    const grantee = { kind: "User", id: userId, unitPath: user.unitPath } as const;
    const graph = await lockRoleGraph(tx);
    const period = { startsAt: author.viewer.now, expiresAt: null };
    const reason = tx.cause.reason ?? null;
    for (const [place, roleKey] of roleKeys.entries()) {
      await addGrant(
        tx,
        author,
        graph,
        { grantee, roleKey, scope: EVERYWHERE, period, reason },
        { role: `input.roleKeys[${place}]` },
      );
      await tx.flush();
    }
    return [];
  },

  guards: {
    async ROLES_STAY_MANAGED(tx, moves) {
      const grants = everywhereNow(await liveGrants(tx, idsOf(moves)), tx.now);
      if (grants.length === 0) return;
      const graph = await lockRoleGraph(tx);
      const allowing = graph.allowing("ROLE_MANAGE");
      const managing = grants.filter(({ role_id }) => allowing.includes(role_id));
      const managers = [...new Set(managing.map(({ user_id }) => user_id))];
      const forGood = managing.some(({ expires_at }) => expires_at === null);
      if (managers.length > 0) await keepRoleManagerBeside(tx, graph, managers, forGood);
    },
  },

  follows: { END_GRANTS: async (tx, moves) => ended(await endGrantsOf(tx, idsOf(moves))) },

  restores: {
    GRANTS: {
      of: "GRANTS_ENDED",
      async restore(tx, people) {
        const given = await giveBack(tx, people);
        const isGiven = new Set(given);
        return {
          consequences: restored(given),
          notRestored: ofEach(people, ({ ids }) => ended(ids.filter((id) => !isGiven.has(id)).map((id) => ({ id })))),
        };
      },
    },
  },
};

/** Ends every grant of these people's own that has not ended, and gives the grants' ids, in order. */
export async function endGrantsOf(tx: Tx, userIds: readonly string[]): Promise<{ id: string }[]> {
  const grants = (await liveGrants(tx, userIds)).filter(({ group_id }) => group_id === null);
  if (grants.length === 0) return [];
  await lockRoleGraph(tx);
  const ending = grants.map(({ id }) => id);
  const revoked = await tx.sql
    .updateTable("role_grant")
    .set({ revoked_at: tx.now })
    .where("id", "=", sql<string>`ANY (${ending}::uuid[])`)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  return revoked.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Takes the end of what these people's deletions ended back, where it was their doing and it would not have ended since. Gives the grants' ids, in order. */
async function giveBack(tx: Tx, people: readonly Restored[]): Promise<string[]> {
  const ended = people.flatMap(({ userId, ids, deletedAt }) => ids.map((id) => ({ id, userId, deletedAt })));
  if (ended.length === 0) return [];
  await lockRoleGraph(tx);
  const { rows } = await sql<{ id: string }>`
    UPDATE role_grant g SET revoked_at = NULL
    FROM unnest(${ended.map(({ id }) => id)}::uuid[], ${ended.map(({ userId }) => userId)}::uuid[],
      ${ended.map(({ deletedAt }) => deletedAt)}::timestamptz[]) e (id, user_id, ended_at)
    WHERE g.id = e.id AND g.user_id = e.user_id AND g.revoked_at = e.ended_at AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
    RETURNING g.id`.execute(tx.sql);
  return rows.map(({ id }) => id).sort();
}

/** Grants over a unit go with it. */
export const endGrantsOverUnit: UnitDeletion = async (tx, unitId) => {
  const gone = await tx.sql
    .deleteFrom("role_grant")
    .where("scope_id", "=", unitId)
    .returning(["id", "revoked_at", "expires_at"])
    .execute();
  const live = gone.filter(
    ({ revoked_at, expires_at }) => revoked_at === null && (expires_at === null || expires_at > tx.now),
  );
  return ended(live.sort((a, b) => (a.id < b.id ? -1 : 1)));
};

const idsOf = (moves: readonly StatusMove[]): string[] => moves.map(({ userId }) => userId);

interface LiveGrant {
  id: string;
  /** Who holds it: the person whom it was given to, or a member of the static group. */
  user_id: string;
  /** Null where it is the person's own. */
  group_id: string | null;
  role_id: string;
  scope_id: string | null;
  starts_at: Date;
  expires_at: Date | null;
}

/** People's own, and those of the static groups that they belong to: also of whoever is being deleted. */
async function liveGrants(tx: Tx, userIds: readonly string[]): Promise<LiveGrant[]> {
  const { rows } = await sql<LiveGrant>`
    SELECT g.id, held.user_id, g.group_id, g.role_id, g.scope_id, g.starts_at, g.expires_at
    FROM (
      SELECT own.id, own.user_id FROM role_grant own WHERE own.user_id = ANY (${[...userIds]}::uuid[])
      UNION ALL
      SELECT through.id, m.user_id FROM group_member m JOIN user_group s ON s.id = m.group_id AND s.kind = 'STATIC'
      JOIN role_grant through ON through.group_id = m.group_id WHERE m.user_id = ANY (${[...userIds]}::uuid[])) held
    JOIN role_grant g ON g.id = held.id
    WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})`.execute(tx.sql);
  return rows;
}

/** Those of the grants by which their holder may manage roles everywhere, whatever the roles allow. */
const everywhereNow = (grants: readonly LiveGrant[], now: Date): LiveGrant[] =>
  grants.filter(({ scope_id, starts_at }) => scope_id === null && starts_at <= now);
