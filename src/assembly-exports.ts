import type { Database } from "./database/database.ts";
import {
  EXPORT_DEFAULTS,
  ExportLinks,
  type ExportProducer,
  type ExportSettings,
} from "./features/exports/export.links.ts";
import { ExportResolver } from "./features/exports/export.resolver.ts";
import { ExportRights } from "./features/exports/export.rights.ts";
import { ExportService, SearchExports } from "./features/exports/export.service.ts";
import type { SavedSearchQueries } from "./features/saved-searches/saved-search.queries.ts";
import { SearchRefusals } from "./features/saved-searches/search.refusal.ts";
import type { UserQueries } from "./features/users/user.queries.ts";

/** What exports are built of. */
export interface ExportParts {
  database: Database;
  users: UserQueries;
  searches: SavedSearchQueries;
  dateOf: (instant: Date) => string;
  /** What makes the files of later features. */
  producers?: (rights: ExportRights) => readonly ExportProducer[];
  settings?: ExportSettings;
}

/** What exports give the gateway. */
export interface ExportFeature {
  resolvers: object[];
  /** How features give files of their own, and how they are fetched. */
  links: ExportLinks;
}

/** Builds exports: a part of the composition root. */
export function buildExports({
  database,
  users,
  searches,
  dateOf,
  producers = () => [],
  settings = EXPORT_DEFAULTS,
}: ExportParts): ExportFeature {
  const rights = new ExportRights(database, new SearchRefusals(database, users), dateOf);
  const links = new ExportLinks(database, [new SearchExports(users, rights, dateOf), ...producers(rights)], settings);
  return { resolvers: [new ExportResolver(new ExportService(database, users, searches, links))], links };
}
