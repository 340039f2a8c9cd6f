/**
 * Fragments as the components of a Relay application have them: a list that pages, a row, and a record that reads itself
 * again. relay-compiler checks them against the schema; it takes React to run them.
 */
import runtime from "relay-runtime";

const { graphql } = runtime;

/** For usePaginationFragment: one list in the store, and a query for its next page that the compiler makes. */
export const LIST = graphql`
  fragment relayPeople_list on Query
  @refetchable(queryName: "relayPeoplePageQuery")
  @argumentDefinitions(
    filter: { type: "UserFilter" }
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  ) {
    users(filter: $filter, first: $count, after: $cursor) @connection(key: "relayPeople_users", filters: ["filter"]) {
      edges { node { id ...relayPeople_row } }
    }
  }
`;

/** For useFragment: what a row of the list shows. */
export const ROW = graphql`
  fragment relayPeople_row on User { displayName title status orgUnit { name } }
`;

/** For useRefetchableFragment: reads itself again by node(id:), and pages through whoever reports to this person. */
export const PERSON = graphql`
  fragment relayPeople_person on User
  @refetchable(queryName: "relayPeoplePersonQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
    ...relayPeople_row
    managementChain { displayName }
    reports(first: $count, after: $cursor) @connection(key: "relayPeople_reports") {
      edges { node { ...relayPeople_row } }
    }
  }
`;

/** For useLazyLoadQuery: a page of the application, made of its components' fragments. */
export const PAGE = graphql`
  query relayPeopleQuery($filter: UserFilter, $by: UserBy!) {
    ...relayPeople_list @arguments(filter: $filter)
    user(by: $by) { ...relayPeople_person }
  }
`;
