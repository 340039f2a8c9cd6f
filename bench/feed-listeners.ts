/*
 * Subscribers of the feed's benchmark, in a process of their own so that they slow nobody but each other. Told where and how many by arguments. Says
 * "ready" when all have subscribed; given a number on a line, it says in JSON what they were told once they were told so often. The titles that arrive
 * are the instants of their commits.
 */
import { once } from "node:events";
import { WebSocket } from "ws";

/** Of every so many subscribers one looks at the instants; all count. */
const WATCHED = 10;
const SUBSCRIPTION = `subscription {
  userEvents { ... on UserEvent { position userId types changes { field before after } } ... on FeedCheckpoint { position } } }`;

const [port, count, token] = process.argv.slice(2) as [string, string, string];
const latencies: number[] = [];
let deliveries = 0;

async function subscribe(watched: boolean): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/graphql`, "graphql-transport-ws");
  await once(ws, "open");
  const ready = Promise.withResolvers<void>();
  ws.on("message", (data: Buffer) => {
    if (data.includes('"connection_ack"'))
      ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: SUBSCRIPTION } }));
    else if (data.includes('"userId"')) {
      deliveries += 1;
      if (watched)
        latencies.push(
          performance.timeOrigin + performance.now() - Number(/"after":"([\d.]+)"/.exec(data.toString())?.[1]),
        );
    } else if (data.includes('"next"')) ready.resolve();
  });
  ws.on("close", (code) => {
    process.stderr.write(`A subscriber was closed with ${code}.\n`);
    process.exit(1);
  });
  ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  await ready.promise;
}

for (let open = 0; open < Number(count); open += WATCHED)
  await Promise.all(
    Array.from({ length: Math.min(WATCHED, Number(count) - open) }, (_, place) => subscribe(place === 0)),
  );
process.stdout.write("ready\n");
process.stdin.once("data", (line) => {
  const expected = Number(line);
  const look = setInterval(() => {
    if (deliveries < expected) return;
    clearInterval(look);
    process.stdout.write(`${JSON.stringify({ deliveries, latencies })}\n`, () => process.exit(0));
  }, 20);
});
