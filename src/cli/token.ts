import "reflect-metadata";
import { parseArgs } from "node:util";
import { readConfig } from "../config.ts";
import type { Cause } from "../database/cause.ts";
import { type Database, openDatabase } from "../database/database.ts";
import { type IssueToken, ServiceTokenService } from "../features/auth/service-token.service.ts";
import { ALL_PERMISSIONS, type Permission } from "../kernel/permissions.ts";
import { describeFailure, StartError } from "../kernel/start-error.ts";
import { databaseConfig } from "../opening.ts";
import { userOf } from "./user-name.ts";

const USAGE = `npm run token -- --name NAME [--user USERNAME | [--permissions A,B] [--scope CODE,…]] [--days N]
  --name         what the token is called in the audit log
  --user         a person's token: their grants decide what it may do
  --permissions  what a machine's token may do; every permission where not given
  --scope        the codes of the org units that it may do it over; everywhere where not given
  --days         after how many days it ends; never where not given`;

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "token.issued",
  actor: { kind: "SYSTEM", id: null, name: "command line" },
};
const DAY_MS = 86_400_000;
const DAYS_LIMIT = 3_650;

interface Options {
  name: string;
  user: string | undefined;
  permissions: readonly Permission[];
  scope: readonly string[] | undefined;
  days: number | undefined;
}

/** `npm run token`: makes a token and prints its secret, this once. It works beside a running gateway and without one. */
async function run(args: string[]): Promise<void> {
  const options = readOptions(args);
  const config = databaseConfig(readConfig());
  const database = await openDatabase(config.kind === "embedded" ? { ...config, joinRunning: true } : config);
  try {
    const { value } = await new ServiceTokenService(database).issue(CAUSE, await commandOf(database, options));
    process.stdout.write(`${value.secret}\n`);
  } finally {
    await database.close();
  }
}

function readOptions(args: string[]): Options {
  const text = { type: "string" } as const;
  const values = parse(
    () => parseArgs({ args, options: { name: text, user: text, permissions: text, scope: text, days: text } }).values,
  );
  const { name, user, permissions, scope, days } = values;
  if (!name) throw new StartError(`--name is missing.\n${USAGE}`);
  if (user !== undefined && (permissions !== undefined || scope !== undefined))
    throw new StartError("--user goes without --permissions and --scope: the person's grants decide.");
  const unknown = listOf(permissions)?.filter((permission) => !(ALL_PERMISSIONS as string[]).includes(permission));
  if (unknown?.length) throw new StartError(`--permissions takes names out of ${ALL_PERMISSIONS.join(", ")}.`);
  const lifetime = days === undefined ? undefined : Number(days);
  if (lifetime !== undefined && !(Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= DAYS_LIMIT))
    throw new StartError(`--days must be a whole number from 1 to ${DAYS_LIMIT}.`);
  return {
    name,
    user,
    permissions: (listOf(permissions) as Permission[] | undefined) ?? ALL_PERMISSIONS,
    scope: listOf(scope),
    days: lifetime,
  };
}

/** Node's parser names what it refuses; its own error would be shown with a stack. */
function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`);
  }
}

const listOf = (text: string | undefined): string[] | undefined =>
  text
    ?.split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

async function commandOf(database: Database, { name, user, permissions, scope, days }: Options): Promise<IssueToken> {
  const expiresAt = days === undefined ? null : new Date((await database.now()).getTime() + days * DAY_MS);
  if (user !== undefined) return { name, holder: { userId: await userOf(database, user) }, expiresAt };
  const scopeIds = scope === undefined ? "everywhere" : await unitsOf(database, scope);
  return { name, holder: { permissions, scopeIds }, expiresAt };
}

async function unitsOf(database: Database, codes: readonly string[]): Promise<string[]> {
  const units = await Promise.all(
    codes.map((code) =>
      database.reader
        .selectFrom("org_unit")
        .select("id")
        .where((eb) => eb(eb.fn("fold", ["code"]), "=", eb.fn("fold", [eb.val(code)])))
        .executeTakeFirst(),
    ),
  );
  const missing = codes.filter((_, place) => !units[place]);
  if (missing.length > 0) throw new StartError(`--scope: no org unit has the code ${missing.join(", ")}.`);
  return units.map((unit) => unit?.id as string);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = 1;
});
