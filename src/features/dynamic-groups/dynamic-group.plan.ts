import { plan } from "../../graphql/plan-text.ts";
import type { TypePlans } from "../../graphql/plan-type.ts";
import { plainOf } from "../../graphql/plan-value.ts";
import { searchFound } from "../saved-searches/saved-search.plan.ts";

/** What following searches adds to how groups are read. How far a group follows is asked of several heads at once: that is its resolver's. */
export const dynamicGroupPlans: TypePlans = {
  Group: {
    fields: {
      savedSearch: (asked) => searchFound(asked, asked.row.at("saved_search_id")),
      paused: ({ row }) =>
        plainOf(
          plan`EXISTS (SELECT FROM matched_search m WHERE m.search_id = ${row.at("saved_search_id")} AND m.refusal IS NOT NULL)`,
          false,
        ),
    },
  },
};
