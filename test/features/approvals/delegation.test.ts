import { beforeAll, describe, expect, it } from "vitest";
import { machineToken, makeHolder, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { approve, ask, listed, MANAGER, setManager } from "./support.ts";

const file = gatewayForFile();

interface Person {
  id: string;
  token: string;
}

let ann: Person;
let boss: Person;
let deputy: Person;

async function person(): Promise<Person> {
  const { id } = await makeUser(file.gateway);
  return { id, token: await tokenOf(file.gateway, id) };
}

const DELEGATE =
  "mutation ($input: DelegateApprovalsInput!) { delegateApprovals(input: $input) { delegation { id } } }";
const END = "mutation ($input: EndDelegationInput!) { endDelegation(input: $input) { delegation { endedAt } } }";
const MINE = "{ approvalDelegations { id user { id } delegate { id } } }";
const STEPS =
  "query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { steps { decidedBy { user { id } } decidedFor { user { id } } } } } }";

const now = () => file.gateway.database.now();
const daysFromNow = async (days: number) => new Date((await now()).getTime() + days * 86_400_000).toISOString();

async function delegate(from: string, to: string, more: { startsAt?: string } = {}): Promise<string> {
  const input = { delegateId: to, endsAt: await daysFromNow(30), ...more };
  return (await file.gateway.run(DELEGATE, { input }, from)).delegateApprovals.delegation.id;
}

const codeOf = async (query: string, input: object, token: string) =>
  (await file.gateway.ask(query, { input }, token)).errors?.[0]?.extensions.code;

beforeAll(async () => {
  // Whoever names a delegate must see them.
  boss = await makeHolder(file.gateway, ["USER_READ"]);
  deputy = await makeHolder(file.gateway, ["USER_READ"]);
  ann = await person();
  await setManager(file.gateway, ann.id, boss.id);
});

describe("A delegate", () => {
  it("decides in the other's place, for as long as the delegation lasts, and the step says for whom", async () => {
    const { gateway } = file;
    const [before, within, after] = (await Promise.all([1, 2, 3].map(() => ask(gateway, ann.id, [[MANAGER]])))) as [
      string,
      string,
      string,
    ];
    expect(await approve(gateway, before, deputy.token)).toBe("NOT_FOUND");
    const id = await delegate(boss.token, deputy.id);
    for (const { token } of [boss, deputy])
      expect((await gateway.run(MINE, {}, token)).approvalDelegations).toEqual([
        { id, user: { id: boss.id }, delegate: { id: deputy.id } },
      ]);
    expect((await listed(gateway, deputy.token, { mine: "TO_DECIDE" })).sort()).toEqual([before, within, after].sort());
    // The same change three times: the first that is approved makes the others fail, which are decided nevertheless.
    expect(await approve(gateway, within, deputy.token)).toBe("APPROVED");
    expect((await gateway.run(STEPS, { id: within }, boss.token)).node.steps).toEqual([
      { decidedBy: { user: { id: deputy.id } }, decidedFor: { user: { id: boss.id } } },
    ]);
    await gateway.run(END, { input: { id } }, deputy.token);
    expect(await approve(gateway, after, deputy.token)).toBe("NOT_FOUND");
    // What they decided they still see, and no more than that.
    expect(await listed(gateway, deputy.token)).toEqual([within]);
    expect(await codeOf(END, { id }, boss.token)).toBe("CONFLICT");
  });

  it("decides neither their own request, nor one of the other's, nor twice", async () => {
    const { gateway } = file;
    const admin = await makeHolder(gateway, ["USER_UPDATE", "USER_READ"]);
    const helper = await makeHolder(gateway, ["USER_READ"]);
    await delegate(admin.token, helper.id);
    const updater = { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" } as const;
    const own = await ask(gateway, helper.id, [[updater]]);
    const ofAdmin = await ask(gateway, admin.id, [[updater]], { subjectId: ann.id });
    const twice = await ask(gateway, ann.id, [[updater], [updater]]);
    expect(await approve(gateway, own, helper.token)).toBe("FORBIDDEN");
    expect(await approve(gateway, ofAdmin, helper.token)).toBe("FORBIDDEN");
    expect(await approve(gateway, twice, helper.token)).toBe("PENDING");
    for (const { token } of [helper, admin]) expect(await approve(gateway, twice, token)).toBe("FORBIDDEN");
  });

  it("has no right that the other has lost, that begins later, or that the other was only lent", async () => {
    const { gateway } = file;
    const manager = await makeHolder(gateway, ["USER_READ"]);
    const second = await makeHolder(gateway, ["USER_READ"]);
    const third = await makeHolder(gateway, ["USER_READ"]);
    const eve = await person();
    await setManager(gateway, eve.id, manager.id);
    const id = await ask(gateway, eve.id, [[MANAGER]]);
    await delegate(manager.token, second.id, { startsAt: await daysFromNow(2) });
    await delegate(second.token, third.id);
    expect(await approve(gateway, id, second.token)).toBe("NOT_FOUND");
    gateway.database.moveClock("3 days");
    try {
      expect(await listed(gateway, second.token, { mine: "TO_DECIDE" })).toEqual([id]);
      expect(await approve(gateway, id, third.token)).toBe("NOT_FOUND");
      await gateway.run("mutation ($id: ID!) { suspendUser(input: { id: $id }) { position } }", { id: manager.id });
      expect(await approve(gateway, id, second.token)).toBe("NOT_FOUND");
    } finally {
      gateway.database.moveClock("0");
    }
  });
});

describe("Naming a delegate", () => {
  it("takes an active person in sight other than oneself, and a time that is to come", async () => {
    const { gateway } = file;
    const blind = await person();
    const endsAt = await daysFromNow(1);
    const idle = (await makeUser(gateway, { status: "PENDING" })).id;
    expect(await codeOf(DELEGATE, { delegateId: boss.id, endsAt }, boss.token)).toBe("INVALID_INPUT");
    expect(await codeOf(DELEGATE, { delegateId: idle, endsAt }, boss.token)).toBe("CONFLICT");
    expect(await codeOf(DELEGATE, { delegateId: boss.id, endsAt }, blind.token)).toBe("NOT_FOUND");
    for (const wrong of [await daysFromNow(-1), await daysFromNow(400)])
      expect(await codeOf(DELEGATE, { delegateId: deputy.id, endsAt: wrong }, boss.token)).toBe("INVALID_INPUT");
    expect(await codeOf(DELEGATE, { delegateId: deputy.id, endsAt }, await machineToken(gateway, ["USER_READ"]))).toBe(
      "FORBIDDEN",
    );
  });

  it("is nobody else's to see or to end", async () => {
    const { gateway } = file;
    const id = await delegate(boss.token, deputy.id);
    expect(await codeOf(END, { id }, ann.token)).toBe("NOT_FOUND");
    expect((await gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id }, ann.token)).node).toBeNull();
    expect((await gateway.run(MINE, {}, ann.token)).approvalDelegations).toEqual([]);
    await gateway.run(END, { input: { id } }, boss.token);
  });
});
