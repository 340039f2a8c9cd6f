import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCustody } from "../../../src/features/audit/audit.custody.ts";
import { StartError } from "../../../src/kernel/start-error.ts";
import { databaseForTest, directoryForTest } from "../../support/database.ts";
import { mixedWrites, sealAll } from "../../support/sealing.ts";

const options = (dataDir: string, masterKey?: string, embedded = true) => ({
  masterKey,
  dataDir,
  embedded,
  checkpointFile: join(dataDir, "checkpoint.json"),
});
const someKey = (): string => randomBytes(32).toString("base64");

describe("The master key of the audit log", () => {
  it("is made beside an embedded database, for its owner's eyes only, and is the same ever after", async () => {
    const { database } = await databaseForTest();
    const directory = directoryForTest();
    const { keys } = await openCustody(database, options(directory));
    const file = join(directory, "audit-master.key");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await openCustody(database, options(directory));
    expect(again.keys.tokenOf("192.0.2.1")).toBe(keys.tokenOf("192.0.2.1"));
    expect(again.keys.tokenOf("192.0.2.1")).not.toBe(keys.tokenOf("192.0.2.2"));
    const given = await openCustody(database, options(directory, readFileSync(file, "utf8").trim()));
    expect(given.keys.tokenOf("192.0.2.1")).toBe(keys.tokenOf("192.0.2.1"));
    writeFileSync(file, "too short");
    await expect(openCustody(database, options(directory))).rejects.toThrow(StartError);
  });

  it("must be given for a server's database, and the refusal says how to make one", async () => {
    const { database } = await databaseForTest();
    const refused = openCustody(database, options(directoryForTest(), undefined, false));
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow("openssl rand -base64 32");
  });

  it("is refused where it is not the one that the log was sealed with", async () => {
    const { database } = await databaseForTest();
    const directory = directoryForTest();
    const key = someKey();
    const { keys } = await openCustody(database, options(directory, key));
    await mixedWrites(database, 2);
    await sealAll(database, keys);
    await expect(openCustody(database, options(directory, someKey()))).rejects.toThrow(
      "AUDIT_MASTER_KEY is not the key",
    );
    await openCustody(database, options(directory, key));
    rmSync(join(directory, "audit-master.key"), { force: true });
    await expect(openCustody(database, options(directory))).rejects.toThrow("bring that file back");
  });
});
