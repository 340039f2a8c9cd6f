/** A set of small numbers, a bit each: as many words of 32 as the largest may need. */
export type Bits = Uint32Array<ArrayBuffer>;

/** A word of a set that has all its numbers. */
export const ALL = 0xff_ff_ff_ff;

/** An empty set of numbers below a capacity, which is a multiple of 32. */
export const bitsBelow = (capacity: number): Bits => new Uint32Array(capacity >>> 5);

/** The same set with room for more. */
export function withRoom<T extends Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array>(
  array: T,
  length: number,
): T {
  const grown = new (array.constructor as new (length: number) => T)(length);
  grown.set(array);
  return grown;
}

export const hasBit = (bits: Bits, place: number): boolean =>
  (((bits[place >>> 5] as number) >>> (place & 31)) & 1) === 1;

export function putBit(bits: Bits, place: number, on: boolean): void {
  const bit = 1 << (place & 31);
  if (on) (bits[place >>> 5] as number) |= bit;
  else (bits[place >>> 5] as number) &= ~bit;
}

/** Leaves in the first what is in the other as well. */
export function intersect(bits: Bits, other: Bits): Bits {
  for (let word = 0; word < bits.length; word++) (bits[word] as number) &= other[word] as number;
  return bits;
}

/** Adds to the first what is in the other. */
export function unite(bits: Bits, other: Bits): Bits {
  for (let word = 0; word < bits.length; word++) (bits[word] as number) |= other[word] as number;
  return bits;
}

/** What is not in a set, up to its capacity. */
export function complementOf(bits: Bits, room: Room): Bits {
  const all = room.take(bits.length);
  for (let word = 0; word < bits.length; word++) all[word] = ~(bits[word] as number);
  return all;
}

/** What is in any of several sets. One set is given as it is: not to be written to. */
export function unionOf(sets: readonly Bits[], length: number, room: Room): Bits {
  const [first, ...more] = sets;
  if (!first) return room.take(length);
  return more.length === 0 ? first : more.reduce(unite, room.copyOf(first));
}

/** How many are in both. */
export function countCommon(bits: Bits, other: Bits): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) count += ones((bits[word] as number) & (other[word] as number));
  return count;
}

/** Goes through the numbers in a set, from the least on. */
export function eachIn(bits: Bits, work: (place: number) => void): void {
  for (let word = 0; word < bits.length; word++)
    for (let left = bits[word] as number; left !== 0; left &= left - 1)
      work((word << 5) + 31 - Math.clz32(left & -left));
}

function ones(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** So many sets are kept, of an eighth of a byte a number each. */
const KEPT = 48;

/**
 * Room for the sets that are made while a question is answered, and that are of no use behind it: the next question takes it again. To set it aside anew takes
 * longer than anything that is done with a set, and has the collector run with every few questions.
 */
export class Room {
  readonly #sets: Bits[] = [];
  #taken = 0;

  /** An empty set of so many words. */
  take(words: number): Bits {
    return this.#next(words).fill(0);
  }

  copyOf(bits: Bits): Bits {
    const copy = this.#next(bits.length);
    copy.set(bits);
    return copy;
  }

  /** Every set that was taken may be taken again. */
  clear(): void {
    this.#taken = 0;
  }

  #next(words: number): Bits {
    const place = this.#taken++;
    const kept = this.#sets[place];
    if (kept?.length === words) return kept;
    const made = new Uint32Array(words);
    if (place < KEPT) this.#sets[place] = made;
    return made;
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#sets.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}
