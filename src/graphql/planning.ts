import { GraphQLError } from "graphql";
import type { RawBuilder } from "kysely";
import { RollcallError } from "../kernel/errors.ts";
import { PlanAccess } from "./plan-access.ts";
import { Marks } from "./plan-marks.ts";
import type { Answer, Decide, PlanRun } from "./plan-run.ts";
import { fromKysely, joined, type Parameter, Piece, PlanText, plan, verbatim } from "./plan-text.ts";

/** The operation, or what it is asked with, is left to the resolvers. */
export class Unplanned extends Error {}

/** Refuses to plan. */
export const unplanned = (reason: string): never => {
  throw new Unplanned(reason);
};

/** Whether a run is left to the resolvers, which say what is wrong with it, where there is anything. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Unplanned || error instanceof RollcallError || error instanceof GraphQLError;

/** Stands for the answer of a question that throws a refusal. */
export const REFUSED = Symbol("refused");

/** A question about a run on whose answer the plan's form depends: the plan is for the runs that answer alike. That a run is refused is an answer too. */
export class Decision {
  readonly answer: Answer | typeof REFUSED;

  constructor(
    private readonly ask: (run: PlanRun) => Answer,
    first: PlanRun,
  ) {
    this.answer = this.#answerOf(first);
  }

  /** Whether this run answers alike. */
  holdsFor(run: PlanRun): boolean {
    return this.#answerOf(run) === this.answer;
  }

  #answerOf(run: PlanRun): Answer | typeof REFUSED {
    try {
      return this.ask(run);
    } catch (error) {
      if (isRefusal(error)) return REFUSED;
      throw error;
    }
  }
}

/** What a list counts as whose length is not known before it is read. */
export const LISTED = 10;
/** The most that a look-up reads, in rows that are found by keys, of which a list counts as LISTED: others wait behind it. */
const LOOK_UP_ROWS = 100;

/** What builders say that runs share. */
const written = new WeakMap<RawBuilder<unknown>, PlanText>();

/** An operation on its way to be a plan. */
export class Planning {
  readonly decisions: Decision[] = [];
  readonly checks: ((run: PlanRun) => Promise<void>)[] = [];
  readonly assumptions: PlanText[] = [];
  readonly valueSensitive: ((run: PlanRun) => boolean)[] = [];
  readonly marks = new Marks();
  #first: PlanRun | undefined;
  #rows = 0;
  /** How often there may be what is being written. */
  #times = 1;
  readonly access: PlanAccess;
  /** What the plan may depend on: asked of the first run now, and of every later one before the plan is taken for it. */
  readonly decide: Decide;
  #aliases = 0;
  readonly #once = new Map<string, PlanText>();

  /** `first` is the run that the operation is planned for. */
  constructor(first: PlanRun) {
    this.#first = first;
    this.decide = <T extends Answer>(ask: (run: PlanRun) => T) => {
      if (!this.#first) throw new Error("Nothing is decided any more: it is planned.");
      const decision = new Decision(ask, this.#first);
      this.decisions.push(decision);
      const { answer } = decision;
      return answer === REFUSED ? unplanned("It is refused") : (answer as T);
    };
    this.access = new PlanAccess(this.decide);
  }

  /** It is planned: from here on nothing is decided, and the run that it was planned for is let go, with all that was sent with it. */
  end(): void {
    this.#first = undefined;
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

  /**
   * Says what a run assumes of the moment that its statement sees, as a condition. Where that does not hold, the statement gives nothing, and the run is carried out again and
   * assumes nothing.
   */
  assume(condition: PlanText): void {
    this.assumptions.push(condition);
  }

  /** Says of which runs the best way to read depends on the values that are asked about: their statements are planned anew. */
  dependsOnValues(holds: (run: PlanRun) => boolean): void {
    this.valueSensitive.push(holds);
  }

  /** Whether a run's statement is planned once for all that are like it. */
  isPrepared(run: PlanRun): boolean {
    return !this.valueSensitive.some((holds) => holds(run));
  }

  /** Says that a row is read by its key. */
  readsOne(): void {
    this.#rows += this.#times;
  }

  /** What `write` gives for each item of a list: what is read for one counts for all of them. */
  ofEach<T>(write: () => T): T {
    const times = this.#times;
    this.#times *= LISTED;
    const written = write();
    this.#times = times;
    return written;
  }

  /** Says that it may read many rows: a page, a count. */
  readsMany(): void {
    this.#rows = Number.POSITIVE_INFINITY;
  }

  /** Whether it reads nothing but a few rows by their keys. */
  get isLookUp(): boolean {
    return this.#rows <= LOOK_UP_ROWS;
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

  /** What is read once for the whole statement, and only where something comes to need it: a table of this name, which depends on no row. */
  once(name: string, text: PlanText): PlanText {
    this.#once.set(name, text);
    return verbatim(name);
  }

  /** What stands before the statement for what is read once. */
  get before(): PlanText {
    const tables = [...this.#once].map(([name, text]) => plan`${verbatim(name)} AS MATERIALIZED (${text})`);
    return tables.length === 0 ? verbatim("") : plan`WITH ${joined(tables, ", ")} `;
  }

  /** A name for a row that no other row of the statement has. */
  alias(stem: string): string {
    return `${stem}${++this.#aliases}`;
  }
}
