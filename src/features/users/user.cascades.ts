import { consequence } from "../../kernel/consequence.ts";
import { conflict } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UnitDeletion } from "../org/org-unit.service.ts";

/** A unit that goes passes its members on, deleted ones included; CONFLICT where it has any and no unit takes them. */
export const membersMove: UnitDeletion = async (tx, unitId, moveMembersTo) => {
  const members = await tx.sql
    .selectFrom("user_account")
    .select("id")
    .where("org_unit_id", "=", unitId)
    .orderBy("id")
    .forUpdate()
    .execute();
  if (members.length === 0) return [];
  if (!moveMembersTo)
    throw conflict("The unit has members: name a unit in moveMembersTo that takes them.", {
      inputPath: "input.moveMembersTo",
    });
  await tx.sql
    .updateTable("user_account")
    .set((eb) => ({ org_unit_id: moveMembersTo, version: eb("version", "+", 1), updated_at: tx.now }))
    .where("org_unit_id", "=", unitId)
    .execute();
  return consequence(
    "MEMBERS_MOVED",
    members.map(({ id }) => publicId("User", id)),
  );
};
