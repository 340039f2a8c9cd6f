import "reflect-metadata";
import type { Logger } from "pino";
import { measureCounting, measureDatabase, measureMail, measureReplica, measureSignIns } from "./app-metrics.ts";
import type { AuthFeature } from "./assembly-auth.ts";
import type { BulkFeature } from "./assembly-bulk.ts";
import type { SearchFeature } from "./assembly-searches.ts";
import type { Config } from "./config.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { fitnessOf } from "./database/fitness.ts";
import { forgetAnswers } from "./database/idempotency.ts";
import { type PlanNode, planOf } from "./database/statement-plan.ts";
import type { Ran } from "./database/statement-watch.ts";
import { putAttributesInOrder } from "./features/attributes/attribute.index.ts";
import { type Custody, openCustody } from "./features/audit/audit.custody.ts";
import { ensureBootstrapToken } from "./features/auth/bootstrap-token.ts";
import { pruneLinks } from "./features/auth/link.issue.ts";
import { isEmpty, loadDemo } from "./features/demo/demo.load.ts";
import { type DemoAccount, renewDemoPasswords } from "./features/demo/demo.passwords.ts";
import { renewDemoToken } from "./features/demo/demo.token.ts";
import { FileMailer } from "./features/mail/file.mailer.ts";
import { MailDelivery, pruneMail } from "./features/mail/mail.delivery.ts";
import type { Mailer } from "./features/mail/mail.message.ts";
import { SmtpMailer } from "./features/mail/smtp.mailer.ts";
import { reckonByOrganisation } from "./features/schedules/due.work.ts";
import type { DueWorker } from "./features/schedules/due.worker.ts";
import { detachOldMonths } from "./feed/audit-retention.ts";
import type { LoneWorker } from "./feed/lone-worker.ts";
import { pruneLog } from "./feed/retention.ts";
import { SealerLoop } from "./feed/sealer-loop.ts";
import { layDownDays, passTime, untilNextTime } from "./feed/time.ts";
import { assemble } from "./gateway.ts";
import { custodyOptions, databaseConfig, patientConfig, placeOf } from "./opening.ts";
import { todayIn } from "./search/civil-date.ts";
import type { Announcer } from "./server/announcer.ts";
import type { StreamingGateway, Surroundings } from "./server/gateway.ts";
import { isThisMachine } from "./server/loopback.ts";
import type { Metrics } from "./server/metrics.ts";
import { Periodic } from "./server/periodic.ts";

/** The longest that what depends on time waits to be brought up to now: that an expired grant stays in a search's answer. */
const TIME_MS = 1_000;
/** How often the beginnings of the days to come are laid down. */
const DAYS_MS = 3_600_000;
/** How often the log's beginning is given up. */
const RETENTION_MS = 60_000;
/** How often it is looked whether there is a plan to apply: the longest that one waits for no reason. */
const BULK_MS = 500;
/** How often it is looked whether there is mail to send: the longest that a mail waits for no reason. */
const MAIL_MS = 2_000;
/** How often it is looked whether a month of the audit log is old enough to be taken out. */
const AUDIT_RETENTION_MS = 3_600_000;
/** The longest that a request for approval stays pending behind its expiry. */
const APPROVALS_MS = 10_000;
/** How often it is looked whether an attribute is to be put in order. */
const ATTRIBUTES_MS = 2_000;
/** How often it is written down when tokens were last used. */
const TOKEN_USE_MS = 30_000;
/** How often the feed's position is read for the metrics. */
const FEED_MS = 5_000;

/** The gateway; and, where the directory is the demo's, the token that GraphiQL fills in for whoever sits at this machine, and the accounts that it offers. */
export type App = StreamingGateway & {
  demoToken: string | undefined;
  demoAccounts: readonly DemoAccount[];
  /** How the database would carry a statement out, without values. */
  planOf(ran: Ran): Promise<PlanNode | undefined>;
  /** Throws where the database does not take the gateway's work; gives what is wrong besides. */
  fitness(): Promise<string[]>;
};

/** Opens the database that the configuration names, brings it up to date, and builds the gateway over it, with its work in the background. */
export async function buildApp(config: Config, { log, announcer, metrics }: Surroundings): Promise<App> {
  const database = await announcer.step(`Opening and migrating ${placeOf(config)}`, () =>
    openDatabase(databaseConfig(config)),
  );
  try {
    if (config.databaseUrl !== undefined && !database.separateRoles) {
      announcer.say(
        "The gateway runs as an owner of the tables: give MIGRATION_DATABASE_URL an owner and DATABASE_URL a lesser role.",
      );
    }
    const custody = await openCustody(database, custodyOptions(config));
    const secret = await ensureBootstrapToken(database, config.bootstrapToken);
    if (secret) announcer.say(`A token with every permission, shown this once: ${secret}`);
    await takeTimezone(database, config.orgTimezone);
    const demoToken = config.demo ? await demonstrate(database, config, announcer) : undefined;
    const { gateway, schedules, searches, auth, approvals, bulk, tokenUses, counting, signIn, replicaReads } =
      await assemble(database, config.orgTimezone, log, custody, {
        oidcIssuers: config.oidcIssuers,
        signIn: config.signIn,
        links: config.links,
        selfService: config.selfService,
        countingMegabytes: config.countingMemoryMb,
        deletionRetentionDays: config.deletionRetentionDays,
        plannedExecution: config.plannedExecution,
        lifetimeMs: config.asking.subscriptionHours && config.asking.subscriptionHours * 3_600_000,
      });
    if (config.countingMemoryMb > 0) measureCounting(counting, metrics);
    measureSignIns(signIn.service, metrics);
    if (replicaReads) measureReplica(replicaReads, metrics);
    const demoAccounts =
      demoToken !== undefined && isThisMachine(config.host) ? await renewDemoPasswords(database, signIn.passwords) : [];
    const mailer = mailerOf(config, announcer);
    const background = [
      sealerOf(database, custody, { log, metrics }),
      matchingOf(searches, metrics),
      passingOf(database, schedules.due, log),
      new Periodic("days", DAYS_MS, () => layDownDays(database, config.orgTimezone), log),
      new Periodic("log retention", RETENTION_MS, () => pruneLog(database, config.feedRetentionHours), log),
      ...auditRetention(database, config, log),
      new Periodic("attributes' order", ATTRIBUTES_MS, () => putAttributesInOrder(database), log),
      new Periodic("tokens' last use", TOKEN_USE_MS, () => tokenUses.write(), log),
      new Periodic("mail", MAIL_MS, mailOf(database, auth, { mailer, log, metrics }), log),
      new Periodic("old mail", RETENTION_MS, () => forgetMail(database), log),
      ...signIn.work.map(({ name, everyMs, run }) => new Periodic(name, everyMs, run, log)),
      applyingOf(bulk, log),
      new Periodic("approvals", APPROVALS_MS, () => approvals.clock.tick(), log),
      new Periodic("answers' retention", RETENTION_MS, () => forgetAnswers(database), log),
      new Periodic("feed position", FEED_MS, measureDatabase(database, metrics), log),
    ];
    for (const work of background) work.start();
    const fitness = () => fitnessOf(database, database.embedded ? config.dataDir : undefined);
    const close = async () => {
      await Promise.all(background.map((work) => work.stop()));
      await tokenUses.write().catch((error: unknown) => log.warn({ err: error }, "tokens' last use could not be kept"));
      mailer.close();
      await gateway.close();
    };
    return { ...gateway, close, demoToken, demoAccounts, planOf: (ran) => planOf(database, ran), fitness };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Fills an empty directory with the demo organisation. Gives its administrator's token, undefined where the directory is another one. */
async function demonstrate(database: Database, config: Config, announcer: Announcer): Promise<string | undefined> {
  const fill = async () => {
    const patient = await openDatabase(patientConfig(config));
    const today = todayIn(await patient.now(), config.orgTimezone);
    return loadDemo(patient, { today }).finally(() => patient.close());
  };
  const loaded = (await isEmpty(database.reader))
    ? await announcer.step("Filling the empty directory with a demo organisation", fill)
    : null;
  if (loaded)
    announcer.say(
      `The demo organisation has ${loaded.people} people in ${loaded.units} units. DEMO=off starts without one.`,
    );
  return renewDemoToken(database);
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

/** Applies plans; it ends behind the batch under way. */
function applyingOf({ worker }: BulkFeature, log: Logger): { start(): void; stop(): Promise<void> } {
  const ending = new AbortController();
  const work = new Periodic("bulk changes", BULK_MS, () => worker.run(ending.signal), log);
  return {
    start: () => void work.start(),
    stop: () => {
      ending.abort();
      return work.stop();
    },
  };
}

function mailerOf({ mail, databaseUrl }: Config, announcer: Announcer): Mailer {
  if (mail.smtpUrl !== undefined) return new SmtpMailer(mail.smtpUrl, mail.from);
  if (databaseUrl !== undefined)
    announcer.say(`Mail is written to files in ${mail.outboxDir}: give SMTP_URL to have it sent.`);
  return new FileMailer(mail.outboxDir, mail.from);
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

/** Whatever is reckoned in the organisation's time zone is reckoned in this one. */
async function takeTimezone(database: Database, timezone: string): Promise<void> {
  await layDownDays(database, timezone);
  await reckonByOrganisation(database, timezone);
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
