import { type Bits, eachIn, putBit, type Room, withRoom } from "./counting-bits.ts";
import type { Column, Loaded } from "./counting-column.ts";
import type { Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import type { Moment } from "./operator.ts";

/** How many slots the table has in which ids are looked up: a power of two, and at least half of them free. */
const slotsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(capacity * 2));
const NOBODY = -1;

/**
 * The rows' numbers by their ids, which are UUIDs, and for each row that of the record that it refers to, of the same table: the manager. Whoever is referred to has
 * a number, whether their row is there already or not.
 */
export class NumberedRows implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  readonly slow = true;
  #keys: Uint32Array<ArrayBuffer>;
  #managers: Int32Array<ArrayBuffer>;
  #slots: Int32Array<ArrayBuffer>;
  #count = 0;

  constructor(
    private readonly columns: { id: string; manager: string; chain: string },
    capacity: number,
  ) {
    this.names = Object.values(columns);
    this.loaded = [columns.id, columns.manager].map((name) => ({ name, expression: `u.${name}` }));
    this.#keys = new Uint32Array(capacity * 4);
    this.#managers = new Int32Array(capacity).fill(NOBODY);
    this.#slots = new Int32Array(slotsFor(capacity));
  }

  /** How many have a number: all below it. */
  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#managers.length;
  }

  grow(capacity: number): void {
    const had = this.#managers.length;
    this.#keys = withRoom(this.#keys, capacity * 4);
    this.#managers = withRoom(this.#managers, capacity).fill(NOBODY, had);
    this.#slots = new Int32Array(slotsFor(capacity));
    for (let place = 0; place < this.#count; place++)
      this.#slots[this.#slotOf(this.#keys.subarray(place * 4, place * 4 + 4))] = place + 1;
  }

  /** The number of an id; undefined where it has none. */
  find(id: string): number | undefined {
    const found = this.#slots[this.#slotOf(wordsOf(id))] as number;
    return found === 0 ? undefined : found - 1;
  }

  /** The number of an id, a new one where it has none. There must be room for one more. */
  numberOf(id: string): number {
    const words = wordsOf(id);
    const slot = this.#slotOf(words);
    const found = this.#slots[slot] as number;
    if (found > 0) return found - 1;
    this.#keys.set(words, this.#count * 4);
    this.#slots[slot] = this.#count + 1;
    return this.#count++;
  }

  write(place: number, row: Row): boolean {
    const manager = row[this.columns.manager] as string | null;
    this.#managers[place] = manager === null ? NOBODY : this.numberOf(manager);
    return true;
  }

  /** The ids of some rows, each as four words of 32 bits. */
  idsOf(found: Bits, count: number): Uint32Array {
    const ids = new Uint32Array(count * 4);
    let at = 0;
    eachIn(found, (place) => {
      for (let word = place * 4; word < place * 4 + 4; word++) ids[at++] = this.#keys[word] as number;
    });
    return ids;
  }

  /** The rows with these ids. */
  rowsOf(ids: readonly string[], room: Room): Bits {
    const bits = room.take(this.capacity >>> 5);
    for (const id of ids) {
      const place = this.find(id);
      if (place !== undefined) putBit(bits, place, true);
    }
    return bits;
  }

  /** All managers up to the top follow from everybody's own. */
  where({ field, operator, operand }: Criterion, _at: Moment, room: Room): Bits {
    const bits = room.take(this.capacity >>> 5);
    const ids = (Array.isArray(operand) ? operand : [operand]) as readonly string[];
    if (operator === "isNull") {
      for (let place = 0; place < this.#count; place++)
        putBit(bits, place, (this.#managers[place] === NOBODY) === operand);
      return bits;
    }
    const places = new Set(ids.map((id) => this.find(id)).filter((place) => place !== undefined));
    if (field === "id") for (const place of places) putBit(bits, place, true);
    else if (operator === "reportsTo") for (const place of places) this.#below(place, bits);
    else
      for (let place = 0; place < this.#count; place++)
        if (places.has(this.#managers[place] as number)) putBit(bits, place, true);
    return bits;
  }

  /** Adds everybody who has this manager at any distance. */
  #below(manager: number, bits: Bits): void {
    // Each row's answer is noted on the way back down, so that no chain is gone up twice.
    const [UNKNOWN, BELOW, ELSEWHERE] = [0, 1, 2] as const;
    const known = new Uint8Array(this.#count);
    const chain: number[] = [];
    for (let start = 0; start < this.#count; start++) {
      let place = start;
      let answer: number = UNKNOWN;
      while (answer === UNKNOWN) {
        chain.push(place);
        const above = this.#managers[place] as number;
        answer = above === manager ? BELOW : above === NOBODY ? ELSEWHERE : (known[above] as number);
        place = above;
      }
      for (const one of chain) known[one] = answer;
      chain.length = 0;
      if (known[start] === BELOW) putBit(bits, start, true);
    }
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#managers.byteLength + this.#slots.byteLength;
  }

  /** The slot in which an id stands, or would. */
  #slotOf(words: ArrayLike<number>): number {
    const mask = this.#slots.length - 1;
    let hash = words[3] as number;
    for (let word = 0; word < 3; word++) hash = Math.imul(hash ^ (hash >>> 15) ^ (words[word] as number), 0x85ebca6b);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0 || this.#is(place, words)) return slot;
    }
  }

  #is(place: number, words: ArrayLike<number>): boolean {
    for (let word = 0; word < 4; word++) if (this.#keys[place * 4 + word] !== words[word]) return false;
    return true;
  }
}

const wordsOf = (uuid: string): [number, number, number, number] => [
  Number.parseInt(uuid.slice(0, 8), 16),
  Number.parseInt(uuid.slice(9, 13) + uuid.slice(14, 18), 16),
  Number.parseInt(uuid.slice(19, 23) + uuid.slice(24, 28), 16),
  Number.parseInt(uuid.slice(28), 16),
];
