import type { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";

/** What a filter is registered as: it concerns whoever has the guard and the check too; 0 stands for a fact that everybody has. */
export interface Entry {
  guard: number;
  check: number;
  slot: number;
}

/**
 * Lists of entries, each in one stretch of one array, so that going through a list reads memory in a row. Lists are numbered from 1; a list
 * whose stretch is full moves to one twice as long.
 */
export class Entries {
  /** By place, side by side: guard, check and slot. */
  #entry = new Int32Array(3 << 10);
  #end = 0;
  /** By list, side by side: where it begins, how many entries it has, and the power of two that it has room for. */
  #lists = new Int32Array(3 << 8);
  #count = 1;
  readonly #freeLists: number[] = [];
  /** Where stretches are free, by the power of two of their length. */
  readonly #free: number[][] = [];

  /** A new list with one entry. */
  create(entry: Entry): number {
    const list = this.#freeLists.pop() ?? this.#count++;
    if (list * 3 === this.#lists.length) this.#lists = doubled(this.#lists);
    this.#lists[list * 3] = this.#stretch(0);
    this.#lists[list * 3 + 1] = 0;
    this.#lists[list * 3 + 2] = 0;
    this.add(list, entry);
    return list;
  }

  add(list: number, { guard, check, slot }: Entry): void {
    const count = this.#lists[list * 3 + 1] as number;
    if (count === 1 << (this.#lists[list * 3 + 2] as number)) this.#move(list);
    const at = ((this.#lists[list * 3] as number) + count) * 3;
    this.#entry[at] = guard;
    this.#entry[at + 1] = check;
    this.#entry[at + 2] = slot;
    this.#lists[list * 3 + 1] = count + 1;
  }

  /** Takes one entry away; throws where there is none, since then something is registered that nobody would ever remove. A list that becomes empty is gone. */
  remove(list: number, { guard, check, slot }: Entry): void {
    const [start, count] = [this.#lists[list * 3] as number, this.lengthOf(list)];
    const last = (start + count - 1) * 3;
    for (let at = start * 3; at <= last; at += 3)
      if (this.#entry[at + 2] === slot && this.#entry[at] === guard && this.#entry[at + 1] === check) {
        this.#entry.copyWithin(at, last, last + 3);
        this.#lists[list * 3 + 1] = count - 1;
        if (count === 1) this.drop(list);
        return;
      }
    throw new Error("A filter was not registered where it is removed.");
  }

  drop(list: number): void {
    this.#give(list);
    this.#lists[list * 3 + 1] = 0;
    this.#freeLists.push(list);
  }

  lengthOf(list: number): number {
    return this.#lists[list * 3 + 1] as number;
  }

  all(list: number): Entry[] {
    const start = this.#lists[list * 3] as number;
    return Array.from({ length: this.lengthOf(list) }, (_, place) => {
      const at = (start + place) * 3;
      return {
        guard: this.#entry[at] as number,
        check: this.#entry[at + 1] as number,
        slot: this.#entry[at + 2] as number,
      };
    });
  }

  /** Calls with the slot of every entry whose guard and check are there. */
  visit(list: number, facts: FactSet, found: (slot: number) => void): void {
    const from = (this.#lists[list * 3] as number) * 3;
    const end = from + (this.#lists[list * 3 + 1] as number) * 3;
    const entry = this.#entry;
    for (let at = from; at < end; at += 3)
      if (facts.has(entry[at] as number) && facts.has(entry[at + 1] as number)) found(entry[at + 2] as number);
  }

  #move(list: number): void {
    const [start, count] = [this.#lists[list * 3] as number, this.lengthOf(list)];
    const to = this.#stretch((this.#lists[list * 3 + 2] as number) + 1);
    this.#entry.copyWithin(to * 3, start * 3, (start + count) * 3);
    this.#give(list);
    this.#lists[list * 3] = to;
    this.#lists[list * 3 + 2] = (this.#lists[list * 3 + 2] as number) + 1;
  }

  #give(list: number): void {
    const power = this.#lists[list * 3 + 2] as number;
    this.#free[power] ??= [];
    this.#free[power].push(this.#lists[list * 3] as number);
  }

  #stretch(power: number): number {
    const free = this.#free[power]?.pop();
    if (free !== undefined) return free;
    const start = this.#end;
    this.#end += 1 << power;
    while (this.#end * 3 > this.#entry.length) this.#entry = doubled(this.#entry);
    return start;
  }
}
