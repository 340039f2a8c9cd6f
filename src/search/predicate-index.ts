import { fieldOf } from "./catalogue.ts";
import type { Catalogue, Row } from "./field.ts";
import type { Filter } from "./filter.ts";
import { BoundPostings } from "./predicate-index-bounds.ts";
import { circuitOf, literalsOf, termOf } from "./predicate-index-circuit.ts";
import { type Crossing, Difference, type RowChange, type Side, type Sides } from "./predicate-index-difference.ts";
import { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";
import { Postings } from "./predicate-index-postings.ts";
import { Programs } from "./predicate-index-programs.ts";
import { ALWAYS, breaking, making, nearestFact, registrations } from "./predicate-index-registration.ts";
import { Truth } from "./predicate-index-truth.ts";
import type { View } from "./predicate-index-view.ts";
import { Vocabulary } from "./predicate-index-vocabulary.ts";

/** The keys of the filters that a change concerns, each in one list at the most, in no particular order. */
export interface Transitions<Key> {
  /** Not before, but after. */
  joined: Key[];
  /** Before, but not after. */
  left: Key[];
  /** Before and after. */
  stayed: Key[];
}

/** Of the filters that hold before and after: those of which a watched field differs, or all. */
export type Stayed = "watched" | "all";

const newSide = (): Side => ({ facts: new FactSet(), guards: new FactSet(), numbers: [] });

/** The ways in which a filter can be a candidate. */
const MAY_JOIN = 1;
const MAY_LEAVE = 2;
const MAY_STAY = 4;

/**
 * Which of very many filters change their answer when a row changes, without trying them all.
 *
 * **Facts.** What filters ask about a row is broken into facts that can be read off the row: this column has that value, this set that
 * member, this text that part. A row has a few dozen of the facts that any filter asks for, and they are found by hashing. Other criteria
 * stand on a number line (a comparison, an age) or are known only to depend on a value (`View`, `accessOf`).
 *
 * **Events.** A change makes events: a fact was gained or lost, a number passed a bound, a value differs. A filter can change its answer only where
 * an event concerns one of its own criteria, and, since `and` and `or` are monotone, it can begin to hold only by a literal that became true
 * and cease only by one that became false.
 *
 * **Guards.** That alone would bring up everybody who asks for ACTIVE whenever somebody is activated. But a filter that holds has all of its
 * conjuncts. So it is registered under pairs: an event of one criterion, and a *guard*, the rarest fact among its other conjuncts (or the
 * facts of one `or`, each). A filter that begins to hold has its guard in the row after, one that ceases in the row before. Most events concern
 * few filters, whose guards are looked at one after the other; of others the row's guards are looked up. Where a filter needs one fact more, that is
 * its *check*, and is looked at too, before the filter itself is.
 *
 * **Verifying.** What is found is a candidate: it is evaluated before and after, with every criterion's answer computed once per change. What the row
 * was read for says most answers (`Decisions`): a fact is there or not, a number stands above a bound or below. The rest are asked by the
 * operators' own meanings. That all of it agrees with evaluating every filter is shown by a property test (test/search/predicate-index.test.ts).
 *
 * **Time.** Criteria relative to now read an age, the distance from the moment: the passing of time moves it as a write moves a value. Those that
 * reckon in months, and those inside grants, are asked one by one where the moment moved.
 *
 * A filter that has no guard (only negations, only ranges) is found by its events alone, and a row that comes or goes by guards
 * alone: every filter is registered under an event that always happens then.
 */
export class PredicateIndex<Key> {
  readonly #vocabulary: Vocabulary;
  readonly #truth: Truth;
  readonly #postings = new Postings((fact, by) => this.#guards(fact, by));
  readonly #bounds = new BoundPostings();
  readonly #programs = new Programs();
  /** By slot, the number that a filter has in the index: its key, and what it watches. */
  readonly #keys: (Key | undefined)[] = [];
  readonly #watched = new Map<number, readonly View[]>();
  readonly #slots = new Map<Key, number>();
  /** How many lists that are found by their guard each fact guards. */
  #guarding = new Int32Array(1 << 10);
  /** Candidates in the matching under way; the mark of each says as what. */
  readonly #triedSlots: number[] = [];
  readonly #sides: Sides = {
    before: newSide(),
    after: newSide(),
    isGuard: (fact) => (this.#guarding[fact] ?? 0) > 0,
  };
  #changes = 0;
  readonly #verifyAs = Array.from({ length: MAY_STAY + 1 }, (_, as) => (slot: number) => this.#verify(slot, as));
  #found: Transitions<Key> = { joined: [], left: [], stayed: [] };

  /** `sample`: some rows, from which the index learns which facts are rare. It is asked whenever a filter brings a new fact. */
  constructor(
    private readonly catalogue: Catalogue,
    sample: readonly Row[] = [],
  ) {
    this.#vocabulary = new Vocabulary(catalogue, sample);
    this.#truth = new Truth(this.#vocabulary, this.#programs, this.#sides);
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: Key): boolean {
    return this.#slots.has(key);
  }

  /**
   * From now on the filter is matched; `watch` names fields whose change is told where it holds before and after. It takes the place of a
   * filter under the same key. Criteria are kept once where they are written alike, as in canonical form; to bring a filter into that form
   * would take as long as all the rest, and those that are stored are in it.
   */
  add(key: Key, filter: Filter, watch: readonly string[] = []): void {
    this.remove(key);
    const columns = new Set(watch.map((name) => this.#shownColumn(name)));
    const circuit = circuitOf(filter, this.#vocabulary);
    const watched = [...columns].map((column) => this.#vocabulary.watch(column));
    const slot = this.#programs.store(circuit, nearestFact(circuit, this.#vocabulary));
    while (this.#keys.length <= slot) this.#keys.push(undefined);
    this.#keys[slot] = key;
    this.#slots.set(key, slot);
    if (watched.length > 0) this.#watched.set(slot, watched);
    registrations({ circuit, watched }, this.#vocabulary, {
      pair: (event, guard, check) => this.#postings.add(event, { guard, check, slot }),
      bound: (event, guard, value) => {
        this.#guards(guard, 1);
        this.#bounds.add(event, guard, value, slot);
      },
    });
  }

  /** From now on the filter is not matched; gives whether there was one. */
  remove(key: Key): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    const circuit = this.#programs.read(slot);
    const watched = this.#watched.get(slot) ?? [];
    registrations({ circuit, watched }, this.#vocabulary, {
      pair: (event, guard, check) => this.#postings.remove(event, { guard, check, slot }),
      bound: (event, guard, value) => {
        this.#guards(guard, -1);
        this.#bounds.remove(event, guard, value, slot);
      },
    });
    for (const literal of literalsOf(circuit)) this.#vocabulary.release(this.#vocabulary.term(termOf(literal)));
    for (const view of watched) this.#vocabulary.releaseView(view);
    this.#programs.drop(slot);
    this.#watched.delete(slot);
    this.#keys[slot] = undefined;
    this.#slots.delete(key);
    return true;
  }

  /**
   * The filters that hold on one side of the change alone, and of those that hold on both the ones asked for. A filter that asks
   * about now is asked at the change's own moments.
   */
  match(change: RowChange, stayed: Stayed = "watched"): Transitions<Key> {
    const number = ++this.#changes;
    const difference = new Difference(this.#vocabulary, change, number, this.#sides);
    this.#truth.begin(change, number);
    this.#found = { joined: [], left: [], stayed: [] };
    if (!change.before) this.#try(making(ALWAYS), MAY_JOIN);
    else if (!change.after) this.#try(making(ALWAYS), MAY_LEAVE);
    else this.#tryEvents(difference, stayed);
    for (const slot of this.#triedSlots) this.#programs.setMark(slot, 0);
    this.#triedSlots.length = 0;
    return this.#found;
  }

  #tryEvents({ gained, lost, changed, crossed }: Difference, stayed: Stayed): void {
    for (const fact of gained) {
      this.#try(making(fact), MAY_JOIN);
      this.#try(breaking(fact), MAY_LEAVE);
    }
    for (const fact of lost) {
      this.#try(breaking(fact), MAY_JOIN);
      this.#try(making(fact), MAY_LEAVE);
    }
    for (const { events } of changed) {
      this.#try(making(events.changed), MAY_JOIN);
      this.#try(making(events.changed), MAY_LEAVE);
      if (stayed === "watched") this.#try(making(events.watched), MAY_STAY);
    }
    for (const crossing of crossed) {
      this.#tryCrossing(crossing, MAY_JOIN);
      this.#tryCrossing(crossing, MAY_LEAVE);
    }
    if (stayed === "all") this.#try(making(ALWAYS), MAY_STAY);
  }

  /** Verifies what is registered under the event and a guard that the row has: where it may cease to hold, had. */
  #try(event: number, as: number): void {
    this.#postings.visit(event, this.#sideOf(as), this.#verifyAs[as] as (slot: number) => void);
  }

  /** What joins by a number that rises stands where the same number falling would make it leave. */
  #tryCrossing({ event, low, high, rose }: Crossing, as: number): void {
    const side = rose === (as === MAY_JOIN) ? making(event) : breaking(event);
    this.#bounds.between(side, this.#sideOf(as).guards, low, high, this.#verifyAs[as] as (slot: number) => void);
  }

  #sideOf(as: number): Side {
    return as === MAY_LEAVE ? this.#sides.before : this.#sides.after;
  }

  /** Evaluates a candidate, once in each of the ways in which it can be one. */
  #verify(slot: number, as: number): void {
    const tried = this.#programs.mark(slot);
    if ((tried & as) !== 0) return;
    if (tried === 0) this.#triedSlots.push(slot);
    this.#programs.setMark(slot, tried | as);
    const { joined, left, stayed } = this.#found;
    if (as === MAY_LEAVE) {
      if (this.#truth.before(slot) && !this.#truth.after(slot)) left.push(this.#keys[slot] as Key);
    } else if (this.#truth.after(slot) && this.#truth.before(slot) === (as === MAY_STAY)) {
      (as === MAY_STAY ? stayed : joined).push(this.#keys[slot] as Key);
    }
  }

  /** Counts what is found by a guard. */
  #guards(fact: number, by: 1 | -1): void {
    while (fact >= this.#guarding.length) this.#guarding = doubled(this.#guarding);
    this.#guarding[fact] = (this.#guarding[fact] as number) + by;
  }

  #shownColumn(name: string): string {
    const field = fieldOf(this.catalogue, name);
    return field.shownColumn ?? field.column;
  }
}
