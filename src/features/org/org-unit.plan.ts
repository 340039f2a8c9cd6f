import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, listOf, oneOf, type Row, type TypePlans } from "../../graphql/plan-type.ts";
import { columns, plainOf } from "../../graphql/plan-value.ts";
import type { Planning } from "../../graphql/planning.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { OrgUnitsArgs } from "./org-unit.inputs.ts";
import { matching, type OrgUnitSort, unitKeyset } from "./org-unit.queries.ts";

/** A row for a unit that a row refers to. */
export const unitReferred = (asked: AskedField): Row =>
  asked.referred("o", (alias) => ({ path: `${alias}_p`, code_path: `${alias}_p` }));

interface Which {
  condition: PlanText;
  /** What the condition speaks of beside the unit, for FROM. */
  beside?: PlanText;
  /** Also units that the viewer would not see. */
  unseen?: boolean;
}

/** Units, for FROM, with their paths where those are used. */
export function unitsWith(planning: Planning, row: Row, { condition, beside, unseen }: Which): PlanText {
  const sight = unseen ? verbatim("") : inSight(planning, verbatim(`${row.alias}_p.path`));
  const paths =
    row.columns.has("path") || sight.length > 0
      ? plan` JOIN org_unit_path ${row}_p ON ${row}_p.unit_id = ${row}.id`
      : verbatim("");
  return plan`${beside ? plan`${beside}, ` : verbatim("")}org_unit ${row}${paths} WHERE ${condition}${sight}`;
}

/** The condition that the viewer sees the unit with this path; nothing where they see all. */
function inSight({ access }: Planning, path: PlanText): PlanText {
  const reach = access.reach("ORG_READ");
  if (reach === "everywhere") return verbatim("");
  return reach === "nowhere" ? verbatim(" AND false") : plan` AND ${path} && ${access.unitsOf("ORG_READ")}::uuid[]`;
}

/** The unit with this id, where the viewer may see it. */
export function unitFound(asked: AskedField, id: PlanText, typeName?: string): PlanText {
  const row = unitReferred(asked);
  const source = () => unitsWith(asked.planning, row, { condition: plan`${row}.id = ${id}` });
  return oneOf(asked, row, source, typeName);
}

function oneUnit(asked: AskedField): PlanText {
  const { planning } = asked;
  const byIn = (run: PlanRun) => asked.argumentsIn(run).by;
  if (planning.decide((run) => byIn(run).code == null))
    return unitFound(asked, plan`${new Parameter((run) => uuidOf("OrgUnit", byIn(run).id, "by.id"))}::uuid`);
  const row = unitReferred(asked);
  const code = new Parameter((run) => byIn(run).code);
  return oneOf(asked, row, () =>
    unitsWith(planning, row, { condition: plan`fold(${row}.code) = fold(${code}::text)` }),
  );
}

/** A page of the units that the viewer may see and for which a condition on u, a unit, and p, its paths, holds. */
function pageOfUnits(asked: AskedField, condition: PlanText, sortIn: (run: PlanRun) => OrgUnitSort): PlanText {
  const { planning } = asked;
  const units = plan`(SELECT u.id, u.version, u.code, u.name, u.kind, u.parent_id, u.head_id, u.created_at, p.path, p.code_path
    FROM org_unit u JOIN org_unit_path p ON p.unit_id = u.id WHERE ${condition}${inSight(planning, verbatim("p.path"))}) u`;
  return connectionText(asked, {
    inRun: planning.keep((run) => ({
      request: pageRequest(asked.argumentsIn(run)),
      keyset: unitKeyset(run.viewer, sortIn(run)),
    })),
    row: asked.belonging("p"),
    source: { from: plan`${units} WHERE true`, alias: "u", id: "id" },
    total: () => plan`(SELECT count(*)::text FROM ${units})`,
  });
}

function units(asked: AskedField): PlanText {
  const condition = asked.planning.perRun((run) =>
    matching(Object.assign(new OrgUnitsArgs(), asked.argumentsIn(run)).toSearch()),
  );
  return pageOfUnits(asked, condition, (run) => {
    const { orderBy } = asked.argumentsIn(run);
    return { field: orderBy?.field ?? "NAME", direction: orderBy?.direction ?? "ASC" };
  });
}

const children = (asked: AskedField): PlanText =>
  pageOfUnits(asked, plan`u.parent_id = ${asked.row.at("id")}`, () => ({ field: "NAME", direction: "ASC" }));

/** From the root down to the parent. */
function ancestors(asked: AskedField): PlanText {
  const row = unitReferred(asked);
  const path = asked.row.at("path");
  const beside = plan`unnest(${path}[1:cardinality(${path}) - 1]) WITH ORDINALITY above (id, place)`;
  const source = () => unitsWith(asked.planning, row, { beside, condition: plan`${row}.id = above.id` });
  return listOf(asked, row, source, verbatim("above.place"));
}

/** How org units are read. */
export const orgUnitPlans: TypePlans = {
  Query: { fields: { orgUnit: oneUnit, orgUnits: units } },
  OrgUnit: {
    fields: {
      id: ({ planning, row }) => planning.marks.id("OrgUnit", row.at("id")),
      version: columns.plain("version", false),
      code: columns.json("code", false),
      name: columns.json("name", false),
      kind: columns.quoted("kind", false),
      depth: ({ row }) => plainOf(plan`(cardinality(${row.at("path")}) - 1)`, false),
      parent: (asked) => unitFound(asked, asked.row.at("parent_id")),
      ancestors,
      children,
    },
  },
};
