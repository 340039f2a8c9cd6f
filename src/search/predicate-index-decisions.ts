import type { Access } from "./predicate-index-access.ts";
import type { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";
import type { View } from "./predicate-index-view.ts";

/** What there is to know of a term: how rows that satisfy it are found, by which facts, in which view. */
interface Learned {
  id: number;
  access: Access;
  facts: readonly number[];
  view: Pick<View, "place">;
}

/** The facts of a row, and the numbers in it, by the places of the views that read them; NaN where there is none. */
export interface Reading {
  facts: FactSet;
  numbers: number[];
}

const BY_ASKING = 0;
const BY_BOUNDS = 2;
const BY_FACTS = 3;

/** The id of the term that one fact decides is the fact's own, made odd: so nothing has to be looked up. All others' are even. */
export const idByFact = (fact: number): number => fact * 2 + 1;
const isByFact = (id: number): boolean => (id & 1) === 1;

/** A term of more facts than these is asked: looking up its value once is faster. */
const MOST_FACTS = 8;

const FEW = 1 << 10;

/**
 * What a row was read for anyway, and what it says of terms: a term of facts holds where they are there, a comparison where the number
 * stands clearly on one side. It spares asking most terms; what it leaves open, such as a number that equals its bound, is asked.
 */
export class Decisions {
  /** By term: how it is decided, and by which fact or the number of which view; together, since they are read together. */
  #by = new Int32Array(FEW);
  /** By term, side by side: the lower bound and the upper one. */
  #bounds = new Float64Array(FEW * 2);

  /** The facts of terms that have several, each term's side by side. */
  #facts = new Int32Array(FEW);
  #sets = 0;
  readonly #freeSets: number[] = [];

  /** Learns how a new term is decided. */
  learn({ id, access, facts, view }: Learned): void {
    if (isByFact(id)) return;
    const at = id >> 1;
    if (at >= this.#by.length) this.#grow();
    this.#by[at] = BY_ASKING;
    if ((access.by === "facts" || access.by === "parts") && facts.length <= MOST_FACTS) {
      this.#by[at] = this.#keep(facts) * 64 + (facts.length - 1) * 8 + (access.every ? 4 : 0) + BY_FACTS;
    } else if (access.by === "bounds") {
      this.#by[at] = view.place * 4 + BY_BOUNDS;
      this.#bounds[at * 2] = access.lower ?? Number.NEGATIVE_INFINITY;
      this.#bounds[at * 2 + 1] = access.upper ?? Number.POSITIVE_INFINITY;
    }
  }

  /** Whether a term holds of a row; undefined where it must be asked. */
  decide(id: number, { facts, numbers }: Reading): boolean | undefined {
    if (isByFact(id)) return facts.has(id >> 1);
    const at = id >> 1;
    const by = this.#by[at] as number;
    if (by === BY_ASKING) return undefined;
    if ((by & 3) === BY_FACTS) return this.#decideByFacts(by, facts);
    const number = numbers[by >> 2] as number;
    const [lower, upper] = [this.#bounds[at * 2] as number, this.#bounds[at * 2 + 1] as number];
    if (number > lower && number < upper) return true;
    return number === lower || number === upper ? undefined : false;
  }

  /** Forgets a term that no filter has any more. */
  forget(id: number): void {
    if (isByFact(id)) return;
    const by = this.#by[id >> 1] as number;
    if ((by & 3) === BY_FACTS) this.#freeSets.push(by >> 6);
    this.#by[id >> 1] = BY_ASKING;
  }

  #decideByFacts(by: number, present: FactSet): boolean {
    const every = (by & 4) !== 0;
    const first = (by >> 6) * MOST_FACTS;
    const last = first + ((by >> 3) & 7);
    for (let at = first; at <= last; at++) if (present.has(this.#facts[at] as number) !== every) return !every;
    return every;
  }

  #keep(facts: readonly number[]): number {
    const set = this.#freeSets.pop() ?? this.#sets++;
    if ((set + 1) * MOST_FACTS > this.#facts.length) this.#facts = doubled(this.#facts);
    this.#facts.set(facts, set * MOST_FACTS);
    return set;
  }

  #grow(): void {
    this.#by = doubled(this.#by);
    const bounds = this.#bounds;
    this.#bounds = new Float64Array(bounds.length * 2);
    this.#bounds.set(bounds);
  }
}
