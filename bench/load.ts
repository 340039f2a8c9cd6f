import { connect, type Socket } from "node:net";

/** What a run of requests took. Latencies are in milliseconds. */
export interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const ERRORS = Buffer.from('"errors":');

/** A keep-alive POST of JSON, ready to be written to a socket. */
export function postRequest(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Buffer {
  const text = JSON.stringify(body);
  const all = {
    host: "127.0.0.1",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`);
}

/** Sends one request and gives the answer's body; throws for any status but 200 and for GraphQL errors. */
export async function ask(port: number, request: Buffer): Promise<unknown> {
  const connection = await Connection.open(port);
  try {
    return JSON.parse((await connection.send(request)).toString());
  } finally {
    connection.close();
  }
}

/** Sends the requests in turn, each connection one after another, for so many seconds. One answer that is no success ends it. */
export async function load(
  port: number,
  requests: readonly Buffer[],
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Measured> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  const latencies: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  try {
    await Promise.all(
      open.map(async (connection) => {
        for (let now = performance.now(); now < until; ) {
          await connection.send(requests[next++ % requests.length] as Buffer);
          const done = performance.now();
          latencies.push(done - now);
          now = done;
        }
      }),
    );
  } finally {
    for (const connection of open) connection.close();
  }
  const took = (performance.now() - began) / 1000;
  latencies.sort((one, other) => one - other);
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: latencies.length / took, p50: quantile(0.5), p99: quantile(0.99) };
}

/** The least of HTTP/1.1 that both sides speak, so that the client costs next to nothing. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #waiting: { resolve: (body: Buffer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("The server closed the connection.")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Connection(socket)));
      socket.once("error", reject);
    });
  }

  send(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) reject(new Error("The server has closed the connection."));
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    const all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    this.#received = [all];
    const end = all.indexOf(HEAD_END);
    if (end < 0) return;
    const head = all.toString("latin1", 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const start = end + HEAD_END.length;
    if (all.length < start + length) return;
    this.#received = [];
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const body = all.subarray(start);
    if (Number.isNaN(length) || !head.startsWith("HTTP/1.1 200 ") || body.includes(ERRORS))
      waiting?.reject(new Error(`A request was answered: ${head.split("\r\n")[0]} ${body.toString().slice(0, 500)}`));
    else waiting?.resolve(body);
  }
}
