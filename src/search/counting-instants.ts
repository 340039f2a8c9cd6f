import { type Bits, withRoom } from "./counting-bits.ts";
import type { Column, Loaded } from "./counting-column.ts";
import { instantFrom } from "./duration.ts";
import type { Row } from "./field.ts";
import type { Criterion, Operator } from "./filter.ts";
import { instantNumber } from "./instant.ts";
import type { Moment } from "./operator.ts";

/** The instants from one to another, each of them in it or not, in milliseconds since 1970. */
interface Span {
  from: number;
  to: number;
  /** The ends themselves are left out. */
  after?: true;
  before?: true;
}

const [EVER_BEFORE, EVER_AFTER] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const read = (operand: unknown): number => instantNumber(operand) ?? Number.NaN;
const shifted = (operand: unknown, { now }: Moment, sign: -1 | 1): number =>
  read(instantFrom(now, String(operand), sign));

/** What the operators with a meaning of their own ask for; the rest are their complements, or ask whether there is a value. */
const SPANS: Partial<Record<Operator, (operand: unknown, at: Moment) => Span>> = {
  eq: (operand) => ({ from: read(operand), to: read(operand) }),
  lt: (operand) => ({ from: EVER_BEFORE, to: read(operand), before: true }),
  lte: (operand) => ({ from: EVER_BEFORE, to: read(operand) }),
  gt: (operand) => ({ from: read(operand), to: EVER_AFTER, after: true }),
  gte: (operand) => ({ from: read(operand), to: EVER_AFTER }),
  withinLast: (operand, at) => ({ from: shifted(operand, at, -1), to: at.now.getTime() }),
  withinNext: (operand, at) => ({ from: at.now.getTime(), to: shifted(operand, at, 1) }),
  olderThan: (operand, at) => ({ from: EVER_BEFORE, to: shifted(operand, at, -1), before: true }),
};

/** A column of instants, as numbers; not a number where one is missing. */
export class InstantColumn implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  #instants: Float64Array<ArrayBuffer>;

  constructor(
    private readonly column: string,
    capacity: number,
  ) {
    this.names = [column];
    this.loaded = [{ name: column, expression: `(extract(epoch FROM u.${column}) * 1000)::float8` }];
    this.#instants = new Float64Array(capacity).fill(Number.NaN);
  }

  write(place: number, row: Row): boolean {
    const value = row[this.column];
    this.#instants[place] = typeof value === "number" ? value : (instantNumber(value) ?? Number.NaN);
    return true;
  }

  grow(capacity: number): void {
    const had = this.#instants.length;
    this.#instants = withRoom(this.#instants, capacity).fill(Number.NaN, had);
  }

  test({ operator, operand }: Criterion, at: Moment): (place: number) => boolean {
    const instantAt = (place: number) => this.#instants[place] as number;
    if (operator === "isNull") return (place) => Number.isNaN(instantAt(place)) === operand;
    const { from, to, after, before } = (SPANS[operator] as NonNullable<(typeof SPANS)[Operator]>)(operand, at);
    // What is not a number is neither before nor after anything.
    return (place) => {
      const instant = instantAt(place);
      return instant >= from && instant <= to && !(after && instant === from) && !(before && instant === to);
    };
  }

  where(criterion: Criterion, at: Moment): Bits {
    const holds = this.test(criterion, at);
    const bits = new Uint32Array(this.#instants.length >>> 5);
    for (let word = 0, place = 0; word < bits.length; word++) {
      let bit = 0;
      for (let shift = 0; shift < 32; shift++, place++) if (holds(place)) bit |= 1 << shift;
      bits[word] = bit;
    }
    return bits;
  }

  get bytes(): number {
    return this.#instants.byteLength;
  }
}
