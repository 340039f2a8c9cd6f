import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, readConfig } from "../config.ts";
import { type Backend, openBackend } from "../database/backend.ts";
import { Connections } from "../database/connection.ts";
import { describeFailure, StartError } from "../kernel/start-error.ts";
import { databaseConfig } from "../opening.ts";
import { auditFindings } from "./doctor-audit.ts";
import { DatabaseExamination } from "./doctor-database.ts";
import { bad, doubtful, type Finding, printFinding } from "./doctor-finding.ts";
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

/** What only the database tells: of the embedded one through the gateway that has it open, or from its directory where none has. */
async function insideFindings(config: Config): Promise<Finding[]> {
  const embedded = config.databaseUrl === undefined;
  if (embedded && !existsSync(join(config.dataDir, "lock")))
    return [doubtful("database", `there is none in ${config.dataDir} yet: the first start makes it.`)];
  try {
    const found = databaseConfig(config);
    const backend = await openBackend(found.kind === "embedded" ? { ...found, joinRunning: true } : found);
    try {
      const findings = await DatabaseExamination.of(backend.runner, config);
      const whole = findings.some(({ about }) => about === "privileges");
      return whole ? [...findings, ...(await auditOf(backend, config))] : findings;
    } finally {
      await backend.close();
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (!(error instanceof StartError) && typeof code !== "string") throw error;
    return [
      bad("database", error instanceof StartError ? error.message : `the gateway's role cannot use it (${code}).`),
    ];
  }
}

async function auditOf({ runner }: Backend, config: Config): Promise<Finding[]> {
  const connections = new Connections({ ...runner, max: 1 });
  try {
    return await auditFindings(connections.kysely, config);
  } finally {
    await connections.close();
  }
}

run().catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = 1;
});
