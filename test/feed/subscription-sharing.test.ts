import { describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.ts";
import type { Permission } from "../../src/kernel/permissions.ts";
import { ask, MANAGER } from "../features/approvals/support.ts";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser, unique } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";
import { Socket, type Started } from "../support/socket.ts";
import { inFile } from "../support/sockets.ts";

/*
 * Who is told the same together, and who is not.
 */

const file = gatewayForFile({ times: { holdingMs: 200 } });
const sockets = inFile();

const connect = async (token: string, from?: string) =>
  sockets.keep(await Socket.open(file.gateway.url, token, undefined, from));

async function lanes(): Promise<{ subscriptions: number; lanes: number }> {
  const text = await (await fetch(`${file.gateway.url}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^rollcall_${name} (\\d+)`, "m").exec(text)?.[1]);
  return { subscriptions: figure("subscriptions"), lanes: figure("subscription_lanes") };
}

/** Documents that what is asked of more says something about who asks: `ALONE` stands where they differ. */
const DOCUMENTS = {
  userEvents: `subscription { userEvents { __typename ... on UserEvent { position types userId
    changes { field before after redacted } cause { actor { name user { username } } }
    user { username title lastLoginAt emails { value } orgUnit { code } ALONE } } } }`,
  auditEvents: `subscription { auditEvents { __typename ... on AuditEvent { position action
    changes { field before after redacted } cause { actor { name user { username } } } ALONE } } }`,
};
const ALONE = { userEvents: "manager { id }", auditEvents: "subject { id }" };
type Root = keyof typeof DOCUMENTS;

/** What was told, without what only the document that is never shared asks for. */
const told = (events: readonly object[]) =>
  events.map((event) => {
    const { subject: _, ...rest } = event as { subject?: unknown; user?: { manager?: unknown } | null };
    if (!rest.user) return rest;
    const { manager: __, ...user } = rest.user;
    return { ...rest, user };
  });

const SET = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

describe("Viewers who may do the same", () => {
  it("are told by one execution exactly what each would be told alone: also who one of them is, or was, or what they did", async () => {
    const { gateway } = file;
    const [here, elsewhere] = [(await makeUnit(gateway)).id, (await makeUnit(gateway)).id];
    const scoped: Permission[] = ["USER_READ", "USER_UPDATE", "AUDIT_READ", "ORG_READ"];
    const inside = [await makeHolder(gateway, scoped, here), await makeHolder(gateway, scoped, here)];
    const outsider = await makeHolder(gateway, scoped, here);
    const wide = await makeHolder(gateway, ["USER_READ"]);
    const machines = [await machineToken(gateway, scoped), await machineToken(gateway, scoped)];
    const set = (id: string, input: object, token = gateway.admin) =>
      gateway.run(SET, { input: { id, ...input } }, token);
    await set(outsider.id, { orgUnitId: elsewhere });
    const witness = await makeUser(gateway, { orgUnitId: here });
    const report = await makeUser(gateway, { orgUnitId: here });

    const started: { shared: Started; alone: Started }[] = [];
    const follow = async (token: string, roots: readonly Root[]) => {
      const socket = await connect(token);
      for (const root of roots) {
        const shared = socket.start(DOCUMENTS[root].replace("ALONE", ""));
        const alone = socket.start(DOCUMENTS[root].replace("ALONE", ALONE[root]));
        await Promise.all([shared.ready(), alone.ready()]);
        started.push({ shared, alone });
      }
    };
    for (const { token } of [...inside, outsider]) await follow(token, ["userEvents", "auditEvents"]);
    for (const token of [wide.token, ...machines]) await follow(token, ["userEvents"]);
    // Of each root field one lane for each set of rights, and one for each viewer whom the other document tells apart.
    const expected = { subscriptions: 18, lanes: 3 + 1 + started.length };
    await expect.poll(lanes, { timeout: 10_000 }).toEqual(expected);

    const [ann, bob] = inside.map(({ id }) => id) as [string, string];
    const steps = [
      [() => set(ann, { title: "Ann's" }), () => set(bob, { email: "bob@example.com" })],
      [
        () => set(outsider.id, { title: "Out of sight", email: "out@example.com" }),
        () => set(wide.id, { title: "Nowhere", email: "wide@example.com" }),
        () => set(report.id, { managerId: outsider.id }),
      ],
      [() => set(ann, { orgUnitId: elsewhere })],
      [() => set(ann, { orgUnitId: here }), () => set(outsider.id, { orgUnitId: here })],
      [() => set(ann, { title: "By herself" }, inside[0]?.token)],
    ];
    for (const [n, some] of steps.entries()) {
      for (const step of some) await step();
      await set(witness.id, { title: `Step ${n}` }); // everybody sees it, and so has been told of what came before
      const seen = ({ changes }: { changes?: { after: unknown }[] }) =>
        changes?.some(({ after }) => after === `Step ${n}`);
      const all = started.flatMap(({ shared, alone }) => [shared, alone]);
      await Promise.all(all.map((one) => one.until((events) => events.some(seen))));
    }
    for (const { shared, alone } of started) expect(told(shared.events)).toEqual(told(alone.events));
    await expect.poll(lanes, { timeout: 10_000 }).toEqual(expected);
  });
});

describe("Machines who may do the same", () => {
  const FOLLOW = `subscription { approvalRequestEvents { __typename ... on ApprovalRequestEvent { type requestId request { id } } } }`;
  const SEARCHES = `subscription { auditEvents(filter: { action: { startsWith: "saved_search" } }) {
    __typename ... on AuditEvent { action subject { ... on SavedSearch { name } } } } }`;
  const SAVE = "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";

  /** The secret of a machine's token and its id. */
  async function machine(...more: Permission[]): Promise<{ token: string; id: string }> {
    const token = await machineToken(file.gateway, ["USER_READ", ...more]);
    const newest = file.gateway.database.reader.selectFrom("service_token").select("id").orderBy("id", "desc");
    const { id } = await newest.limit(1).executeTakeFirstOrThrow();
    return { token, id };
  }

  it("are told nothing of each other's requests and searches, and go on when another's token ends", async () => {
    const { gateway } = file;
    const [one, other] = [await machine(), await machine()];
    const [ones, others] = [await connect(one.token), await connect(other.token)];
    const [first, second] = [ones.start(FOLLOW), others.start(FOLLOW)];
    const auditors = [await machine("AUDIT_READ"), await machine("AUDIT_READ")];
    const [firsts, seconds] = (await Promise.all(
      auditors.map(async ({ token }) => (await connect(token)).start(SEARCHES)),
    )) as [Started, Started];
    for (const started of [first, second, firsts, seconds]) await started.ready();
    const { id: subjectId } = await makeUser(gateway);
    const asking = (by: { id: string }, after: string) =>
      ask(gateway, publicId("ServiceToken", by.id), [[MANAGER]], { kind: "SERVICE", subjectId, after });
    const request = await asking(one, "Ace");
    await first.count(1);
    const filter = { title: { eq: "Any" } };
    await gateway.run(SAVE, { input: { name: unique("private"), filter } }, auditors[0]?.token);
    expect((await firsts.count(1))[0].subject).toEqual({ name: expect.any(String) });
    expect((await seconds.count(1))[0].subject).toBeNull();
    await gateway.database.write(CAUSE, async (tx) => {
      await tx.sql.updateTable("service_token").set({ revoked_at: tx.now }).where("id", "=", one.id).execute();
    });
    expect((await ones.closed).code).toBe(4403);
    const own = await asking(other, "Bea");
    expect((await second.count(1)).map(({ requestId }) => requestId)).toEqual([own]);
    expect(first.events.map(({ requestId }) => requestId)).toEqual([request]);
  });
});

describe("Connections with one token", () => {
  it("keep to the rules of the network that each comes from, also when rights change", async () => {
    const { gateway } = file;
    const desk = await makeHolder(gateway, ["USER_READ", "USER_READ_CONTACT"]);
    const input = { name: "Inside", permissions: ["USER_READ_CONTACT"], networks: ["127.0.0.1"] };
    const { createAccessRule } = await gateway.run(
      "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { rule { id } } }",
      { input },
    );
    const FOLLOW = `subscription { userEvents { __typename ... on UserEvent { userId user { emails { value } } } ... on FeedReset { reason } } }`;
    const [inside, outside] = [await connect(desk.token), await connect(desk.token, "127.0.0.2")];
    const [near, far] = [inside.start(FOLLOW), outside.start(FOLLOW)];
    await Promise.all([near.ready(), far.ready()]);
    const role = await makeRole(gateway, ["ORG_READ"]);
    await grant(gateway, desk.id, role.key);
    const { id } = await makeUser(gateway, { email: "who@example.com" });
    const about = (started: Started) => started.until((events) => events.find(({ userId }) => userId === id));
    expect((await about(near)).user.emails).toEqual([{ value: "who@example.com" }]);
    expect((await about(far)).user.emails).toBeNull();
    for (const one of [near, far]) expect(one.events.some(({ reason }) => reason === "VISIBILITY_CHANGED")).toBe(true);
    await gateway.run("mutation ($input: DeleteAccessRuleInput!) { deleteAccessRule(input: $input) { deletedId } }", {
      input: { id: createAccessRule.rule.id },
    });
  });
});

describe("A filter that asks about now", () => {
  const CHANGES = `subscription ($filter: UserFilter, $after: Position) { userEvents(filter: $filter, after: $after) {
    __typename ... on UserEvent { types } } }`;
  const EVENTS = `subscription ($filter: AuditEventFilter, $after: Position) { auditEvents(filter: $filter, after: $after) {
    __typename ... on AuditEvent { subject { id } } } }`;

  it("is asked at the instant of each commit, and of what somebody was at that of the commit before", async () => {
    const { gateway } = file;
    const { database, admin } = gateway;
    const { users } = await gateway.run("{ users(first: 1) { position } }");
    const later = async <T>(offset: string, work: () => Promise<T>): Promise<T> => {
      database.moveClock(offset);
      return await work().finally(() => database.moveClock("0"));
    };
    const { id } = await makeUser(gateway);
    const others = [await later("30 minutes", () => makeUser(gateway))];
    await later("2 hours", () => gateway.run(SET, { input: { id, title: "Later" } }));
    others.push(await later("9 hours", () => makeUser(gateway)));
    const socket = await connect(admin);
    const withinHour = { withinLast: "PT1H" };
    const changes = socket.start(CHANGES, { filter: { id: { eq: id }, createdAt: withinHour }, after: users.position });
    expect((await changes.count(2)).map(({ types }) => types)).toEqual([["CREATED"], ["UPDATED"]]);
    const filter = { action: { eq: "user.created" }, occurredAt: withinHour };
    const events = socket.start(EVENTS, { filter, after: users.position });
    expect((await events.count(3)).map(({ subject }) => subject.id)).toEqual([id, ...others.map((one) => one.id)]);
  });
});

const CAUSE = { kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", id: null, name: "test" } } as const;
