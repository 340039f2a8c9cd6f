import "reflect-metadata";
import { backgroundOf } from "./app-background.ts";
import { budgetsOf } from "./app-budgets.ts";
import { measureCounting, measureReplica, measureSignIns } from "./app-metrics.ts";
import type { Config } from "./config.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { fitnessOf } from "./database/fitness.ts";
import { type PlanNode, planOf } from "./database/statement-plan.ts";
import type { Ran } from "./database/statement-watch.ts";
import { openCustody } from "./features/audit/audit.custody.ts";
import { ensureBootstrapToken } from "./features/auth/bootstrap-token.ts";
import { isEmpty, loadDemo } from "./features/demo/demo.load.ts";
import { type DemoAccount, renewDemoPasswords } from "./features/demo/demo.passwords.ts";
import { renewDemoToken } from "./features/demo/demo.token.ts";
import { FileMailer } from "./features/mail/file.mailer.ts";
import type { Mailer } from "./features/mail/mail.message.ts";
import { SmtpMailer } from "./features/mail/smtp.mailer.ts";
import { reckonByOrganisation } from "./features/schedules/due.work.ts";
import { layDownDays } from "./feed/time.ts";
import { assemble } from "./gateway.ts";
import { custodyOptions, databaseConfig, patientConfig, placeOf, settingsOf } from "./opening.ts";
import { todayIn } from "./search/civil-date.ts";
import type { Announcer } from "./server/announcer.ts";
import type { Budgets } from "./server/budgets.ts";
import type { StreamingGateway, Surroundings } from "./server/gateway.ts";
import { isThisMachine } from "./server/loopback.ts";

/** The gateway; and, where the directory is the demo's, the token that GraphiQL fills in for whoever sits at this machine, and the accounts that it offers. */
export type App = StreamingGateway & {
  demoToken: string | undefined;
  demoAccounts: readonly DemoAccount[];
  /** How the database would carry a statement out, without values. */
  planOf(ran: Ran): Promise<PlanNode | undefined>;
  /** Throws where the database does not take the gateway's work; gives what is wrong besides. */
  fitness(): Promise<string[]>;
  /** What viewers may ask in a while; undefined: as much as they like. */
  budgets: Budgets | undefined;
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
    const assembled = await assemble(database, config.orgTimezone, log, custody, settingsOf(config));
    const { gateway, tokenUses, counting, signIn, replicaReads } = assembled;
    if (config.countingMemoryMb > 0) measureCounting(counting, metrics);
    measureSignIns(signIn.service, metrics);
    if (replicaReads) measureReplica(replicaReads, metrics);
    const demoAccounts =
      demoToken !== undefined && isThisMachine(config.host) ? await renewDemoPasswords(database, signIn.passwords) : [];
    const mailer = mailerOf(config, announcer);
    const background = backgroundOf(assembled, { database, custody, mailer, config }, { log, metrics });
    for (const work of background) work.start();
    const budgets = await budgetsOf(config.budgets, database, { log, metrics });
    const fitness = () => fitnessOf(database, database.embedded ? config.dataDir : undefined);
    const close = async () => {
      await Promise.all(background.map((work) => work.stop()));
      await tokenUses.write().catch((error: unknown) => log.warn({ err: error }, "tokens' last use could not be kept"));
      mailer.close();
      await budgets?.close();
      await gateway.close();
    };
    return { ...gateway, close, demoToken, demoAccounts, planOf: (ran) => planOf(database, ran), fitness, budgets };
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

function mailerOf({ mail, databaseUrl }: Config, announcer: Announcer): Mailer {
  if (mail.smtpUrl !== undefined) return new SmtpMailer(mail.smtpUrl, mail.from);
  if (databaseUrl !== undefined)
    announcer.say(`Mail is written to files in ${mail.outboxDir}: give SMTP_URL to have it sent.`);
  return new FileMailer(mail.outboxDir, mail.from);
}

/** Whatever is reckoned in the organisation's time zone is reckoned in this one. */
async function takeTimezone(database: Database, timezone: string): Promise<void> {
  await layDownDays(database, timezone);
  await reckonByOrganisation(database, timezone);
}
