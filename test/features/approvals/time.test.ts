import { describe, expect, it } from "vitest";
import { makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile, TestGateway } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { APPROVE, approve, ask, MANAGER, setManager } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 300 } });

interface Person {
  id: string;
  token: string;
}

async function pair(): Promise<[Person, Person]> {
  const people = await Promise.all(
    [1, 2].map(async () => {
      const { id } = await makeUser(file.gateway);
      return { id, token: await tokenOf(file.gateway, id) };
    }),
  );
  const [ann, boss] = people as [Person, Person];
  await setManager(file.gateway, ann.id, boss.id);
  return [ann, boss];
}

async function at<T>(offset: string, work: () => Promise<T>): Promise<T> {
  file.gateway.database.moveClock(offset);
  try {
    return await work();
  } finally {
    file.gateway.database.moveClock("0");
  }
}

const LOOK =
  "query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state reminderCount viewerMayDecide version } } }";
const lookAt = async (id: string, token: string) => (await file.gateway.run(LOOK, { id }, token)).node;

describe("Time", () => {
  it("ends a request once, over any number of gateways and a restart, and nobody decides it from its expiry on", async () => {
    const { gateway } = file;
    const [ann, boss] = await pair();
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    await at("13 days 23 hours", async () => {
      await gateway.approvals.clock.tick();
      expect(await lookAt(id, boss.token)).toMatchObject({ state: "PENDING", viewerMayDecide: true });
    });
    await at("14 days 1 minute", async () => {
      expect(await approve(gateway, id, boss.token)).toBe("ILLEGAL_TRANSITION");
      const { extensions } = await gateway.refusal(APPROVE, { input: { id } }, boss.token);
      expect(extensions).toMatchObject({ from: "EXPIRED", to: "APPROVED" });
      const other = await TestGateway.over(gateway.database);
      const ticks = await Promise.all([gateway, other, gateway].map(({ approvals }) => approvals.clock.tick()));
      expect(ticks.reduce((sum, { expired }) => sum + expired, 0)).toBe(1);
      await other.close();
      const again = await TestGateway.over(gateway.database);
      expect(await again.approvals.clock.tick()).toEqual({ expired: 0, reminded: 0 });
      await again.close();
      expect(await lookAt(id, boss.token)).toMatchObject({ state: "EXPIRED", viewerMayDecide: false });
    });
  });

  it("reminds at its interval, once each, and once for all that was missed", async () => {
    const { gateway } = file;
    const [ann, boss] = await pair();
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    const remindedAt = (offset: string) => at(offset, async () => (await gateway.approvals.clock.tick()).reminded);
    expect(await remindedAt("2 days")).toBe(0);
    expect(await remindedAt("3 days 1 minute")).toBe(1);
    expect(await remindedAt("3 days 2 minutes")).toBe(0);
    expect(await remindedAt("10 days")).toBe(1);
    expect(await remindedAt("11 days")).toBe(0);
    expect(await remindedAt("12 days 1 minute")).toBe(1);
    expect(await lookAt(id, boss.token)).toMatchObject({ state: "PENDING", reminderCount: 3, version: 4 });
  });
});

describe("Following requests", () => {
  const FOLLOW = `subscription ($after: Position) { approvalRequestEvents(after: $after) {
    __typename ... on ApprovalRequestEvent { position type requestId request { state } cause { kind } } } }`;

  it("tells parties of every change in order, resumes behind any of them, and tells nobody else", async () => {
    const { gateway } = file;
    const [ann, boss] = await pair();
    const [, stranger] = await pair();
    const sockets = await Promise.all([ann, boss, stranger].map(({ token }) => Socket.open(gateway.url, token)));
    const [own, queue, others] = sockets.map((socket) => socket.start(FOLLOW)) as [Started, Started, Started];
    await Promise.all([own, queue, others].map((started) => started.ready()));
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    expect(await at("3 days 1 minute", () => gateway.approvals.clock.tick())).toMatchObject({ reminded: 1 });
    expect(await approve(gateway, id, boss.token)).toBe("APPROVED");
    const told = (events: Event[]) => events.map(({ type, cause }) => [type, cause.kind]);
    const expected = [
      ["REQUESTED", "SYSTEM"],
      ["REMINDED", "SCHEDULE"],
      ["APPROVED", "MUTATION"],
    ];
    const events = (await own.count(3)) as Event[];
    expect(told(events)).toEqual(expected);
    expect(told(await queue.count(3))).toEqual(expected);
    expect(events.every(({ requestId }) => requestId === id)).toBe(true);
    const resumed = (sockets[1] as Socket).start(FOLLOW, { after: events[0]?.position });
    expect(told(await resumed.count(2))).toEqual(expected.slice(1));
    // A request of their own comes behind everything that they are not told of.
    await ask(gateway, stranger.id, [[MANAGER]]);
    expect(told(await others.count(1))).toEqual([["REQUESTED", "SYSTEM"]]);
    for (const socket of sockets) await socket.close();
  });
});

type Started = ReturnType<Socket["start"]>;

interface Event {
  position: string;
  type: string;
  requestId: string;
  cause: { kind: string };
}
