import { expect, it } from "vitest";
import { makeHolder, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { erase, erasers, plant, settle } from "./support.ts";

const file = gatewayForFile({});
const sockets = inFile();

const FOLLOW = `subscription { userEvents { __typename ... on UserEvent { position userId types changes { field before after redacted } } } }`;

const FOLLOW_OUT = `subscription { userEvents { __typename ... on FeedReset { reason } ... on UserEvent { userId user { displayName } types cause { reason actor { name } } changes { before after } } } }`;

it("Whoever does not see the person any more is told that they left their sight, and no word of theirs", async () => {
  const { gateway } = file;
  const pair = await erasers(gateway);
  const mark = unique("zqxshut");
  const id = await plant(gateway, mark);
  const reader = await makeHolder(gateway, ["USER_READ"]);
  const { position } = (await gateway.run("{ users(first: 1) { position } }")).users;
  await settle(gateway);
  const socket = sockets.keep(await Socket.open(gateway.url, reader.token));
  const events = socket.start(FOLLOW_OUT, {});
  await events.ready();
  expect(await erase(gateway, id, pair)).toBe("APPROVED");
  const told = await events.until((all) => all.find((event) => event?.userId === id));
  expect(told).toMatchObject({ user: null, changes: [], cause: { reason: null } });
  await settle(gateway);
  const late = socket.start(FOLLOW_OUT.replace("userEvents", `userEvents(after: "${position}")`), {});
  await late.until((all) => all.some((event) => event?.userId === id || event?.__typename === "FeedReset"));
  expect(JSON.stringify(socket.messages)).not.toContain(mark);
});

it("Whoever follows people is told that somebody was erased, and no value of theirs", async () => {
  const { gateway } = file;
  const pair = await erasers(gateway);
  const mark = unique("zqxevent");
  const id = await plant(gateway, mark);
  await settle(gateway);
  const socket = sockets.keep(await Socket.open(gateway.url, gateway.admin));
  const events = socket.start(FOLLOW, {});
  await events.ready();
  expect(await erase(gateway, id, pair)).toBe("APPROVED");
  const [event] = await events.count(1);
  expect(event).toMatchObject({ userId: id });
  expect(event.changes.length).toBeGreaterThan(5);
  expect(event.changes.every(({ redacted }: { redacted: boolean }) => redacted)).toBe(true);
  expect(JSON.stringify(socket.messages)).not.toContain(mark);
});
