import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { comparePositions, parsePosition } from "../../src/kernel/position.ts";
import { ask, SECRET } from "./gateway-process.ts";
import { Socket } from "./socket.ts";

/*
 * Clients that do what schema/FEED.md asks of them when something fails: writers repeat what was not answered with the same idempotency key,
 * subscribers resume after their last position.
 */

const EVENTS: Followed = {
  document: `subscription ($after: Position) {
  userEvents(after: $after) { ... on UserEvent { position userId } ... on FeedCheckpoint { position } ... on FeedReset { position reason } }
}`,
};
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";

/** What is followed: a subscription that asks for what `Told` has, from $after on. */
export interface Followed {
  document: string;
  variables?: Readonly<Record<string, unknown>>;
}

/** Where the gateway is at the moment, if it is. */
export interface Place {
  url: string | undefined;
}

/** Stops it, and gives the ids of all people whose making was acknowledged. */
export interface Writing {
  (): Promise<string[]>;
  /** How many were so far. */
  count(): number;
}

/** Makes people, one after another, each until it was answered. */
export function writer(place: Place, onMade: (id: string) => void = () => undefined): Writing {
  let stopped = false;
  const made: string[] = [];
  const work = (async () => {
    while (!stopped) {
      const input = { username: randomUUID(), status: "ACTIVE", idempotencyKey: randomUUID() };
      const id = await repeat(
        async () =>
          (await ask<{ createUser: { user: { id: string } } }>(place.url as string, CREATE, { input })).createUser.user
            .id,
      );
      made.push(id);
      onMade(id);
    }
  })();
  const stop = async () => {
    stopped = true;
    await work;
    return made;
  };
  return Object.assign(stop, { count: () => made.length });
}

async function repeat<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await sleep(50);
    }
  }
}

export interface Told {
  position: string;
  /** Of an event. */
  userId?: string;
  /** Of a RESET. */
  reason?: string;
}

/** Whether what is told may follow a position: an event stands behind it, a checkpoint not before. */
function follows(after: string | null, { position, userId }: Told): boolean {
  if (after === null) return true;
  const order = comparePositions(parsePosition(after), parsePosition(position));
  return userId === undefined ? order <= 0 : order < 0;
}

/** A subscription over a connection of its own: what it is told, until it breaks. */
interface Following {
  told: AsyncIterable<Told>;
  cut(): void;
}

async function overWebSocket(url: string, { document, variables }: Followed, after: string | null): Promise<Following> {
  const socket = await Socket.open(url, SECRET);
  const events = socket.start(document, { ...variables, after });
  const told = async function* (): AsyncGenerator<Told> {
    for (let seen = 0; ; ) {
      const values = await events.until((all) => all.length > seen && all);
      yield* values.slice(seen);
      seen = values.length;
    }
  };
  return { told: told(), cut: () => socket.kill() };
}

async function overEventStream(
  url: string,
  { document, variables }: Followed,
  after: string | null,
): Promise<Following> {
  const aborted = new AbortController();
  const response = await fetch(`${url}/graphql/stream`, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${SECRET}`,
    },
    body: JSON.stringify({ query: document, variables: { ...variables, after } }),
    signal: aborted.signal,
  });
  const { body } = response;
  if (!response.ok || !body) throw new Error(`The stream was refused with ${response.status}.`);
  const told = async function* (): AsyncGenerator<Told> {
    let text = "";
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      const events = (text + part).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const result = /^event: next\ndata: (.*)$/s.exec(event)?.[1];
        if (result !== undefined) yield Object.values<Told>(JSON.parse(result).data)[0] as Told;
      }
    }
  };
  return { told: told(), cut: () => aborted.abort() };
}

/** How many subscribers there were so far: every second one follows by server-sent events. */
let subscribers = 0;

/** Keeps every event with its position, over every break of the connection. */
export class Subscriber {
  readonly told: string[] = [];
  /** The same, each with its position. */
  readonly events: Told[] = [];
  /** What it should never have been told: a RESET, or what stands before its position. */
  readonly #wrong: (Told & { after: string | null })[] = [];
  /** How often it has connected. */
  connections = 0;
  readonly #known = new Set<string>();
  readonly #connect = subscribers++ % 2 === 0 ? overWebSocket : overEventStream;
  #after: string | null;
  #stopped = false;
  #following: Following | undefined;
  readonly #work: Promise<void>;

  /** Follows all events from now on, or what it is given from a position on. */
  constructor(
    place: Place,
    readonly followed: Followed = EVENTS,
    after: string | null = null,
  ) {
    this.#after = after;
    this.#work = this.#follow(place);
  }

  /** Up to where it has been told everything; null before it has been told where it stands. */
  get position(): string | null {
    return this.#after;
  }

  /** Fails where it was told of a RESET, or of events in another order than that of their positions. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.reconnect();
    await this.#work;
    expect(this.#wrong).toEqual([]);
  }

  /** Whether it has been told where it stands. */
  get isFollowing(): boolean {
    return this.#after !== null;
  }

  /** Whether it was told of somebody. */
  knows(id: string): boolean {
    return this.#known.has(id);
  }

  /** Breaks its connection, so that it goes on at where the place is now. */
  reconnect(): void {
    this.#following?.cut();
  }

  async #follow(place: Place): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#following = await this.#connect(place.url as string, this.followed, this.#after);
        this.connections += 1;
        if (this.#stopped) this.#following.cut();
        for await (const told of this.#following.told) this.#take(told);
      } catch {
        await sleep(50);
      }
    }
  }

  #take(told: Told): void {
    // What fails here would only be a broken connection to #follow.
    if (told.reason !== undefined || !follows(this.#after, told)) this.#wrong.push({ ...told, after: this.#after });
    if (told.userId !== undefined) {
      this.told.push(told.userId);
      this.events.push(told);
      this.#known.add(told.userId);
    }
    this.#after = told.position;
  }
}
