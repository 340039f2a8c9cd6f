/** Words of a slot: four of the key, and one that says which value it has, from 1; a free slot has 0 there. */
const SLOT = 5;
const FIRST_SLOTS = 1_024;
/** How full it may be before it is made twice as large: behind that, looking a key up means looking at many. */
const FULLEST = 0.7;

/**
 * A few values by very many keys, in 30 to 60 bytes for each: where a Map of as many texts takes five times that, and all of it as objects for the collector to walk. A
 * key is a text, of which 128 bits are kept: two texts are never taken for one but by somebody who looks for such two, so nothing may depend on it that is not theirs.
 */
export class CompactMap<V> {
  #slots = new Uint32Array(FIRST_SLOTS * SLOT);
  #size = 0;
  readonly #values: V[] = [];
  readonly #places = new Map<V, number>();
  /** The key that is looked for. */
  readonly #key = new Uint32Array(4);

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    digest(key, this.#key);
    const place = this.#slots[this.#find(this.#slots) + 4] as number;
    return place === 0 ? undefined : this.#values[place - 1];
  }

  has(key: string): boolean {
    digest(key, this.#key);
    return this.#slots[this.#find(this.#slots) + 4] !== 0;
  }

  set(key: string, value: V): void {
    if ((this.#size + 1) * SLOT > this.#slots.length * FULLEST) this.#grow();
    digest(key, this.#key);
    const at = this.#find(this.#slots);
    if (this.#slots[at + 4] === 0) this.#size += 1;
    this.#slots.set(this.#key, at);
    this.#slots[at + 4] = this.#placeOf(value);
  }

  #placeOf(value: V): number {
    const known = this.#places.get(value) ?? this.#values.push(value);
    this.#places.set(value, known);
    return known;
  }

  /** Where the key stands, or would: its own slot, or the next free one behind it. */
  #find(slots: Uint32Array): number {
    const [a, b, c, d] = this.#key as unknown as [number, number, number, number];
    for (let at = (d % (slots.length / SLOT)) * SLOT; ; at = (at + SLOT) % slots.length)
      if (slots[at + 4] === 0 || (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d))
        return at;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += SLOT)
      if (this.#slots[at + 4] !== 0) {
        this.#key.set(this.#slots.subarray(at, at + 4));
        larger.set(this.#slots.subarray(at, at + SLOT), this.#find(larger));
      }
    this.#slots = larger;
  }
}

/** 128 bits of a text, which differ wherever texts do. */
function digest(text: string, into: Uint32Array): void {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 0x23974e6d);
    b = c ^ Math.imul(b ^ code, 0xa9f5a2bb);
    c = d ^ Math.imul(c ^ code, 0x3ad3a5f1);
    d = a ^ Math.imul(d ^ code, 0x85ebca6b);
  }
  a = Math.imul(c ^ (a >>> 18), 0x23974e6d);
  b = Math.imul(d ^ (b >>> 22), 0xa9f5a2bb);
  c = Math.imul(a ^ (c >>> 17), 0x3ad3a5f1);
  d = Math.imul(b ^ (d >>> 19), 0x85ebca6b);
  into[0] = a ^ b ^ c ^ d;
  into[1] = b ^ into[0];
  into[2] = c ^ into[0];
  into[3] = d ^ into[0];
}
