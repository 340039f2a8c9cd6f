/**
 * Apollo Client 4: signs in by a token, searches page by page into the cache, and tags the first person found.
 * `ROLLCALL_TOKEN=… npm run apollo`; ROLLCALL_URL where the gateway is elsewhere.
 */
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { graphql } from "./gql/gql.ts";
import type { UserFilter } from "./gql/graphql.ts";

const ENGINEERS = graphql(`
  query ApolloEngineers($filter: UserFilter, $first: Int!, $after: String) {
    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {
      totalCount
      edges { node { id version displayName title manager { id displayName } roles { id name } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const TAG = graphql(`
  mutation ApolloTag($input: UpdateUserInput!) {
    updateUser(input: $input) { user { id version displayName tags } position }
  }
`);

const client = new ApolloClient({
  link: new HttpLink({
    uri: process.env.ROLLCALL_URL ?? "http://127.0.0.1:4000/graphql",
    headers: { authorization: `Bearer ${process.env.ROLLCALL_TOKEN}` },
  }),
  // Ids are unique across all types, and pages of one search are one list in the cache.
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { users: relayStylePagination(["filter", "orderBy"]) } } },
  }),
});

const filter: UserFilter = {
  status: { eq: "ACTIVE" },
  or: [{ title: { contains: "Engineer" } }, { roles: { any: ["engineer"] } }],
  not: { employeeType: { eq: "CONTRACTOR" } },
};

// The cache joins the pages into one list, and must not answer for a page that was not fetched yet.
const variables = { filter, first: 2 };
let after: string | null | undefined;
for (let page = 0; page < 2; page++) {
  const { data } = await client.query({
    query: ENGINEERS,
    variables: { ...variables, after },
    fetchPolicy: "network-only",
  });
  after = data?.users?.pageInfo.endCursor;
}
const found = client.readQuery({ query: ENGINEERS, variables })?.users;
for (const { node } of found?.edges ?? [])
  console.log(`${node.displayName}, ${node.title}, reports to ${node.manager?.displayName ?? "nobody"}`);
console.log(`${found?.edges.length} of ${found?.totalCount}`);

const person = found?.edges[0]?.node;
if (!person) throw new Error("Nobody matches.");
const { data } = await client.mutate({
  mutation: TAG,
  variables: {
    input: {
      id: person.id,
      expectedVersion: person.version,
      tags: ["reviewed"],
      reason: "Reviewed with Apollo Client",
    },
  },
});
console.log(`${data?.updateUser.user?.displayName} is tagged ${data?.updateUser.user?.tags?.join(", ")}`);
client.stop();
