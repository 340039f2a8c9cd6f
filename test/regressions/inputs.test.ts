import { expect, test } from "vitest";
import { makeUnit, makeUser, unique } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const UPDATE = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { version attributes timezone } } }`;
const update = async (input: object) => (await file.gateway.run(UPDATE, { input })).updateUser.user;
const refused = async (query: string, input: object) => (await file.gateway.refusal(query, { input })).extensions;

test("null clears the attributes of a user", async () => {
  const { id } = await makeUser(file.gateway, { attributes: { badge: "A1", size: 3 } });
  expect(await update({ id, attributes: null })).toMatchObject({ version: 2, attributes: {} });
});

test("a user has no more attributes than one change may set, however many changes bring them", async () => {
  const { id } = await makeUser(file.gateway);
  const many = (stem: string) => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${stem}${i}`, i]));
  await update({ id, attributes: many("a") });
  expect(await refused(UPDATE, { id, attributes: { one: 1 } })).toMatchObject({
    code: "INVALID_INPUT",
    inputPath: "input.attributes",
    violations: [{ limit: 100 }],
  });
  const { attributes } = await update({ id, attributes: { one: 1, a0: null } });
  expect(Object.keys(attributes)).toHaveLength(100);
});

test("a search for org units has the length that it says", async () => {
  const query = "query ($search: String) { orgUnits(filter: { search: $search }) { totalCount } }";
  await file.gateway.run(query, { search: "x".repeat(256) });
  const { extensions } = await file.gateway.refusal(query, { search: "x".repeat(257) });
  expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "filter.search", violations: [{ limit: 256 }] });
});

test.each([" ", "", "two\nlines", "\t"])("a name to show is one line that is not blank: %j", async (name) => {
  const unit = await makeUnit(file.gateway);
  const updateUnit = "mutation ($input: UpdateOrgUnitInput!) { updateOrgUnit(input: $input) { position } }";
  const createRole = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { position } }";
  const expected = { code: "INVALID_INPUT", inputPath: "input.name" };
  expect(await refused(updateUnit, { id: unit.id, name })).toMatchObject(expected);
  expect(await refused(createRole, { key: unique("role"), name, permissions: [] })).toMatchObject(expected);
});

test("an offset is no time zone's name", async () => {
  const { id } = await makeUser(file.gateway);
  expect(await refused(UPDATE, { id, timezone: "+01:00" })).toMatchObject({ inputPath: "input.timezone" });
  expect(await update({ id, timezone: "Etc/GMT-1" })).toMatchObject({ timezone: "Etc/GMT-1" });
});

test("an issuer is compared without regard to case, as the identity that it belongs to", async () => {
  const identity = { source: "OIDC", issuer: "https://id.example.com", externalId: "abc" } as const;
  const { id } = await makeUser(file.gateway, { identities: [identity] });
  const shouted = { source: "OIDC", issuer: "HTTPS://ID.example.com", externalId: "ABC" };
  const { user } = await file.gateway.run("query ($by: UserBy!) { user(by: $by) { id } }", {
    by: { identity: shouted },
  });
  expect(user).toEqual({ id });
  expect(await refused(UPDATE, { id, identities: [identity, shouted] })).toMatchObject({
    code: "INVALID_INPUT",
    inputPath: "input.identities",
  });
});

test("an order by an attribute puts numbers by size before texts", async () => {
  const department = unique("department");
  for (const badge of ["b", 10, "a", 9, true])
    await makeUser(file.gateway, { department, displayName: `${badge}`, attributes: { badge } });
  const { users } = await file.gateway.run(
    `query ($department: String!) { users(filter: { department: { eq: $department } }, orderBy: [{ attributeKey: "badge" }]) {
      nodes { displayName } } }`,
    { department },
  );
  expect(users.nodes.map((user: { displayName: string }) => user.displayName)).toEqual(["9", "10", "a", "b", "true"]);
});

test("a deleted user whose name another one has by now can be changed, and restored under another name", async () => {
  const { id, username } = await makeUser(file.gateway);
  await file.gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id });
  await makeUser(file.gateway, { username });
  await update({ id, title: "Gone" });
  const restore = "mutation ($input: RestoreUserInput!) { restoreUser(input: $input) { user { status } } }";
  expect(await refused(restore, { id })).toMatchObject({ code: "CONFLICT", field: "username" });
  await update({ id, username: unique("renamed") });
  expect(await file.gateway.run(restore, { input: { id } })).toEqual({ restoreUser: { user: { status: "ACTIVE" } } });
});

test("variables with more faults than are listed are the request's fault", async () => {
  const ids = Array.from({ length: 100 }, () => 1.5);
  const { extensions, message } = await file.gateway.refusal("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
    ids,
  });
  expect([extensions.code, message]).toEqual(["INVALID_INPUT", expect.any(String)]);
  const { errors = [] } = await file.gateway.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids });
  expect(new Set(errors.map((error) => error.extensions.code))).toEqual(new Set(["INVALID_INPUT"]));
});
