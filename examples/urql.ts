/**
 * urql: signs in by a token, searches page by page, and tags the first person found.
 * `ROLLCALL_TOKEN=… npm run urql`; ROLLCALL_URL where the gateway is elsewhere.
 */
import { Client, fetchExchange } from "@urql/core";
import { graphql } from "./gql/gql.ts";
import type { UserFilter } from "./gql/graphql.ts";

const ENGINEERS = graphql(`
  query UrqlEngineers($filter: UserFilter, $first: Int!, $after: String) {
    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {
      totalCount
      nodes { id version displayName title manager { id displayName } roles { id name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const TAG = graphql(`
  mutation UrqlTag($input: UpdateUserInput!) {
    updateUser(input: $input) { user { id version displayName tags } position }
  }
`);

const client = new Client({
  url: process.env.ROLLCALL_URL ?? "http://127.0.0.1:4000/graphql",
  preferGetMethod: false,
  fetchOptions: { headers: { authorization: `Bearer ${process.env.ROLLCALL_TOKEN}` } },
  exchanges: [fetchExchange],
});

const filter: UserFilter = {
  status: { eq: "ACTIVE" },
  or: [{ title: { contains: "Engineer" } }, { roles: { any: ["engineer"] } }],
  not: { employeeType: { eq: "CONTRACTOR" } },
};

/** Two people a page, each page behind the one before. */
async function* pages(count: number) {
  let after: string | null | undefined;
  for (let page = 0; page < count; page++) {
    const { data, error } = await client.query(ENGINEERS, { filter, first: 2, after });
    if (error) throw error;
    if (!data?.users) return;
    yield data.users;
    if (!data.users.pageInfo.hasNextPage) return;
    after = data.users.pageInfo.endCursor;
  }
}

const found = (await Array.fromAsync(pages(2))).flatMap(({ nodes }) => nodes);
for (const { displayName, title, manager } of found)
  console.log(`${displayName}, ${title}, reports to ${manager?.displayName ?? "nobody"}`);

const person = found[0];
if (!person) throw new Error("Nobody matches.");
const { data, error } = await client.mutation(TAG, {
  input: { id: person.id, expectedVersion: person.version, tags: ["reviewed"], reason: "Reviewed with urql" },
});
if (error) throw error;
console.log(`${data?.updateUser.user?.displayName} is tagged ${data?.updateUser.user?.tags?.join(", ")}`);
