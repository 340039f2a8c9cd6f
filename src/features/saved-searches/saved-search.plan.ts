import { holdsAnywhere } from "../../access/actor.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { shaped } from "../../graphql/plan-shape.ts";
import { Parameter, type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import { type AskedField, type FieldPlan, oneOf, type TypePlans } from "../../graphql/plan-type.ts";
import { columns, jsonOf } from "../../graphql/plan-value.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import { toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { userFound } from "../users/user.plan.ts";
import { SavedSearchesArgs } from "./saved-search.inputs.ts";
import { inSight, listed, SAVED_SEARCH_KEYSET, type SavedSearchListing } from "./saved-search.queries.ts";

/** The saved search with this id, where the viewer may search users and see it. */
export function searchFound(asked: AskedField, id: PlanText, typeName?: string): PlanText {
  const { planning } = asked;
  if (!planning.decide(({ viewer }) => holdsAnywhere(viewer, "USER_READ"))) return verbatim("'null'");
  const row = asked.referred("s");
  const seen = planning.perRun(({ viewer }) => inSight(viewer));
  return oneOf(
    asked,
    row,
    () => plan`(SELECT s.* FROM saved_search s WHERE s.id = ${id} AND ${seen}) ${row}`,
    typeName,
  );
}

/** A page of saved searches, by name. */
export function searchPage(asked: AskedField, whichIn: (run: PlanRun) => SavedSearchListing): PlanText {
  const { planning } = asked;
  const from = plan`saved_search s WHERE ${planning.perRun((run) => listed(run.viewer, whichIn(run)))}`;
  return connectionText(asked, {
    inRun: planning.keep((run) => ({ request: pageRequest(asked.argumentsIn(run)), keyset: SAVED_SEARCH_KEYSET })),
    row: asked.belonging("p"),
    source: { from, alias: "s", id: "id" },
    total: () => plan`(SELECT count(*)::text FROM ${from})`,
  });
}

/** What the gateway makes of the filter as it is stored. */
const ofFilter =
  (make: (filter: Filter) => unknown): FieldPlan =>
  ({ planning, row }) =>
    planning.marks.around(plan`${row.at("filter")}::text`, (text) => JSON.stringify(make(JSON.parse(text) as Filter)));

/** Why it is not matched: a field, and the permission that its owner lacks for it. */
function suspension(asked: AskedField): PlanText {
  const refusal = plan`(SELECT m.refusal::text FROM matched_search m WHERE m.search_id = ${asked.row.at("id")})`;
  const selected = asked.shape();
  return asked.planning.marks.around(refusal, (text) => JSON.stringify(shaped(JSON.parse(text), selected)), true);
}

/** How saved searches are read. Whom they find, and what changed there, is asked by a filter that stands in the database: that is the resolvers'. */
export const savedSearchPlans: TypePlans = {
  Query: {
    fields: {
      savedSearch: (asked) =>
        searchFound(
          asked,
          plan`${new Parameter((run) => uuidOf("SavedSearch", asked.argumentsIn(run).id, "id"))}::uuid`,
        ),
      savedSearches: (asked) =>
        searchPage(asked, (run) => Object.assign(new SavedSearchesArgs(), asked.argumentsIn(run)).toListing()),
    },
  },
  SavedSearch: {
    fields: {
      id: ({ planning, row }) => planning.marks.id("SavedSearch", row.at("id")),
      version: columns.plain("version", false),
      name: columns.json("name", false),
      description: columns.json("description"),
      visibility: columns.quoted("visibility", false),
      filter: ofFilter((filter) => toInput(filter, userCatalogue)),
      filterText: ofFilter((filter) => printText(filter, userCatalogue)),
      filterHash: columns.json("filter_hash", false),
      watch: ({ row }) => jsonOf(row.at("watch"), false),
      suspension,
      createdAt: columns.instant("created_at", false),
      updatedAt: columns.instant("updated_at", false),
      owner: (asked) => userFound(asked, asked.row.at("owner_id")),
    },
  },
};
