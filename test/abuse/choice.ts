import { seeded } from "../support/random.ts";

/** Random choices of one name: the same for a seed. */
export class Choice {
  readonly #next: () => number;

  constructor(name: string) {
    this.#next = seeded(name);
  }

  /** True as often as `chance` says. */
  yes(chance: number): boolean {
    return this.#next() < chance;
  }

  /** A whole number from 0 up to `end`, without it. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Some of these, in their order, about as many as `chance` says. */
  some<T>(values: readonly T[], chance: number): T[] {
    return values.filter(() => this.yes(chance));
  }

  times<T>(count: number, make: (place: number) => T): T[] {
    return Array.from({ length: count }, (_, place) => make(place));
  }
}
