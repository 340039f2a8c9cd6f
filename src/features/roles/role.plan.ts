import { heldOver, itself } from "../../access/policy.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, listOf, oneOf, type TypePlans } from "../../graphql/plan-type.ts";
import { columns, jsonOf } from "../../graphql/plan-value.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { type Filter, or } from "../../search/filter.ts";
import type { UserListing } from "../users/user-listing.plan.ts";
import { RolesArgs } from "./role.inputs.ts";
import { matching, ROLE_KEYSET } from "./role.queries.ts";

/** The role with this id. Whoever asks has decided that the viewer may see it. */
export function roleWith(asked: AskedField, id: PlanText, typeName?: string): PlanText {
  const row = asked.referred("r");
  return oneOf(asked, row, () => plan`role ${row} WHERE ${row}.id = ${id}`, typeName);
}

/** For `node(id:)`: null where the viewer may not see roles. */
export const roleFound = (asked: AskedField, id: PlanText): PlanText =>
  asked.planning.access.reach("ROLE_READ") === "nowhere" ? verbatim("'null'") : roleWith(asked, id, "Role");

function oneRole(asked: AskedField): PlanText {
  const byIn = (run: PlanRun) => asked.argumentsIn(run).by;
  if (asked.planning.decide((run) => byIn(run).key == null))
    return roleWith(asked, plan`${new Parameter((run) => uuidOf("Role", byIn(run).id, "by.id"))}::uuid`);
  const row = asked.referred("r");
  const key = new Parameter((run) => byIn(run).key);
  return oneOf(asked, row, () => plan`role ${row} WHERE fold(${row}.key) = fold(${key}::text)`);
}

function rolePage(asked: AskedField): PlanText {
  const { planning } = asked;
  const which = planning.perRun((run) => matching(Object.assign(new RolesArgs(), asked.argumentsIn(run)).toSearch()));
  const from = plan`role r WHERE ${which}`;
  return connectionText(asked, {
    inRun: planning.keep((run) => ({ request: pageRequest(asked.argumentsIn(run)), keyset: ROLE_KEYSET })),
    row: asked.belonging("p"),
    source: { from, alias: "r", id: "id" },
    total: () => plan`(SELECT count(*)::text FROM ${from})`,
  });
}

function inherited(asked: AskedField): PlanText {
  const row = asked.belonging("r");
  const held = plan`role_inheritance i JOIN role ${row} ON ${row}.id = i.inherits_id WHERE i.role_id = ${asked.row.at("id")}`;
  return listOf(asked, row, () => held, plan`${row}.key COLLATE "und-x-icu"`);
}

/** How roles are read. */
export const rolePlans = (listing: UserListing): TypePlans => ({
  Query: { fields: { role: oneRole, roles: rolePage } },
  Role: {
    fields: {
      id: ({ planning, row }) => planning.marks.id("Role", row.at("id")),
      version: columns.plain("version", false),
      key: columns.json("key", false),
      name: columns.json("name", false),
      description: columns.json("description"),
      privileged: columns.plain("privileged", false),
      permissions: ({ row }) => jsonOf(row.at("permissions"), false),
      inherits: inherited,
      members: (asked) =>
        listing(asked, {
          condition: plan`fold_each(u.role_keys) && ARRAY[fold(${asked.row.at("key")})]`,
          filterOf: (viewer): Filter => or(heldOver(viewer, "ROLE_READ"), itself(viewer)),
        }),
    },
  },
});
