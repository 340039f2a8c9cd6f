import { reachOf } from "../../access/actor.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, listOf, type TypePlans } from "../../graphql/plan-type.ts";
import { columns } from "../../graphql/plan-value.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import { unitReferred, unitsWith } from "../org/org-unit.plan.ts";
import { userFound } from "../users/user.plan.ts";

/** A machine's permissions are known without a statement, and it is no person to be read: that is the resolvers' to say. */
function viewer(asked: AskedField): PlanText {
  asked.planning.require((run) => run.viewer.userId !== null, "A machine is no person to be read");
  return asked.object(asked.row);
}

/** What is held, and over which units; a permission of which none of the units exists any more is left out, since an empty list would read as everywhere. */
function grants(asked: AskedField): PlanText {
  const row = asked.belonging("h");
  const held = asked.planning.keep(({ viewer }: PlanRun) =>
    ALL_PERMISSIONS.filter((one) => viewer.grants.has(one)).map((permission) => {
      const reach = reachOf(viewer, permission);
      return { permission, units: reach === "everywhere" ? null : `{${reach.join(",")}}` };
    }),
  );
  const permissions = new Parameter((run) => held(run).map(({ permission }) => permission));
  const units = new Parameter((run) => held(run).map((one) => one.units));
  const source = () =>
    plan`unnest(${permissions}::text[], ${units}::text[]) WITH ORDINALITY ${row} (permission, units, place)
      WHERE ${row}.units IS NULL OR EXISTS (SELECT FROM org_unit known WHERE known.id = ANY (${row}.units::uuid[]))`;
  return listOf(asked, row, source, plan`${row}.place`);
}

/** The units, also those that the viewer would not see otherwise; nothing where it is held everywhere. */
function scopes(asked: AskedField): PlanText {
  const row = unitReferred(asked);
  const beside = plan`unnest(${asked.row.at("units")}::uuid[]) WITH ORDINALITY above (id, place)`;
  const source = () => unitsWith(asked.planning, row, { beside, condition: plan`${row}.id = above.id`, unseen: true });
  return listOf(asked, row, source, verbatim("above.place"));
}

/** How a person reads of themselves who they are, and what they may do. */
export const viewerPlans: TypePlans = {
  Query: { fields: { viewer } },
  Viewer: {
    fields: { user: (asked) => userFound(asked, plan`${asked.planning.access.ownId}::uuid`), grants },
  },
  PermissionGrant: { fields: { permission: columns.quoted("permission", false), scopes } },
};
