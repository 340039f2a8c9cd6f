/*
 * Subscribers of the fan-out's benchmark, in a process of their own. They read frames by their headers and nothing else, so that the side that sends
 * is what is measured. Told where and how many by arguments; says "ready" when all have subscribed. Given a number on a line, it says so many
 * events' arrival at everybody in JSON: how many messages, of how many bytes.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const OPENING_AT_ONCE = 50;
/** What is shorter is no event, but a word on where the subscription stands. */
const EVENT_BYTES = 200;
const SUBSCRIPTION = `subscription {
  userEvents { ... on UserEvent { position userId types changes { field before after } } ... on FeedCheckpoint { position } } }`;

const [port, count, token] = process.argv.slice(2) as [string, string, string];
let [events, bytes, expected] = [0, 0, Number.POSITIVE_INFINITY];

/** A client's text frame: masked as RFC 6455 asks, by a key of zeros, which changes nothing. */
function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(8);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 126, 1);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** An empty one. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const [TEXT, PING] = [0x81, 0x89];

/** Calls with the head and the payload's length of every frame that a server sends. */
function frames(told: (head: number, length: number) => void): (chunk: Buffer) => void {
  let skip = 0;
  let kept: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = kept.length > 0 ? Buffer.concat([kept, chunk]) : chunk;
    let at = skip;
    while (at + 2 <= data.length) {
      const short = (data[at + 1] as number) & 0x7f;
      if (short === 126 && at + 4 > data.length) break;
      const length = short === 126 ? data.readUInt16BE(at + 2) : short;
      told(data[at] as number, length);
      at += (short === 126 ? 4 : 2) + length;
    }
    kept = at < data.length ? data.subarray(at) : Buffer.alloc(0);
    skip = Math.max(0, at - data.length);
  };
}

async function subscribe(number: number): Promise<void> {
  const socket: Socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, number).toString("base64")}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  );
  await once(socket, "data");
  let taken = 0;
  const acknowledged = Promise.withResolvers<void>();
  const subscribed = Promise.withResolvers<void>();
  socket.on(
    "data",
    frames((head, length) => {
      if (head === PING) socket.write(PONG);
      if (head !== TEXT) return;
      taken += 1;
      if (taken === 1) acknowledged.resolve();
      else if (taken === 2) subscribed.resolve();
      else if (length >= EVENT_BYTES) {
        events += 1;
        bytes += length;
        if (events >= expected) report();
      }
    }),
  );
  socket.on("close", () => {
    process.stderr.write("A subscriber was closed.\n");
    process.exit(1);
  });
  socket.write(frame({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  await acknowledged.promise;
  const id = `subscription-${number.toString().padStart(6, "0")}`;
  socket.write(frame({ id, type: "subscribe", payload: { query: SUBSCRIPTION } }));
  await subscribed.promise;
}

function report(): void {
  process.stdout.write(`${JSON.stringify({ events, bytes: Math.round(bytes / events) })}\n`);
  [events, bytes, expected] = [0, 0, Number.POSITIVE_INFINITY];
}

for (let open = 0; open < Number(count); open += OPENING_AT_ONCE)
  await Promise.all(
    Array.from({ length: Math.min(OPENING_AT_ONCE, Number(count) - open) }, (_, place) => subscribe(open + place)),
  );
process.stdin.on("data", (line) => {
  expected = Number(line) * Number(count);
  if (events >= expected) report();
});
process.stdout.write("ready\n");
