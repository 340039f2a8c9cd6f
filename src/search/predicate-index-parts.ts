import type { Place } from "./predicate-index-access.ts";

/** Parts are filed under a hash of their first characters (of those at the end: their last), this many at the most. */
const GRAM = 8;

interface Part {
  text: string;
  fact: number;
}

/** Bits that say of most hashes that no gram has them, small enough for a processor's nearest cache. */
const SEEN_BITS = 1 << 16;

/** Parts of one place whose grams have one length, by the gram's hash. */
type Filed = Map<number, Part[]>;

const filed = (): Filed[] => Array.from({ length: GRAM + 1 }, () => new Map());

/**
 * Parts of texts that filters ask for. Which of them a text has is found without trying them all: its characters are hashed from each place on,
 * at every length that a gram has, and a part is compared only where the hash of its gram occurs.
 */
export class Parts {
  readonly #byPlace: Readonly<Record<Place, Filed[]>> = { anywhere: filed(), start: filed(), end: filed() };

  /** Of what stands anywhere: the longest gram so far, and the bits of their hashes; what is removed leaves its bit. */
  #longest = 0;
  readonly #seen = new Int32Array(SEEN_BITS / 32);

  add(place: Place, text: string, fact: number): void {
    const gram = gramOf(place, text);
    const parts = this.#byPlace[place][gram.length] as Filed;
    const hash = hashOf(gram, 0, gram.length);
    if (place === "anywhere") {
      this.#longest = Math.max(this.#longest, gram.length);
      const bit = seenBit(hash);
      this.#seen[bit >>> 5] = (this.#seen[bit >>> 5] as number) | (1 << (bit & 31));
    }
    const alike = parts.get(hash);
    if (alike) alike.push({ text, fact });
    else parts.set(hash, [{ text, fact }]);
  }

  remove(place: Place, text: string): void {
    const gram = gramOf(place, text);
    const parts = this.#byPlace[place][gram.length] as Filed;
    const hash = hashOf(gram, 0, gram.length);
    const left = parts.get(hash)?.filter((part) => part.text !== text) ?? [];
    if (left.length > 0) parts.set(hash, left);
    else parts.delete(hash);
  }

  /** Adds the facts of the parts that a text has; of one that it has several times, several times. */
  find(text: string, facts: number[]): void {
    const { start, end } = this.#byPlace;
    for (let length = 1; length <= Math.min(GRAM, text.length); length++) {
      const [first, last] = [start[length] as Filed, end[length] as Filed];
      if (first.size > 0)
        for (const part of first.get(hashOf(text, 0, length)) ?? [])
          if (text.startsWith(part.text)) facts.push(part.fact);
      if (last.size > 0)
        for (const part of last.get(hashOf(text, text.length - length, length)) ?? [])
          if (text.endsWith(part.text)) facts.push(part.fact);
    }
    if (this.#longest > 0) this.#findWithin(text, facts);
  }

  #findWithin(text: string, facts: number[]): void {
    const { anywhere } = this.#byPlace;
    for (let at = 0; at < text.length; at++) {
      const most = Math.min(this.#longest, text.length - at);
      let sum = 0;
      for (let length = 1; length <= most; length++) {
        sum = added(sum, text.charCodeAt(at + length - 1));
        const bit = seenBit(sum >> 1);
        if (((this.#seen[bit >>> 5] as number) & (1 << (bit & 31))) === 0) continue;
        const alike = anywhere[length]?.get(sum >> 1);
        if (alike) for (const part of alike) if (text.startsWith(part.text, at)) facts.push(part.fact);
      }
    }
  }
}

const gramOf = (place: Place, text: string): string => (place === "end" ? text.slice(-GRAM) : text.slice(0, GRAM));

/** A hash that a small integer holds. */
function hashOf(text: string, from: number, length: number): number {
  let hash = 0;
  for (let at = from; at < from + length; at++) hash = added(hash, text.charCodeAt(at));
  return hash >> 1;
}

const added = (hash: number, code: number): number => (Math.imul(hash, 31) + code) | 0;

const seenBit = (hash: number): number => (Math.imul(hash, 0x9e3779b1) >>> 16) & (SEEN_BITS - 1);
