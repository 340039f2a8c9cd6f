import { sql } from "kysely";
import { expect, it } from "vitest";
import { pruneVersions } from "../../../src/feed/versions.ts";
import { makeUser } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { sealAll } from "../../support/sealing.ts";

const file = gatewayForFile();

const AS_OF = "query ($at: DateTime!) { usersAsOf(at: $at) { nodes { username title } } }";
const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

it("the past is shown for as long as it is kept, whole, and before that refused with the earliest instant", async () => {
  const { database } = file.gateway;
  const now = () => database.now();
  const asOf = async (at: Date) => (await file.gateway.run(AS_OF, { at: at.toISOString() })).usersAsOf.nodes;
  const versions = async () =>
    (await sql<{ title: string }>`SELECT title FROM user_version ORDER BY valid_from`.execute(database.reader)).rows;
  const { id, username } = await makeUser(file.gateway, { title: "First" });
  const still = await makeUser(file.gateway, { title: "Still" });
  const first = await now();
  database.moveClock("10 days");
  await file.gateway.run(UPDATE, { input: { id, title: "Second" } });
  const second = await now();
  database.moveClock("20 days");
  await file.gateway.run(UPDATE, { input: { id, title: "Third" } });
  await asOf(await now());
  // Behind every consumer: the sealer has still to place somebody by what they were.
  database.moveClock("25 days");
  await asOwner(database.connectionConfig.owner, "DELETE FROM feed_consumer WHERE name NOT IN ('audit', 'versions')");
  expect(await pruneVersions(database, 10, 1)).toBe(0);
  expect((await file.gateway.refusal(AS_OF, { at: first.toISOString() })).extensions).toMatchObject({
    code: "INVALID_INPUT",
    inputPath: "at",
  });
  database.moveClock("25 days 2 hours");
  expect(await pruneVersions(database, 10, 1)).toBe(0);
  await sealAll(database, testCustody.keys);
  expect(await pruneVersions(database, 10, 1)).toBe(1);
  expect(await versions()).not.toContainEqual({ title: "First" });
  // What ended within the window, and what has not ended, is there.
  const { earliest } = (await file.gateway.refusal(AS_OF, { at: second.toISOString() })).extensions;
  const kept = await asOf(new Date(earliest as string));
  expect(kept).toEqual(
    expect.arrayContaining([
      { username, title: "Second" },
      { username: still.username, title: "Still" },
    ]),
  );
  // A longer window brings nothing back, and does not say that it does.
  expect(await pruneVersions(database, 1_000, 1)).toBe(0);
  expect((await file.gateway.refusal(AS_OF, { at: second.toISOString() })).extensions.earliest).toBe(earliest);
});
