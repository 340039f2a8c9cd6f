import { ALL, type Bits, bitsBelow, putBit, type Room, unite } from "./counting-bits.ts";

/** Rungs between which about equally many numbers lie; each has a set of an eighth of a byte a number. */
const RUNGS = 32;
/** Where the rungs stand is guessed from so many of the numbers. */
const SAMPLE = 4_096;

/**
 * Places by the numbers that stand there, as sets of those below each of some rungs: whatever lies below any number is one set and a part of what stands
 * between two rungs. Places where no number stands (NaN) lie below nothing.
 */
export class Ladder {
  /** In order, each once; below the last lies everything that is a number. */
  readonly #rungs: readonly number[];
  /** By rung, the places whose number lies below it. */
  readonly #below: readonly Bits[];
  readonly #numbers: Float64Array;

  /** Keeps the numbers, which whoever writes them tells it of by `put`. Their count is a multiple of 32. */
  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
    this.#rungs = [...quantilesOf(numbers), Number.POSITIVE_INFINITY];
    this.#below = this.#rungs.map(() => bitsBelow(numbers.length));
    for (const [place, number] of numbers.entries()) {
      const rung = this.#rungAbove(number);
      if (rung < this.#rungs.length) putBit(this.#below[rung] as Bits, place, true);
    }
    for (let rung = 1; rung < this.#below.length; rung++)
      unite(this.#below[rung] as Bits, this.#below[rung - 1] as Bits);
  }

  /** Notes that another number stands at a place now. */
  put(place: number): void {
    const number = this.#numbers[place] as number;
    for (const [rung, bits] of this.#below.entries()) putBit(bits, place, number < (this.#rungs[rung] as number));
  }

  /** The places whose numbers lie between two, both included. */
  between(from: number, to: number, room: Room): Bits {
    const found = this.#upTo(to, (number) => number <= to, room);
    if (from === Number.NEGATIVE_INFINITY) return found;
    const before = this.#upTo(from, (number) => number < from, room);
    for (let word = 0; word < found.length; word++) (found[word] as number) &= ~(before[word] as number);
    return found;
  }

  /** The places whose numbers are as is asked, which all below a limit are and none above it. */
  #upTo(limit: number, wanted: (number: number) => boolean, room: Room): Bits {
    if (limit === Number.POSITIVE_INFINITY) return room.copyOf(this.#below.at(-1) as Bits);
    const rung = Math.min(this.#rungAbove(limit), this.#rungs.length - 1);
    const above = this.#below[rung] as Bits;
    const below = this.#below[rung - 1];
    const found = below ? room.copyOf(below) : room.take(above.length);
    for (let word = 0; word < found.length; word++)
      for (let rest = (above[word] as number) & (ALL ^ (found[word] as number)); rest !== 0; rest &= rest - 1) {
        const bit = rest & -rest;
        if (wanted(this.#numbers[(word << 5) | (31 - Math.clz32(bit))] as number)) (found[word] as number) |= bit;
      }
    return found;
  }

  /** The lowest rung that stands above a number. */
  #rungAbove(number: number): number {
    let [from, to] = [0, this.#rungs.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (number < (this.#rungs[middle] as number)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  get bytes(): number {
    return this.#below.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

/** Numbers between which about equally many of the given ones lie, in order, each once. */
function quantilesOf(numbers: Float64Array): number[] {
  const step = Math.max(1, Math.floor(numbers.length / SAMPLE));
  const sample = numbers.filter((number, place) => place % step === 0 && !Number.isNaN(number)).sort();
  const rungs = Array.from({ length: RUNGS - 1 }, (_, i) => sample[Math.floor(((i + 1) * sample.length) / RUNGS)]);
  return [...new Set(rungs)].filter((rung) => rung !== undefined);
}
