import { sql } from "kysely";
import { reachOf } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { fieldsUsed } from "../../search/fields-used.ts";
import { and, not } from "../../search/filter.ts";
import { FILTER_LIMITS, sizeOf } from "../../search/limits.ts";
import { type ParsedFilter, parseFilterWithPaths } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { ORDERS_LIMIT, searchOf } from "./user.args.ts";
import { askedField, attributesUsedAt } from "./user.askable.ts";
import { userCatalogue } from "./user.fields.ts";
import { userKeyset } from "./user.order.ts";
import { DELETED, type UserQueries } from "./user.queries.ts";
import type { UserOrder } from "./user.types.ts";
import type { SearchEstimate } from "./user-explain.types.ts";

/** Every limit reached at once: so no search within the limits costs more, and cost alone refuses nothing. */
const MAX_COST = FILTER_LIMITS.leaves * FILTER_LIMITS.listValues + ORDERS_LIMIT;

/** The arguments of a search as they were sent. */
export interface Estimated {
  filter: object;
  orderBy?: UserOrder[] | null;
}

/** What a search would cost and whether it would be refused, by the very checks that a search goes through, without running it. */
export async function estimate(
  database: Database,
  users: UserQueries,
  asking: Asking,
  args: Estimated,
): Promise<SearchEstimate> {
  const cost = sizeOf(args.filter).comparisons + (args.orderBy?.length ?? 0);
  try {
    const { filter, orderBy } = searchOf(args);
    const parsed = parseFilterWithPaths(filter, { catalogue: userCatalogue });
    const { asked } = userKeyset(orderBy, asking.viewer.defined);
    await users.requireAskable(asking.viewer, parsed, asked);
    const fields = [...fieldsUsed(parsed.filter, userCatalogue), ...attributesUsedAt(parsed).keys(), ...asked.keys()];
    const estimatedRows = readsEverywhere(asking, fields) ? await estimateRows(database, asking, parsed) : null;
    return { cost, maxCost: MAX_COST, accepted: true, reasons: [], estimatedRows };
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return { cost, maxCost: MAX_COST, accepted: false, reasons: reasonsOf(error), estimatedRows: null };
  }
}

const reasonsOf = ({ message, details }: RollcallError): string[] =>
  details.violations?.map((violation) => `${violation.path}: ${violation.message}`) ?? [message];

/** The statistics are those of all people: only who may read all of them may be told. */
const readsEverywhere = ({ viewer }: Asking, fields: readonly string[]): boolean =>
  ["USER_READ" as const, ...fields.flatMap((name) => askedField(viewer, name).read)].every(
    (permission) => reachOf(viewer, permission) === "everywhere",
  );

interface Explained {
  "QUERY PLAN": readonly { Plan: { "Plan Rows": number } }[];
}

async function estimateRows(
  database: Database,
  { viewer, now, today }: Asking,
  { filter }: ParsedFilter,
): Promise<number> {
  const searched = and(sightOf(viewer), not(DELETED), filter);
  const condition = filterToSql(searched, { catalogue: userCatalogue, alias: "u", now, today });
  const { rows } = await sql<Explained>`EXPLAIN (FORMAT JSON) SELECT FROM user_search u WHERE ${condition}`.execute(
    database.reader,
  );
  const planned = rows[0]?.["QUERY PLAN"][0]?.Plan["Plan Rows"] ?? 1;
  return 10 ** Math.round(Math.log10(Math.max(1, planned)));
}
