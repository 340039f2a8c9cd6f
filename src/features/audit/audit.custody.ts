import { hkdfSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../../database/database.ts";
import { AuditKeys } from "../../feed/audit-keys.ts";
import { CheckpointFile } from "../../feed/checkpoint.ts";
import { opensKeys } from "../../feed/subject-keys.ts";
import { StartError } from "../../kernel/start-error.ts";

const KEY_FILE = "audit-master.key";
const KEY_BYTES = 32;

/** What the audit log needs outside of the database: its keys, and the file that witnesses its head. */
export interface Custody {
  keys: AuditKeys;
  /** Undefined for databases that are thrown away. */
  checkpoint: CheckpointFile | undefined;
  /** Makes a key of 32 bytes for another purpose out of the same master key; each is of no use for another's purpose. */
  derive: (purpose: string) => Buffer;
}

export interface CustodyOptions {
  /** The master key in base64, where the configuration gives one. */
  masterKey: string | undefined;
  dataDir: string;
  /** Whether the database lies in the data directory as well, so that a key may lie beside it. */
  embedded: boolean;
  checkpointFile: string;
}

/**
 * The keys that this database was sealed with. On the embedded database a master key is made beside it at the first start; a
 * server's must be given. A StartError where it is missing, or is not the one that the database knows.
 */
export async function openCustody(database: Database, options: CustodyOptions): Promise<Custody> {
  const master = masterKeyOf(options);
  const keys = new AuditKeys(master);
  if (!(await opensKeys(database.reader, keys)))
    throw new StartError(
      options.masterKey === undefined
        ? `The database's audit log was sealed with another key than that in ${join(options.dataDir, KEY_FILE)}: bring that file back from where the data directory came from, or give the key as AUDIT_MASTER_KEY.`
        : "AUDIT_MASTER_KEY is not the key that the database's audit log was sealed with: give that one.",
    );
  return { keys, checkpoint: new CheckpointFile(options.checkpointFile, keys), derive: derivingFrom(master) };
}

/** No purpose of the audit log's own has these first words. */
const derivingFrom =
  (master: Buffer): Custody["derive"] =>
  (purpose) =>
    Buffer.from(hkdfSync("sha256", master, "", `rollcall sign-in ${purpose}`, KEY_BYTES));

/** Keys for a database that is thrown away: whatever is sealed with them is lost with the process. */
export function passingCustody(master: Buffer = randomBytes(KEY_BYTES)): Custody {
  return { keys: new AuditKeys(master), checkpoint: undefined, derive: derivingFrom(master) };
}

function masterKeyOf({ masterKey, dataDir, embedded }: CustodyOptions): Buffer {
  if (masterKey !== undefined) return Buffer.from(masterKey, "base64");
  if (!embedded)
    throw new StartError(
      "AUDIT_MASTER_KEY is not set, and with PostgreSQL the audit log's key must be kept apart from the data: make one with `openssl rand -base64 32`, keep it safe, and give it in AUDIT_MASTER_KEY or by AUDIT_MASTER_KEY_FILE.",
    );
  const path = join(dataDir, KEY_FILE);
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const key = Buffer.from(readFileSync(path, "utf8"), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new StartError(
    `${path} does not hold the audit log's key: 32 bytes in base64. Bring the file back from a backup.`,
  );
}
