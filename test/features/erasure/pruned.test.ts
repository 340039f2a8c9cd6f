import { sql } from "kysely";
import { expect, it } from "vitest";
import { finishErasures } from "../../../src/features/erasure/erasure.finish.ts";
import { pruneLog } from "../../../src/feed/retention.ts";
import { makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { sealAll } from "../../support/sealing.ts";
import { erase, erasers, plant, tablesWith } from "./support.ts";

const file = gatewayForFile();

it("An erasure is finished also where nobody finished it for longer than the log is kept: the log waits, and nothing of the person stays", async () => {
  const { gateway } = file;
  const { database } = gateway;
  const mark = unique("zqxpruned");
  const id = await plant(gateway, mark);
  const pair = await erasers(gateway);
  await sealAll(database, testCustody.keys);
  expect(await erase(gateway, id, pair)).toBe("APPROVED");
  await sealAll(database, testCustody.keys);
  await asOwner(database.connectionConfig.owner, "DELETE FROM feed_consumer WHERE name NOT IN ('audit', 'versions')");
  database.moveClock("30 days");
  await makeUser(gateway);
  await sealAll(database, testCustody.keys);
  const standing = async () =>
    (
      await sql`SELECT FROM commit c JOIN user_erasure e ON e.commit_id = c.id WHERE e.user_id = ${uuid(id)}`.execute(
        database.reader,
      )
    ).rows.length;
  expect(await pruneLog(database, 24)).toBeGreaterThan(1);
  expect(await standing()).toBe(1);
  expect(await finishErasures(database)).toBe(1);
  expect(await tablesWith(gateway, mark)).toEqual([]);
  expect(await pruneLog(database, 24)).toBeGreaterThan(0);
  expect(await standing()).toBe(0);
});
