import type { Logger } from "pino";
import { measureDatabase, measureMail } from "./app-metrics.ts";
import type { AuthFeature } from "./assembly-auth.ts";
import type { GroupFeature } from "./assembly-groups.ts";
import type { SearchFeature } from "./assembly-searches.ts";
import type { Config } from "./config.ts";
import { forgetBudgets } from "./database/budget-table.ts";
import type { Database } from "./database/database.ts";
import { forgetAnswers } from "./database/idempotency.ts";
import { putAttributesInOrder } from "./features/attributes/attribute.index.ts";
import type { Custody } from "./features/audit/audit.custody.ts";
import { pruneLinks } from "./features/auth/link.issue.ts";
import { finishErasures } from "./features/erasure/erasure.finish.ts";
import { pruneExports } from "./features/exports/export.links.ts";
import { pruneUploads } from "./features/import-plans/upload.store.ts";
import { MailDelivery, pruneMail } from "./features/mail/mail.delivery.ts";
import type { Mailer } from "./features/mail/mail.message.ts";
import type { DueWorker } from "./features/schedules/due.worker.ts";
import { detachOldMonths } from "./feed/audit-retention.ts";
import type { LoneWorker } from "./feed/lone-worker.ts";
import { pruneLog } from "./feed/retention.ts";
import { SealerLoop } from "./feed/sealer-loop.ts";
import { layDownDays, passTime, untilNextTime } from "./feed/time.ts";
import { followWholeTrail } from "./feed/trail.ts";
import { pruneVersions } from "./feed/versions.ts";
import type { Assembled } from "./gateway.ts";
import type { Surroundings } from "./server/gateway.ts";
import type { Metrics } from "./server/metrics.ts";
import { Periodic } from "./server/periodic.ts";

/** The longest that what depends on time waits to be brought up to now: that an expired grant stays in a search's answer. */
const TIME_MS = 1_000;
/** How often the beginnings of the days to come are laid down. */
const DAYS_MS = 3_600_000;
/** How often the log's beginning is given up. */
const RETENTION_MS = 60_000;
/** The longest that what a role's change brings to very many waits to begin. */
const TRAIL_MS = 1_000;
/** How often it is looked whether there is a plan to apply: the longest that one waits for no reason. */
const BULK_MS = 500;
/** How often it is looked whether a retention policy is to be carried out: the longest that a run waits for no reason. */
const POLICIES_MS = 2_000;
/** How often it is looked whether there is mail to send: the longest that a mail waits for no reason. */
const MAIL_MS = 2_000;
/** How often a gateway that does not seal writes a checkpoint all the same. */
const CHECKPOINT_MS = 3_600_000;
/** How often it is looked whether a month of the audit log is old enough to be taken out. */
const AUDIT_RETENTION_MS = 3_600_000;
/** The longest that a request for approval stays pending behind its expiry. */
const APPROVALS_MS = 10_000;
/** How long the log may keep somebody who was erased, once every consumer has read of it. */
const ERASURES_MS = 1_000;
/** How often it is looked whether an attribute is to be put in order. */
const ATTRIBUTES_MS = 2_000;
/** How often it is read which values many people have. */
const COMMON_MS = 600_000;
/** How often it is written down when tokens were last used. */
const TOKEN_USE_MS = 30_000;
/** How often the feed's position is read for the metrics. */
const FEED_MS = 5_000;

/** What work in the background needs besides what the features give. */
interface BackgroundParts {
  database: Database;
  custody: Custody;
  mailer: Mailer;
  config: Config;
}

/** Work that goes on until it is stopped. */
interface BackgroundWork {
  start(): unknown;
  stop(): Promise<void>;
}

/** What the process works on beside answering, each kind for itself; not yet begun. */
export function backgroundOf(
  { searches, groups, schedules, common, auth, approvals, bulk, imports, retention, tokenUses, signIn }: Assembled,
  { database, custody, mailer, config }: BackgroundParts,
  { log, metrics }: Pick<Surroundings, "log" | "metrics">,
): BackgroundWork[] {
  const sealer = sealerOf(database, custody, { log, metrics });
  return [
    sealer,
    new Periodic("checkpoint", CHECKPOINT_MS, () => sealer.witness(), log),
    matchingOf(searches, metrics),
    followingOf(groups, metrics),
    passingOf(database, schedules.due, log),
    new Periodic("days", DAYS_MS, () => layDownDays(database, config.orgTimezone), log),
    new Periodic("log retention", RETENTION_MS, () => pruneLog(database, config.feedRetentionHours), log),
    ...auditRetention(database, config, log),
    new Periodic(
      "common values",
      async () => COMMON_MS,
      () => common.read(),
      log,
    ),
    ...pastRetention(database, config, log),
    new Periodic("attributes' order", ATTRIBUTES_MS, () => putAttributesInOrder(database), log),
    new Periodic("tokens' last use", TOKEN_USE_MS, () => tokenUses.write(), log),
    new Periodic("mail", MAIL_MS, mailOf(database, auth, { mailer, log, metrics }), log),
    new Periodic("old mail", RETENTION_MS, () => forgetMail(database), log),
    ...signIn.work.map(({ name, everyMs, run }) => new Periodic(name, everyMs, run, log)),
    untilEnded("trail", TRAIL_MS, { run: (signal) => followWholeTrail(database, signal) }, log),
    untilEnded("bulk changes", BULK_MS, bulk.worker, log),
    untilEnded("imports", BULK_MS, imports.planner, log),
    // Nobody's few people wait for a file of a million.
    untilEnded("small imports", BULK_MS, { run: (signal) => imports.planner.run(signal, { smallOnly: true }) }, log),
    untilEnded("retention", POLICIES_MS, retention.worker, log),
    new Periodic("approvals", APPROVALS_MS, () => approvals.clock.tick(), log),
    new Periodic("erasures", ERASURES_MS, () => finishErasures(database), log),
    new Periodic("budgets' retention", RETENTION_MS, () => forgetBudgets(database), log),
    new Periodic("old exports", RETENTION_MS, () => pruneExports(database), log),
    new Periodic("old uploads", RETENTION_MS, () => pruneUploads(database), log),
    new Periodic("answers' retention", RETENTION_MS, () => forgetAnswers(database), log),
    new Periodic("feed position", FEED_MS, measureDatabase(database, metrics), log),
  ];
}

/** Where events are not kept for good: takes old months out of the audit log, and says in which tables they are. */
function auditRetention(database: Database, { auditRetentionMonths }: Config, log: Logger): Periodic[] {
  if (auditRetentionMonths === undefined) return [];
  const detach = async () => {
    const tables = await detachOldMonths(database, auditRetentionMonths);
    if (tables.length > 0)
      log.warn({ tables }, "months were taken out of the audit log: put these tables away, then drop them");
  };
  return [new Periodic("audit retention", AUDIT_RETENTION_MS, detach, log)];
}

/** Where the past is not kept for good: gives up what people were before the window. */
const pastRetention = (database: Database, { pastRetentionDays: days }: Config, log: Logger): Periodic[] =>
  days === undefined ? [] : [new Periodic("past", RETENTION_MS, () => pruneVersions(database, days), log)];

function sealerOf(
  database: Database,
  custody: Custody,
  { log, metrics }: Pick<Surroundings, "log" | "metrics">,
): SealerLoop {
  const report = (error: unknown) =>
    log.error({ err: error, work: "sealer" }, "sealing the audit log failed; it is tried again");
  const sealer = new SealerLoop({ database, report, ...custody });
  metrics.gauge(
    "audit_sealer_lag_commits",
    "Commits that are not sealed; absent where another gateway seals.",
    () => sealer.lag?.commits,
  );
  metrics.gauge("audit_sealer_lag_seconds", "Age of the oldest commit that is not sealed.", () => sealer.lag?.seconds);
  return sealer;
}

function followingOf({ follower, following }: GroupFeature, metrics: Metrics): LoneWorker {
  metrics.gauge(
    "groups_lag_commits",
    "Commits that dynamic groups do not follow yet; absent where another gateway follows.",
    () => follower.lag,
  );
  return following;
}

/** Work in batches, each a commit; it ends behind the one under way. */
function untilEnded(
  name: string,
  everyMs: number,
  worker: { run(signal: AbortSignal): Promise<void> },
  log: Logger,
): BackgroundWork {
  const ending = new AbortController();
  const work = new Periodic(name, everyMs, () => worker.run(ending.signal), log);
  return {
    start: () => void work.start(),
    stop: () => {
      ending.abort();
      return work.stop();
    },
  };
}

/** Answers requests for mail, and sends what waits. */
function mailOf(
  database: Database,
  { outbox, resetRequests }: AuthFeature,
  { mailer, log, metrics }: { mailer: Mailer } & Pick<Surroundings, "log" | "metrics">,
): () => Promise<void> {
  const delivery = new MailDelivery(database, outbox, mailer, (error) =>
    log.warn(
      { err: error, work: "mail" },
      "a mail could not be sent; it is tried again unless it was refused for good",
    ),
  );
  measureMail(delivery, metrics);
  return async () => {
    await resetRequests.answer();
    await delivery.run();
  };
}

async function forgetMail(database: Database): Promise<void> {
  await pruneLinks(database);
  await pruneMail(database);
}

function matchingOf({ matcher, matching }: SearchFeature, metrics: Metrics): LoneWorker {
  metrics.gauge(
    "matcher_lag_commits",
    "Commits that saved searches are not matched with; absent where another gateway matches.",
    () => matcher.lag?.commits,
  );
  metrics.gauge(
    "matcher_lag_seconds",
    "For how long the matcher has not been at the head of the log.",
    () => matcher.lag?.seconds,
  );
  metrics.gauge("matched_searches", "Saved searches that are matched.", () => matcher.searches);
  metrics.gauge(
    "search_transitions_stored",
    "Transitions of saved searches that this process has stored since it began.",
    () => matcher.stored,
  );
  return matching;
}

/** Lets time pass, and takes what is due. */
const passingOf = (database: Database, due: DueWorker, log: Logger): Periodic =>
  new Periodic(
    "time",
    () => untilNextTime(database, TIME_MS),
    () => letTimePass(database, due),
    log,
  );

async function letTimePass(database: Database, due: DueWorker): Promise<void> {
  await passTime(database);
  await due.run();
}
