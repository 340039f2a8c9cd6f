import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadDemo } from "../../../src/features/demo/demo.load.ts";
import { sealBatch } from "../../../src/feed/sealer.ts";
import { assemble } from "../../../src/gateway.ts";
import { printAnswer } from "../../../src/server/data-text.ts";
import type { StreamingGateway } from "../../../src/server/gateway.ts";
import { Readiness } from "../../../src/server/health.ts";
import { createHttpServer } from "../../../src/server/http.ts";
import { Metrics } from "../../../src/server/metrics.ts";
import { StreamTools } from "../../../src/server/stream-tools.ts";
import { databaseKind } from "../../support/database.ts";
import { grant, machineToken, makeHolder, makeRole, tokenOf } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import { type RandomOperation, randomOperations, type Vocabulary } from "./random-operations.ts";

/** The same database behind two gateways: one plans what it can, the other one leaves everything to its resolvers. */
const file = gatewayForFile();
let plain: FastifyInstance;
let planning: FastifyInstance;
let gateway: StreamingGateway;
let streams: StreamTools;
let words: Vocabulary;
let tokens: (string | null)[];
/** The status and header of each gateway's last answer. */
const heads = new Map<FastifyInstance, string>();
let planned = 0;
let asked = 0;
/** Answers that were sent for before it was known who asks. */
let ahead = 0;
/** What the gateways logged: a plan that fails leaves its query to the resolvers, which answer as they should. */
const failures: string[] = [];

const PLANNED_ROOTS = [
  ...["user", "users", "orgUnit", "orgUnits", "role", "roles", "node", "nodes"],
  ...["viewer", "group", "groups", "savedSearch", "savedSearches"],
];

beforeAll(async () => {
  const { database } = file.gateway;
  await loadDemo(database, { today: "2026-11-20" });
  const log = pino({ level: "error" }, { write: (line) => void failures.push(line) });
  const serve = async (plannedExecution: boolean) => {
    const { gateway } = await assemble(database, "UTC", log, testCustody, { plannedExecution });
    const counting: StreamingGateway = {
      ...gateway,
      answerPlanned: async (...asked) => {
        const answer = await gateway.answerPlanned?.(...asked);
        if (answer !== undefined) planned += 1;
        if (answer !== undefined && asked[1].behind) ahead += 1;
        return answer;
      },
    };
    const readiness = new Readiness(() => gateway.ping());
    const server = await createHttpServer({ gateway: counting, log, metrics: new Metrics(), readiness });
    const tools = new StreamTools({ gateway: counting, log, metrics: new Metrics() });
    return { gateway, server, tools };
  };
  plain = (await serve(false)).server;
  ({ gateway, server: planning, tools: streams } = await serve(true));
  await makeGroups();
  await drawWords();
});
afterAll(() => Promise.all([plain?.close(), planning?.close()]));

/** What the demo has none of: searches that are kept, a group with members and a role, and one that a search makes. */
async function makeGroups(): Promise<void> {
  const run = file.gateway.run.bind(file.gateway);
  const { users, orgUnits, roles } = await run(
    "{ users(first: 9) { nodes { id } } orgUnits(first: 1) { nodes { id } } roles { nodes { key } } }",
  );
  const SAVE = "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";
  const GROUP = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }";
  const ADD = "mutation ($input: GroupMembersInput!) { addGroupMembers(input: $input) { changedCount } }";
  const saved = async (name: string, visibility: string, filter: object) =>
    (await run(SAVE, { input: { name, visibility, filter, watch: ["title"] } })).createSavedSearch.savedSearch.id;
  const shared = await saved("Long here", "SHARED", { hiredOn: { olderThan: "P5Y" }, mfaEnrolled: { eq: false } });
  await saved('Ännerungen "x"', "PRIVATE", {
    or: [{ title: { contains: "ing" } }, { attributes: [{ key: "remote", boolean: { eq: true } }] }],
  });
  const [owner, ...members] = users.nodes.map(({ id }: { id: string }) => id);
  const group = async (key: string, more: object) =>
    (await run(GROUP, { input: { key, name: key, ownerId: owner, ...more } })).createGroup.group.id;
  const groupId = await group("static-one", { orgUnitId: orgUnits.nodes[0].id, description: "By hand." });
  await group("dynamic-one", { savedSearchId: shared });
  await run(ADD, { input: { groupId, userIds: members } });
  await grant(file.gateway, groupId, roles.nodes[0].key);
}

async function drawWords(): Promise<void> {
  const { run } = { run: file.gateway.run.bind(file.gateway) };
  const { users, orgUnits, roles, groups, savedSearches } = await run(`{
    users(first: 60, orderBy: [{ field: STATUS_CHANGED_AT }]) { nodes { id username email roleGrants(includeInactive: true) { id } orgUnit { id } } }
    orgUnits(first: 60) { nodes { id code } }
    roles { nodes { id key } }
    groups { nodes { id key } }
    savedSearches { nodes { id } }
  }`);
  const nodes = users.nodes as { id: string; username: string; email: string; roleGrants: { id: string }[] }[];
  words = {
    users: nodes.map(({ id }) => id),
    usernames: nodes.map(({ username }) => username),
    emails: nodes.flatMap(({ email }) => email ?? []),
    grants: nodes.flatMap(({ roleGrants }) => roleGrants.map(({ id }) => id)),
    units: orgUnits.nodes.map(({ id }: { id: string }) => id),
    codes: orgUnits.nodes.map(({ code }: { code: string }) => code),
    roles: roles.nodes.map(({ id }: { id: string }) => id),
    roleKeys: roles.nodes.map(({ key }: { key: string }) => key),
    groups: groups.nodes.map(({ id }: { id: string }) => id),
    groupKeys: groups.nodes.map(({ key }: { key: string }) => key),
    searches: savedSearches.nodes.map(({ id }: { id: string }) => id),
  };
  const some = words.units.filter((_, place) => place % 7 === 0);
  const [first, second] = nodes;
  tokens = [
    file.gateway.admin,
    await machineToken(file.gateway, ["USER_READ", "ORG_READ", "ROLE_READ"], some),
    await machineToken(file.gateway, ["USER_READ", "USER_READ_CONTACT"], some.slice(0, 3)),
    await machineToken(file.gateway, ["USER_READ", "ORG_READ"]),
    await tokenOf(file.gateway, first?.id as string),
    await tokenOf(file.gateway, second?.id as string),
    ...(await narrowedTokens(some)),
  ];
}

const DEFINE =
  "mutation ($input: CreateAttributeDefinitionInput!) { createAttributeDefinition(input: $input) { position } }";
const RULE = "mutation ($input: CreateAccessRuleInput!) { createAccessRule(input: $input) { position } }";
const DESK = ["USER_READ", "USER_READ_CONTACT", "USER_READ_SECURITY", "ROLE_READ", "ORG_READ"] as const;

/** Tokens of people whose permissions hold under conditions, everywhere and over a unit; and attributes that not everybody may read. */
async function narrowedTokens([unit]: readonly string[]): Promise<string[]> {
  const { gateway } = file;
  const definitions = [
    { key: "badgeNumber", type: "STRING", readPermission: "USER_READ_CONTACT" },
    { key: "shirtSize", type: "STRING", readPermission: "USER_READ_SECURITY" },
    { key: "remote", type: "BOOLEAN", readPermission: "AUDIT_READ" },
  ];
  for (const input of definitions) await gateway.run(DEFINE, { input: { name: input.key, ...input } });
  const [everywhere, over] = [await makeHolder(gateway, DESK), await makeHolder(gateway, DESK, unit as string)];
  const rules = [
    {
      permissions: ["USER_READ"],
      object: { or: [{ hiredOn: { withinLast: "P9Y" } }, { not: { title: { contains: "e" } } }] },
    },
    { permissions: ["USER_READ_CONTACT", "USER_READ_SECURITY"], object: { employeeType: { eq: "EMPLOYEE" } } },
    {
      permissions: ["USER_READ_CONTACT"],
      object: { roleGrants: { none: { privileged: { eq: true } } }, tags: { isEmpty: true } },
    },
  ];
  const actor = { id: { in: [everywhere.id, over.id] } };
  for (const rule of rules) await gateway.run(RULE, { input: { name: "Rule", actor, ...rule } });
  return [everywhere.token, over.token];
}

async function ask(server: FastifyInstance, operation: RandomOperation, token: string | null): Promise<string> {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await server.inject({ method: "POST", url: "/graphql", headers, payload: { ...operation } });
  const { "x-request-id": _id, date: _date, ratelimit: _left, "content-length": _length, ...fixed } = response.headers;
  heads.set(server, JSON.stringify([response.statusCode, Object.entries(fixed).sort()]));
  const text = response.payload.replace(/"correlationId":"[^"]*"/g, '"correlationId":""');
  const { errors, data } = JSON.parse(text) as { errors?: { path?: unknown }[]; data: unknown };
  if (!errors) return text;
  // Fields fail in whatever order their answers come.
  const inOrder = errors.sort((a, b) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1));
  return JSON.stringify({ errors: inOrder, data });
}

it("answers every query alike, planned or not", { timeout: 600_000 }, async () => {
  const operations = randomOperations(gateway.schema, words, PLANNED_ROOTS);
  const one = fc.record({ operation: operations, viewer: fc.nat(tokens.length - 1) });
  await fc.assert(
    fc.asyncProperty(one, async ({ operation, viewer }) => {
      const token = tokens[viewer] as string | null;
      const theirs = await ask(plain, operation, token);
      // Whoever asks again is foreseen.
      for (let time = 0; time < 2; time++) {
        expect(await ask(planning, operation, token)).toBe(theirs);
        expect(heads.get(planning)).toBe(heads.get(plain));
        asked += 1;
      }
      expect(failures).toEqual([]);
    }),
    { numRuns: rounds(80, 5_000) },
  );
  expect(planned / asked).toBeGreaterThan(0.3);
  if (databaseKind === "postgres") expect(ahead).toBeGreaterThan(0);
});

it("answers whoever holds something else than before by what they hold now, though their query was sent ahead", async (test) => {
  test.skip(databaseKind === "embedded", "the embedded database has one session");
  const { id, token } = await makeHolder(file.gateway, ["USER_READ"]);
  const { key } = await makeRole(file.gateway, ["USER_READ_CONTACT"]);
  const query = "query ($id: ID!) { user(by: { id: $id }) { displayName email } }";
  const operation = { query, variables: { id: words.users[3] } };
  const answers: string[] = [];
  const again = async () => {
    const before = ahead;
    answers.push(await ask(planning, operation, token));
    expect(answers.at(-1)).toBe(await ask(plain, operation, token));
    return ahead - before;
  };
  expect([await again(), await again()]).toEqual([0, 1]);
  const grantId = await grant(file.gateway, id, key);
  // What was sent ahead is thrown away.
  expect([await again(), await again()]).toEqual([1, 1]);
  await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
    input: { grantId },
  });
  expect([await again(), await again()]).toEqual([1, 1]);
  await file.gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
    input: { id },
  });
  expect([await again(), await again()]).toEqual([1, 0]);
  expect(answers.map((answer) => answers.indexOf(answer))).toEqual([0, 0, 2, 2, 0, 0, 6, 6]);
});

const PAGES: readonly [field: string, orderBy: string][] = [
  ["users", "orderBy: [{ field: RISK_SCORE, direction: DESC, nulls: FIRST }, { field: HIRED_ON }]"],
  ["users", 'orderBy: [{ attributeKey: "shoe" }, { field: LAST_LOGIN_AT }]'],
  ["orgUnits", "orderBy: { field: PATH, direction: DESC }"],
  ["orgUnits", "orderBy: { field: CREATED_AT }"],
  ["roles", ""],
];

it.each(PAGES)("gives the same pages and cursors, forward and backward: %s(%s)", async (field, orderBy) => {
  const page = async (place: string) => {
    const query = `{ ${field}(${orderBy} ${place}) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }`;
    const before = planned;
    const [ours, theirs] = await Promise.all(
      [planning, plain].map((one) => ask(one, { query, variables: {} }, tokens[0] as string)),
    );
    expect(ours).toBe(theirs);
    expect(planned).toBe(before + 1);
    return JSON.parse(ours as string).data[field].pageInfo as { endCursor: string; startCursor: string };
  };
  const first = await page("first: 3");
  const second = await page(`first: 3, after: "${first.endCursor}"`);
  const third = await page(`first: 2, after: "${second.endCursor}"`);
  const back = await page(`last: 2, before: "${third.startCursor}"`);
  await page(`last: 500, before: "${back.startCursor}"`);
});

it("answers over WebSockets and event streams by the same plans, with the same text", async () => {
  const before = planned;
  const query = `query ($id: ID!) { users(first: 3) { totalCount nodes { id username attributes } } user(by: { id: $id }) { id email } }`;
  const variables = { id: words.users[1] };
  const operation = streams.reader.read({ query, variables });
  const request = { requestId: "r", authorization: `Bearer ${tokens[0]}`, ip: "127.0.0.1", userAgent: undefined };
  const told = printAnswer(await streams.run(operation, request));
  expect(planned).toBe(before + 1);
  expect(`${told}\n`).toBe(await ask(plain, { query, variables }, tokens[0] as string));
});

const EVENTS = `{ position edges { cursor node { __typename id position occurredAt action outcome subjectId sealed hash cause { kind operationId requestId } } } }`;

it("gives the same audit events, sealed or not, to whoever may see some of them", { timeout: 600_000 }, async () => {
  const { database } = file.gateway;
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { displayName auditEvents(first: 3) ${EVENTS} } } }`;
  const auditor = await machineToken(file.gateway, ["USER_READ", "AUDIT_READ"], words.units.slice(0, 2));
  const compare = async () => {
    for (const token of [tokens[0], auditor, tokens[1]]) {
      const operation = { query, variables: { ids: words.users.slice(0, 6) } };
      const before = planned;
      const ours = await ask(planning, operation, token as string);
      expect(ours).toBe(await ask(plain, operation, token as string));
      expect(planned).toBe(before + 1);
    }
  };
  await compare();
  // The oldest are sealed now, and the newest are not.
  await sealBatch(database.reader, testCustody.keys, async () => undefined, 100);
  await compare();
});

const SHOWN = "id displayName email lastLoginAt attributes phones { value } mfaEnrolled";
const NARROWED: readonly [what: string, query: string][] = [
  [
    "a page",
    `{ users(first: 30, filter: { status: { in: [ACTIVE, LOCKED] } }) { totalCount nodes { ${SHOWN} manager { ${SHOWN} } orgUnit { name head { ${SHOWN} } } } } }`,
  ],
  ["a listing", `{ users(first: 30) { nodes { ${SHOWN} roles { key } managementChain { id email attributes } } } }`],
  [
    "facets",
    "{ users { totalCount facets(by: [{ field: DEPARTMENT }, { field: STATUS }]) { buckets { value count } } } }",
  ],
  [
    "people by their ids",
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { ${SHOWN} reports(first: 3) { nodes { ${SHOWN} } } } } }`,
  ],
  ["a person by their address", `query ($email: EmailAddress!) { user(by: { email: $email }) { ${SHOWN} } }`],
  [
    "a role's members",
    `query ($role: String!) { role(by: { key: $role }) { members(first: 9) { totalCount nodes { ${SHOWN} } } } }`,
  ],
];

it.each(NARROWED)("plans for viewers whose permissions hold under conditions: %s", async (_what, query) => {
  const { users, emails, roleKeys } = words;
  const given: Record<string, unknown> = { ids: users.slice(0, 20), email: emails[3], role: roleKeys[0] };
  const variables = Object.fromEntries(Object.entries(given).filter(([name]) => query.includes(`$${name}`)));
  const [everywhere, over] = tokens.slice(-2) as [string, string];
  const answers: string[] = [];
  for (const token of [tokens[0] as string, everywhere, over]) {
    const before = planned;
    answers.push(await ask(planning, { query, variables }, token));
    expect(planned).toBe(before + 1);
    expect(answers.at(-1)).toBe(await ask(plain, { query, variables }, token));
  }
  // The conditions decide about something, and not alike.
  expect(new Set(answers).size).toBeGreaterThan(1);
});
