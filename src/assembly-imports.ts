import type { BulkFeature } from "./assembly-bulk.ts";
import type { ExportFeature } from "./assembly-exports.ts";
import type { Database } from "./database/database.ts";
import { BackgroundPlanner } from "./features/bulk/bulk.background.ts";
import { BulkQueries } from "./features/bulk/bulk.queries.ts";
import { fileTargetMaking } from "./features/import-plans/file-target.planner.ts";
import { ImportCorrections } from "./features/import-plans/import.correction.ts";
import { importMaking } from "./features/import-plans/import.planner.ts";
import { ImportQueries } from "./features/import-plans/import.queries.ts";
import { ImportResolver, ImportTemplateResolver } from "./features/import-plans/import.resolver.ts";
import { ImportService } from "./features/import-plans/import.service.ts";
import type { ImportSettings } from "./features/import-plans/import.settings.ts";
import { ImportTemplates } from "./features/import-plans/import.templates.ts";
import { type ImportUploads, MEDIA_TYPES, type MediaType } from "./features/import-plans/upload.store.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { GraphContext } from "./graphql/context.ts";
import type { FindNode } from "./graphql/node.ts";
import { type IdKind, publicId } from "./kernel/ids.ts";
import type { TakeUpload } from "./server/uploads.ts";

/** What imports are built of. */
export interface ImportParts {
  database: Database;
  users: UserQueries;
  bulk: Pick<BulkFeature, "planner">;
  exports: Pick<ExportFeature, "links">;
  dateOf: (instant: Date) => string;
  uploads: ImportUploads;
  settings: ImportSettings;
}

/** What imports give the gateway. */
export interface ImportFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  /** Takes files in over HTTP. */
  uploads: TakeUpload<GraphContext>;
  /** Begins plans of files, for whoever is no client of the API. */
  service: ImportService;
  store: ImportUploads;
  /** Makes plans of files, and those that take very many people back; to be run again and again where background work is done. */
  planner: BackgroundPlanner;
}

/** Builds imports: a part of the composition root. */
export function buildImports(parts: ImportParts): ImportFeature {
  const { database, users, bulk, exports, dateOf, uploads: store, settings } = parts;
  const service = new ImportService({ database, planner: bulk.planner, uploads: store, users });
  const corrections = new ImportCorrections(database, exports.links);
  const templates = new ImportTemplateResolver(new ImportTemplates(database));
  const making = { planner: bulk.planner, dateOf, maxMissingPercent: settings.maxMissingPercent };
  const files = { import: importMaking(making), change: fileTargetMaking(making) };
  return {
    resolvers: [
      new ImportResolver(service, corrections, new BulkQueries(database), new ImportQueries(database)),
      templates,
    ],
    finders: [["ImportTemplate", (context, id) => templates.find(context, id)]],
    uploads: {
      mediaTypes: MEDIA_TYPES,
      limit: settings.maxBytes,
      longestMs: settings.uploadMinutes * 60_000,
      admit: ({ viewer }) => store.requireMayUpload(viewer),
      take: async (context, { fileName, mediaType, content }) => {
        const stored = await store.receive(context, { fileName, mediaType: mediaType as MediaType, content });
        const { id, size, expires_at: expiresAt, isKnown } = stored;
        return { isKnown, body: { uploadId: publicId("ImportUpload", id), size, expiresAt } };
      },
    },
    service,
    store,
    planner: new BackgroundPlanner({ database, planner: bulk.planner, dateOf, files }),
  };
}
