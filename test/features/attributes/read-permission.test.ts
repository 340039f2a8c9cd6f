import { beforeAll, expect, it } from "vitest";
import { makeHolder } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket, type Started } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { define, person, UPDATE, UPDATE_USER } from "./support.ts";

const file = gatewayForFile({});
const sockets = inFile();

/** Ann has a band that needs USER_READ_SECURITY and a desk that needs nothing; the desk clerk reads people and the log, and not the band. */
let world: { ann: string; clerk: { id: string; token: string }; guard: { id: string; token: string } };

beforeAll(async () => {
  const { gateway } = file;
  await define(gateway, { key: "band", type: "NUMBER", readPermission: "USER_READ_SECURITY" });
  await define(gateway, { key: "desk", type: "STRING" });
  const ann = await person(gateway, { band: 7, desk: "A" });
  const clerk = await makeHolder(gateway, ["USER_READ", "USER_UPDATE", "USER_CREATE", "AUDIT_READ"]);
  const guard = await makeHolder(gateway, ["USER_READ", "USER_READ_SECURITY", "USER_UPDATE", "AUDIT_READ"]);
  world = { ann, clerk, guard };
});

/** What the clerk is told, from where the subscription stands ready. */
async function follow(document: string): Promise<Started> {
  const started = sockets.keep(await Socket.open(file.gateway.url, world.clerk.token)).start(document);
  await started.ready();
  return started;
}

const BAND = 'attributes: [{ key: "band", number: { gte: 5 } }]';

it("Who may not read an attribute does not find it on anybody, directly, in pages, or in the past; everybody finds their own", async () => {
  const { gateway } = file;
  const READ = `query ($ann: ID!) { node(id: $ann) { ... on User { attributes } }
    users(filter: { id: { eq: $ann } }) { nodes { attributes } }
    usersAsOf(at: "${new Date(Date.now() - 1).toISOString()}", filter: { id: { eq: $ann } }) { nodes { attributes } } }`;
  const read = async (token: string) => {
    const { node, users, usersAsOf } = await gateway.run(READ, { ann: world.ann }, token);
    return [node, users.nodes[0], usersAsOf.nodes[0]].map((one) => one.attributes);
  };
  expect(await read(world.clerk.token)).toEqual(Array(3).fill({ desk: "A" }));
  expect(await read(world.guard.token)).toEqual(Array(3).fill({ band: 7, desk: "A" }));
  await gateway.run(UPDATE_USER, { input: { id: world.clerk.id, attributes: { band: 1 } } });
  const { node } = await gateway.run(
    "query ($id: ID!) { node(id: $id) { ... on User { attributes } } }",
    { id: world.clerk.id },
    world.clerk.token,
  );
  expect(node.attributes).toEqual({ band: 1 });
});

it.each([
  ["filter", `{ users(filter: { ${BAND} }) { totalCount } }`],
  ["negated filter", `{ users(filter: { not: { ${BAND} } }) { totalCount } }`],
  ["order", '{ users(orderBy: [{ field: USERNAME }, { attributeKey: "band" }]) { nodes { id } } }'],
  ["facet", '{ users { facets(by: [{ attributeKey: "desk" }, { attributeKey: "band" }]) { missingCount } } }'],
  ["past", `{ usersAsOf(at: "2026-01-01T00:00:00Z", filter: { ${BAND} }) { totalCount } }`],
  ["counts", `{ filterCounts(filter: { ${BAND} }) { count } }`],
  ["saved search", `mutation { createSavedSearch(input: { name: "Band", filter: { ${BAND} } }) { position } }`],
])("Who may not read an attribute is refused to ask by it: %s", async (_, document) => {
  const { extensions } = await file.gateway.refusal(document, {}, world.clerk.token);
  expect(extensions).toMatchObject({
    code: "FIELD_FORBIDDEN",
    field: "attributes.band",
    permission: "USER_READ_SECURITY",
  });
  const allowed = await file.gateway.ask(document, {}, world.guard.token);
  expect(allowed.errors?.[0]?.extensions.code).not.toBe("FIELD_FORBIDDEN");
});

it("Who may not read an attribute has no match explained by it, and writes no value of it", async () => {
  const { gateway } = file;
  const EXPLAIN = `query ($id: ID!) { explainMatch(userId: $id, filter: { ${BAND} }) { matches } }`;
  const explained = await gateway.refusal(EXPLAIN, { id: world.ann }, world.clerk.token);
  expect(explained.extensions.code).toBe("FIELD_FORBIDDEN");
  expect((await gateway.run(EXPLAIN, { id: world.ann }, world.guard.token)).explainMatch.matches).toBe(true);
  for (const attributes of [{ band: 7 }, null]) {
    const written = await gateway.refusal(UPDATE_USER, { input: { id: world.ann, attributes } }, world.clerk.token);
    expect(written.extensions).toMatchObject({ code: "FORBIDDEN", inputPath: "input.attributes.band" });
  }
});

it("Who may not read an attribute is told of no change of it: not by events, saved searches or the log", async () => {
  const { gateway } = file;
  const position = (await gateway.run("{ users(first: 1) { position } }")).users.position;
  const EVENTS = `subscription { userEvents(after: "${position}", filter: { id: { eq: "${world.ann}" } }) {
    __typename ... on UserEvent { types changes { field before after redacted } } } }`;
  const CHANGES = `subscription { searchChanges(after: "${position}", filter: { id: { eq: "${world.ann}" } }, watch: ["attributes"]) {
    __typename ... on SavedSearchChange { change changes { field before after redacted } } } }`;
  await gateway.run(UPDATE_USER, { input: { id: world.ann, attributes: { band: 8 } } });
  await gateway.run(UPDATE_USER, { input: { id: world.ann, attributes: { band: 9, desk: "B" } } });
  await gateway.run(UPDATE_USER, { input: { id: world.ann, nickName: "Annie" } });
  const attributes = { field: "attributes", before: { desk: "A" }, after: { desk: "B" }, redacted: false };
  const told = await (await follow(EVENTS)).count(2);
  expect(told.map(({ changes }) => changes)).toEqual([
    [attributes],
    [{ field: "nickName", before: null, after: "Annie", redacted: false }],
  ]);
  const [watched] = await (await follow(CHANGES)).count(1);
  expect(watched.changes).toEqual([attributes]);
  const AUDIT = `{ auditEvents(filter: { subjectId: { eq: "${world.ann}" }, action: { eq: "user.updated" } }, first: 3) {
    nodes { changes { field before after redacted } } } }`;
  const logged = (await gateway.run(AUDIT, {}, world.clerk.token)).auditEvents.nodes.map(
    ({ changes }: { changes: { field: string }[] }) => changes.find(({ field }) => field === "attributes"),
  );
  expect(logged).toEqual([undefined, attributes, { field: "attributes", before: null, after: null, redacted: true }]);
  const full = (await gateway.run(AUDIT, {}, world.guard.token)).auditEvents.nodes[1].changes[0];
  expect(full).toMatchObject({ before: { band: 8, desk: "A" }, after: { band: 9, desk: "B" } });
});

it("A permission that is asked for from now on is asked of subscriptions that are open", async () => {
  const { gateway } = file;
  const events = await follow(`subscription { userEvents(filter: { id: { eq: "${world.ann}" } }) {
    __typename ... on UserEvent { changes { field after redacted } } } }`);
  const { attributeDefinitions } = await gateway.run("{ attributeDefinitions { id key } }");
  const desk = attributeDefinitions.find(({ key }: { key: string }) => key === "desk");
  await gateway.run(UPDATE, { input: { id: desk.id, readPermission: "USER_READ_SECURITY" } });
  await gateway.run(UPDATE_USER, { input: { id: world.ann, attributes: { desk: "C" }, nickName: "Ann" } });
  const event = await events.until((values) => values.find(({ __typename }) => __typename === "UserEvent"));
  expect(event.changes).toEqual([
    { field: "nickName", after: "Ann", redacted: false },
    { field: "attributes", after: null, redacted: true },
  ]);
});
