import { spawn } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/database.ts";
import { openCustody } from "../../src/features/audit/audit.custody.ts";
import { migratedDirectory } from "../support/data-directory.ts";
import { mixedWrites, sealAll } from "../support/sealing.ts";

/** `npm run verify-audit`, to its end. */
function verifyAudit(dataDir: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["scripts/launch.mjs", "verify-audit"], {
    env: { PATH: process.env.PATH ?? "", DATA_DIR: dataDir },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** A data directory with a sealed log; `tamper` may do to it what a superuser can, through a connection of the owner's. */
async function directoryWith(tamper?: (owner: pg.Client) => Promise<unknown>): Promise<string> {
  const dataDir = await migratedDirectory();
  const database = await openDatabase({ kind: "embedded", dataDir, statementTimeoutMs: 60_000 });
  try {
    const checkpointFile = join(dataDir, "audit-checkpoint.json");
    const custody = await openCustody(database, { masterKey: undefined, dataDir, embedded: true, checkpointFile });
    await mixedWrites(database, 10);
    const { head } = await sealAll(database, custody.keys);
    if (head) await custody.checkpoint?.write(head);
    const owner = new pg.Client(database.connectionConfig.owner);
    await owner.connect();
    await tamper?.(owner);
    await owner.end();
  } finally {
    await database.close();
  }
  return dataDir;
}

describe("npm run verify-audit", () => {
  it("says that log, checkpoint and tables are whole, and ends well", async () => {
    const { code, output } = await verifyAudit(await directoryWith());
    expect(output).toContain("The chain verifies");
    expect(output).toContain("The tables are what the log says");
    expect(code).toBe(0);
  });

  it("names what is broken, in the log and in the tables, and ends with 1", async () => {
    const dataDir = await directoryWith(async (owner) => {
      await owner.query("ALTER TABLE user_account DISABLE TRIGGER USER");
      await owner.query("UPDATE user_account SET title = 'Intruder'");
      const { rows } = await owner.query<{ name: string }>(
        "SELECT name FROM audit_partition UNION ALL SELECT 'audit_log'",
      );
      for (const { name } of rows) await owner.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
      await owner.query("UPDATE audit_log SET action = 'nothing.happened' WHERE commit_number = 2 AND ordinal = 1");
    });
    const { code, output } = await verifyAudit(dataDir);
    expect(output).toMatch(/BROKEN: .*commit 2, change 1/);
    expect(output).toContain("BROKEN: user_account can be written past the log");
    expect(output).toMatch(/BROKEN: user_account [0-9a-f-]{36} differs from the log in title/);
    expect(code).toBe(1);
  });
});
