import type { ApprovalFeature } from "./assembly-approvals.ts";
import type { LifecycleSettings } from "./assembly-schedules.ts";
import type { Database } from "./database/database.ts";
import type { MailOutbox } from "./features/mail/mail.outbox.ts";
import { RetentionPreviews } from "./features/retention/retention.preview.ts";
import { RetentionQueries } from "./features/retention/retention.queries.ts";
import {
  RetentionPersonResolver,
  RetentionPolicyResolver,
  RetentionPreviewResolver,
  RetentionResolver,
  RetentionRunResolver,
} from "./features/retention/retention.resolver.ts";
import { RetentionRuns } from "./features/retention/retention.runs.ts";
import { RetentionWorker } from "./features/retention/retention.worker.ts";
import { RetentionPolicyService } from "./features/retention/retention-policy.service.ts";
import type { LifecyclePart } from "./features/users/user.following.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { UserService } from "./features/users/user.service.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What retention is built of. */
export interface RetentionParts {
  database: Database;
  queries: UserQueries;
  people: UserLoader;
  users: UserService;
  approvals: ApprovalFeature;
  outbox: MailOutbox;
  /** What follows from the deletion of whoever is erased. */
  cascades: readonly LifecyclePart[];
  lifecycle: LifecycleSettings;
  dateOf: (instant: Date) => string;
}

/** What retention gives the gateway. */
export interface RetentionFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  /** Carries policies out; to be run again and again where background work is done. */
  worker: RetentionWorker;
}

/** Builds retention policies and what carries them out: a part of the composition root. */
export function buildRetention(parts: RetentionParts): RetentionFeature {
  const { database, queries: users, people, approvals: feature, lifecycle, dateOf } = parts;
  const { approvals, loader } = feature;
  const { transitions } = parts.users;
  const erasing = { approvals, outbox: parts.outbox, cascades: parts.cascades };
  const settings = { restorableDays: lifecycle.deletionRetentionDays, dateOf };
  const runs = new RetentionRuns(approvals, settings);
  const queries = new RetentionQueries(database);
  const previews = new RetentionPreviews({ database, transitions, ...settings });
  const service = new RetentionPolicyService({ database, users, approvals, runs, ...settings });
  const resolver = new RetentionResolver(service, queries, previews);
  return {
    resolvers: [
      resolver,
      new RetentionPolicyResolver(loader),
      new RetentionRunResolver(queries, loader),
      new RetentionPreviewResolver(previews),
      new RetentionPersonResolver(people),
    ],
    finders: [
      ["RetentionPolicy", (context, id) => resolver.findPolicy(context, id)],
      ["RetentionRun", (context, id) => resolver.findRun(context, id)],
    ],
    worker: new RetentionWorker({ database, transitions, erasing, runs, hour: lifecycle.retentionHour, ...settings }),
  };
}
