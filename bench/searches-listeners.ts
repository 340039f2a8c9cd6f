/*
 * Subscribers of saved searches for the benchmark, in a process of their own. Told where, the token and a file of the searches' ids by arguments; says
 * "ready" when all have subscribed. Given a number on a line, it says in JSON how long after their commits so many notifications came. The titles
 * that arrive are the instants of their commits.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";

const OPENING_AT_ONCE = 20;
const SUBSCRIPTION = `subscription Follow($id: ID!) { savedSearchChanges(id: $id) {
  ... on SavedSearchChange { change position userId user { title } } ... on FeedCheckpoint { position } } }`;

const [port, token, file] = process.argv.slice(2) as [string, string, string];
const ids: string[] = JSON.parse(readFileSync(file, "utf8"));
const latencies: number[] = [];

async function subscribe(id: string): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws");
  await once(ws, "open");
  const ready = Promise.withResolvers<void>();
  ws.on("message", (data: Buffer) => {
    const now = performance.timeOrigin + performance.now();
    const { type, payload } = JSON.parse(data.toString());
    if (type === "connection_ack")
      ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: SUBSCRIPTION, variables: { id } } }));
    if (type !== "next") return;
    if (payload.errors) throw new Error(JSON.stringify(payload.errors));
    const { userId, user } = payload.data.savedSearchChanges;
    if (userId) latencies.push(now - Number(user.title));
    else ready.resolve();
  });
  ws.on("close", (code) => {
    process.stderr.write(`A subscriber was closed with ${code}.\n`);
    process.exit(1);
  });
  ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  await ready.promise;
}

for (let open = 0; open < ids.length; open += OPENING_AT_ONCE)
  await Promise.all(ids.slice(open, open + OPENING_AT_ONCE).map(subscribe));
process.stdout.write("ready\n");
process.stdin.once("data", (line) => {
  const look = setInterval(() => {
    if (latencies.length < Number(line)) return;
    clearInterval(look);
    process.stdout.write(`${JSON.stringify(latencies)}\n`, () => process.exit(0));
  }, 20);
});
