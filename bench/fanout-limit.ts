/*
 * The limit of fan-out: what `ws` takes to write one ready frame to every socket, without subscriptions, rights or bounds. It speaks as much of
 * the protocol as its clients wait for. Told on a line how many events of how many bytes; each is written to everybody before the next.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { WebSocketServer } from "ws";

const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const open: Duplex[] = [];
server.on("upgrade", (request, raw, head) =>
  sockets.handleUpgrade(request, raw, head, (socket) => {
    socket.on("message", (data) => {
      const { type, id } = JSON.parse(String(data));
      socket.send(JSON.stringify(type === "connection_init" ? { type: "connection_ack" } : { id, type: "next" }));
      if (type === "subscribe") open.push(raw);
    });
  }),
);

/** The header of a text frame of 126 to 65,535 bytes. */
function readyFrame(bytes: number): Buffer {
  const frame = Buffer.alloc(4 + bytes, "x");
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(bytes, 2);
  return frame;
}

process.stdin.on("data", async (line) => {
  const [events, bytes] = String(line).split(" ").map(Number) as [number, number];
  const frame = readyFrame(bytes);
  for (let event = 0; event < events; event++) {
    for (const raw of open) raw.write(frame);
    await turn();
  }
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
