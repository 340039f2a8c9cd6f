import { Entries, type Entry } from "./predicate-index-entries.ts";
import type { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";
import { Pairs } from "./predicate-index-pairs.ts";

/** So many entries of one event are gone through faster than a row's guards are looked up. */
const CROWD = 1_024;

/** The facts of a row, with what everybody has, and those of them that guard filters at crowded events or at bounds. */
export interface Guarded {
  facts: FactSet;
  guards: FactSet;
}

/**
 * Which filters are registered under an event, each with a guard and a check. Most events have few, which stand in one list. An event with many
 * is crowded: it has a list for each guard, found by the pair.
 */
export class Postings {
  readonly #entries = new Entries();
  /** By event: its list; or, where it is crowded, how many entries it has, as a negative number. */
  #events = new Int32Array(1 << 10);
  readonly #crowded = new Pairs();

  /** `guarding`: told how many crowded events' lists a fact guards more, or less. */
  constructor(private readonly guarding: (fact: number, by: 1 | -1) => void) {}

  add(event: number, entry: Entry): void {
    while (event >= this.#events.length) this.#events = doubled(this.#events);
    const list = this.#events[event] as number;
    if (list < 0) {
      this.#events[event] = list - 1;
      this.#addCrowded(event, entry);
    } else if (list === 0) this.#events[event] = this.#entries.create(entry);
    else {
      this.#entries.add(list, entry);
      if (this.#entries.lengthOf(list) > CROWD) this.#crowd(event, list);
    }
  }

  /** Takes one entry away; throws where there is none. */
  remove(event: number, entry: Entry): void {
    const list = this.#events[event] ?? 0;
    if (list >= 0) {
      if (this.#removed(list, entry)) this.#events[event] = 0;
      return;
    }
    this.#events[event] = list + 1;
    if (!this.#removed(this.#crowded.get(event, entry.guard), entry)) return;
    this.#crowded.set(event, entry.guard, 0);
    this.guarding(entry.guard, -1);
  }

  /** Calls with every filter under the event whose guard and check a row has. */
  visit(event: number, { facts, guards }: Guarded, found: (slot: number) => void): void {
    const list = this.#events[event] ?? 0;
    if (list > 0) this.#entries.visit(list, facts, found);
    else if (list < 0) this.#crowded.visit(event, guards, (one) => this.#entries.visit(one, facts, found));
  }

  #crowd(event: number, list: number): void {
    const entries = this.#entries.all(list);
    this.#entries.drop(list);
    this.#events[event] = -entries.length;
    for (const entry of entries) this.#addCrowded(event, entry);
  }

  #addCrowded(event: number, entry: Entry): void {
    const list = this.#crowded.get(event, entry.guard);
    if (list !== 0) this.#entries.add(list, entry);
    else {
      this.#crowded.set(event, entry.guard, this.#entries.create(entry));
      this.guarding(entry.guard, 1);
    }
  }

  /** Takes an entry out of a list; gives whether it was the last one. */
  #removed(list: number, entry: Entry): boolean {
    this.#entries.remove(list, entry);
    return this.#entries.lengthOf(list) === 0;
  }
}
