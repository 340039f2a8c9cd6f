import type { Place } from "./predicate-index-access.ts";

/** Parts are filed under a hash of their first characters (of those at the end: their last), this many at the most. */
const GRAM = 8;

interface Part {
  text: string;
  fact: number;
}

/** Parts of one place whose grams have one length, by the gram's hash. */
type Filed = Map<number, Part[]>;

const filed = (): Filed[] => Array.from({ length: GRAM + 1 }, () => new Map());

/**
 * Parts of texts that filters ask for. Which of them a text has is found without trying them all: its characters are hashed from each place on,
 * at every length that a gram has, and a part is compared only where the hash of its gram occurs.
 */
export class Parts {
  readonly #byPlace: Readonly<Record<Place, Filed[]>> = { anywhere: filed(), start: filed(), end: filed() };

  add(place: Place, text: string, fact: number): void {
    const gram = gramOf(place, text);
    const parts = this.#byPlace[place][gram.length] as Filed;
    const hash = hashOf(gram, 0, gram.length);
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
    const { anywhere, start, end } = this.#byPlace;
    for (let length = 1; length <= Math.min(GRAM, text.length); length++) {
      const [first, last, within] = [start[length] as Filed, end[length] as Filed, anywhere[length] as Filed];
      if (first.size > 0)
        for (const part of first.get(hashOf(text, 0, length)) ?? [])
          if (text.startsWith(part.text)) facts.push(part.fact);
      if (last.size > 0)
        for (const part of last.get(hashOf(text, text.length - length, length)) ?? [])
          if (text.endsWith(part.text)) facts.push(part.fact);
      if (within.size > 0) findWithin(text, length, within, facts);
    }
  }
}

function findWithin(text: string, length: number, parts: Filed, facts: number[]): void {
  for (let at = 0; at + length <= text.length; at++) {
    const alike = parts.get(hashOf(text, at, length));
    if (alike) for (const part of alike) if (text.startsWith(part.text, at)) facts.push(part.fact);
  }
}

const gramOf = (place: Place, text: string): string => (place === "end" ? text.slice(-GRAM) : text.slice(0, GRAM));

/** A hash that a small integer holds. */
function hashOf(text: string, from: number, length: number): number {
  let hash = 0;
  for (let at = from; at < from + length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash >> 1;
}
