import { expect, it } from "vitest";
import { pruneLog } from "../../../src/feed/retention.ts";
import { parsePosition } from "../../../src/kernel/position.ts";
import { makeUser } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { sealAll } from "../../support/sealing.ts";
import { Socket } from "../../support/socket.ts";

const file = gatewayForFile({});

const AS_OF = "query ($at: DateTime!) { usersAsOf(at: $at) { position nodes { username title } } }";
const EVENTS = `subscription ($after: Position) {
  userEvents(after: $after) { ... on FeedCheckpoint { position } ... on FeedReset { reason } ... on UserEvent { userId } } }`;

it("the directory is shown as it stood also before everything that the log still holds, and whoever goes on from there is told what is gone", async () => {
  const { database, admin, url } = file.gateway;
  const asOf = async (at: string) => (await file.gateway.run(AS_OF, { at })).usersAsOf;
  const beginning = (await file.gateway.refusal(AS_OF, { at: "2000-01-01T00:00:00.000Z" })).extensions.earliest;
  const { id, username, position } = await makeUser(file.gateway, { title: "Then" });
  const then = (await database.now()).toISOString();
  const before = await asOf(then);
  expect(before).toEqual({ position, nodes: [{ username, title: "Then" }] });
  database.moveClock("10 days");
  const update = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
  const { updateUser } = await file.gateway.run(update, { input: { id, title: "Between" } });
  database.moveClock("20 days");
  await file.gateway.run(update, { input: { id, title: "Now" } });
  await sealAll(database, testCustody.keys);
  await asOwner(database.connectionConfig.owner, "DELETE FROM feed_consumer WHERE name NOT IN ('audit', 'versions')");
  expect(await pruneLog(database, 24)).toBeGreaterThan(1);

  const pruned = await asOf(then);
  expect(pruned.nodes).toEqual(before.nodes);
  expect(parsePosition(pruned.position).commit).toBeLessThan(parsePosition(updateUser.position).commit);
  expect((await asOf((await database.now()).toISOString())).nodes).toEqual([{ username, title: "Now" }]);
  expect((await file.gateway.refusal(AS_OF, { at: "2000-01-01T00:00:00.000Z" })).extensions.earliest).toBe(beginning);

  const socket = await Socket.open(url, admin);
  const events = socket.start(EVENTS, { after: pruned.position });
  expect(await events.ready()).toMatchObject({ reason: "POSITION_EXPIRED" });
  socket.kill();
});
