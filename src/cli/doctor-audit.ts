import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { Config } from "../config.ts";
import type { Tables } from "../database/tables.ts";
import { AuditKeys } from "../feed/audit-keys.ts";
import { holdsCheckpoint } from "../feed/chain-verification.ts";
import { CheckpointFault, CheckpointFile } from "../feed/checkpoint.ts";
import { opensKeys } from "../feed/subject-keys.ts";
import { bad, doubtful, type Finding, good } from "./doctor-finding.ts";

/** Whether the master key is the database's, and the log leads to what the checkpoint file says. */
export async function auditFindings(db: Kysely<Tables>, config: Config): Promise<Finding[]> {
  const master = masterKey(config);
  if (!master) return [bad("audit", "the master key is not there: bring it back from where it is kept.")];
  const keys = new AuditKeys(master);
  if (!(await opensKeys(db, keys)))
    return [bad("audit", "the master key is not the one that the database's audit log was sealed with.")];
  const file = new CheckpointFile(config.auditCheckpointFile, keys);
  try {
    const left = await file.read();
    if (!left)
      return [
        doubtful("audit", `there is no checkpoint at ${file.path}: that the log's end was not cut cannot be shown.`),
      ];
    return (await holdsCheckpoint(db, left))
      ? [good("audit", `the log leads to the checkpoint, ${left.events} events long`)]
      : [
          bad(
            "audit",
            `the log does not lead to the checkpoint in ${file.path}: it was cut or changed, or restored from a backup. Run npm run verify-audit.`,
          ),
        ];
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
    return [bad("audit", error.message)];
  }
}

function masterKey({ auditMasterKey, databaseUrl, dataDir }: Config): Buffer | undefined {
  if (auditMasterKey !== undefined) return Buffer.from(auditMasterKey, "base64");
  const path = join(dataDir, "audit-master.key");
  return databaseUrl === undefined && existsSync(path) ? Buffer.from(readFileSync(path, "utf8"), "base64") : undefined;
}
