import { type Bits, complementOf, type Room, withRoom } from "./counting-bits.ts";
import type { Column, Loaded } from "./counting-column.ts";
import { Ladder } from "./counting-ladder.ts";
import { dateFrom, instantFrom } from "./duration.ts";
import type { Row } from "./field.ts";
import type { Criterion, Operator } from "./filter.ts";
import { dateNumber, instantNumber } from "./instant.ts";
import type { Moment } from "./operator.ts";

/** How points in time become whole numbers, and what the moment is among them. */
interface Scale {
  read(value: unknown): number | undefined;
  present(at: Moment): string;
  shift(at: Moment, length: string, sign: -1 | 1): string;
  expression(column: string): string;
}

/** Milliseconds since 1970. */
const INSTANTS: Scale = {
  read: instantNumber,
  present: ({ now }) => now.toISOString(),
  shift: ({ now }, length, sign) => instantFrom(now, length, sign),
  expression: (column) => `(extract(epoch FROM u.${column}) * 1000)::float8`,
};

/** Days since 1970. */
const DATES: Scale = {
  read: dateNumber,
  present: ({ today }) => today,
  shift: ({ today }, length, sign) => dateFrom(today, length, sign),
  expression: (column) => `u.${column}`,
};

const [EVER_BEFORE, EVER_AFTER] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Fewer are looked at one by one. */
const LADDER_FROM = 4_096;
/** A ladder is set up anew when so large a share of the rows has been written, since most may stand between two rungs by then. */
const STALE_SHARE = 0.5;

type Span = readonly [from: number, to: number];

/** A column of instants or of civil dates, as numbers; not a number where one is missing. */
export class TimeColumn implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  readonly #scale: Scale;
  #times: Float64Array<ArrayBuffer>;
  /** Set up when it is asked, and only if there are many rows. */
  #ladder: Ladder | undefined;
  /** Since it was set up. */
  #written = 0;

  constructor(
    private readonly column: string,
    kind: "instant" | "date",
    capacity: number,
    private readonly ladderFrom = LADDER_FROM,
  ) {
    this.#scale = kind === "instant" ? INSTANTS : DATES;
    this.names = [column];
    this.loaded = [{ name: column, expression: this.#scale.expression(column) }];
    this.#times = new Float64Array(capacity).fill(Number.NaN);
  }

  write(place: number, row: Row): boolean {
    const value = row[this.column];
    this.#times[place] = typeof value === "number" ? value : (this.#scale.read(value) ?? Number.NaN);
    this.#ladder?.put(place);
    if (++this.#written > this.#times.length * STALE_SHARE) this.#ladder = undefined;
    return true;
  }

  grow(capacity: number): void {
    const had = this.#times.length;
    this.#times = withRoom(this.#times, capacity).fill(Number.NaN, had);
    this.#ladder = undefined;
  }

  where(criterion: Criterion, at: Moment, room: Room): Bits {
    const [from, to] = this.#span(criterion, at);
    const found =
      this.#times.length < this.ladderFrom ? this.#between(from, to, room) : this.#asked().between(from, to, room);
    return criterion.operator === "isNull" && criterion.operand === true ? complementOf(found, room) : found;
  }

  #asked(): Ladder {
    if (!this.#ladder) {
      this.#ladder = new Ladder(this.#times);
      this.#written = 0;
    }
    return this.#ladder;
  }

  #between(from: number, to: number, room: Room): Bits {
    const times = this.#times;
    const bits = room.take(times.length >>> 5);
    for (let word = 0, place = 0; word < bits.length; word++) {
      let found = 0;
      // Without branches, which nobody could predict: several times as fast. What is not a number lies in no span.
      for (let shift = 0; shift < 32; shift++, place++) {
        const time = times[place] as number;
        found |= (Number(time >= from) & Number(time <= to)) << shift;
      }
      bits[word] = found;
    }
    return bits;
  }

  /** What an operator with a meaning of its own asks for: all between two whole numbers, both included. */
  #span({ operator, operand }: Criterion, at: Moment): Span {
    const read = (value: unknown) => this.#scale.read(value) ?? Number.NaN;
    const present = () => read(this.#scale.present(at));
    const shifted = (sign: -1 | 1) => read(this.#scale.shift(at, String(operand), sign));
    const spans: Partial<Record<Operator, () => Span>> = {
      isNull: () => [EVER_BEFORE, EVER_AFTER],
      eq: () => [read(operand), read(operand)],
      lt: () => [EVER_BEFORE, read(operand) - 1],
      lte: () => [EVER_BEFORE, read(operand)],
      gt: () => [read(operand) + 1, EVER_AFTER],
      gte: () => [read(operand), EVER_AFTER],
      withinLast: () => [shifted(-1), present()],
      withinNext: () => [present(), shifted(1)],
      olderThan: () => [EVER_BEFORE, shifted(-1) - 1],
    };
    const span = spans[operator];
    if (!span) throw new TypeError(`Times know no ${operator}.`);
    return span();
  }

  get bytes(): number {
    return this.#times.byteLength + (this.#ladder?.bytes ?? 0);
  }
}
