import type { Database } from "./database/database.ts";
import type { Approvals } from "./features/approvals/approval.requests.ts";
import type { ApprovalLoader } from "./features/approvals/approval.resolver.ts";
import { ErasureQueries } from "./features/erasure/erasure.queries.ts";
import { ErasureResolver } from "./features/erasure/erasure.resolver.ts";
import { ErasureService } from "./features/erasure/erasure.service.ts";
import { PersonalExport } from "./features/erasure/personal-export.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What erasure gives the gateway. */
export interface ErasureFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
}

/** Builds erasure, holds and exports of personal data: a part of the composition root. */
export function buildErasure(database: Database, approvals: Approvals, loader: ApprovalLoader): ErasureFeature {
  const service = new ErasureService(database, approvals);
  const resolver = new ErasureResolver(service, new ErasureQueries(database), new PersonalExport(database), loader);
  return {
    resolvers: [resolver],
    finders: [
      ["LegalHold", (context, id) => resolver.findHold(context, id)],
      ["UserErasure", (context, id) => resolver.findErasure(context, id)],
    ],
  };
}
