import type { Place } from "./predicate-index-access.ts";

/** Parts are filed under a hash of their first characters (of those at the end: their last), this many at the most. */
const GRAM = 8;
/** Where the hash of a gram begins, so that places do not mix. */
const SEEDS: Readonly<Record<Place, number>> = { anywhere: 0, start: 1, end: 2 };
/** Bits of the summary for each place of the table. */
const SUMMARY_BITS = 16;
const START = 1 << 10;
/** What stands in the place of a part that was removed. */
const GONE = -1;
/** In front of a part's characters: how many they are, and its fact in two halves. */
const HEAD = 3;

/**
 * Parts of texts that filters ask for. Which of them a text has is found without trying them all: its characters are hashed from each place on,
 * at every length that a gram has, and a part is compared only where the hash of its gram occurs. A summary of bits, small enough for a
 * processor's nearest caches, says of most hashes that no gram has them.
 */
export class Parts {
  /** By hash, side by side: the hash, and where the part stands, 0 where there is none. */
  #table = new Int32Array(START * 2);
  #taken = 0;
  #summary = new Int32Array((START * SUMMARY_BITS) / 32);
  /** Parts, each with its characters behind its head. */
  #parts = new Uint16Array(START);
  #end = 1;
  /** Where room is free, by how many characters fit. */
  readonly #free = new Map<number, number[]>();
  readonly #longest: Record<Place, number> = { anywhere: 0, start: 0, end: 0 };

  add(place: Place, text: string, fact: number): void {
    const { length } = gramOf(place, text);
    this.#longest[place] = Math.max(this.#longest[place], length);
    const part = this.#free.get(text.length)?.pop() ?? this.#append(text.length);
    this.#parts[part] = text.length;
    this.#parts[part + 1] = fact & 0xffff;
    this.#parts[part + 2] = fact >>> 16;
    for (let at = 0; at < text.length; at++) this.#parts[part + HEAD + at] = text.charCodeAt(at);
    if (this.#taken * 4 > this.#table.length) this.#grow();
    this.#file(gramHash(place, text), part);
  }

  remove(place: Place, text: string): void {
    const hash = gramHash(place, text);
    for (let at = this.#placeOf(hash); this.#table[at + 1] !== 0; at = this.#next(at)) {
      const part = this.#table[at + 1] as number;
      if (part === GONE || this.#table[at] !== hash || this.#parts[part] !== text.length || !this.#isAt(part, text, 0))
        continue;
      this.#table[at + 1] = GONE;
      const free = this.#free.get(text.length);
      if (free) free.push(part);
      else this.#free.set(text.length, [part]);
      return;
    }
  }

  /** Adds the facts of the parts that a text has; of one that it has several times, several times. */
  find(text: string, facts: number[]): void {
    const { anywhere, start, end } = this.#longest;
    if (start > 0) this.#findFrom(text, 0, start, SEEDS.start, facts);
    if (anywhere > 0)
      for (let at = 0; at < text.length; at++) this.#findFrom(text, at, anywhere, SEEDS.anywhere, facts);
    for (let length = 1; length <= Math.min(end, text.length); length++) {
      const hash = hashOf(SEEDS.end, text, text.length - length, length);
      if (this.#isSummed(hash)) this.#match(hash, text, undefined, facts);
    }
  }

  #findFrom(text: string, at: number, longest: number, seed: number, facts: number[]): void {
    const end = Math.min(text.length, at + longest);
    let hash = seed;
    for (let next = at; next < end; next++) {
      hash = added(hash, text.charCodeAt(next));
      if (this.#isSummed(hash)) this.#match(hash, text, at, facts);
    }
  }

  /** Adds the facts of those parts filed under a hash that stand in the text at a place, or at its end. */
  #match(hash: number, text: string, place: number | undefined, facts: number[]): void {
    for (let at = this.#placeOf(hash); this.#table[at + 1] !== 0; at = this.#next(at)) {
      const part = this.#table[at + 1] as number;
      if (part === GONE || this.#table[at] !== hash) continue;
      if (this.#isAt(part, text, place ?? text.length - (this.#parts[part] as number)))
        facts.push((this.#parts[part + 1] as number) | ((this.#parts[part + 2] as number) << 16));
    }
  }

  #isAt(part: number, text: string, place: number): boolean {
    const length = this.#parts[part] as number;
    if (place < 0 || place + length > text.length) return false;
    for (let at = 0; at < length; at++) if (text.charCodeAt(place + at) !== this.#parts[part + HEAD + at]) return false;
    return true;
  }

  #placeOf(hash: number): number {
    return (spread(hash) & (this.#table.length / 2 - 1)) * 2;
  }

  #next(at: number): number {
    return (at + 2) & (this.#table.length - 1);
  }

  #isSummed(hash: number): boolean {
    const bit = (spread(hash) >>> 5) & (this.#summary.length * 32 - 1);
    return ((this.#summary[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  #file(hash: number, part: number): void {
    let at = this.#placeOf(hash);
    while (this.#table[at + 1] !== 0) at = this.#next(at);
    this.#table[at] = hash;
    this.#table[at + 1] = part;
    this.#taken++;
    const bit = (spread(hash) >>> 5) & (this.#summary.length * 32 - 1);
    this.#summary[bit >>> 5] = (this.#summary[bit >>> 5] as number) | (1 << (bit & 31));
  }

  /** Files all parts anew, without those that are gone; where few are left, the table keeps its length. */
  #grow(): void {
    const table = this.#table;
    let left = 0;
    for (let at = 0; at < table.length; at += 2) if ((table[at + 1] as number) > 0) left++;
    const places = left * 8 > table.length ? table.length : table.length / 2;
    this.#table = new Int32Array(places * 2);
    this.#summary = new Int32Array((places * SUMMARY_BITS) / 32);
    this.#taken = 0;
    for (let at = 0; at < table.length; at += 2)
      if ((table[at + 1] as number) > 0) this.#file(table[at] as number, table[at + 1] as number);
  }

  #append(length: number): number {
    const part = this.#end;
    this.#end += length + HEAD;
    if (this.#end > this.#parts.length) {
      const parts = this.#parts;
      this.#parts = new Uint16Array(2 ** Math.ceil(Math.log2(this.#end)));
      this.#parts.set(parts);
    }
    return part;
  }
}

const gramOf = (place: Place, text: string): string => (place === "end" ? text.slice(-GRAM) : text.slice(0, GRAM));

function gramHash(place: Place, text: string): number {
  const gram = gramOf(place, text);
  return hashOf(SEEDS[place], gram, 0, gram.length);
}

function hashOf(seed: number, text: string, from: number, length: number): number {
  let hash = seed;
  for (let at = from; at < from + length; at++) hash = added(hash, text.charCodeAt(at));
  return hash;
}

const added = (hash: number, code: number): number => (Math.imul(hash, 31) + code) | 0;

const spread = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
};
