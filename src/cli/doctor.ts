import { type Config, readConfig } from "../config.ts";
import { openDatabase } from "../database/database.ts";
import { isLocked } from "../database/embedded-lock.ts";
import { openCustody } from "../features/audit/audit.custody.ts";
import { describeFailure, StartError } from "../kernel/start-error.ts";
import { custodyOptions, databaseConfig } from "../opening.ts";
import { auditFindings } from "./doctor-audit.ts";
import { databaseFindings } from "./doctor-database.ts";
import { bad, type Finding, good, printFinding } from "./doctor-finding.ts";
import { settingFindings } from "./doctor-settings.ts";
import { surroundingFindings } from "./doctor-surroundings.ts";

/**
 * `npm run doctor`: looks at everything that a gateway with this configuration needs, and says for each what is so and what to do. Nothing is
 * changed, and nothing is migrated. The exit code is 1 where something is wrong, 0 where all is well or only to be thought about.
 */
async function run(): Promise<void> {
  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]) => {
    for (const finding of found) process.stdout.write(`${printFinding(finding)}\n`);
    findings.push(...found);
  };
  const config = configuration(tell);
  if (config) {
    tell(settingFindings(config, process.versions.node));
    tell(await surroundingFindings(config));
    tell(await insideFindings(config));
  }
  const wrong = findings.filter(({ level }) => level === "BAD").length;
  const doubtful = findings.filter(({ level }) => level === "WARN").length;
  process.stdout.write(`${findings.length} looked at: ${wrong} wrong, ${doubtful} to think about.\n`);
  process.exitCode = wrong > 0 ? 1 : 0;
}

function configuration(tell: (found: readonly Finding[]) => void): Config | undefined {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tell(error.message.split("\n").map((line) => bad("settings", line)));
    return undefined;
  }
}

/** What only the opened database tells; through the running gateway where one has the embedded database open. */
async function insideFindings(config: Config): Promise<Finding[]> {
  const embedded = config.databaseUrl === undefined;
  const options = { ...databaseConfig(config), observe: true } as const;
  try {
    const database = await openDatabase(embedded ? { ...options, joinRunning: true } as never : options);
    try {
      const held = embedded && isLocked(config.dataDir);
      const how = embedded ? good("database", held ? "the embedded one, open" : "the embedded one, in its directory") : undefined;
      const inside = await databaseFindings(database, config);
      const custody = await openCustody(database, custodyOptions(config));
      return [...(how ? [how] : []), ...inside, ...(await auditFindings(database, custody))];
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [bad("database", error.message)];
  }
}

run().catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = 1;
});
