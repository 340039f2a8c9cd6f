import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { ask } from "./gateway-process.ts";
import { type Place, Subscriber, writer } from "./load.ts";

/*
 * Writes and subscribers while something fails: what the clients were promised, and how soon they have it again.
 */

/** The longest that anything may be away on a busy machine. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 10;

export interface Strength {
  /** At each gateway. */
  writers: number;
  subscribers: number;
}

const STRENGTH: Strength = { writers: 3, subscribers: 3 };

/** Whoever is at one gateway. */
interface Clients {
  place: Place;
  writers: readonly ReturnType<typeof writer>[];
  subscribers: readonly Subscriber[];
}

/** Writers and subscribers at one gateway or at several on one database; all are there when it has begun. */
export class Load {
  private constructor(
    private readonly clients: readonly Clients[],
    private readonly made: Set<string>,
  ) {}

  static async begin(places: readonly Place[], { writers, subscribers }: Strength = STRENGTH): Promise<Load> {
    const each = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
    const following = places.map((place) => each(subscribers, () => new Subscriber(place)));
    await until(() => following.flat().every(({ isFollowing }) => isFollowing));
    const made = new Set<string>();
    const writing = (place: Place) => each(writers, () => writer(place, (id) => made.add(id)));
    const clients = places.map((place, at) => ({
      place,
      writers: writing(place),
      subscribers: following[at] as Subscriber[],
    }));
    const load = new Load(clients, made);
    await load.recovered();
    return load;
  }

  /**
   * The milliseconds from now until every writer there has had something acknowledged that it began later, and every subscriber there was told of
   * everything that was acknowledged by then. There is at all gateways, or at one of them.
   */
  async recovered(place?: Place): Promise<number> {
    const there = this.clients.filter((clients) => place === undefined || clients.place === place);
    const began = performance.now();
    // What was under way may have been carried out before: the second that is acknowledged was begun later.
    const enough = there.flatMap(({ writers }) => writers).map((one) => ({ one, count: one.count() + 2 }));
    await until(() => enough.every(({ one, count }) => one.count() >= count));
    const wanted = [...this.made].slice(-100);
    await until(() =>
      there.every(({ subscribers }) => subscribers.every((one) => wanted.every((id) => one.knows(id)))),
    );
    return performance.now() - began;
  }

  /** Lets it go on until so many more are written. */
  async further(writes: number): Promise<void> {
    const before = this.made.size;
    await until(() => this.made.size >= before + writes);
  }

  /** Writes that were acknowledged so far. */
  get acknowledged(): number {
    return this.made.size;
  }

  /**
   * Stops, and holds what happened to what is promised: every acknowledged write is there, and none was done twice; every subscriber was told of
   * each once, all in one order.
   */
  async end(): Promise<void> {
    const writers = this.clients.flatMap((clients) => clients.writers);
    const subscribers = this.clients.flatMap((clients) => clients.subscribers);
    const made = (await Promise.all(writers.map((stop) => stop()))).flat().toSorted();
    await until(() => subscribers.every(({ told }) => told.length >= made.length));
    await sleep(500); // for one that came twice to come
    const [first] = subscribers;
    for (const subscriber of subscribers) {
      await subscriber.stop();
      expect(subscriber.told.toSorted()).toEqual(made);
      expect(subscriber.told).toEqual(first?.told);
    }
    for (const { place } of this.clients) {
      const found = await ask<{ users: { totalCount: number } }>(
        place.url as string,
        "{ users(first: 1) { totalCount } }",
      );
      expect(found.users.totalCount).toBe(made.length);
    }
  }
}

/** Returns once this holds; fails where it does not in the longest time that anything may take. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: PATIENCE_MS, interval: LOOK_MS }).toBe(true);
}
