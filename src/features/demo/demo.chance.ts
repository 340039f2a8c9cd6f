import { createHash } from "node:crypto";

/** A sequence of choices that looks random and is the same for the same seed, on every machine and every day. */
export class Chance {
  #state: number;

  constructor(seed: string) {
    this.#state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  }

  /** At least 0, less than 1. */
  number(): number {
    // Mulberry32: a period of 2^32 is plenty for the few dozen choices that one person takes.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** True so many times in a hundred. */
  odds(percent: number): boolean {
    return this.number() * 100 < percent;
  }

  /** A whole number, both bounds included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.number() * (most - least + 1));
  }

  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    return list[Math.floor(this.number() * list.length)] as T;
  }

  /** So many different ones of a list, in its order; all of it where there are fewer. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = this.shuffled(list.map((_, place) => place)).slice(0, count);
    return list.filter((_, place) => left.includes(place));
  }

  /** So many digits, as text. */
  digits(count: number): string {
    return Array.from({ length: count }, () => this.between(0, 9)).join("");
  }

  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.between(0, last);
      [result[last], result[other]] = [result[other] as T, result[last] as T];
    }
    return result;
  }
}

/** The timestamp inside every id of the demo: 2026-01-01, so that ids made since sort behind them. */
const EPOCH = Date.UTC(2026, 0, 1).toString(16).padStart(12, "0");

/** The UUID, of version 7, of a thing in the demo: made of its key alone, so that documents can name it. */
export function demoId(kind: string, key: string): string {
  const digest = createHash("sha256").update(`${kind}/${key}`).digest("hex");
  const variant = ((Number.parseInt(digest.slice(3, 4), 16) & 0b0011) | 0b1000).toString(16);
  return [
    EPOCH.slice(0, 8),
    EPOCH.slice(8),
    `7${digest.slice(0, 3)}`,
    `${variant}${digest.slice(4, 7)}`,
    digest.slice(7, 19),
  ].join("-");
}
