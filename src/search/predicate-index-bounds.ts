import type { FactSet } from "./predicate-index-fact-set.ts";
import { Pairs } from "./predicate-index-pairs.ts";

/** Filters by the number at which something about them flips, in order. */
class Bounds {
  #values = new Float64Array(4);
  #slots = new Int32Array(4);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(value: number, slot: number): void {
    if (this.#length === this.#values.length) this.#grow();
    const place = this.#from(value);
    this.#values.copyWithin(place + 1, place, this.#length);
    this.#slots.copyWithin(place + 1, place, this.#length);
    this.#values[place] = value;
    this.#slots[place] = slot;
    this.#length++;
  }

  remove(value: number, slot: number): void {
    let place = this.#from(value);
    while (place < this.#length && this.#values[place] === value && this.#slots[place] !== slot) place++;
    if (place === this.#length || this.#values[place] !== value)
      throw new Error("A filter was not registered where it is removed.");
    this.#values.copyWithin(place, place + 1, this.#length);
    this.#slots.copyWithin(place, place + 1, this.#length);
    this.#length--;
  }

  /** Calls with every filter whose number lies between two others, these included. */
  between(low: number, high: number, found: (slot: number) => void): void {
    for (let place = this.#from(low); place < this.#length && (this.#values[place] as number) <= high; place++)
      found(this.#slots[place] as number);
  }

  /** The first place whose value is not less. */
  #from(value: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const [values, slots] = [this.#values, this.#slots];
    this.#values = new Float64Array(values.length * 2);
    this.#slots = new Int32Array(slots.length * 2);
    this.#values.set(values);
    this.#slots.set(slots);
  }
}

/** Which filters are registered under a number, by event and guard: what a value that moves passes over is found without the rest. */
export class BoundPostings {
  /** By pair, where its list stands, counted from 1. */
  readonly #places = new Pairs();
  readonly #lists: (Bounds | undefined)[] = [undefined];
  readonly #free: number[] = [];

  add(event: number, guard: number, value: number, slot: number): void {
    let place = this.#places.get(event, guard);
    if (place === 0) {
      place = this.#free.pop() ?? this.#lists.length;
      this.#lists[place] = new Bounds();
      this.#places.set(event, guard, place);
    }
    this.#lists[place]?.add(value, slot);
  }

  remove(event: number, guard: number, value: number, slot: number): void {
    const place = this.#places.get(event, guard);
    const bounds = this.#lists[place];
    if (!bounds) throw new Error("A filter was not registered where it is removed.");
    bounds.remove(value, slot);
    if (!bounds.isEmpty) return;
    this.#lists[place] = undefined;
    this.#places.set(event, guard, 0);
    this.#free.push(place);
  }

  /** Calls with every filter under the event and one of these guards whose number lies between two others. */
  between(event: number, guards: FactSet, low: number, high: number, found: (slot: number) => void): void {
    this.#places.visit(event, guards, (place) => this.#lists[place]?.between(low, high, found));
  }
}
