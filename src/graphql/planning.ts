import type { RawBuilder } from "kysely";
import { PlanAccess } from "./plan-access.ts";
import { Marks } from "./plan-marks.ts";
import type { Answer, Decide, PlanRun } from "./plan-run.ts";
import { fromKysely, type Parameter, Piece, PlanText, verbatim } from "./plan-text.ts";

/** The operation, or what it is asked with, is left to the resolvers. */
export class Unplanned extends Error {}

/** Refuses to plan. */
export const unplanned = (reason: string): never => {
  throw new Unplanned(reason);
};

/** A question about a run on whose answer the plan's form depends: the plan is for the runs that answer alike. */
export interface Decision {
  ask: (run: PlanRun) => Answer;
  answer: Answer;
}

/** What builders say that runs share. */
const written = new WeakMap<RawBuilder<unknown>, PlanText>();

/** An operation on its way to be a plan. */
export class Planning {
  readonly decisions: Decision[] = [];
  readonly checks: ((run: PlanRun) => Promise<void>)[] = [];
  readonly valueSensitive: ((run: PlanRun) => boolean)[] = [];
  readonly marks = new Marks();
  #isLookUp = true;
  readonly access: PlanAccess;
  /** What the plan may depend on: asked of the first run now, and of every later one before the plan is taken for it. */
  readonly decide: Decide;
  #aliases = 0;

  /** `first` is the run that the operation is planned for. */
  constructor(first: PlanRun) {
    this.decide = (ask) => {
      const answer = ask(first);
      this.decisions.push({ ask, answer });
      return answer;
    };
    this.access = new PlanAccess(this.decide);
  }

  /** Refuses runs for which this does not hold. */
  require(holds: (run: PlanRun) => boolean, reason: string): void {
    if (!this.decide(holds)) unplanned(reason);
  }

  /** What every run works out for itself, once. */
  keep<T>(make: (run: PlanRun) => T): (run: PlanRun) => T {
    const key = {};
    return (run) => run.keep(key, () => make(run));
  }

  /** Asks of every run, before its statement is sent, whether it may be; what it throws leaves the run to the resolvers. */
  check(passes: (run: PlanRun) => Promise<void>): void {
    this.checks.push(passes);
  }

  /** Says of which runs the best way to read depends on the values that are asked about: their statements are planned anew. */
  dependsOnValues(holds: (run: PlanRun) => boolean): void {
    this.valueSensitive.push(holds);
  }

  /** Whether a run's statement is planned once for all that are like it. */
  isPrepared(run: PlanRun): boolean {
    return !this.valueSensitive.some((holds) => holds(run));
  }

  /** Says that it may read many rows: a page, a list without a bound. */
  readsMany(): void {
    this.#isLookUp = false;
  }

  /** Whether it reads nothing but a few rows by their keys. */
  get isLookUp(): boolean {
    return this.#isLookUp;
  }

  /** SQL that is written for every run, once, wherever it stands. */
  perRun(builderIn: (run: PlanRun) => RawBuilder<unknown>): PlanText {
    return new PlanText([new Piece(this.keep((run) => fromKysely(builderIn(run))))]);
  }

  /** The same of builders that runs share: what one says is written once for all of them. `parameterOf` gives the parameter that a value stands for. */
  shared(
    builderIn: (run: PlanRun) => RawBuilder<unknown>,
    parameterOf?: (value: unknown) => Parameter | undefined,
  ): PlanText {
    return new PlanText([
      new Piece((run) => {
        const builder = builderIn(run);
        const text = written.get(builder) ?? fromKysely(builder, parameterOf);
        written.set(builder, text);
        return text;
      }),
    ]);
  }

  /** A number that is spelt out in every run. */
  number(numberIn: (run: PlanRun) => number): PlanText {
    return new PlanText([new Piece((run) => verbatim(String(numberIn(run))))]);
  }

  /** A name for a row that no other row of the statement has. */
  alias(stem: string): string {
    return `${stem}${++this.#aliases}`;
  }
}
