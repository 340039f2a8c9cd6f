import type { Database } from "./database/database.ts";
import type { Approvals } from "./features/approvals/approval.requests.ts";
import { secondPersonBy } from "./features/bulk/bulk.approval.ts";
import type { Rules } from "./features/bulk/bulk.batch.ts";
import { BulkPlanner } from "./features/bulk/bulk.planner.ts";
import { BulkProgressSource, BulkProgressSubscription } from "./features/bulk/bulk.progress.ts";
import { BulkQueries } from "./features/bulk/bulk.queries.ts";
import { BulkResolver } from "./features/bulk/bulk.resolver.ts";
import { BulkService, type TargetFiles } from "./features/bulk/bulk.service.ts";
import { BulkWorker } from "./features/bulk/bulk.worker.ts";
import {
  BulkItemResolver,
  BulkMemberResolver,
  BulkPlanResolver,
  BulkSearchEffectResolver,
} from "./features/bulk/bulk-plan.resolver.ts";
import { SafetyLimitResolver } from "./features/bulk/safety-limit.resolver.ts";
import { SafetyLimitService } from "./features/bulk/safety-limit.service.ts";
import { savedSearchLoader } from "./features/saved-searches/saved-search.loaders.ts";
import { SavedSearchQueries } from "./features/saved-searches/saved-search.queries.ts";
import { askableOf } from "./features/saved-searches/search.askable.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { NamedLoaders } from "./features/users/user-event.changes.ts";
import type { FindNode } from "./graphql/node.ts";
import type { SubscriptionSource } from "./graphql/subscription-source.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What bulk changes are built of. */
export interface BulkParts {
  database: Database;
  users: UserQueries;
  loaders: NamedLoaders;
  /** What is asked of changes of people, and what follows from them. */
  rules: Rules;
  approvals: Approvals;
  /** What people have uploaded. */
  files: TargetFiles;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf: (instant: Date) => string;
}

/** What bulk changes give the gateway. */
export interface BulkFeature {
  resolvers: object[];
  sources: Record<string, SubscriptionSource>;
  finders: readonly (readonly [IdKind, FindNode])[];
  /** Says what is to become of plans, for whoever is no client of the API. */
  service: BulkService;
  /** The entrance for whatever else changes many people. */
  planner: BulkPlanner;
  /** Applies plans; to be run again and again where background work is done. */
  worker: BulkWorker;
}

/** Builds bulk changes: a part of the composition root. */
export function buildBulk({ database, users, loaders, rules, approvals, files, dateOf }: BulkParts): BulkFeature {
  const searches = new SavedSearchQueries(database);
  const searchLoader = savedSearchLoader(searches);
  const queries = new BulkQueries(database);
  const planner = new BulkPlanner({
    rules,
    dateOf,
    searchesOf: async (viewer) => askableOf(users, viewer, await searches.filters(viewer)),
  });
  const secondPerson = secondPersonBy(approvals);
  const service = new BulkService({ database, planner, users, searches, secondPerson, files });
  const limits = new SafetyLimitResolver(new SafetyLimitService(database, users, searches));
  return {
    resolvers: [
      new BulkResolver(service, queries),
      new BulkPlanResolver(queries, users, loaders, searchLoader),
      new BulkSearchEffectResolver(queries, searchLoader),
      new BulkItemResolver(loaders),
      new BulkMemberResolver(loaders),
      new BulkProgressSubscription(),
      limits,
    ],
    sources: { bulkPlanProgress: new BulkProgressSource(queries) },
    finders: [
      ["BulkPlan", ({ viewer }, id) => queries.find(viewer, id)],
      ["SafetyLimit", (context, id) => limits.find(context, id)],
    ],
    service,
    planner,
    worker: new BulkWorker({ database, rules, dateOf }),
  };
}
