import { expect, it } from "vitest";
import { unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { erase, erasers, plant, settle } from "./support.ts";

const file = gatewayForFile({});
const sockets = inFile();

const FOLLOW = `subscription { userEvents { __typename ... on UserEvent { position userId types changes { field before after redacted } } } }`;

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
