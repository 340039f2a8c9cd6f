import type { Catalogue, Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import type { Moment } from "./operator.ts";
import { columnOf, resolve } from "./operator-of.ts";
import { type Access, accessOf, expectedShare, type Place } from "./predicate-index-access.ts";
import { Decisions, idByFact } from "./predicate-index-decisions.ts";
import { type Seen, View } from "./predicate-index-view.ts";
import { type Predicate as Compiled, compile } from "./to-predicate.ts";

/** A criterion that at least one filter has, kept once for all of them. */
export interface Term {
  id: number;
  criterion: Criterion;
  holds: Compiled;
  view: View;
  access: Access;
  /** The facts that decide it, in the order of the access's values or parts. */
  facts: readonly number[];
  /** About how many of all rows satisfy it, and have each of its facts. */
  share: number;
  shares: readonly number[];
  /** What happens where it flips by time alone, with a value that stays. */
  flipped: number;
  timely: boolean;
  uses: number;
}

interface Fact {
  id: number;
  uses: number;
  share: number;
}

/** Small numbers, each in use once at a time. */
class Numbers {
  readonly #free: number[] = [];
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  give(number: number): void {
    this.#free.push(number);
  }
}

const NO_MOMENT: Moment = { now: new Date(0), today: "1970-01-01" };

/** Every view, fact and criterion of the filters in an index, each once, for as long as a filter needs it. */
export class Vocabulary {
  /** Where a filter needs no fact, or every row has it; no fact has this number. */
  static readonly NOTHING = 0;

  readonly #views = new Map<string, View>();
  readonly #facts = new Map<string, Fact>();
  readonly #terms = new Map<string, Term>();
  readonly #byId: (Term | undefined)[] = [];
  readonly #timely = new Set<Term>();
  readonly #events = new Numbers(Vocabulary.NOTHING + 1);
  readonly #ids = new Numbers(0);
  readonly #places = new Numbers(0);
  readonly decisions = new Decisions();

  /** The sample tells how common values are; without one, their kind does. */
  constructor(
    private readonly catalogue: Catalogue,
    private readonly sample: readonly Row[],
  ) {}

  get views(): Iterable<View> {
    return this.#views.values();
  }

  /** Criteria that time alone can flip, other than by an age that passes a bound. */
  get timely(): Iterable<Term> {
    return this.#timely;
  }

  /** Above the number of every term. */
  get terms(): number {
    return this.#byId.length;
  }

  term(id: number): Term {
    return this.#byId[id] as Term;
  }

  /** The view of a column as it is shown, to be given back with `releaseView`. */
  watch(column: string): View {
    return this.#view({ column, mode: "raw" });
  }

  /** The term of a criterion whose operator has a meaning of its own, to be given back with `release`. */
  take(criterion: Criterion): Term {
    const text = textOf(criterion);
    const known = this.#terms.get(text);
    if (known) {
      known.uses++;
      return known;
    }
    const resolved = resolve(criterion, this.catalogue);
    const access = accessOf(criterion, this.catalogue);
    const { key, as } = criterion;
    const view = this.#view({
      column: columnOf(resolved),
      mode: access.mode,
      ...(key === undefined ? {} : { key }),
      ...(as ? { as } : {}),
    });
    const facts = this.#factsOf(view, access, criterion);
    const [fact, ...more] = facts;
    const alike = fact && more.length === 0 ? this.#byId[idByFact(fact.id)] : undefined;
    if (alike) {
      this.#dropFacts(alike);
      this.releaseView(view);
      alike.uses++;
      return alike;
    }
    const shares = facts.map(({ share }) => share);
    const term: Term = {
      id: fact && more.length === 0 ? idByFact(fact.id) : this.#ids.take() * 2,
      criterion,
      holds: compile(criterion, this.catalogue),
      view,
      access,
      facts: facts.map(({ id }) => id),
      share: shareOf(access, shares),
      shares,
      flipped: this.#events.take(),
      timely: access.by === "change" && access.timely,
      uses: 1,
    };
    this.#terms.set(text, term);
    this.#byId[term.id] = term;
    this.decisions.learn(term);
    if (term.timely) this.#timely.add(term);
    return term;
  }

  release(term: Term): void {
    if (--term.uses > 0) return;
    this.#terms.delete(textOf(term.criterion));
    this.#byId[term.id] = undefined;
    this.#timely.delete(term);
    this.decisions.forget(term.id);
    if (term.id % 2 === 0) this.#ids.give(term.id / 2);
    this.#events.give(term.flipped);
    this.#dropFacts(term);
    this.releaseView(term.view);
  }

  releaseView(view: View): void {
    if (--view.uses > 0) return;
    this.#views.delete(nameOf(view.seen));
    for (const event of Object.values(view.events)) this.#events.give(event);
    this.#places.give(view.place);
  }

  #view(seen: Seen): View {
    const name = nameOf(seen);
    let view = this.#views.get(name);
    if (!view) {
      const [changed, watched, lower, upper] = [0, 0, 0, 0].map(() => this.#events.take()) as [
        number,
        number,
        number,
        number,
      ];
      view = new View(seen, { changed, watched, lower, upper }, this.#places.take());
      this.#views.set(name, view);
    }
    view.uses++;
    return view;
  }

  #factsOf(view: View, access: Access, criterion: Criterion): Fact[] {
    if (access.by === "facts")
      return access.values.map((value) =>
        this.#fact(factName(view, "", value), {
          hold: (fact) => view.holdValue(value, fact),
          share: () => this.#shareIn(view, access, criterion, (one) => one === value),
        }),
      );
    if (access.by === "parts")
      return access.parts.map((part) =>
        this.#fact(factName(view, access.place, part), {
          hold: (fact) => view.holdPart(access.place, part, fact),
          share: () =>
            this.#shareIn(
              view,
              access,
              criterion,
              (one) => typeof one === "string" && hasPart(one, access.place, part),
            ),
        }),
      );
    return [];
  }

  #fact(name: string, make: { hold: (fact: number) => void; share: () => number }): Fact {
    let fact = this.#facts.get(name);
    if (!fact) {
      fact = { id: this.#events.take(), uses: 0, share: make.share() };
      this.#facts.set(name, fact);
      make.hold(fact.id);
    }
    fact.uses++;
    return fact;
  }

  #dropFacts({ view, access }: Term): void {
    const drop = (name: string, forget: () => void) => {
      const fact = this.#facts.get(name);
      if (!fact || --fact.uses > 0) return;
      this.#facts.delete(name);
      this.#events.give(fact.id);
      forget();
    };
    if (access.by === "facts")
      for (const value of access.values) drop(factName(view, "", value), () => view.dropValue(value));
    if (access.by === "parts")
      for (const part of access.parts)
        drop(factName(view, access.place, part), () => view.dropPart(access.place, part));
  }

  /** How many rows of the sample have it; the fewer they are, the more the expectation counts. */
  #shareIn(view: View, access: Access, criterion: Criterion, has: (value: unknown) => boolean): number {
    const expected = expectedShare(access, criterion, this.catalogue);
    const having = this.sample.filter((row) => {
      const value = view.read(row, NO_MOMENT);
      return Array.isArray(value) ? value.some(has) : has(value);
    });
    return (having.length + expected * EXPECTATION) / (this.sample.length + EXPECTATION);
  }
}

/** The expectation weighs as much as this many rows. */
const EXPECTATION = 10;

const nameOf = ({ column, key, as, mode }: Seen): string => JSON.stringify([column, mode, key ?? null, as ?? null]);

/** Equal for equal criteria alone. Most are short enough to be told without the general way, which takes several times as long. */
function textOf(criterion: Criterion): string {
  const { field, operator, operand, key, of, caseSensitive } = criterion;
  const isPlain = key === undefined && of === undefined && !caseSensitive;
  return isPlain && typeof operand === "string" ? `${field} ${operator} ${operand}` : JSON.stringify(criterion);
}

/** Different for different facts: the view's number ends at a space, and a text is told from a number by its quote. */
const factName = (view: View, place: Place | "", value: unknown): string =>
  `${view.events.changed} ${place}${typeof value === "string" ? "'" : ""}${String(value)}`;

function hasPart(text: string, place: Place, part: string): boolean {
  if (place === "anywhere") return text.includes(part);
  return place === "start" ? text.startsWith(part) : text.endsWith(part);
}

function shareOf(access: Access, shares: readonly number[]): number {
  if (access.by !== "facts" && access.by !== "parts") return 0.5;
  return access.every
    ? Math.min(...shares)
    : Math.min(
        1,
        shares.reduce((sum, share) => sum + share, 0),
      );
}
