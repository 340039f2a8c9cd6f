/*
 * Subscribers of the feed's benchmark, in a process of their own so that they slow nobody but each other. Told where by an argument, and on the first line
 * each one's token. Says "ready" when all have subscribed; given a number on a second line, it says in JSON what they were told once they were told so
 * often. The titles that arrive are the instants of their commits.
 */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { WebSocket } from "ws";

/** Of every so many subscribers one looks at the instants; all count. */
const WATCHED = 10;
const SUBSCRIPTION = `subscription {
  userEvents { ... on UserEvent { position userId types changes { field before after } } ... on FeedCheckpoint { position } } }`;

const [port] = process.argv.slice(2) as [string];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tokens: string[] = JSON.parse((await lines.next()).value as string);
const latencies: number[] = [];
let deliveries = 0;

async function subscribe(token: string, watched: boolean): Promise<void> {
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

for (let open = 0; open < tokens.length; open += WATCHED)
  await Promise.all(tokens.slice(open, open + WATCHED).map((token, place) => subscribe(token, place === 0)));
process.stdout.write("ready\n");
const expected = Number((await lines.next()).value);
const look = setInterval(() => {
  if (deliveries < expected) return;
  clearInterval(look);
  process.stdout.write(`${JSON.stringify({ deliveries, latencies })}\n`, () => process.exit(0));
}, 20);
