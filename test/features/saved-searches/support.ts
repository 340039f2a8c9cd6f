import type { TestGateway } from "../../support/gateway.ts";
import { Socket, type Started } from "../../support/socket.ts";

/*
 * Saved searches for tests: made, followed, paged, and folded.
 */

const NOTIFICATION = `
  __typename
  ... on SavedSearchChange {
    position change userId occurredAt
    user { id username title }
    changes { field before after redacted }
    cause { kind reason operationId actor { name } }
  }
  ... on SavedSearchSummary { from position joined left changed }
  ... on FeedReset { position reason }
  ... on FeedCheckpoint { position }`;

export const FOLLOW = `subscription ($id: ID!, $after: Position) { savedSearchChanges(id: $id, after: $after) { ${NOTIFICATION} } }`;
export const FOLLOW_FILTER = `subscription ($filter: UserFilter!, $watch: [String!], $after: Position) {
  searchChanges(filter: $filter, watch: $watch, after: $after) { ${NOTIFICATION} } }`;

const PAGE = `endPosition hasNextPage nodes {
  position change userId occurredAt user { id username title } changes { field before after redacted } cause { kind reason operationId actor { name } } }`;
export const CHANGES = `query ($id: ID!, $after: Position!, $through: Position, $first: Int) {
  savedSearch(id: $id) { changes(after: $after, through: $through, first: $first) { ${PAGE} } } }`;
export const FILTER_CHANGES = `query ($filter: UserFilter!, $watch: [String!], $after: Position!, $through: Position, $first: Int) {
  searchChanges(filter: $filter, watch: $watch, after: $after, through: $through, first: $first) { ${PAGE} } }`;

const CREATE = `mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } position } }`;
const SHOWN = `query ($id: ID!) { savedSearch(id: $id) { users(first: 500) { position nodes { id } } } }`;

// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is the document's.
type Any = any;

export interface Made {
  id: string;
  position: string;
}

export async function saveSearch(gateway: TestGateway, input: object, token?: string): Promise<Made> {
  const { createSavedSearch } = await gateway.run(CREATE, { input: { name: "Search", filter: {}, ...input } }, token);
  return { id: createSavedSearch.savedSearch.id, position: createSavedSearch.position };
}

/** Whom a search shows, and at which position. */
export async function shown(
  gateway: TestGateway,
  id: string,
  token?: string,
): Promise<{ ids: Set<string>; position: string }> {
  const { savedSearch } = await gateway.run(SHOWN, { id }, token);
  const { nodes, position } = savedSearch.users;
  return { ids: new Set(nodes.map((node: { id: string }) => node.id)), position };
}

/** A page of a saved search's changes, asked for again while searches are not matched up to there yet, as whoever is told STALE_READ does. */
async function pageOf(gateway: TestGateway, variables: object, token?: string): Promise<Any> {
  for (;;) {
    const { data, errors } = await gateway.ask<Any>(CHANGES, { ...variables }, token);
    if (!errors) return data.savedSearch.changes;
    if (errors[0]?.extensions.code !== "STALE_READ") throw new Error(JSON.stringify(errors));
  }
}

/** Every change of a saved search between two positions, page by page. */
export async function allChanges(
  gateway: TestGateway,
  variables: { id: string; after: string; through?: string; first?: number },
  token?: string,
): Promise<{ nodes: Any[]; endPosition: string }> {
  const nodes: Any[] = [];
  for (let { after } = variables; ; ) {
    const page = await pageOf(gateway, { ...variables, after }, token);
    nodes.push(...page.nodes);
    after = page.endPosition;
    if (!page.hasNextPage) return { nodes, endPosition: after };
  }
}

/** The same for a filter that is not saved. */
export async function allFilterChanges(
  gateway: TestGateway,
  variables: { filter: object; watch?: string[]; after: string; through?: string; first?: number },
  token?: string,
): Promise<Any[]> {
  const nodes: Any[] = [];
  for (let { after } = variables; ; ) {
    const { searchChanges } = await gateway.run(FILTER_CHANGES, { ...variables, after }, token);
    nodes.push(...searchChanges.nodes);
    after = searchChanges.endPosition;
    if (!searchChanges.hasNextPage) return nodes;
  }
}

/** A subscription that stands ready. */
export async function follow(
  gateway: TestGateway,
  keep: (socket: Socket) => Socket,
  variables: object,
  token = gateway.admin,
): Promise<Started> {
  const socket = keep(await Socket.open(gateway.url, token));
  const started = socket.start("filter" in variables ? FOLLOW_FILTER : FOLLOW, { ...variables });
  await started.ready();
  return started;
}

/** Who is shown after these notifications, if they were before. */
export function fold(ids: ReadonlySet<string>, changes: readonly { change: string; userId: string }[]): Set<string> {
  const set = new Set(ids);
  for (const { change, userId } of changes) {
    if (change === "JOINED") set.add(userId);
    if (change === "LEFT") set.delete(userId);
  }
  return set;
}
