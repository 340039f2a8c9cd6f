import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Author } from "../access/author.ts";
import type { Config } from "../config.ts";
import type { BulkPlanRecord, BulkState } from "../database/bulk-tables.ts";
import { type Database, openDatabase } from "../database/database.ts";
import { passingCustody } from "../features/audit/audit.custody.ts";
import { viewerOfAuthor } from "../features/auth/author.viewer.ts";
import { ENDED } from "../features/bulk/bulk.plans.ts";
import { writeFile } from "../features/exports/export.formats.ts";
import { correctedFile } from "../features/import-plans/import.correction.ts";
import { MEDIA_TYPES, type MediaType } from "../features/import-plans/upload.store.ts";
import { type Assembled, assemble } from "../gateway.ts";
import { RollcallError } from "../kernel/errors.ts";
import { StartError } from "../kernel/start-error.ts";
import { patientConfig, settingsOf } from "../opening.ts";
import { todayIn } from "../search/civil-date.ts";
import { createLog } from "../server/log.ts";
import type { PeopleArguments } from "./import-arguments.ts";
import { endLines, plannedLines } from "./import-report.ts";
import { progressOn } from "./progress.ts";
import { userOf } from "./user-name.ts";

const PAUSE_MS = 250;
const [CSV, XLSX] = MEDIA_TYPES;
const ZIP = "PK\x03\x04";

/** What an import at the command line ends with. */
const EXIT = { APPLIED: 0, NOT_APPLIED: 1, WAITS: 2 } as const;

type Asker = Author & { readonly ip: undefined };

/** Everything that one import at the command line works with. */
interface Desk {
  database: Database;
  gateway: Assembled;
  author: Asker;
  given: PeopleArguments;
}

/** Makes a plan of a file, shows it and applies it, beside a running gateway or without one; gives the exit code. */
export async function importPeopleFrom(config: Config, given: PeopleArguments, operator: string): Promise<number> {
  const database = await openDatabase(patientConfig(config));
  const log = createLog("error", process.stderr);
  const settings = { ...settingsOf(config), countingMegabytes: 0 };
  const gateway = await assemble(database, config.orgTimezone, log, passingCustody(), settings);
  try {
    const author = await authorOf(database, config, given, operator);
    return await imported({ database, gateway, author, given });
  } catch (error) {
    if (error instanceof RollcallError) throw new StartError(saidBy(error), { cause: error });
    throw error;
  } finally {
    await gateway.gateway.close();
  }
}

const saidBy = ({ message, details }: RollcallError): string =>
  details.violations?.map(({ path, message: problem }) => `${path.replace(/^input\./, "")} ${problem}`).join("\n") ??
  message;

async function imported(desk: Desk): Promise<number> {
  const { author, given, gateway, database } = desk;
  const planId = await begun(desk);
  const planned = await worked(desk, planId, "PLANNING");
  write(await plannedLines(database, planned, given.file));
  if (planned.problems > 0 && given.corrected !== undefined) await writeCorrected(database, planId, given.corrected);
  if (planned.state !== "PLANNED") return EXIT.NOT_APPLIED;
  const command = { planId, reason: given.reason ?? null };
  if (given.dryRun) {
    await gateway.bulk.service.cancel(author, command);
    return planned.errors > 0 ? EXIT.NOT_APPLIED : EXIT.APPLIED;
  }
  await gateway.bulk.service.apply(author, command);
  const ended = await worked(desk, planId, "APPLYING");
  write(await endLines(database, ended));
  if (ended.state === "WAITING_APPROVAL") return EXIT.WAITS;
  const left = ended.errors + ended.conflicts + ended.refused + ended.failed + ended.skipped;
  return ended.state === "DONE" && left === 0 ? EXIT.APPLIED : EXIT.NOT_APPLIED;
}

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);

/** Whoever has the machine, or the person whom they name. */
async function authorOf(
  database: Database,
  { orgTimezone }: Config,
  { user, reason: why }: PeopleArguments,
  operator: string,
): Promise<Asker> {
  const who =
    user === undefined
      ? ({ kind: "SYSTEM", id: null, name: operator } as const)
      : ({ kind: "USER", id: await userOf(database, user), name: user } as const);
  const asked = { sql: database.reader, now: await database.now() };
  const viewer = await viewerOfAuthor(asked, who, (instant) => todayIn(instant, orgTimezone));
  if (!viewer) throw new StartError("--user names somebody who is not active.");
  const { kind, id, name } = viewer;
  const cause: Author["cause"] = (action, reason = why) => ({
    kind: "IMPORT",
    action,
    actor: { kind, id, name },
    ...(reason ? { reason } : {}),
  });
  return { viewer, cause, ip: undefined };
}

/** Stores the file and begins a plan of it; gives the plan's id. */
async function begun({ database, gateway: { imports }, author, given }: Desk): Promise<string> {
  const { file, template, matchBy, mode, newStatus, missing, skipErrors, reason } = given;
  const mediaType = await mediaTypeOf(file);
  const content = createReadStream(file);
  const { id: uploadId } = await imports.store.receive(author, { fileName: basename(file), mediaType, content });
  const reading =
    template === undefined ? { matchBy, clearEmpty: false } : { templateId: await templateOf(database, template) };
  const command = { uploadId, reading, mode, newStatus, skipErrors, reason: reason ?? null };
  const { value } = await imports.service.plan(author, { ...command, missing: missing && { scope: missing } });
  return value.planId;
}

/** Workbooks are told from CSV by how they begin, not by their names. */
async function mediaTypeOf(path: string): Promise<MediaType> {
  try {
    const file = await open(path);
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(ZIP.length), 0, ZIP.length, 0)
      .finally(() => file.close());
    return buffer.toString("latin1", 0, bytesRead) === ZIP ? XLSX : CSV;
  } catch (error) {
    throw new StartError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}

async function templateOf(database: Database, name: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM import_template WHERE fold(name) = fold(${name})`.execute(
    database.reader,
  );
  if (!rows[0])
    throw new StartError("--template names none: createImportTemplate makes them, importTemplates lists them.");
  return rows[0].id;
}

/** Where a plan stands still. */
const STANDING: Readonly<Record<"PLANNING" | "APPLYING", readonly BulkState[]>> = {
  PLANNING: ["PLANNED", ...ENDED],
  APPLYING: ["WAITING_APPROVAL", ...ENDED],
};

/** Works at plans, as gateways do, until this one stands; whoever else is at it does as well. */
async function worked(
  { database, gateway }: Desk,
  planId: string,
  stage: keyof typeof STANDING,
): Promise<BulkPlanRecord> {
  const progress = progressOn(process.stdout);
  const worker = stage === "PLANNING" ? gateway.imports.planner : gateway.bulk.worker;
  const look = async () => {
    const plan = await database.reader
      .selectFrom("bulk_plan")
      .selectAll()
      .where("id", "=", planId)
      .executeTakeFirstOrThrow();
    const { changed, same, conflicts, refused, failed, changing } = plan;
    progress.show({ stage, done: changed + same + conflicts + refused + failed, total: changing });
    return plan as BulkPlanRecord;
  };
  const looking = setInterval(() => void look().catch(() => undefined), PAUSE_MS);
  try {
    for (let plan = await look(); ; plan = await look()) {
      if (STANDING[stage].includes(plan.state)) return plan;
      // What may pass by itself is tried again; in the end the plan says that it was given up.
      await worker.run().catch(() => undefined);
      await sleep(PAUSE_MS);
    }
  } finally {
    clearInterval(looking);
    progress.stop();
  }
}

/** Writes the file with what is wrong beside its rows. */
async function writeCorrected(database: Database, planId: string, path: string): Promise<void> {
  const { columns, rows, dialect, close } = await correctedFile(database.reader, planId);
  const format = extname(path).toLowerCase() === ".xlsx" ? "XLSX" : "CSV";
  try {
    await pipeline(Readable.from(writeFile(format, columns, rows, dialect)), createWriteStream(path));
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw syscall ? new StartError(`${path}: cannot be written (${code}).`, { cause: error }) : error;
  } finally {
    await close?.();
  }
  write([`What is wrong is beside the rows in ${path}.`]);
}
