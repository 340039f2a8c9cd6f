import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * A WebSocket client that may send what no client should: bytes over plain TCP, frames (RFC 6455, section 5.2) made by hand.
 */

export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export interface Frame {
  opcode: number;
  payload?: Buffer | string;
  /** False: more of the message follows. */
  fin?: boolean;
  /** The three bits that mean nothing here: 0x40, 0x20, 0x10. */
  reserved?: number;
  /** Clients have to mask what they send. */
  masked?: boolean;
  /** A length that the payload does not have. */
  length?: bigint;
  /** How many bytes the length takes; as few as possible where it is not said. */
  lengthBytes?: 0 | 2 | 8;
}

/** A frame's bytes. */
export function frame({
  opcode,
  payload = "",
  fin = true,
  reserved = 0,
  masked = true,
  length,
  lengthBytes,
}: Frame): Buffer {
  const body = Buffer.from(payload);
  const said = length ?? BigInt(body.length);
  const wide = lengthBytes ?? (said < 126n ? 0 : said < 65_536n ? 2 : 8);
  const head = Buffer.alloc(2 + wide);
  head[0] = (fin ? 0x80 : 0) | reserved | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 0 ? Number(said) : wide === 2 ? 126 : 127);
  if (wide === 2) head.writeUInt16BE(Number(said), 2);
  if (wide === 8) head.writeBigUInt64BE(said, 2);
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

export const text = (payload: string | object): Buffer =>
  frame({ opcode: OPCODE.text, payload: typeof payload === "string" ? payload : JSON.stringify(payload) });

/** A close frame; without a code an empty one. */
export const close = (code?: number, reason: string | Buffer = ""): Buffer => {
  const head = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) head.writeUInt16BE(code);
  return frame({ opcode: OPCODE.close, payload: Buffer.concat([head, Buffer.from(reason)]) });
};

/** A frame as it came from the other side. */
interface Came {
  opcode: number;
  payload: Buffer;
}

const PATIENCE_MS = 20_000;

/** One connection over plain TCP. */
export class RawSocket {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  /** What came since the bytes were last looked at: putting each piece behind megabytes of others would take long. */
  #fresh: Buffer[] = [];
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#fresh.push(chunk));
    for (const sign of ["close", "end", "error"]) socket.on(sign, () => (this.#ended = true));
  }

  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawSocket(socket);
  }

  /** One that has asked for a WebSocket and been given it. */
  static async upgraded(url: string, protocol: string | undefined = "graphql-transport-ws"): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.write(handshake(protocol));
    const head = await raw.head();
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`No WebSocket: ${head}`);
    return raw;
  }

  /** One that has signed in too. */
  static async signedIn(url: string, token: string): Promise<RawSocket> {
    const raw = await RawSocket.upgraded(url);
    raw.write(text({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    await raw.message();
    return raw;
  }

  /** Whether it takes what the other side sends. */
  reads(takes: boolean): void {
    if (takes) this.#socket.resume();
    else this.#socket.pause();
  }

  write(bytes: Buffer | string): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  /** What of an HTTP answer stands before its body. */
  async head(): Promise<string> {
    const end = await this.#wait(() => {
      const at = this.#bytes.indexOf("\r\n\r\n");
      return at < 0 ? undefined : at + 4;
    });
    return this.#take(end).toString("latin1");
  }

  /** Everything until the other side ends it. */
  async rest(): Promise<string> {
    await this.#wait(() => this.#ended || undefined);
    return this.#bytes.toString("latin1");
  }

  /** The next message of the protocol; pings and pongs are passed over. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of a message is the document's, which tests spell out themselves.
  async message(): Promise<any> {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode === OPCODE.text) return JSON.parse(payload.toString());
      if (opcode === OPCODE.close) throw new Error(`It was closed: ${payload.readUInt16BE(0)}`);
    }
  }

  /** The next frame. */
  async frame(): Promise<Came> {
    return await this.#wait(() => this.#frame());
  }

  /** The code that it is closed with; 1006 where it is gone without one, 1005 where the frame names none. */
  async closed(): Promise<number> {
    for (;;) {
      const came = await this.#wait(() => this.#frame() ?? (this.#ended ? null : undefined));
      if (came === null) return 1006;
      if (came.opcode === OPCODE.close) return came.payload.length < 2 ? 1005 : came.payload.readUInt16BE(0);
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  #frame(): Came | undefined {
    const [first, second] = this.#bytes;
    if (first === undefined || second === undefined) return undefined;
    const wide = second === 126 ? 2 : second === 127 ? 8 : 0;
    if (this.#bytes.length < 2 + wide) return undefined;
    const length =
      wide === 2 ? this.#bytes.readUInt16BE(2) : wide === 8 ? Number(this.#bytes.readBigUInt64BE(2)) : second;
    if (this.#bytes.length < 2 + wide + length) return undefined;
    return { opcode: first & 0x0f, payload: this.#take(2 + wide + length).subarray(2 + wide) };
  }

  async #wait<T>(find: () => T | undefined): Promise<T> {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
      this.#bytes = Buffer.concat([this.#bytes, ...this.#fresh.splice(0)]);
      const found = find();
      if (found !== undefined) return found;
      if (this.#ended && this.#fresh.length === 0)
        throw new Error(`It ended: ${this.#bytes.toString("latin1").slice(0, 200)}`);
      await sleep(5);
    }
    throw new Error("Nothing came.");
  }
}

/** The request for a WebSocket. */
export const handshake = (protocol: string | undefined = "graphql-transport-ws", more = ""): string =>
  [
    "GET /graphql HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
    `${more}\r\n`,
  ]
    .filter((line, at) => line !== "" || at > 5)
    .join("\r\n");
