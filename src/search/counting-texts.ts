import { type Bits, complementOf, putBit, type Room, withRoom } from "./counting-bits.ts";
import type { Column, Loaded } from "./counting-column.ts";
import type { Catalogue, Row } from "./field.ts";
import type { Criterion, Operator } from "./filter.ts";
import { fold } from "./folding.ts";
import type { Moment } from "./operator.ts";
import { compile } from "./to-predicate.ts";

/** Between texts, and before the first: no text has it. */
const JOINT = "\u0000";
const JOINT_BYTES = 1;
/** Shorter parts stand in so many texts that to go from one finding to the next takes longer than to look at every byte. */
const RARE_BYTES = 3;
/** How much more room is made than is needed. */
const GROWTH = 1.5;
const LEAST_GARBAGE = 1_024;
const NONE = -1;
/** Offsets are words of 32. */
const BYTES_LIMIT = 0xff_ff_ff_ff;

/** What a text has in it, of which an operator asks; whole texts are found by the database's index. */
const PARTS: Partial<Record<Operator, (part: string) => string>> = {
  contains: (part) => part,
  startsWith: (part) => JOINT + part,
  endsWith: (part) => part + JOINT,
};

/**
 * A column of texts of which nearly everybody has one of their own, folded, one behind the other: a part of them is looked for in all of them at once. A text that changes is
 * written behind the last, and its former place belongs to nobody.
 */
export class TextColumn implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  readonly spare = true;
  readonly slow = true;
  #bytes: Buffer<ArrayBuffer> = Buffer.alloc(LEAST_GARBAGE);
  /** By entry, where it begins; that of the entry behind the last is where the next begins. */
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(LEAST_GARBAGE);
  /** By entry, whose it was when it was written. */
  #owners: Int32Array<ArrayBuffer> = new Int32Array(LEAST_GARBAGE);
  /** By row, its entry. */
  #entries: Int32Array<ArrayBuffer>;
  #count = 0;
  #live = 0;

  constructor(
    private readonly column: string,
    private readonly catalogue: Catalogue,
    capacity: number,
  ) {
    this.names = [column];
    this.loaded = [{ name: column, expression: `u.${column}` }];
    this.#entries = new Int32Array(capacity).fill(NONE);
    this.#starts[0] = this.#bytes.write(JOINT);
  }

  write(place: number, row: Row): boolean {
    const text = row[this.column];
    const folded = typeof text === "string" ? fold(text) : undefined;
    const entry = this.#entries[place] as number;
    if (entry === NONE ? folded === undefined : folded === this.#textOf(entry)) return true;
    if (entry !== NONE) this.#live--;
    this.#entries[place] = NONE;
    return folded === undefined || this.#append(place, folded);
  }

  #append(place: number, text: string): boolean {
    if (this.#count > 2 * this.#live + LEAST_GARBAGE) this.#compact();
    const start = this.#starts[this.#count] as number;
    const end = start + Buffer.byteLength(text) + JOINT_BYTES;
    if (end > BYTES_LIMIT) return false;
    if (end > this.#bytes.length) {
      const room = Buffer.alloc(Math.ceil(end * GROWTH));
      this.#bytes.copy(room);
      this.#bytes = room;
    }
    if (this.#count + 1 === this.#owners.length) {
      const room = Math.ceil(this.#owners.length * GROWTH);
      this.#starts = withRoom(this.#starts, room);
      this.#owners = withRoom(this.#owners, room);
    }
    this.#bytes.write(text + JOINT, start);
    this.#owners[this.#count] = place;
    this.#entries[place] = this.#count++;
    this.#starts[this.#count] = end;
    this.#live++;
    return true;
  }

  /** Leaves out what belongs to nobody any more. */
  #compact(): void {
    let [kept, end] = [0, JOINT_BYTES];
    for (let entry = 0; entry < this.#count; entry++) {
      const owner = this.#owners[entry] as number;
      if (this.#entries[owner] !== entry) continue;
      const [from, to] = [this.#starts[entry] as number, this.#starts[entry + 1] as number];
      this.#bytes.copyWithin(end, from, to);
      this.#entries[owner] = kept;
      this.#owners[kept] = owner;
      this.#starts[kept++] = end;
      end += to - from;
    }
    this.#starts[kept] = end;
    this.#count = kept;
  }

  grow(capacity: number): void {
    const had = this.#entries.length;
    this.#entries = withRoom(this.#entries, capacity).fill(NONE, had);
  }

  answers({ operator, caseSensitive }: Criterion): boolean {
    return operator === "isNull" || (operator in PARTS && caseSensitive !== true);
  }

  test(criterion: Criterion, at: Moment): (place: number) => boolean {
    const holds = compile(criterion, this.catalogue);
    return (place) => {
      const entry = this.#entries[place] as number;
      return holds({ [this.column]: entry === NONE ? null : this.#textOf(entry) }, at);
    };
  }

  where({ operator, operand }: Criterion, _at: Moment, room: Room): Bits {
    if (operator === "isNull") return operand === true ? complementOf(this.#all(room), room) : this.#all(room);
    const part = fold(String(operand));
    if (part === "") return this.#all(room);
    const wanted = Buffer.from(PARTS[operator]?.(part) ?? "");
    return wanted.length < RARE_BYTES ? this.#lookThrough(wanted, room) : this.#lookFor(wanted, room);
  }

  /** Everybody who has a text. */
  #all(room: Room): Bits {
    const bits = room.take(this.#entries.length >>> 5);
    for (const [place, entry] of this.#entries.entries()) if (entry !== NONE) putBit(bits, place, true);
    return bits;
  }

  /** Goes from one finding to the next. */
  #lookFor(wanted: Buffer, room: Room): Bits {
    const found = room.take(this.#entries.length >>> 5);
    const bytes = this.#bytes.subarray(0, this.#starts[this.#count]);
    // A part that begins with what stands before a text lies in that text but for this.
    const ahead = wanted[0] === 0 ? JOINT_BYTES : 0;
    let entry = 0;
    for (
      let at = bytes.indexOf(wanted);
      at >= 0;
      at = bytes.indexOf(wanted, (this.#starts[entry] as number) - JOINT_BYTES)
    ) {
      entry = this.#entryAt(at + ahead, entry);
      this.#find(entry++, found);
    }
    return found;
  }

  /** Looks at every byte. */
  #lookThrough(wanted: Buffer, room: Room): Bits {
    const found = room.take(this.#entries.length >>> 5);
    const bytes = this.#bytes;
    const [first, second] = wanted;
    for (let entry = 0; entry < this.#count; entry++) {
      const last = (this.#starts[entry + 1] as number) - wanted.length;
      for (let at = (this.#starts[entry] as number) - JOINT_BYTES; at <= last; at++)
        if (bytes[at] === first && (second === undefined || bytes[at + 1] === second)) {
          this.#find(entry, found);
          break;
        }
    }
    return found;
  }

  #find(entry: number, found: Bits): void {
    const owner = this.#owners[entry] as number;
    if (this.#entries[owner] === entry) putBit(found, owner, true);
  }

  /** The entry in which an offset lies, which is not before the given one. */
  #entryAt(offset: number, from: number): number {
    let [low, step] = [from, 1];
    while (low + step < this.#count && (this.#starts[low + step] as number) <= offset) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, this.#count);
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  #textOf(entry: number): string {
    return this.#bytes.toString("utf8", this.#starts[entry], (this.#starts[entry + 1] as number) - JOINT_BYTES);
  }

  get bytes(): number {
    return this.#bytes.length + this.#starts.byteLength + this.#owners.byteLength + this.#entries.byteLength;
  }
}
