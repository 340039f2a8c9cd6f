import type { Row } from "./field.ts";
import type { Moment } from "./operator.ts";
import type { Reading } from "./predicate-index-decisions.ts";
import type { FactSet } from "./predicate-index-fact-set.ts";
import { isSame, type View } from "./predicate-index-view.ts";
import { Vocabulary } from "./predicate-index-vocabulary.ts";

/** A row before and after something happened to it; absent where it came or went. */
export interface RowChange {
  before: Row | undefined;
  after: Row | undefined;
  /** The moment of the change, at which the row after is asked. */
  at: Moment;
  /** The moment at which the row before is asked, where that is an earlier one: what time did in between is found too. */
  beforeAt?: Moment;
}

/** A number that moved over a stretch in which bounds may lie. */
export interface Crossing {
  event: number;
  low: number;
  high: number;
  rose: boolean;
}

/** What is known of a row on one side of a change: its facts, its numbers, and those of its facts that guard a filter, with what stands for no guard. */
export interface Side extends Reading {
  guards: FactSet;
}

/** Both sides of a change, which are filled in, and which facts guard anything at all. */
export interface Sides {
  before: Side;
  after: Side;
  isGuard(fact: number): boolean;
}

/** What a change did, in the terms of the filters of an index. */
export class Difference {
  readonly gained: number[] = [];
  readonly lost: number[] = [];
  readonly changed: View[] = [];
  readonly crossed: Crossing[] = [];

  constructor(
    { views, timely }: Vocabulary,
    { before, after, at, beforeAt = at }: RowChange,
    number: number,
    sides: Sides,
  ) {
    const add = (facts: readonly number[], { facts: all, guards }: Side) => {
      for (const fact of facts) {
        all.add(fact);
        if (sides.isGuard(fact)) guards.add(fact);
      }
    };
    for (const { facts, guards } of [sides.before, sides.after]) {
      facts.clear();
      facts.add(Vocabulary.NOTHING);
      guards.clear();
      guards.add(Vocabulary.NOTHING);
    }
    for (const view of views) {
      const was = before && view.read(before, beforeAt);
      const is = after && view.read(after, at);
      sides.before.numbers[view.place] = typeof was === "number" ? was : Number.NaN;
      sides.after.numbers[view.place] = typeof is === "number" ? is : Number.NaN;
      const factsAfter: number[] = [];
      view.factsOf(is, factsAfter);
      add(factsAfter, sides.after);
      if (isSame(was, is)) {
        add(factsAfter, sides.before);
        continue;
      }
      const factsBefore: number[] = [];
      view.factsOf(was, factsBefore);
      add(factsBefore, sides.before);
      view.changedIn = number;
      this.changed.push(view);
      beside(factsAfter, factsBefore, this.gained);
      beside(factsBefore, factsAfter, this.lost);
      this.#cross(view, was, is);
    }
    if (!before || !after || at === beforeAt) return;
    for (const term of timely) {
      if (term.view.changedIn === number) continue; // The change of its value is an event already.
      const held = term.holds(before, beforeAt);
      if (term.holds(after, at) !== held) (held ? this.lost : this.gained).push(term.flipped);
    }
  }

  /** A missing value stands below every lower bound and above every upper one, since it satisfies neither. */
  #cross({ events }: View, was: unknown, is: unknown): void {
    if (typeof was !== "number" && typeof is !== "number") return;
    const numberOr = (value: unknown, missing: number) => (typeof value === "number" ? value : missing);
    for (const [event, missing] of [
      [events.lower, Number.NEGATIVE_INFINITY],
      [events.upper, Number.POSITIVE_INFINITY],
    ] as const) {
      const [from, to] = [numberOr(was, missing), numberOr(is, missing)];
      this.crossed.push({ event, low: Math.min(from, to), high: Math.max(from, to), rose: to > from });
    }
  }
}

/** So few that looking through a list costs less than making a set of it. */
const FEW = 16;

/** Adds what one list has beside the other. */
function beside(all: readonly number[], known: readonly number[], into: number[]): void {
  if (known.length <= FEW) for (const one of all) !known.includes(one) && into.push(one);
  else {
    const set = new Set(known);
    for (const one of all) if (!set.has(one)) into.push(one);
  }
}
