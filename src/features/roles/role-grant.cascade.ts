import type { Tx } from "../../database/transaction.ts";
import { consequence } from "../../kernel/consequence.ts";
import { notFound } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UnitDeletion } from "../org/org-unit.service.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { UserCascade } from "../users/user.service.ts";
import { lockRoleGraph, type RoleGraph } from "./role.graph.ts";
import { lastRoleManager, peopleManageRoles } from "./role.guard.ts";
import { addGrant, EVERYWHERE } from "./role-grant.addition.ts";

/** Statuses that end somebody's work here. A lock or a suspension is an emergency brake, and must work on everybody. */
const LEFT: readonly UserStatus[] = ["INACTIVE", "ARCHIVED", "DELETED"];

const ended = (ids: readonly { id: string }[]) =>
  consequence(
    "GRANTS_ENDED",
    ids.map(({ id }) => publicId("RoleGrant", id)),
  );

/**
 * A new user is granted the roles asked for, everywhere and from now on, by the rules of grantRole. A deleted one loses every
 * grant that has not ended. The last active person who manages roles everywhere can neither leave nor be deleted.
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
        `input.roleKeys[${place}]`,
      );
      await tx.flush();
    }
    return [];
  },

  async statusChanged(tx, userId, from, to) {
    if (!LEFT.includes(to)) return [];
    const grants = await liveGrants(tx, userId);
    if (grants.length === 0) return [];
    const graph = await lockRoleGraph(tx);
    const left = LEFT.includes(from);
    if (!left && managesRoles(grants, graph, tx.now) && !(await peopleManageRoles(tx, graph, { userId })))
      throw lastRoleManager("input.id");
    if (to !== "DELETED") return [];
    const revoked = await tx.sql
      .updateTable("role_grant")
      .set({ revoked_at: tx.now })
      .where(
        "id",
        "in",
        grants.map(({ id }) => id),
      )
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

interface LiveGrant {
  id: string;
  role_id: string;
  scope_id: string | null;
  starts_at: Date;
}

const liveGrants = (tx: Tx, userId: string): Promise<LiveGrant[]> =>
  tx.sql
    .selectFrom("role_grant")
    .select(["id", "role_id", "scope_id", "starts_at"])
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", tx.now)]))
    .execute();

function managesRoles(grants: readonly LiveGrant[], graph: RoleGraph, now: Date): boolean {
  const managing = graph.allowing("ROLE_MANAGE");
  return grants.some(
    ({ role_id, scope_id, starts_at }) => scope_id === null && starts_at <= now && managing.includes(role_id),
  );
}
