import type { TypePlans } from "../../graphql/plan-type.ts";
import { searchPage } from "../saved-searches/saved-search.plan.ts";

/** What self-service adds to how a person reads of themselves. */
export const ownProfilePlans: TypePlans = {
  Viewer: { fields: { savedSearches: (asked) => searchPage(asked, () => ({ own: true })) } },
};
