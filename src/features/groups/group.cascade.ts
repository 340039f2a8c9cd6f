import type { UnitDeletion } from "../org/org-unit.service.ts";

/** The groups of a unit that goes pass to the unit above it, whose managers manage them already; those of a root stand without one. */
export const groupsMoveUp: UnitDeletion = async (tx, unitId) => {
  await tx.sql
    .updateTable("user_group")
    .set((eb) => ({
      org_unit_id: eb.selectFrom("org_unit").select("parent_id").where("id", "=", unitId),
      version: eb("version", "+", 1),
      updated_at: tx.now,
    }))
    .where("org_unit_id", "=", unitId)
    .execute();
  return [];
};
