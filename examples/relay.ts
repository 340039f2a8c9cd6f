/**
 * Relay's runtime, without React: signs in by a token, searches page by page, and tags the first person found.
 * `ROLLCALL_TOKEN=… npm run relay`; ROLLCALL_URL where the gateway is elsewhere.
 */
import runtime from "relay-runtime";
import type { relayEngineersQuery } from "./__generated__/relayEngineersQuery.graphql.ts";
import type { relayTagMutation } from "./__generated__/relayTagMutation.graphql.ts";

const { commitMutation, Environment, fetchQuery, graphql, Network, RecordSource, Store } = runtime;

const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(async ({ text }, variables) => {
    const response = await fetch(process.env.ROLLCALL_URL ?? "http://127.0.0.1:4000/graphql", {
      method: "POST",
      headers: { authorization: `Bearer ${process.env.ROLLCALL_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    return await response.json();
  }),
});

const ENGINEERS = graphql`
  query relayEngineersQuery($filter: UserFilter, $first: Int!, $after: String) {
    users(filter: $filter, orderBy: [{ field: FAMILY_NAME }], first: $first, after: $after) {
      totalCount
      edges { node { id version displayName title manager { displayName } roles { name } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

const TAG = graphql`
  mutation relayTagMutation($input: UpdateUserInput!) {
    updateUser(input: $input) { user { id version displayName tags } position }
  }
`;

const filter = {
  status: { eq: "ACTIVE" },
  or: [{ title: { contains: "Engineer" } }, { roles: { any: ["engineer"] } }],
  not: { employeeType: { eq: "CONTRACTOR" } },
} as const;

const page = async (after?: string | null) =>
  (await fetchQuery<relayEngineersQuery>(environment, ENGINEERS, { filter, first: 2, after }).toPromise())?.users;

const first = await page();
const second = await page(first?.pageInfo.endCursor);
const found = [...(first?.edges ?? []), ...(second?.edges ?? [])].map(({ node }) => node);
for (const { displayName, title, manager } of found)
  console.log(`${displayName}, ${title}, reports to ${manager?.displayName ?? "nobody"}`);

const person = found[0];
if (!person) throw new Error("Nobody matches.");
const { id, version } = person;
const input = { id, expectedVersion: version, tags: ["reviewed"], reason: "Reviewed with Relay" };
const { updateUser } = await new Promise<relayTagMutation["response"]>((onCompleted, onError) => {
  commitMutation<relayTagMutation>(environment, { mutation: TAG, variables: { input }, onCompleted, onError });
});
console.log(`${updateUser.user?.displayName} is tagged ${updateUser.user?.tags?.join(", ")}`);
