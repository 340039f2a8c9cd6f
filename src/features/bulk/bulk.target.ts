import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { invalidInput, notFound } from "../../kernel/errors.ts";
import { scopeUnits } from "../../search/fields-used.ts";
import { and, type Filter, not, or } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { SavedSearchQueries } from "../saved-searches/saved-search.queries.ts";
import type { TableFormat } from "../tables/table.format.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED, type UserQueries } from "../users/user.queries.ts";

/** By what a row of a file names somebody: fields of the catalogue. */
export const FILE_KEYS = {
  EMPLOYEE_NUMBER: "employeeNumber",
  EMAIL: "email",
  USERNAME: "username",
  EXTERNAL_ID: "externalId",
  ID: "id",
} as const;
export type FileKey = keyof typeof FILE_KEYS;

/** People as a file names them, and how it is read: kept with the plan. */
export interface FileTarget {
  uploadId: string;
  reading: {
    matchBy: FileKey;
    /** The header of the column that names them; absent: the one whose header says so. */
    column?: string | undefined;
  } & Pick<TableFormat, "sheet" | "headerRow" | "encoding" | "delimiter">;
}

/** Whom a change is for, as it was asked for: one of the three that searches answer, or a file. */
export interface AskedTarget extends SearchedTarget {
  file?: FileTarget | undefined;
}

export interface SearchedTarget {
  filter?: object | undefined;
  savedSearchId?: string | undefined;
  userIds?: readonly string[] | undefined;
}

/** Whom a change is for. */
export interface Target {
  /** Always within the planner's sight. */
  who: Filter;
  /** Those among whom they were chosen. */
  scope: Filter;
  /** The target as the plan keeps it. */
  kept: Record<string, unknown>;
}

/** More people are no plan that anybody could look at. */
export const PEOPLE_LIMIT = 100_000;
export const IDS_LIMIT = 10_000;

/** What a target means for this viewer; refuses a filter that asks about what they may not read, as a search by it does. */
export async function resolveTarget(
  { users, searches }: { users: UserQueries; searches: SavedSearchQueries },
  viewer: Viewer,
  asked: SearchedTarget,
  withDeleted: boolean,
): Promise<Target> {
  const sight = sightOf(viewer);
  if (asked.userIds) return targetOf(viewer, asked.userIds);
  const { filter, kept } = await askedFilter(searches, viewer, asked);
  const parsed = parseFilterWithPaths(filter, { catalogue: userCatalogue, path: "input.target.filter" });
  await users.requireAskable(viewer, parsed, new Map());
  const bounds = scopeUnits(parsed.filter, userCatalogue).map(
    (units): Filter => ({ kind: "criterion", field: "orgUnit", operator: "withinAny", operand: [...units] }),
  );
  const there = withDeleted ? sight : and(sight, not(DELETED));
  return { who: and(there, parsed.filter), scope: and(there, ...bounds), kept };
}

/** These people, as far as the viewer sees them, deleted ones too. */
function targetOf(viewer: Viewer, userIds: readonly string[]): Target {
  const named: Filter = { kind: "criterion", field: "id", operator: "in", operand: [...new Set(userIds)] };
  const sight = sightOf(viewer);
  return {
    who: and(sight, named),
    scope: and(sight, or(not(DELETED), named)),
    kept: { people: userIds.length },
  };
}

async function askedFilter(
  searches: SavedSearchQueries,
  viewer: Viewer,
  { filter, savedSearchId }: SearchedTarget,
): Promise<{ filter: object | undefined; kept: Record<string, unknown> }> {
  if (savedSearchId === undefined) return { filter, kept: { filter: filter ?? {} } };
  const [search] = await searches.byIds(viewer, [savedSearchId]);
  if (!search) throw notFound("saved search", "input.target.savedSearchId");
  return { filter: search.filter, kept: { savedSearch: search.name, filter: search.filter } };
}

/** The ids of those whom a target means, in their order; INVALID_INPUT where they are more than a plan may hold. */
export async function peopleIn(tx: Tx, { who }: Target, moment: Moment): Promise<string[]> {
  const condition = filterToSql(who, { catalogue: userCatalogue, alias: "u", ...moment });
  const { rows } = await sql<{ id: string }>`
    SELECT u.user_id AS id FROM user_search u WHERE ${condition} ORDER BY u.user_id LIMIT ${PEOPLE_LIMIT + 1}`.execute(
    tx.sql,
  );
  if (rows.length > PEOPLE_LIMIT)
    throw invalidInput([
      { path: "input.target", message: `must mean at most ${PEOPLE_LIMIT} people.`, limit: PEOPLE_LIMIT },
    ]);
  return rows.map(({ id }) => id);
}

/** How many people a filter means. */
export async function countPeople(tx: Pick<Tx, "sql">, filter: Filter, moment: Moment): Promise<number> {
  const condition = filterToSql(filter, { catalogue: userCatalogue, alias: "u", ...moment });
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM user_search u WHERE ${condition}`.execute(tx.sql);
  return Number(rows[0]?.count ?? 0n);
}
