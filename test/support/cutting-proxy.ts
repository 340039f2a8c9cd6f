import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/*
 * What stands between a gateway and PostgreSQL, and cuts their connections where a test says: by a reset, as a firewall or a network does that forgets
 * them.
 */

/** A COMMIT as the protocol's simple query has it. */
const COMMIT = /commit\0/i;
const MAKES_PERSON = /insert into "user_account"/i;

/** Where a connection is cut next. */
export type Cut =
  /** After so many more bytes, which may stand within a message, in whatever direction they go. */
  | { bytes: number }
  /**
   * At the COMMIT of a transaction that makes a person: before the server has seen it, or when it has answered, before the gateway has seen that;
   * or it goes silent there, and nobody is told.
   */
  | { commit: "unseen" | "unanswered" | "silent" };

export class CuttingProxy {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #next: { cut: Cut; done: () => void } | undefined;

  private constructor(
    /** Where it listens, on 127.0.0.1. */
    readonly port: number,
  ) {}

  /** Listens for connections to a server, until the running test ends. */
  static async before(url: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new CuttingProxy((server.address() as AddressInfo).port);
    server.on("connection", (near) => proxy.#join(near, connect(Number(port || 5432), hostname)));
    onTestFinished(async () => {
      proxy.cutAll();
      server.close();
      await once(server, "close");
    });
    return proxy;
  }

  /** The same address, by way of this. */
  through(url: string): string {
    const way = new URL(url);
    way.hostname = "127.0.0.1";
    way.port = String(this.port);
    return way.toString();
  }

  /** Cuts every connection at once. */
  cutAll(): void {
    for (const pair of [...this.#pairs]) this.#cut(pair);
  }

  /** Cuts one connection at this place; resolves when it is cut. */
  async cutOne(cut: Cut): Promise<void> {
    await new Promise<void>((done) => {
      this.#next = { cut, done };
    });
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    let makesPerson = false;
    let unanswered = false;
    this.#pairs.add(pair);
    near.on("data", (data) => {
      const { cut } = this.#next ?? {};
      const text = data.toString("latin1");
      if (MAKES_PERSON.test(text)) makesPerson = true;
      const ends = COMMIT.test(text);
      const commits = ends && makesPerson && cut && "commit" in cut;
      if (ends) makesPerson = false;
      if (commits && cut.commit === "unseen") return this.#cut(pair);
      if (commits && cut.commit === "silent") {
        near.pause();
        return this.#done();
      }
      if (commits) unanswered = true;
      this.#pass(pair, far, data);
    });
    far.on("data", (data) => {
      if (unanswered) this.#cut(pair);
      else this.#pass(pair, near, data);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  }

  #pass(pair: readonly [Socket, Socket], to: Socket, data: Buffer): void {
    const { cut } = this.#next ?? {};
    if (cut && "bytes" in cut) {
      if (cut.bytes <= data.length) {
        to.write(data.subarray(0, cut.bytes), () => this.#cut(pair));
        return;
      }
      this.#next = { cut: { bytes: cut.bytes - data.length }, done: this.#next?.done ?? (() => undefined) };
    }
    to.write(data);
  }

  #cut(pair: readonly [Socket, Socket]): void {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.resetAndDestroy();
    this.#done();
  }

  #done(): void {
    const { done } = this.#next ?? {};
    this.#next = undefined;
    done?.();
  }
}
