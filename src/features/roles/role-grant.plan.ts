import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, listOf, oneOf, type Row, type TypePlans } from "../../graphql/plan-type.ts";
import { columns, jsonOf, plainOf } from "../../graphql/plan-value.ts";
import { unplanned } from "../../graphql/planning.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import { groupFound } from "../groups/group.plan.ts";
import { seesGroups } from "../groups/group.queries.ts";
import { unitReferred, unitsWith } from "../org/org-unit.plan.ts";
import { actorText } from "../users/actor.plan.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { userFound, usersWith } from "../users/user.plan.ts";
import { roleWith } from "./role.plan.ts";

/** The operation's instant. */
const NOW = plan`${new Parameter((run) => run.context.now)}::timestamptz`;

/** Holds for grants, called by this alias, that are in force: those of people who are not ACTIVE rest. */
const inForce = (alias: string): PlanText => {
  const g = verbatim(alias);
  return plan`${g}.revoked_at IS NULL AND ${g}.starts_at <= ${NOW} AND (${g}.expires_at IS NULL OR ${g}.expires_at > ${NOW})
    AND NOT EXISTS (SELECT FROM user_account holder WHERE holder.id = ${g}.user_id AND holder.status <> 'ACTIVE')`;
};

function rolesOfUser(asked: AskedField): PlanText {
  const row = asked.belonging("r");
  const keys = asked.row.at("role_keys");
  return listOf(asked, row, () => plan`role ${row} WHERE ${row}.key = ANY (${keys})`, plan`${row}.key COLLATE "C"`);
}

/** The grants of a table whose column refers to somebody, or to a group, the oldest first; inactive ones where they are asked for. */
function grantsOf(asked: AskedField, table: PlanText, refers: (row: Row) => PlanText): PlanText {
  const all = asked.planning.decide((run) => Boolean(asked.argumentsIn(run).includeInactive));
  const row = asked.belonging("g");
  const which = all ? verbatim("") : plan` AND ${inForce(row.alias)}`;
  const source = () => plan`${table} ${row} WHERE ${refers(row)}${which}`;
  return listOf(asked, row, source, plan`${row}.granted_at, ${row}.id`);
}

const grantsOfUser = (asked: AskedField): PlanText =>
  grantsOf(asked, verbatim("held_grant"), (row) => plan`${row}.user_id = ${asked.row.at("user_id")}`);

const grantsOfGroup = (asked: AskedField): PlanText =>
  asked.planning.decide(({ viewer }) => seesGroups(viewer))
    ? grantsOf(asked, verbatim("role_grant"), (row) => plan`${row}.group_id = ${asked.row.at("id")}`)
    : verbatim("'null'");

/** Whom it was given to: a group, whose members hold it then, or a person. */
function grantee(asked: AskedField): PlanText {
  const [group, user] = [asked.row.at("group_id"), asked.row.at("user_id")];
  return plan`CASE WHEN ${group} IS NOT NULL THEN ${groupFound(asked, group, "Group")} ELSE ${userFound(asked, user, "User")} END`;
}

/** What the roles allow, in the order in which permissions are listed; as the roles are, which what searches find trails behind. */
function permissionsOfUser(asked: AskedField): PlanText {
  const { planning, row } = asked;
  if (planning.decide((run) => asked.argumentsIn(run).within != null))
    unplanned("A unit that may be out of sight is refused");
  planning.ofEach(() => planning.readsOne());
  const order = verbatim(`'{${ALL_PERMISSIONS.join(",")}}'::text[]`);
  const allowed = plan`SELECT unnest(r.permissions) FROM role r WHERE r.key = ANY (${row.at("role_keys")})`;
  return jsonOf(
    plan`ARRAY(SELECT name FROM unnest(${order}) WITH ORDINALITY listed (name, place) WHERE name IN (${allowed}) ORDER BY place)`,
    false,
  );
}

/** A grant's scope is shown with it, also to those who would not see the unit otherwise. */
function scopeOf(asked: AskedField): PlanText {
  const row = unitReferred(asked);
  const condition = plan`${row}.id = ${asked.row.at("scope_id")}`;
  return oneOf(asked, row, () => unitsWith(asked.planning, row, { condition, unseen: true }));
}

function isActive(asked: AskedField): PlanText {
  for (const column of ["user_id", "revoked_at", "starts_at", "expires_at"]) asked.row.at(column);
  return plainOf(plan`(${inForce(asked.row.alias)})`, false);
}

/** For `node(id:)`: where the viewer may see the user and their roles, or the group. */
export function grantFound(asked: AskedField, id: PlanText): PlanText {
  const { access } = asked.planning;
  const row = asked.referred("g");
  const held = access.heldOver(["ROLE_READ"]);
  if (held === false) return verbatim("'null'");
  const user = asked.referred("u");
  const open = held === true ? verbatim("") : plan` AND ${access.where(held, userCatalogue, user)}`;
  const holder = () => plan`${usersWith(asked, user, plan`${user}.user_id = ${row}.user_id`)}${open}`;
  const groups = asked.planning.decide(({ context }) => seesGroups(context.viewer));
  const ofGroup = groups ? plan`${row}.group_id IS NOT NULL OR ` : verbatim("");
  return oneOf(
    asked,
    row,
    () => plan`role_grant ${row} WHERE ${row}.id = ${id} AND (${ofGroup}EXISTS (SELECT FROM ${holder()}))`,
    "RoleGrant",
  );
}

/** How grants are read, and what roles add to users and groups. */
export const roleGrantPlans: TypePlans = {
  User: { fields: { roles: rolesOfUser, roleGrants: grantsOfUser, permissions: permissionsOfUser } },
  Group: { fields: { roleGrants: grantsOfGroup } },
  RoleGrant: {
    fields: {
      grantee,
      id: ({ planning, row }) => planning.marks.id("RoleGrant", row.at("id")),
      startsAt: columns.instant("starts_at", false),
      expiresAt: columns.instant("expires_at"),
      grantedAt: columns.instant("granted_at", false),
      reason: columns.json("reason"),
      active: isActive,
      role: (asked) => roleWith(asked, asked.row.at("role_id")),
      scope: scopeOf,
      grantedBy: (asked) => {
        const { row } = asked;
        return actorText(asked, {
          kind: row.at("granted_by_kind"),
          id: row.at("granted_by_id"),
          name: row.at("granted_by_name"),
        });
      },
    },
  },
};
