import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { consequence } from "../../kernel/consequence.ts";
import { notFound } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UnitDeletion } from "../org/org-unit.service.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { StatusMove, UserCascade } from "../users/user.service.ts";
import { lockRoleGraph, type RoleGraph } from "./role.graph.ts";
import { keepRoleManagerBeside } from "./role.guard.ts";
import { addGrant, EVERYWHERE } from "./role-grant.addition.ts";

/** Statuses that end somebody's work here. */
const LEFT: readonly UserStatus[] = ["INACTIVE", "ARCHIVED", "DELETED"];

const ended = (ids: readonly { id: string }[]) =>
  consequence(
    "GRANTS_ENDED",
    ids.map(({ id }) => publicId("RoleGrant", id)),
  );

/**
 * A new user is granted the roles asked for, everywhere and from now on, by the rules of grantRole. A deleted one loses every
 * grant that has not ended. The last active person who manages roles everywhere stays active: also a lock or a suspension,
 * which their victim could not lift, would leave nobody who can mend anything.
 */
export const roleGrantCascade: UserCascade = {
  async created(tx, author, userId, roleKeys) {
    if (roleKeys.length === 0) return [];
    const user = await placeOfUser(tx.sql, userId);
    if (!user) throw notFound("user");
    const graph = await lockRoleGraph(tx);
    const period = { startsAt: author.viewer.now, expiresAt: null };
    const reason = tx.cause.reason ?? null;
    for (const [place, roleKey] of roleKeys.entries()) {
      await addGrant(
        tx,
        author,
        graph,
        { user, roleKey, scope: EVERYWHERE, period, reason },
        { role: `input.roleKeys[${place}]` },
      );
      await tx.flush();
    }
    return [];
  },

  async statusesChanged(tx, moves) {
    const stopping = moves.filter(({ from, to }) => from === "ACTIVE" && to !== "ACTIVE");
    const leaving = moves.filter(({ from, to }) => !LEFT.includes(from) && LEFT.includes(to));
    const gone = idsOf(moves.filter(({ to }) => to === "DELETED"));
    const concerned = [...new Set([...idsOf(stopping), ...idsOf(leaving), ...gone])];
    const grants = concerned.length === 0 ? [] : await liveGrants(tx, concerned);
    if (grants.length === 0) return [];
    const graph = await lockRoleGraph(tx);
    const out = new Set(idsOf([...stopping, ...leaving]));
    const managing = managingGrants(grants, graph, tx.now).filter(({ user_id }) => out.has(user_id));
    if (managing.length > 0)
      await keepRoleManagerBeside(
        tx,
        graph,
        [...new Set(managing.map(({ user_id }) => user_id))],
        managing.some(({ expires_at }) => expires_at === null),
      );
    const ending = grants.filter(({ user_id }) => gone.includes(user_id)).map(({ id }) => id);
    if (ending.length === 0) return [];
    const revoked = await tx.sql
      .updateTable("role_grant")
      .set({ revoked_at: tx.now })
      .where("id", "=", sql<string>`ANY (${ending}::uuid[])`)
      .where("revoked_at", "is", null)
      .returning("id")
      .execute();
    return ended(revoked.sort((a, b) => (a.id < b.id ? -1 : 1)));
  },
};

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
  user_id: string;
  role_id: string;
  scope_id: string | null;
  starts_at: Date;
  expires_at: Date | null;
}

const liveGrants = (tx: Tx, userIds: readonly string[]): Promise<LiveGrant[]> =>
  tx.sql
    .selectFrom("role_grant")
    .select(["id", "user_id", "role_id", "scope_id", "starts_at", "expires_at"])
    .where("user_id", "=", sql<string>`ANY (${[...userIds]}::uuid[])`)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", tx.now)]))
    .execute();

/** Those of the grants that say now that their holder manages roles everywhere. */
function managingGrants(grants: readonly LiveGrant[], graph: RoleGraph, now: Date): LiveGrant[] {
  const managing = graph.allowing("ROLE_MANAGE");
  return grants.filter(
    ({ role_id, scope_id, starts_at }) => scope_id === null && starts_at <= now && managing.includes(role_id),
  );
}
