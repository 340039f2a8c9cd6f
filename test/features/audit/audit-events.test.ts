import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logStatements, type Ran, type StatementLog } from "../../../src/database/statement-watch.ts";
import { sealBatch } from "../../../src/feed/sealer.ts";
import { advanceVersions } from "../../../src/feed/versions.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { parsePosition } from "../../../src/kernel/position.ts";
import { someCause } from "../../support/database.ts";
import { grant, machineToken, makeRole, makeUnit, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, TestGateway, testCustody } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { sealAll } from "../../support/sealing.ts";
import { makeSignedIn } from "../../support/sign-in.ts";

const file = gatewayForFile();
const seal = () => sealAll(file.gateway.database, testCustody.keys);

interface Event {
  id: string;
  position: string;
  action: string;
  outcome: string;
  subjectId: string | null;
  subject: { __typename: string; id: string } | null;
  cause: { kind: string; reason: string | null; requestId: string | null; actor: { kind: string; name: string } };
  changes: { field: string; before: unknown; after: unknown; redacted: boolean }[];
  ip: string | null;
  sealed: boolean;
  hash: string | null;
}

const EVENTS = `query ($filter: AuditEventFilter, $orderBy: AuditEventOrder, $first: Int, $after: String, $last: Int, $before: String) {
  auditEvents(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount position pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor }
    nodes { id position action outcome subjectId subject { __typename id } sealed hash ip occurredAt
      cause { kind reason requestId actor { kind name user { id } } } changes { field before after redacted } } } }`;

type Page = {
  totalCount: number;
  position: string;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  nodes: Event[];
};

const page = async (variables: object, token?: string): Promise<Page> =>
  (await file.gateway.run(EVENTS, variables, token)).auditEvents;
const about = async (subjectId: string, filter: object = {}, token?: string): Promise<Event[]> =>
  (await page({ filter: { subjectId: { eq: subjectId }, ...filter } }, token)).nodes;
const actionsAbout = async (subjectId: string, filter: object = {}, token?: string): Promise<string[]> =>
  (await about(subjectId, filter, token)).map(({ action }) => action);

const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const update = (input: object) => file.gateway.run(UPDATE, { input });
const SUSPEND = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";

describe("Audit events", () => {
  it("are there as soon as the mutation is answered, say what became of each field, and are the same once sealed", async () => {
    const { id } = await makeUser(file.gateway, { title: "Clerk", email: `${unique("mail")}@example.org` });
    await seal();
    await update({ id, title: "Head", reason: "promoted" });
    const read = async () => (await about(id))[0] as Event;
    const fresh = await read();
    expect(fresh).toMatchObject({
      action: "user.updated",
      outcome: "SUCCESS",
      subjectId: id,
      sealed: false,
      hash: null,
      subject: { __typename: "User", id },
    });
    expect(fresh.cause).toMatchObject({ kind: "MUTATION", reason: "promoted", actor: { kind: "SERVICE" } });
    expect(fresh.changes).toEqual([{ field: "title", before: "Clerk", after: "Head", redacted: false }]);
    expect(fresh.ip).toBe("127.0.0.1");
    await seal();
    const sealed = await read();
    expect(sealed).toEqual({ ...fresh, sealed: true, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it("are each there once while the sealer has sealed a part of them", async () => {
    const { id } = await makeUser(file.gateway);
    await seal();
    for (const title of ["One", "Two", "Three"]) await update({ id, title });
    const events = await about(id);
    await seal();
    for (const title of ["Four", "Five"]) await update({ id, title });
    const mixed = await about(id);
    expect(mixed.map(({ sealed }) => sealed)).toEqual([false, false, ...events.map(() => true)]);
    expect(mixed.slice(2).map((event) => event.id)).toEqual(events.map((event) => event.id));
    expect((await page({ filter: { subjectId: { eq: id } } })).totalCount).toBe(mixed.length);
  });

  it("name what happened to each record, also where it is not what the command was about", async () => {
    const unit = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway, {
      orgUnitId: unit.id,
      email: `${unique("mail")}@example.org`,
      tags: ["a"],
    });
    expect(await actionsAbout(id)).toEqual(expect.arrayContaining(["user.created", "user.email.added"]));
    const key = unique("role");
    await file.gateway.run("mutation ($input: CreateRoleInput!) { createRole(input: $input) { position } }", {
      input: { key, name: "R", permissions: ["USER_READ"] },
    });
    await file.gateway.run("mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }", {
      input: { granteeId: id, roleKey: key },
    });
    await file.gateway.run(SUSPEND, { input: { id } });
    await update({ id, orgUnitId: null });
    await file.gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id },
    });
    const actions = await actionsAbout(id);
    expect(actions).toEqual(
      expect.arrayContaining(["role.granted", "user.suspended", "user.updated", "user.deleted", "role.revoked"]),
    );
    expect(await actionsAbout(unit.id)).toEqual(["org_unit.created"]);
  });

  it("of a step of the lifecycle carry the receipt that its payload has: what the same commit ended, named to whoever may read it", async () => {
    const { id, sessionId } = await makeSignedIn(file.gateway);
    await tokenOf(file.gateway, id);
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const grantId = await grant(file.gateway, id, key);
    await file.gateway.run(
      "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { position } }",
      {
        input: { id, operation: "SUSPEND", effectiveOn: `${new Date().getUTCFullYear() + 1}-06-30` },
      },
    );
    const { deleteUser } = await file.gateway.run(
      "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position consequences { kind count subjectIds } } }",
      { input: { id } },
    );
    const receipt = [...deleteUser.consequences].sort((a, b) => a.kind.localeCompare(b.kind));
    expect(receipt).toMatchObject([
      { kind: "GRANTS_ENDED", subjectIds: [grantId] },
      { kind: "SCHEDULES_CANCELLED", count: 1 },
      { kind: "SESSIONS_ENDED", subjectIds: [sessionId] },
      { kind: "TOKENS_REVOKED", count: 1 },
    ]);
    const RECEIPTS = `{ auditEvents(filter: { subjectId: { eq: "${id}" } }, first: 50) {
      nodes { action position consequences { kind count subjectIds } } } }`;
    const told = async (token?: string) => {
      const { nodes } = (await file.gateway.run(RECEIPTS, {}, token)).auditEvents;
      const [step, ...others] = nodes.toSorted((a: Event) => (a.action === "user.deleted" ? -1 : 1));
      expect(others.flatMap(({ consequences }: { consequences: object[] }) => consequences)).toEqual([]);
      expect(parsePosition(step.position).commit).toBe(parsePosition(deleteUser.position).commit);
      return step.consequences.toSorted((a: { kind: string }, b: { kind: string }) => a.kind.localeCompare(b.kind));
    };
    const auditor = await machineToken(file.gateway, ["AUDIT_READ", "USER_READ", "ROLE_READ"]);
    for (const sealFirst of [false, true]) {
      if (sealFirst) await seal();
      expect(await told()).toEqual(receipt);
      expect(await told(auditor)).toEqual(
        receipt.map((one) => (one.kind === "GRANTS_ENDED" ? one : { ...one, subjectIds: [] })),
      );
    }
    // What had been planned for them, people do not learn by being whom it was about.
    await file.gateway.run("mutation ($input: RestoreUserInput!) { restoreUser(input: $input) { position } }", {
      input: { id },
    });
    await grant(file.gateway, id, (await makeRole(file.gateway, ["AUDIT_READ"])).key);
    const own = await tokenOf(file.gateway, id);
    expect(await told(own)).toEqual(receipt.filter(({ kind }) => kind !== "SCHEDULES_CANCELLED"));
  });

  it("show ids of other records in their public form", async () => {
    const [a, b] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const manager = await makeUser(file.gateway);
    const { id } = await makeUser(file.gateway, { orgUnitId: a.id });
    await update({ id, orgUnitId: b.id, managerId: manager.id });
    const [event] = await about(id);
    expect(event?.changes).toEqual([
      { field: "manager", before: null, after: manager.id, redacted: false },
      { field: "orgUnit", before: a.id, after: b.id, redacted: false },
    ]);
  });

  it("are found again by their ids, as long as the viewer may see them", async () => {
    const { id } = await makeUser(file.gateway);
    const find = async (event: string, token?: string) =>
      (
        await file.gateway.run(
          "query ($id: ID!) { node(id: $id) { __typename id ... on AuditEvent { action } } }",
          { id: event },
          token,
        )
      ).node;
    const stranger = await machineToken(file.gateway, ["USER_READ"]);
    for (const sealFirst of [false, true]) {
      if (sealFirst) await seal();
      const [event] = (await about(id)) as [Event];
      expect(await find(event.id)).toEqual({ __typename: "AuditEvent", id: event.id, action: event.action });
      expect(await find(event.id, stranger)).toBeNull();
    }
    expect(await find(publicId("AuditEvent", newId()))).toBeNull();
  });

  it("belong to a user's own field, for those who may read the log", async () => {
    const { id } = await makeUser(file.gateway);
    const ask = async (token?: string) =>
      (
        await file.gateway.run(
          "query ($id: ID!) { user(by: { id: $id }) { auditEvents(first: 5) { totalCount nodes { action } } } }",
          { id },
          token,
        )
      ).user.auditEvents;
    expect(await ask()).toEqual({ totalCount: 1, nodes: [{ action: "user.created" }] });
    expect(await ask(await machineToken(file.gateway, ["USER_READ"]))).toBeNull();
  });
});

describe("A page of audit events", () => {
  it("continues strictly behind its cursor, both ways, over the border between what is sealed and what is not", async () => {
    const { id } = await makeUser(file.gateway);
    for (let i = 0; i < 5; i++) await update({ id, title: `Title ${i}` });
    await seal();
    for (let i = 5; i < 9; i++) await update({ id, title: `Title ${i}` });
    const filter = { subjectId: { eq: id } };
    for (const direction of ["DESC", "ASC"]) {
      const all = (await page({ filter, orderBy: { direction }, first: 100 })).nodes.map((event) => event.id);
      expect(all).toHaveLength(10);
      const forward: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const { nodes, pageInfo } = await page({ filter, orderBy: { direction }, first: 3, after });
        forward.push(...nodes.map((event) => event.id));
        [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
      }
      expect(forward).toEqual(all);
      const backward: string[] = [];
      for (let before: string | null = null, more = true; more; ) {
        const { nodes, pageInfo } = await page({ filter, orderBy: { direction }, last: 4, before });
        backward.unshift(...nodes.map((event) => event.id));
        [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
      }
      expect(backward).toEqual(all);
    }
    expect(await file.gateway.refusal(EVENTS, { after: "nonsense" })).toMatchObject({
      extensions: { code: "INVALID_INPUT" },
    });
  });
});

it("A page of a user's own audit events is the same however it is read, both ways, over the border between what is sealed and what is not", async () => {
  const { gateway } = file;
  const unit = await makeUnit(gateway);
  const { id } = await makeUser(gateway, { orgUnitId: unit.id });
  for (let i = 0; i < 4; i++) await update({ id, title: `Title ${i}` });
  await seal();
  for (let i = 4; i < 8; i++) await update({ id, title: `Title ${i}` });
  await gateway.run(SUSPEND, { input: { id } });
  // What is encrypted the gateway has to open: such a question has no plan.
  const read = async (args: string, token: string, more = "") => {
    const query = `query ($id: ID!) { user(by: { id: $id }) { auditEvents${args} {
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id position action occurredAt outcome subjectId sealed hash ${more} } } } }`;
    return (await gateway.run(query, { id }, token)).user.auditEvents as Page;
  };
  const bare = ({ nodes, pageInfo }: Page) => ({
    pageInfo,
    nodes: nodes.map(({ changes: _, ...event }) => event),
  });
  for (const token of [gateway.admin, await machineToken(gateway, ["USER_READ", "AUDIT_READ"], [unit.id])])
    for (const [filter, count] of [
      ["", 10],
      ['filter: { action: { eq: "user.updated" } }', 8],
      ["filter: { outcome: { ne: SUCCESS } }", 0],
    ] as const) {
      const page = async (place: string) => {
        const planned = await read(`(${filter} ${place})`, token);
        expect(planned).toEqual(bare(await read(`(${filter} ${place})`, token, "changes { field }")));
        return planned;
      };
      const all = (await page("first: 50")).nodes.map((event) => event.id);
      expect(all).toHaveLength(count);
      const forward: string[] = [];
      for (let place = "first: 3", more = true; more; ) {
        const { nodes, pageInfo } = await page(place);
        forward.push(...nodes.map((event) => event.id));
        [place, more] = [`first: 3, after: "${pageInfo.endCursor}"`, pageInfo.hasNextPage];
      }
      expect(forward).toEqual(all);
      const backward: string[] = [];
      for (let place = "last: 3", more = true; more; ) {
        const { nodes, pageInfo } = await page(place);
        backward.unshift(...nodes.map((event) => event.id));
        [place, more] = [`last: 3, before: "${pageInfo.startCursor}"`, pageInfo.hasPreviousPage];
      }
      expect(backward).toEqual(all);
    }
});

describe("While a large commit waits to be sealed", () => {
  const WAITING = 3_000;
  const waiting = { gateway: undefined as TestGateway | undefined, people: [] as string[], token: "" };
  const gateway = () => waiting.gateway as TestGateway;

  beforeAll(async () => {
    waiting.gateway = await TestGateway.start();
    const unit = await makeUnit(gateway());
    for (let i = 0; i < 8; i++) waiting.people.push((await makeUser(gateway(), { orgUnitId: unit.id })).id);
    waiting.token = await machineToken(gateway(), ["AUDIT_READ", "USER_READ"], [unit.id]);
    await sealAll(gateway().database, testCustody.keys);
    // A few are about each of the people, most about others.
    const about = waiting.people.map(uuid);
    await gateway().database.write(someCause, (tx) =>
      sql`INSERT INTO audit_attempt (id, at, action, outcome, code, operation, subject_kind, subject_id)
        SELECT gen_random_uuid(), ${tx.now}, 'user.updated', 'DENIED', 'FORBIDDEN', 'updateUser', 'User',
          CASE WHEN n % 500 < 8 THEN (${about}::uuid[])[1 + n % 500] ELSE gen_random_uuid() END
        FROM generate_series(1, ${WAITING}) n`.execute(tx.sql),
    );
    await asOwner(gateway().database.connectionConfig.owner, "ANALYZE change, commit");
  });
  afterAll(() => waiting.gateway?.close());

  /** The answer, and how many rows of the log the statement reads that asks for what is not sealed. */
  async function reading<T>(ask: () => Promise<T>): Promise<{ answer: T; read: number }> {
    const all: Ran[] = [];
    const log: StatementLog = {
      count: 0,
      get slowest() {
        return undefined;
      },
      set slowest(ran: Ran | undefined) {
        if (ran?.text.includes("unsealed_clear")) all.push(ran);
      },
    };
    const answer = await logStatements(log, ask);
    expect(all).toHaveLength(1);
    const [{ text, values }] = all as [Ran];
    const [row] = await gateway().database.read({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values });
    return { answer, read: changesRead((row as [[{ Plan: Explained }]])[0][0].Plan) };
  }

  const EVENTS_OF = "auditEvents(first: 5) { pageInfo { hasNextPage } nodes { position action outcome sealed";

  it.each(["who may see all", "who may see those about a unit's people"])(
    "a page of people with their audit events reads it once for all of them: asked by somebody %s",
    async (who) => {
      const query = (more: string) =>
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id ${EVENTS_OF} ${more} } } } } }`;
      const token = who === "who may see all" ? gateway().admin : waiting.token;
      const variables = { ids: waiting.people };
      const { answer, read } = await reading(() => gateway().run(query(""), variables, token));
      expect(read).toBeGreaterThan(WAITING);
      expect(read).toBeLessThan(WAITING + 500);
      // What is encrypted the resolvers alone can tell.
      const resolved = await gateway().run(query("changes { field }"), variables, token);
      const nodes = resolved.nodes.map((person: { auditEvents: { nodes: object[] } }) => ({
        ...person,
        auditEvents: {
          ...person.auditEvents,
          nodes: person.auditEvents.nodes.map((event) => ({ ...event, changes: undefined })),
        },
      }));
      expect(answer.nodes).toEqual(nodes);
    },
  );

  it("what is about others is not worked out for a page of one person's audit events that the gateway has to open", async () => {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { ${EVENTS_OF} changes { field } } } } } }`;
    const { answer, read } = await reading(() => gateway().run(query, { ids: waiting.people.slice(0, 1) }));
    expect(answer.nodes[0].auditEvents.nodes).toHaveLength(5);
    expect(read).toBeLessThan(WAITING + 100);
  });

  it("a page of audit events reads no more than itself, however far it is from either end, and when a part of it is sealed", async () => {
    const query = `query ($filter: AuditEventFilter, $direction: SortDirection!, $first: Int!, $after: String) {
      auditEvents(filter: $filter, orderBy: { direction: $direction }, after: $after, first: $first) {
        pageInfo { endCursor } nodes { position action } } }`;
    const far = async (direction: string) => {
      let after: string | null = null;
      for (let times = 0; times < 2; times++) {
        const answer: { auditEvents: Page } = await gateway().run(query, { direction, first: 500, after });
        after = answer.auditEvents.pageInfo.endCursor;
      }
      return after;
    };
    const readEverywhere = async () => {
      for (const direction of ["ASC", "DESC"])
        for (const after of [null, await far(direction)])
          for (const filter of [{}, { action: { eq: "user.updated" } }]) {
            const { answer, read } = await reading(() => gateway().run(query, { filter, direction, after, first: 5 }));
            expect(answer.auditEvents.nodes).toHaveLength(5);
            expect(read).toBeLessThan(100);
          }
    };
    await readEverywhere();
    while (await advanceVersions(gateway().database.reader));
    await sealBatch(gateway().database.reader, testCustody.keys, async () => undefined, WAITING / 2);
    await readEverywhere();
  });
});

interface Explained {
  "Relation Name"?: string;
  "Actual Rows": number;
  "Rows Removed by Filter"?: number;
  "Actual Loops": number;
  Plans?: Explained[];
}

/** How many rows of the log a plan that was carried out has read, those included that it passed over. */
const changesRead = (plan: Explained): number =>
  (plan["Relation Name"] === "change"
    ? (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"]
    : 0) + (plan.Plans ?? []).reduce((sum, below) => sum + changesRead(below), 0);

describe("The filter of audit events", () => {
  it("asks about what happened, to whom, by whom, where, how and when, sealed or not", async () => {
    const unit = await makeUnit(file.gateway);
    const below = await makeUnit(file.gateway, { parentId: unit.id });
    const { id } = await makeUser(file.gateway, { orgUnitId: below.id });
    await update({ id, title: "Filtered" });
    await file.gateway.run(SUSPEND, { input: { id } });
    const expectations: [object, string[]][] = [
      [{ action: { eq: "USER.suspended" } }, ["user.suspended"]],
      [{ action: { startsWith: "user.s" } }, ["user.suspended"]],
      [{ not: { action: { in: ["user.created", "user.suspended"] } } }, ["user.updated"]],
      [{ changedField: { eq: "title" } }, ["user.updated"]],
      [{ changedField: { ne: "title" }, action: { ne: "user.created" } }, ["user.suspended"]],
      [{ orgUnit: { within: unit.id } }, ["user.suspended", "user.updated", "user.created"]],
      [{ orgUnit: { eq: unit.id } }, []],
      [{ or: [{ outcome: { eq: "DENIED" } }, { causeKind: { ne: "MUTATION" } }] }, []],
      [{ occurredAt: { withinLast: "PT1H" } }, ["user.suspended", "user.updated", "user.created"]],
      [{ occurredAt: { olderThan: "PT1H" } }, []],
      [{ ip: { eq: "127.0.0.1" } }, ["user.suspended", "user.updated", "user.created"]],
      [{ ip: { notIn: ["127.0.0.1", "10.0.0.1"] } }, []],
      [{ ip: { isNull: true } }, []],
    ];
    for (const sealFirst of [false, true]) {
      if (sealFirst) await seal();
      for (const [filter, expected] of expectations)
        expect(await actionsAbout(id, filter), JSON.stringify(filter)).toEqual(expected);
      const request = ((await about(id))[0] as Event).cause.requestId;
      expect(await actionsAbout(id, { requestId: { eq: request } })).toEqual(["user.suspended"]);
    }
  });

  it("says what it accepts of an address, which is kept as a keyed hash", async () => {
    for (const operator of ["contains", "startsWith", "endsWith"]) {
      const refused = await file.gateway.refusal(EVENTS, { filter: { and: [{ ip: { [operator]: "127." } }] } });
      expect(refused.extensions).toMatchObject({
        code: "INVALID_INPUT",
        violations: [{ path: `filter.and[0].ip.${operator}`, allowed: ["eq", "ne", "in", "notIn", "isNull"] }],
      });
    }
  });

  it("is refused where it is null, unknown, or asks about what the viewer may not read", async () => {
    expect(await file.gateway.refusal(EVENTS, { filter: null })).toMatchObject({
      extensions: { code: "INVALID_INPUT", inputPath: "filter" },
    });
    expect(await file.gateway.refusal(EVENTS, { filter: { subjectId: { eq: "nobody" } } })).toMatchObject({
      extensions: { code: "INVALID_INPUT" },
    });
    const auditor = await machineToken(file.gateway, ["AUDIT_READ"]);
    expect(await file.gateway.refusal(EVENTS, { filter: { ip: { eq: "::1" } } }, auditor)).toMatchObject({
      extensions: { code: "FIELD_FORBIDDEN", field: "ip", permission: "USER_READ_SECURITY" },
    });
  });
});

describe("Who sees an audit event", () => {
  it("is whoever holds AUDIT_READ where its user stood then, before or after; all other events take it everywhere", async () => {
    const [left, entered, other] = [
      await makeUnit(file.gateway),
      await makeUnit(file.gateway),
      await makeUnit(file.gateway),
    ];
    const { id } = await makeUser(file.gateway, { orgUnitId: left.id });
    await update({ id, title: "In the first" });
    await update({ id, orgUnitId: entered.id });
    await update({ id, title: "In the second" });
    const auditorOf = (unit: { id: string }) => machineToken(file.gateway, ["AUDIT_READ"], [unit.id]);
    const [ofLeft, ofEntered, ofOther] = [await auditorOf(left), await auditorOf(entered), await auditorOf(other)];
    for (const sealFirst of [false, true]) {
      if (sealFirst) await seal();
      expect(await actionsAbout(id, {}, ofLeft)).toEqual(["user.updated", "user.updated", "user.created"]);
      expect(await actionsAbout(id, {}, ofEntered)).toEqual(["user.updated", "user.updated"]);
      expect(await actionsAbout(id, {}, ofOther)).toEqual([]);
      const seen = await page({ first: 500 }, ofLeft);
      expect(new Set(seen.nodes.map(({ subjectId }) => subjectId))).toEqual(new Set([id]));
      expect(seen.totalCount).toBe(3);
    }
    expect(await file.gateway.refusal(EVENTS, {}, await machineToken(file.gateway, ["USER_READ"]))).toMatchObject({
      extensions: { code: "FORBIDDEN", permission: "AUDIT_READ" },
    });
  });

  it("sees of its values what today's field rules let them read, and of secrets only that they changed", async () => {
    const unit = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway, {
      orgUnitId: unit.id,
      title: "Shown",
      email: `${unique("mail")}@example.org`,
    });
    const auditor = await machineToken(file.gateway, ["AUDIT_READ", "USER_READ"], [unit.id]);
    const blind = await machineToken(file.gateway, ["AUDIT_READ"], [unit.id]);
    for (const sealFirst of [false, true]) {
      if (sealFirst) await seal();
      const change = async (token: string, field: string) =>
        (await about(id, {}, token)).flatMap(({ changes }) => changes).find((one) => one.field === field);
      expect(await change(auditor, "title")).toEqual({ field: "title", before: null, after: "Shown", redacted: false });
      expect(await change(auditor, "email")).toEqual({ field: "email", before: null, after: null, redacted: true });
      expect(await change(auditor, "orgUnit")).toMatchObject({ after: null, redacted: true });
      expect(await change(blind, "title")).toEqual({ field: "title", before: null, after: null, redacted: true });
      const [event] = await about(id, {}, auditor);
      expect(event).toMatchObject({ ip: null, subject: { id } });
      expect((await about(id, {}, blind))[0]).toMatchObject({ subjectId: id, subject: null });
      const tokens = (await page({ filter: { action: { eq: "token.created" } } })).nodes;
      expect(tokens[0]?.changes).toContainEqual({ field: "hash", before: null, after: null, redacted: true });
    }
  });
});
