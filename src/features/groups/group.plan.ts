import { heldOver, itself } from "../../access/policy.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, listOf, oneOf, type Row, type TypePlans } from "../../graphql/plan-type.ts";
import { columns } from "../../graphql/plan-value.ts";
import type { Planning } from "../../graphql/planning.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { or } from "../../search/filter.ts";
import { unitFound } from "../org/org-unit.plan.ts";
import { userFound } from "../users/user.plan.ts";
import type { UserListing } from "../users/user-listing.plan.ts";
import { GroupsArgs } from "./group.inputs.ts";
import { GROUP_KEYSET, matching, seesGroups } from "./group.queries.ts";

/** Groups that the viewer may see, for FROM: all of them, or those that they belong to. */
function groupsWith({ access, decide }: Planning, row: Row, condition: PlanText): PlanText {
  const all = decide(({ viewer }) => seesGroups(viewer));
  const own = plan` AND EXISTS (SELECT FROM group_member m WHERE m.group_id = ${row}.id AND m.user_id = ${access.ownId}::uuid)`;
  return plan`user_group ${row} WHERE ${condition}${all ? verbatim("") : own}`;
}

/** The group with this id, where the viewer may see it. */
export function groupFound(asked: AskedField, id: PlanText, typeName?: string): PlanText {
  const row = asked.referred("g");
  return oneOf(asked, row, () => groupsWith(asked.planning, row, plan`${row}.id = ${id}`), typeName);
}

function oneGroup(asked: AskedField): PlanText {
  const byIn = (run: PlanRun) => asked.argumentsIn(run).by;
  if (asked.planning.decide((run) => byIn(run).key == null))
    return groupFound(asked, plan`${new Parameter((run) => uuidOf("Group", byIn(run).id, "by.id"))}::uuid`);
  const row = asked.referred("g");
  const key = new Parameter((run) => byIn(run).key);
  return oneOf(asked, row, () => groupsWith(asked.planning, row, plan`fold(${row}.key) = fold(${key}::text)`));
}

function groupPage(asked: AskedField): PlanText {
  const { planning } = asked;
  const which = planning.perRun((run) => matching(Object.assign(new GroupsArgs(), asked.argumentsIn(run)).toSearch()));
  const from = plan`user_group g WHERE ${which}`;
  return connectionText(asked, {
    inRun: planning.keep((run) => ({ request: pageRequest(asked.argumentsIn(run)), keyset: GROUP_KEYSET })),
    row: asked.belonging("p"),
    source: { from, alias: "g", id: "id" },
    total: () => plan`(SELECT count(*)::text FROM ${from})`,
  });
}

/** The groups of somebody who is not deleted. */
function groupsOfUser(asked: AskedField): PlanText {
  const row = asked.belonging("g");
  const member = plan`group_member m JOIN user_account a ON a.id = m.user_id AND a.status <> 'DELETED'`;
  const source = () =>
    plan`${member} JOIN user_group ${row} ON ${row}.id = m.group_id WHERE m.user_id = ${asked.row.at("user_id")}`;
  return listOf(asked, row, source, plan`${row}.key COLLATE "C"`);
}

/** How groups are read, and what they add to users. */
export const groupPlans = (listing: UserListing): TypePlans => ({
  Query: { fields: { group: oneGroup, groups: groupPage } },
  User: { fields: { groups: groupsOfUser } },
  Group: {
    fields: {
      id: ({ planning, row }) => planning.marks.id("Group", row.at("id")),
      version: columns.plain("version", false),
      key: columns.json("key", false),
      name: columns.json("name", false),
      description: columns.json("description"),
      kind: columns.quoted("kind", false),
      createdAt: columns.instant("created_at", false),
      updatedAt: columns.instant("updated_at", false),
      owner: (asked) => userFound(asked, asked.row.at("owner_id")),
      orgUnit: (asked) => unitFound(asked, asked.row.at("org_unit_id")),
      members: (asked) =>
        listing(asked, {
          condition: plan`u.group_ids && ARRAY[${asked.row.at("id")}]`,
          filterOf: (viewer) => or(heldOver(viewer, "ROLE_READ"), itself(viewer)),
        }),
    },
  },
});
