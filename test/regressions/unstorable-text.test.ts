import { expect, test } from "vitest";
import { makeUnit, makeUser, unique } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const NUL = "nul\u0000";
const LONE = "lone\ud800";

const CREATE_USER = "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }";
const CREATE_UNIT = "mutation ($input: CreateOrgUnitInput!) { createOrgUnit(input: $input) { position } }";
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { position } }";
const GRANT = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }";
const LOCK = "mutation ($input: LockUserInput!) { lockUser(input: $input) { position } }";

/** Operations that take the text, each with the path at which it is refused. */
const READS: readonly [string, string][] = [
  ["query ($x: String!) { user(by: { username: $x }) { id } }", "by.username"],
  ["query ($x: String!) { user(by: { employeeNumber: $x }) { id } }", "by.employeeNumber"],
  [
    "query ($x: String!) { user(by: { identity: { source: LOCAL, externalId: $x } }) { id } }",
    "by.identity.externalId",
  ],
  [
    'query ($x: String!) { user(by: { identity: { source: LOCAL, issuer: $x, externalId: "1" } }) { id } }',
    "by.identity.issuer",
  ],
  ["query ($x: ID!) { node(id: $x) { id } }", "id"],
  ["query ($x: ID!) { nodes(ids: [$x]) { id } }", "ids[0]"],
  ["query ($x: String!) { orgUnit(by: { code: $x }) { id } }", "by.code"],
  ["query ($x: String!) { orgUnits(filter: { search: $x }) { totalCount } }", "filter.search"],
  ["query ($x: String!) { orgUnits(after: $x) { totalCount } }", "after"],
  ["query ($x: String!) { role(by: { key: $x }) { id } }", "by.key"],
  ["query ($x: String!) { roles(search: $x) { totalCount } }", "search"],
  ["query ($x: String!) { users(orderBy: [{ attributeKey: $x }]) { totalCount } }", "orderBy[0].attributeKey"],
  ["query ($x: String!) { users { facets(by: [{ attributeKey: $x }]) { missingCount } } }", "by[0].attributeKey"],
  [
    "query ($x: String!) { users(filter: { or: [{ title: { in: [$x] } }] }) { totalCount } }",
    "filter.or[0].title.in[0]",
  ],
];

test.each([
  ["U+0000", NUL],
  ["a lone surrogate", LONE],
])("a text with %s is refused at its path wherever it is read", async (_, text) => {
  for (const [query, inputPath] of READS) {
    const { extensions } = await file.gateway.refusal(query, { x: text });
    expect({ query, ...extensions }).toMatchObject({ code: "INVALID_INPUT", inputPath });
  }
});

test.each([
  ["U+0000", NUL],
  ["a lone surrogate", LONE],
])("a text with %s is refused at its path wherever it is written, also in JSON", async (_, text) => {
  const { id } = await makeUser(file.gateway);
  const person = { username: unique("person") };
  const unit = { code: unique("unit"), name: "Unit", kind: "TEAM" };
  const role = { key: unique("role"), name: "Role", permissions: [] };
  const writes: readonly [string, object, string][] = [
    [CREATE_USER, { username: text }, "input.username"],
    [CREATE_USER, { ...person, reason: text }, "input.reason"],
    [CREATE_USER, { ...person, idempotencyKey: text }, "input.idempotencyKey"],
    [CREATE_USER, { ...person, tags: ["a", text] }, "input.tags[1]"],
    [CREATE_USER, { ...person, attributes: { badge: text } }, "input.attributes.badge"],
    [CREATE_USER, { ...person, attributes: { badges: ["a", text] } }, "input.attributes.badges[1]"],
    [CREATE_USER, { ...person, attributes: { [text]: 1 } }, "input.attributes"],
    [CREATE_USER, { ...person, emails: [{ value: "a@example.com", type: text }] }, "input.emails[0].type"],
    [CREATE_USER, { ...person, addresses: [{ streetAddress: text }] }, "input.addresses[0].streetAddress"],
    [CREATE_USER, { ...person, identities: [{ source: "OIDC", externalId: text }] }, "input.identities[0].externalId"],
    [CREATE_USER, { ...person, roleKeys: [text] }, "input.roleKeys[0]"],
    [CREATE_UNIT, { ...unit, code: text }, "input.code"],
    [CREATE_UNIT, { ...unit, name: text }, "input.name"],
    [CREATE_ROLE, { ...role, name: text }, "input.name"],
    [CREATE_ROLE, { ...role, description: text }, "input.description"],
    [GRANT, { granteeId: id, roleKey: text }, "input.roleKey"],
    [LOCK, { id, reason: text }, "input.reason"],
  ];
  for (const [query, input, inputPath] of writes) {
    const { extensions } = await file.gateway.refusal(query, { input });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath });
  }
});

test("a text with surrogates in pairs is stored as it is", async () => {
  const { id } = await makeUnit(file.gateway, { name: "Rollbrett 🛹" });
  const { orgUnit } = await file.gateway.run("query ($id: ID!) { orgUnit(by: { id: $id }) { name } }", { id });
  expect(orgUnit).toEqual({ name: "Rollbrett 🛹" });
});
