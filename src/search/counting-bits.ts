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
export function complementOf(bits: Bits): Bits {
  const all = new Uint32Array(bits.length);
  for (let word = 0; word < bits.length; word++) all[word] = ~(bits[word] as number);
  return all;
}

/** What is in any of several sets. One set is given as it is: not to be written to. */
export function unionOf(sets: readonly Bits[], length: number): Bits {
  const [first, ...more] = sets;
  if (!first) return new Uint32Array(length);
  return more.length === 0 ? first : more.reduce(unite, Uint32Array.from(first));
}

/** How many are in both. */
export function countCommon(bits: Bits, other: Bits): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) count += ones((bits[word] as number) & (other[word] as number));
  return count;
}

function ones(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
