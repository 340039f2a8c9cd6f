import { isNegated, termOf } from "./predicate-index-circuit.ts";
import type { RowChange, Sides } from "./predicate-index-difference.ts";
import type { Programs } from "./predicate-index-programs.ts";
import type { Vocabulary } from "./predicate-index-vocabulary.ts";

/** What is known of a term: two bits for its answer before, and two for that after. */
const KNOWN_BEFORE = 1;
const BEFORE = 2;
const KNOWN_AFTER = 4;
const AFTER = 8;

/** Evaluates programs before and after one change at a time; every term is asked at most once for either side, and once for both where it cannot differ. */
export class Truth {
  #known = new Uint8Array(1 << 10);
  readonly #asked: number[] = [];
  #change: RowChange = { before: undefined, after: undefined, at: { now: new Date(0), today: "" } };
  #number = 0;

  readonly #literalBefore = (literal: number) => this.#answer(termOf(literal), KNOWN_BEFORE) !== isNegated(literal);
  readonly #literalAfter = (literal: number) => this.#answer(termOf(literal), KNOWN_AFTER) !== isNegated(literal);

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly programs: Programs,
    private readonly sides: Pick<Sides, "before" | "after">,
  ) {}

  /** From now on it is about this change, which views know by its number. */
  begin(change: RowChange, number: number): void {
    for (const id of this.#asked) this.#known[id] = 0;
    this.#asked.length = 0;
    this.#change = change;
    this.#number = number;
    const { terms } = this.vocabulary;
    if (terms > this.#known.length) this.#known = new Uint8Array(2 ** Math.ceil(Math.log2(terms)));
  }

  /** A row that is not there satisfies nothing, not even the filter that holds everywhere. */
  before(program: number): boolean {
    return this.#change.before !== undefined && this.programs.holds(program, this.#literalBefore);
  }

  after(program: number): boolean {
    return this.#change.after !== undefined && this.programs.holds(program, this.#literalAfter);
  }

  /** What is decided without asking is not kept: reading it again costs no more. */
  #answer(id: number, side: number): boolean {
    const row = side === KNOWN_BEFORE ? this.sides.before : this.sides.after;
    return this.vocabulary.decisions.decide(id, row) ?? this.#asking(id, side);
  }

  #asking(id: number, side: number): boolean {
    let known = this.#known[id] as number;
    if ((known & side) === 0) {
      if (known === 0) this.#asked.push(id);
      known |= this.#ask(id, side);
      this.#known[id] = known;
    }
    return (known & (side << 1)) !== 0;
  }

  #ask(id: number, side: number): number {
    const { before, after, at, beforeAt = at } = this.#change;
    const { view, timely, holds } = this.vocabulary.term(id);
    if (before && after && view.changedIn !== this.#number && (at === beforeAt || !timely))
      return KNOWN_BEFORE | KNOWN_AFTER | (holds(after, at) ? BEFORE | AFTER : 0);
    if (side === KNOWN_BEFORE) return KNOWN_BEFORE | (before && holds(before, beforeAt) ? BEFORE : 0);
    return KNOWN_AFTER | (after && holds(after, at) ? AFTER : 0);
  }
}
