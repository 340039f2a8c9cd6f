import { expect, test } from "vitest";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const SECRET = "hunter2";
const BY_STATUS = "query ($status: UserStatus) { users(filter: { status: { eq: $status } }) { totalCount } }";
const BY_FILTER = "query ($filter: UserFilter) { users(filter: $filter) { totalCount } }";

/** Faults that graphql-js describes by quoting the value; spelled so that a careless cut would leave a part of it. */
test.each<[string, string, object]>([
  ["an enum value in a variable", BY_STATUS, { status: SECRET }],
  ["an enum value that looks like the end of the message", BY_STATUS, { status: `x"; at "status"; ${SECRET}` }],
  ["an enum value deep in a variable", BY_FILTER, { filter: { or: [{ status: { in: [`"; ${SECRET}`] } }] } }],
  ["an object for an enum", BY_FILTER, { filter: { status: { eq: { a: `; ${SECRET}` } } } }],
  ["an object for an id", "query ($id: ID!) { node(id: $id) { id } }", { id: { a: SECRET } }],
  ["a text for a number", "query ($n: Int) { users(first: $n) { totalCount } }", { n: `1: ${SECRET}` }],
  [
    "a text for an instant",
    "query ($t: DateTime) { users(filter: { createdAt: { gt: $t } }) { totalCount } }",
    { t: SECRET },
  ],
  ["a text for an object in the document", `{ users(filter: "a. ${SECRET}; b") { totalCount } }`, {}],
  ["an enum value in the document", `{ users(filter: { status: { eq: ${SECRET} } }) { totalCount } }`, {}],
  ["a text for an enum in the document", `{ users(filter: { status: { eq: "a: ${SECRET}" } }) { totalCount } }`, {}],
  ["a text where a name should be", `{ users "found Name ${SECRET}" }`, {}],
  ["a text with a wrong escape", `{ users(after: "${SECRET}\\q") { totalCount } }`, {}],
])("a refusal does not repeat %s", async (_, query, variables) => {
  const answer = await file.gateway.ask(query, variables);
  expect(answer.errors?.[0]?.extensions).toEqual({ code: "INVALID_INPUT" });
  expect(JSON.stringify(answer)).not.toContain(SECRET);
});

test("a refusal of a variable says where in it the fault stands and what is wrong", async () => {
  const { message } = await file.gateway.refusal(BY_FILTER, { filter: { status: { in: ["ACTIVE", "at ease"] } } });
  expect(message).toBe(
    'Variable "$filter" got an invalid value at "filter.status.in[1]"; This value does not exist in the "UserStatus" enum.',
  );
});

test("one of several fields given by a variable that is null is the request's fault", async () => {
  const query = "query ($name: String) { orgUnit(by: { code: $name }) { id } user(by: { username: $name }) { id } }";
  for (const variables of [{ name: null }, {}]) {
    const { errors } = await file.gateway.ask(query, variables);
    expect(errors).toMatchObject([
      { path: ["orgUnit"], extensions: { code: "INVALID_INPUT" } },
      { path: ["user"], extensions: { code: "INVALID_INPUT" } },
    ]);
  }
});
