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

const EVENTS = `subscription ($after: Position) {
  userEvents(after: $after) { ... on UserEvent { position userId } ... on FeedCheckpoint { position } ... on FeedReset { position reason } }
}`;
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";

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

interface Told {
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

/** Keeps every event with its position, over every break of the connection. */
export class Subscriber {
  readonly told: string[] = [];
  /** What it should never have been told: a RESET, or what stands before its position. */
  readonly #wrong: (Told & { after: string | null })[] = [];
  /** How often it has connected. */
  connections = 0;
  readonly #known = new Set<string>();
  #after: string | null = null;
  #stopped = false;
  #socket: Socket | undefined;
  readonly #work: Promise<void>;

  constructor(place: Place) {
    this.#work = this.#follow(place);
  }

  /** Fails where it was told of a RESET, or of events in another order than that of their positions. */
  async stop(): Promise<void> {
    this.#stopped = true;
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
    this.#socket?.kill();
  }

  async #follow(place: Place): Promise<void> {
    while (!this.#stopped) {
      try {
        const socket = await Socket.open(place.url as string, SECRET);
        this.#socket = socket;
        this.connections += 1;
        const events = socket.start(EVENTS, { after: this.#after });
        let seen = 0;
        while (!this.#stopped) {
          await events.until((values) => this.#stopped || values.length > seen);
          for (const value of events.values.slice(seen)) {
            this.#take(value);
            seen += 1;
          }
        }
        socket.kill();
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
      this.#known.add(told.userId);
    }
    this.#after = told.position;
  }
}
