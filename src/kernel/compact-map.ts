import { hash, randomBytes } from "node:crypto";

/** Words of a slot: four of the key, and one that says which value it has, from 1; a free slot has 0 there. */
const SLOT = 5;
const FIRST_SLOTS = 1_024;
/** How full it may be before it is made twice as large: behind that, looking a key up means looking at many. */
const FULLEST = 0.7;
const SALT = randomBytes(16).toString("latin1");

/**
 * A few values by very many keys, in 30 to 60 bytes for each: where a Map of as many texts takes five times that, and all of it as objects for the collector to walk. Of a
 * key, 128 bits of its SHA-256 under a salt of the process are kept: nobody finds two keys that are taken for one, or many that stand in one place.
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
    this.#read(key);
    const place = this.#slots[this.#find(this.#slots) + 4] as number;
    return place === 0 ? undefined : this.#values[place - 1];
  }

  has(key: string): boolean {
    this.#read(key);
    return this.#slots[this.#find(this.#slots) + 4] !== 0;
  }

  set(key: string, value: V): void {
    if ((this.#size + 1) * SLOT > this.#slots.length * FULLEST) this.#grow();
    this.#read(key);
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

  #read(key: string): void {
    const digest = hash("sha256", SALT + key, "buffer");
    for (let word = 0; word < 4; word++) this.#key[word] = digest.readUInt32LE(word * 4);
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
