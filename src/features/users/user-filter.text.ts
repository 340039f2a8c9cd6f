import { sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Filter } from "../../search/filter.ts";
import { fold } from "../../search/folding.ts";
import { filterHash } from "../../search/normal-form.ts";
import { toInput } from "../../search/print.ts";
import { namesIn, parseText, printText } from "../../search/text-form.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { OrgUnitQueries } from "../org/org-unit.queries.ts";
import { userCatalogue } from "./user.fields.ts";
import type { ParsedFilter } from "./user-explain.types.ts";

/** A filter in the forms that clients use. */
export const formsOf = (filter: Filter): ParsedFilter => ({
  filter: toInput(filter, userCatalogue),
  text: printText(filter, userCatalogue),
  hash: filterHash(filter, userCatalogue),
});

/** The filter that a text stands for; codes and usernames in it are those of units and users in the viewer's sight. */
export async function readText(
  database: Database,
  units: OrgUnitQueries,
  asking: Asking,
  text: string,
): Promise<Filter> {
  const names = namesIn(text, userCatalogue);
  const known = {
    OrgUnit: await units.idsByCodes(asking.viewer, names.OrgUnit),
    User: await idsByUsernames(database, asking, names.User),
  };
  return parseText(text, userCatalogue, (kind, name) => known[kind].get(fold(name)));
}

/** By folded username; where a deleted user had the name before somebody else, it is that of whoever is there. */
async function idsByUsernames(
  database: Database,
  { viewer, now, today }: Asking,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  if (names.size === 0) return new Map();
  const sight = filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", now, today });
  const { rows } = await sql<{ name: string; id: string }>`
    SELECT fold(u.username) AS name, u.user_id AS id FROM user_search u
    WHERE fold(u.username) = ANY(${[...names].map(fold)}::text[]) AND ${sight}
    ORDER BY u.status = 'DELETED' DESC, u.deleted_at`.execute(database.reader);
  return new Map(rows.map(({ name, id }) => [name, id]));
}
