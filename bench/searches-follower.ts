import { WebSocket } from "ws";

/** Somebody who follows a saved search, on a socket of their own. */
export interface Follower {
  /** How many they were told of who joined it, singly or in sums. */
  joined(): number;
  close(): void;
}

const SUBSCRIPTION = `subscription Follow($id: ID!) { savedSearchChanges(id: $id) {
  __typename ... on SavedSearchChange { change } ... on SavedSearchSummary { joined } } }`;

/** Begins to follow a saved search; resolves when the subscription stands. */
export async function follow(port: number, token: string, id: string): Promise<Follower> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws");
  const ready = Promise.withResolvers<void>();
  let joined = 0;
  ws.on("open", () =>
    ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } })),
  );
  ws.on("message", (data: Buffer) => {
    const { type, payload } = JSON.parse(data.toString());
    if (type === "ping") ws.send(JSON.stringify({ type: "pong" }));
    if (type === "connection_ack")
      ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: SUBSCRIPTION, variables: { id } } }));
    if (type === "error") ready.reject(new Error(JSON.stringify(payload)));
    if (type !== "next") return;
    const told = payload.data.savedSearchChanges;
    if (told.__typename === "SavedSearchSummary") joined += told.joined;
    else if (told.change === "JOINED") joined += 1;
    ready.resolve();
  });
  ws.on("error", ready.reject);
  await ready.promise;
  return { joined: () => joined, close: () => ws.terminate() };
}
