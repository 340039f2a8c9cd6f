import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { UserEntity } from "../users/user.entity.ts";
import { strongestDemands } from "./profile-template.demands.ts";
import { profileOf } from "./profile-template.profile.ts";

/** A field that templates filled, or filled otherwise than before; an attribute is attributes.<key>. */
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

/** A role that templates granted or that was ended because none grants it any more; everywhere without a unit. */
export interface RoleChange {
  grantId: string;
  roleKey: string;
  unitId: string | null;
}

/** A group that somebody was put into, or out of. */
export interface GroupChange {
  groupId: string;
  key: string;
}

/** The second factor that templates demand; null: none. */
export interface FactorChange {
  before: RequiredFactor | null;
  after: RequiredFactor | null;
}

/** What templates made of somebody. */
export interface TemplateChanges {
  fields: FieldChange[];
  rolesGranted: RoleChange[];
  rolesEnded: RoleChange[];
  groupsJoined: GroupChange[];
  groupsLeft: GroupChange[];
  factor: FactorChange;
}

/** The same in a receipt; what fields became is no part of one. */
export const consequencesOf = ({
  rolesGranted,
  rolesEnded,
  groupsJoined,
  groupsLeft,
}: Omit<TemplateChanges, "fields" | "factor">): Consequence[] => [
  ...consequence("GRANTS_ENDED", grantIds(rolesEnded)),
  ...consequence("GROUPS_LEFT", groupIds(groupsLeft)),
  ...consequence("ROLES_GRANTED", grantIds(rolesGranted)),
  ...consequence("GROUPS_JOINED", groupIds(groupsJoined)),
];

const grantIds = (roles: readonly RoleChange[]): string[] => roles.map(({ grantId }) => publicId("RoleGrant", grantId));
const groupIds = (groups: readonly GroupChange[]): string[] => groups.map(({ groupId }) => publicId("Group", groupId));

/** Everything that templates gave somebody who was made in this transaction. */
export async function givenTo(tx: Tx, userId: string, orgTimezone: string): Promise<TemplateChanges> {
  await tx.flush();
  const { rows } = await sql<TemplateChanges>`
    SELECT
      (SELECT coalesce(jsonb_agg(jsonb_build_object('field', f.field, 'before', NULL, 'after', f.value) ORDER BY f.field COLLATE "C"), '[]')
        FROM profile_template_fill f WHERE f.user_id = ${userId}) AS fields,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('grantId', g.id, 'roleKey', r.key, 'unitId', g.scope_id) ORDER BY r.key COLLATE "C", g.id), '[]')
        FROM profile_template_grant t JOIN role_grant g ON g.id = t.grant_id JOIN role r ON r.id = g.role_id WHERE t.user_id = ${userId}) AS "rolesGranted",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('groupId', g.id, 'key', g.key) ORDER BY g.key COLLATE "C"), '[]')
        FROM profile_template_member t JOIN group_member m ON m.id = t.member_id JOIN user_group g ON g.id = m.group_id
        WHERE t.user_id = ${userId}) AS "groupsJoined"`.execute(tx.sql);
  const user = await tx.em.findOneOrFail(UserEntity, userId);
  const [after = null] = await strongestDemands(tx, [profileOf(user)], orgTimezone);
  return { ...(rows[0] as TemplateChanges), rolesEnded: [], groupsLeft: [], factor: { before: null, after } };
}
