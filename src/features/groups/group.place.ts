import { LockMode } from "@mikro-orm/core";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import { requireAt } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { GroupEntity } from "./group.entity.ts";
import { seesGroups } from "./group.queries.ts";

/** Where a group stands: the ids from the root down to its unit; empty without one, where only what is held everywhere reaches it. */
export const pathOfGroup = (tx: Tx, { orgUnitId }: Pick<GroupEntity, "orgUnitId">): Promise<readonly string[]> =>
  orgUnitId ? pathOfUnit(tx.sql, orgUnitId) : Promise.resolve([]);

/** The group, which stays as it is until this transaction ends, members and grants too; undefined where the viewer may not see it. */
export async function lockGroup(tx: Tx, viewer: Viewer, id: string): Promise<GroupEntity | undefined> {
  if (!seesGroups(viewer)) return undefined;
  return (await tx.em.findOne(GroupEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE })) ?? undefined;
}

/** The same, where the viewer manages the group; NOT_FOUND where they may not see it. */
export async function lockManaged(tx: Tx, viewer: Viewer, id: string, inputPath: string): Promise<GroupEntity> {
  const group = await lockGroup(tx, viewer, id);
  if (!group) throw notFound("group", inputPath);
  requireAt(viewer, "GROUP_MANAGE", await pathOfGroup(tx, group));
  return group;
}

/** Passes where the viewer manages the groups of a unit, or without one, of everywhere; NOT_FOUND where they may not even see the unit. */
export async function requirePlace(tx: Tx, viewer: Viewer, unitId: string | null, inputPath: string): Promise<void> {
  if (unitId === null) return requireAt(viewer, "GROUP_MANAGE", []);
  // It stays until this transaction ends.
  await tx.sql.selectFrom("org_unit").select("id").where("id", "=", unitId).forKeyShare().execute();
  const path = await pathOfUnit(tx.sql, unitId);
  const known = covers(reachOf(viewer, "GROUP_MANAGE"), path) || covers(reachOf(viewer, "ORG_READ"), path);
  if (path.length === 0 || !known) throw notFound("org unit", inputPath);
  requireAt(viewer, "GROUP_MANAGE", path);
}
