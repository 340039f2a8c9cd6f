import { sql } from "kysely";
import { expect, it } from "vitest";
import { finishErasures } from "../../../src/features/erasure/erasure.finish.ts";
import { pruneLog } from "../../../src/feed/retention.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { causeOf, sealAll } from "../../support/sealing.ts";
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

it("Nobody's past is taken out of the log who was not erased, whatever stands beside them", async () => {
  const { database } = file.gateway;
  const { id } = await makeUser(file.gateway);
  const row = { id: newId(), user_id: uuid(id), commit: (await database.head()).commit };
  await database.write(causeOf("user.erased"), async (tx) => {
    await sql`INSERT INTO user_erasure (id, user_id, ground, commit_id, gone, named, erased_at)
      SELECT ${row.id}, ${row.user_id}, 'a request', c.id, '{}', '{}', ${tx.now} FROM commit c WHERE c.number = ${row.commit}`.execute(
      tx.sql,
    );
  });
  await sealAll(database, testCustody.keys);
  await expect(sql`SELECT finish_erasure(${row.id})`.execute(database.reader)).rejects.toMatchObject({ code: "55000" });
});

it("What the log holds of a person is found by indexes, and not by looking through it", async () => {
  const { database } = file.gateway;
  const { value: plan } = await database.write(someCause, async (tx) => {
    // A plan that looks through a table then does so because there is no other.
    await sql`SET LOCAL enable_seqscan = off`.execute(tx.sql);
    const { rows } = await sql<{
      "QUERY PLAN": string;
    }>`EXPLAIN SELECT * FROM places_naming(${newId()}, ${[newId()]}::uuid[])`.execute(tx.sql);
    const commits = await sql<{ "QUERY PLAN": string }>`EXPLAIN SELECT FROM commit WHERE actor_id = ${newId()}`.execute(
      tx.sql,
    );
    return [...rows, ...commits.rows].map((row) => row["QUERY PLAN"]);
  });
  expect(plan.filter((line) => line.includes("Seq Scan"))).toEqual([]);
  for (const index of ["change_named_before", "change_named_after", "change_search_row", "commit_actor"])
    expect(plan.join("\n")).toContain(index);
});
