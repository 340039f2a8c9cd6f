import type { Viewer } from "../../access/actor.ts";
import { requireAnywhere, sightOf } from "../../access/policy.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { connectionText } from "../../graphql/plan-page.ts";
import type { PlanRun } from "../../graphql/plan-run.ts";
import { shaped } from "../../graphql/plan-shape.ts";
import { type PlanText, plan, verbatim } from "../../graphql/plan-text.ts";
import type { AskedField, TypePlans } from "../../graphql/plan-type.ts";
import { type Planning, unplanned } from "../../graphql/planning.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import { type ParsedFilter, parseFilterWithPaths } from "../../search/parse.ts";
import { searchOf } from "./user.args.ts";
import { orderedFor } from "./user.attributes.ts";
import { asOfFew } from "./user.counts.ts";
import { facetsAskAbout } from "./user.facets.ts";
import { facetsAsked } from "./user.facets-asked.ts";
import { userCatalogue } from "./user.fields.ts";
import { userKeyset } from "./user.order.ts";
import { userFound } from "./user.plan.ts";
import { DELETED, type UserQueries } from "./user.queries.ts";
import type { Facet } from "./user.types.ts";

/** Which users a list is of, beside those that its filter asks for. */
export interface Bound {
  /** A condition on a user called u. */
  condition?: PlanText;
  /** The same as a filter, of the viewer who asks. */
  filterOf?: (viewer: Viewer) => Filter;
  includeDeletedIn?: (run: PlanRun) => boolean;
  /** Those that the condition leaves are so few that the database counts them as fast as anybody. */
  few?: boolean;
}

/** A field that shows a page of users. */
export type UserListing = (asked: AskedField, bound: Bound) => PlanText;

/** Makes what plans pages of users. They are searched within the viewer's sight, and for nothing that they may not ask about. */
export const userListing =
  (queries: UserQueries): UserListing =>
  (asked, { condition, filterOf, includeDeletedIn, few = false }) => {
    const { planning } = asked;
    const search = planning.keep((run) => {
      const { filter, orderBy } = searchOf(asked.argumentsIn(run));
      const parsed = parseFilterWithPaths(filter ?? undefined, { catalogue: userCatalogue });
      return {
        parsed,
        keyset: userKeyset(orderBy, run.viewer.defined, orderedFor(run.context)),
        request: pageRequest(asked.argumentsIn(run)),
      };
    });
    planning.check(async (run) => {
      if (includeDeletedIn?.(run)) requireAnywhere(run.viewer, "USER_DELETE");
      const { parsed, keyset } = search(run);
      await queries.requireAskable(run.viewer, parsed, keyset.asked);
    });
    const boundIn = (run: PlanRun) => {
      const seen = and(sightOf(run.viewer), filterOf?.(run.viewer) ?? and());
      return and(seen, includeDeletedIn?.(run) ? and() : not(DELETED));
    };
    const wholeFilter = planning.keep((run) => and(boundIn(run), search(run).parsed.filter));
    const isAll = isOfEverybody(asked, filterOf);
    const fewIn = planning.keep((run) =>
      isAll || condition || !run.mayAssume
        ? undefined
        : queries.few(run.context, boundIn(run), search(run).parsed.filter),
    );
    const whichIn = (run: PlanRun) => {
      const found = fewIn(run);
      return found ? queries.among(found, run.context, boundIn(run)) : queries.condition(run.context, wholeFilter(run));
    };
    const which = isAll ? everybody(planning, includeDeletedIn) : planning.perRun(whichIn);
    const join = planning.shared((run) => search(run).keyset.join);
    const from = plan`user_search u ${join} WHERE ${condition ? plan`${condition} AND ` : verbatim("")}${which}`;
    const onRead = () => {
      planning.dependsOnValues(
        (run) =>
          (run.viewer.narrowed?.conditioned.has("USER_READ") === true ||
            (Object.keys(asked.argumentsIn(run).filter ?? {}).length > 0 &&
              !queries.findsFew(search(run).parsed.filter))) &&
          !fewIn(run),
      );
      if (!isAll && !condition) planning.assume(planning.perRun((run) => asOfFew(fewIn(run))));
    };
    return connectionText(asked, {
      inRun: search,
      row: asked.belonging("p"),
      source: { from, alias: "u", id: "user_id" },
      onRead,
      total: () => {
        // Counting in memory takes a moment where the database may take long; of a list below another row only the resolver can.
        if (few || !planning.decide(() => queries.counts.inMemory)) {
          onRead();
          return plan`(SELECT count(*)::text FROM ${from})`;
        }
        return condition ? unplanned("Members are counted in memory") : countedInMemory(planning, queries, wholeFilter);
      },
      others: condition ? {} : { facets: (field) => facetsOf(field, { queries, search, filterIn: wholeFilter }) },
    });
  };

/** Whether the list is of everybody: without a filter, or a bound that an index could answer. Then its condition is the same for every run. */
const isOfEverybody = (asked: AskedField, filterOf: Bound["filterOf"]): boolean =>
  filterOf === undefined &&
  asked.planning.access.reach("USER_READ") === "everywhere" &&
  asked.planning.decide((run) => Object.keys(asked.argumentsIn(run).filter ?? {}).length === 0);

function everybody({ access, decide }: Planning, includeDeletedIn: Bound["includeDeletedIn"]): PlanText {
  const deletedToo = decide((run) => includeDeletedIn?.(run) ?? false);
  return access.where(and(sightOf(access.viewer), deletedToo ? and() : not(DELETED)), userCatalogue, "u");
}

/** Facets, which are counted before the statement is sent, and written into its answer; of a list below another row only the resolver can. */
function facetsOf(asked: AskedField, { queries, search, filterIn }: FacetParts): PlanText {
  const { planning } = asked;
  const counted = new WeakMap<PlanRun, readonly Facet[]>();
  planning.check(async (run) => {
    const { wanted, size } = facetsAsked(asked.argumentsIn(run));
    await queries.requireAskable(run.viewer, search(run).parsed, facetsAskAbout(wanted));
    counted.set(run, await queries.counts.facets(run.context, filterIn(run), wanted, size));
  });
  const selected = asked.shape();
  return planning.marks.around(verbatim("''"), (_, run) => JSON.stringify(shaped(counted.get(run), selected)));
}

interface FacetParts {
  queries: UserQueries;
  search: (run: PlanRun) => { parsed: ParsedFilter };
  filterIn: (run: PlanRun) => Filter;
}

/** A count that is made before the statement is sent, and written into its answer. */
function countedInMemory(planning: Planning, { counts }: UserQueries, filterIn: (run: PlanRun) => Filter): PlanText {
  const counted = new WeakMap<PlanRun, number>();
  planning.check(async (run) => void counted.set(run, await counts.count(run.context, filterIn(run))));
  return planning.marks.around(verbatim("''"), (_, run) => String(counted.get(run)));
}

/** How many users a unit has. Units that are shown again and again are left to the loader, which counts each once. */
const memberCount =
  (queries: UserQueries) =>
  (asked: AskedField): PlanText => {
    const { planning, row } = asked;
    if (row.occurrence === "repeated") unplanned("Members are counted for a unit that may be repeated");
    if (planning.decide(() => queries.counts.inMemory)) unplanned("Members are counted in memory");
    const below = planning.decide((run) => Boolean(asked.argumentsIn(run).includeDescendants));
    const members = below ? plan`u.unit_path @> ARRAY[${row.at("id")}]` : plan`u.org_unit_id = ${row.at("id")}`;
    const { access } = planning;
    planning.readsMany();
    const seen = access.where(and(sightOf(access.viewer), not(DELETED)), userCatalogue, "u");
    return plan`(SELECT count(*)::text FROM user_search u WHERE ${members} AND ${seen})`;
  };

/** How pages of users are read, and what users add to org units. */
export const userListingPlans = (listing: UserListing, queries: UserQueries): TypePlans => ({
  Query: {
    fields: {
      users: (asked) => listing(asked, { includeDeletedIn: (run) => asked.argumentsIn(run).includeDeleted ?? false }),
    },
  },
  User: {
    fields: {
      reports: (asked) => {
        const boss = asked.row.at("user_id");
        const transitive = asked.planning.decide((run) => Boolean(asked.argumentsIn(run).transitive));
        return listing(asked, {
          condition: transitive ? plan`u.manager_chain @> ARRAY[${boss}]` : plan`u.manager_id = ${boss}`,
          few: !transitive,
        });
      },
    },
  },
  OrgUnit: {
    fields: {
      head: (asked) => userFound(asked, asked.row.at("head_id")),
      members: (asked) => {
        const below = asked.planning.decide((run) => Boolean(asked.argumentsIn(run).includeDescendants));
        const unit = asked.row.at("id");
        return listing(asked, {
          condition: below ? plan`u.unit_path @> ARRAY[${unit}]` : plan`u.org_unit_id = ${unit}`,
        });
      },
      memberCount: memberCount(queries),
    },
  },
});
