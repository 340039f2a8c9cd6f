import type { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";
import { Pairs } from "./predicate-index-pairs.ts";

/**
 * Which filters are registered under a pair of an event and a guard. Most pairs have one, which then stands in the pair itself (as its complement,
 * a negative number); more are linked entries in one array.
 */
export class Postings {
  readonly #first = new Pairs();
  /** Entries are numbered from 1. */
  #entries = 1;
  #free = 0;
  /** By entry, side by side: its filter, and what follows it: an entry, a single filter's complement, or 0. */
  #entry = new Int32Array(1 << 10);

  add(event: number, guard: number, slot: number): void {
    const first = this.#first.get(event, guard);
    if (first === 0) {
      this.#first.set(event, guard, ~slot);
      return;
    }
    const entry = this.#newEntry();
    this.#entry[entry * 2] = slot;
    this.#entry[entry * 2 + 1] = first;
    this.#first.set(event, guard, entry);
  }

  /** Takes one entry away; throws where there is none, since then something is registered that nobody would ever remove. */
  remove(event: number, guard: number, slot: number): void {
    let before = 0;
    let at = this.#first.get(event, guard);
    while (at > 0 && this.#entry[at * 2] !== slot) {
      before = at;
      at = this.#entry[at * 2 + 1] as number;
    }
    if (at === 0 || (at < 0 && ~at !== slot)) throw new Error("A filter was not registered where it is removed.");
    const next = at < 0 ? 0 : (this.#entry[at * 2 + 1] as number);
    if (before === 0) this.#first.set(event, guard, next);
    else this.#entry[before * 2 + 1] = next;
    if (at < 0) return;
    this.#entry[at * 2 + 1] = this.#free;
    this.#free = at;
  }

  /** Calls with every filter under the event and one of the guards. */
  visit(event: number, guards: FactSet, found: (slot: number) => void): void {
    this.#first.visit(event, guards, (first) => {
      let at = first;
      for (; at > 0; at = this.#entry[at * 2 + 1] as number) found(this.#entry[at * 2] as number);
      if (at < 0) found(~at);
    });
  }

  #newEntry(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.#entry[free * 2 + 1] as number;
      return free;
    }
    if (this.#entries * 2 === this.#entry.length) this.#entry = doubled(this.#entry);
    return this.#entries++;
  }
}
