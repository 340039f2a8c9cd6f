import {
  ALL,
  type Bits,
  bitsBelow,
  complementOf,
  countCommon,
  putBit,
  type Room,
  unionOf,
  withRoom,
} from "./counting-bits.ts";
import type { Column, Loaded, Tallied } from "./counting-column.ts";
import { TextColumn } from "./counting-texts.ts";
import type { Catalogue, Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import type { Moment } from "./operator.ts";
import { compile } from "./to-predicate.ts";

/** More different values than these are not worth a code: who asks about one of so many is served by the database's indexes. */
const DISTINCT_LIMIT = 65_536;
/** Of so few different values, each has a set of the rows that have it, an eighth of a byte a row: a criterion is the union of some of them. */
const HELD_LIMIT = 256;
/** To take a row out of a set and count it costs as much as to look at so many words of 32. */
const ROW_COST = 2;
/** A column of which nearly every row has a value of its own is given up before it takes as much: from so many values on, where so large a share of rows have new ones. */
const UNIQUE = { from: 4_096, share: 0.75 };
/** What a value and its place in the map take, roughly, in bytes, beside its text. */
const VALUE_BYTES = 120;

/** How the values of some columns are told apart, and how a row has them that the log carries. */
export interface Coding {
  names: readonly string[];
  loaded: Loaded;
  /** What tells the values of a row apart: a scalar, or the text of their JSON. */
  known(row: Row, logged: boolean): unknown;
  /** The part of a row that has them. */
  row(known: unknown): Row;
  /** The column of texts that they are. */
  texts?: string;
}

/** The value of one column as it is. */
export const scalarCoding = (column: string): Coding => ({
  names: [column],
  loaded: { name: column, expression: `u.${column}` },
  known: (row) => row[column],
  row: (known) => ({ [column]: known }),
});

/** One text. */
export const textCoding = (column: string): Coding => ({ ...scalarCoding(column), texts: column });

/** An object of JSON. */
export const objectCoding = (column: string): Coding => ({
  names: [column],
  loaded: { name: column, expression: `u.${column}::text` },
  known: (row, logged) => (logged ? JSON.stringify(row[column]) : row[column]),
  row: (known) => ({ [column]: known === null ? null : JSON.parse(known as string) }),
});

/** An id, and the path that leads to it: most rows share theirs with others. */
export const placeCoding = (column: string, pathColumn: string): Coding => ({
  names: [column, pathColumn],
  loaded: { name: column, expression: `array_to_json(ARRAY[u.${column}] || u.${pathColumn})::text` },
  known: (row, logged) => (logged ? JSON.stringify([row[column], ...(row[pathColumn] as string[])]) : row[column]),
  row: (known) => {
    const [id, ...path] = known === null ? [null] : JSON.parse(known as string);
    return { [column]: id, [pathColumn]: path };
  },
});

/**
 * Columns of few different values: each has a number, and each row the number of its value. A criterion is asked once of each value; those of very few values have
 * the rows of each value at hand as well.
 */
export class CodedColumn implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  readonly #coding: Coding;
  readonly #catalogue: Catalogue;
  #codes: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  /** By code, a row that has the value; that of the missing value is the first. */
  readonly #rows: Row[];
  /** By code, the rows that have the value, as long as the values are few enough. */
  #holders: Bits[] | undefined;
  readonly #known = new Map<unknown, number>();
  #textBytes = 0;
  #written = 0;

  constructor(coding: Coding, catalogue: Catalogue, capacity: number) {
    this.names = coding.names;
    this.loaded = [coding.loaded];
    this.#coding = coding;
    this.#catalogue = catalogue;
    this.#codes = new Uint8Array(capacity);
    this.#rows = [coding.row(null)];
    this.#holders = [bitsBelow(capacity).fill(ALL)];
  }

  write(place: number, row: Row, logged: boolean): boolean {
    const known = this.#coding.known(row, logged) ?? null;
    this.#written++;
    const code = known === null ? 0 : (this.#known.get(known) ?? this.#add(known));
    if (code === undefined) return false;
    if (code >= HELD_LIMIT && this.#codes instanceof Uint8Array) {
      this.#codes = Uint16Array.from(this.#codes);
      this.#holders = undefined;
    }
    this.#hold(place, code);
    this.#codes[place] = code;
    return true;
  }

  #hold(place: number, code: number): void {
    if (!this.#holders) return;
    this.#holders[code] ??= new Uint32Array(this.#codes.length >>> 5);
    putBit(this.#holders[this.#codes[place] as number] as Bits, place, false);
    putBit(this.#holders[code], place, true);
  }

  #add(known: unknown): number | undefined {
    const code = this.#rows.length;
    if (code === DISTINCT_LIMIT || (code > UNIQUE.from && code > this.#written * UNIQUE.share)) return undefined;
    this.#known.set(known, code);
    this.#rows.push(this.#coding.row(known));
    this.#textBytes += typeof known === "string" ? known.length * 2 : 0;
    return code;
  }

  grow(capacity: number): void {
    const had = this.#codes.length >>> 5;
    this.#codes = withRoom(this.#codes, capacity);
    this.#holders = this.#holders?.map((holders, code) =>
      withRoom(holders, capacity >>> 5).fill(code === 0 ? ALL : 0, had),
    );
  }

  test(criterion: Criterion, at: Moment): ((place: number) => boolean) | undefined {
    if (this.#holders) return undefined;
    const predicate = compile(criterion, this.#catalogue);
    const holds: boolean[] = [];
    return (place) => {
      const code = this.#codes[place] as number;
      holds[code] ??= predicate(this.#rows[code] as Row, at);
      return holds[code];
    };
  }

  where(criterion: Criterion, at: Moment, room: Room): Bits {
    const predicate = compile(criterion, this.#catalogue);
    const holds = Uint8Array.from(this.#rows, (row) => (predicate(row, at) ? 1 : 0));
    return this.#holders ? this.#whereHeld(this.#holders, holds, room) : this.#whereCoded(holds, room);
  }

  #whereHeld(all: readonly Bits[], holds: Uint8Array, room: Room): Bits {
    const [length, held] = [this.#codes.length >>> 5, holds.reduce((sum, one) => sum + one, 0)];
    const having = (wanted: number) => all.filter((_, code) => holds[code] === wanted);
    return held * 2 <= all.length
      ? unionOf(having(1), length, room)
      : complementOf(unionOf(having(0), length, room), room);
  }

  #whereCoded(holds: Uint8Array, room: Room): Bits {
    const codes = this.#codes;
    const bits = room.take(codes.length >>> 5);
    for (let word = 0, place = 0; word < bits.length; word++) {
      let found = 0;
      for (let shift = 0; shift < 32; shift++, place++) found |= (holds[codes[place] as number] as number) << shift;
      bits[word] = found;
    }
    return bits;
  }

  /** By the value of the first of the columns. */
  tally(found: Bits, total: number): Tallied[] {
    const held = this.#holders;
    const counts =
      held && held.length * found.length < total * ROW_COST
        ? held.map((holders) => countCommon(found, holders))
        : this.#countsOf(found);
    const [name = ""] = this.names;
    const byValue = new Map<unknown, number>();
    for (const [code, row] of this.#rows.entries()) {
      const count = counts[code] as number;
      if (count > 0) byValue.set(row[name], (byValue.get(row[name]) ?? 0) + count);
    }
    return Array.from(byValue, ([value, count]) => ({ value, count }));
  }

  #countsOf(found: Bits): Uint32Array {
    const counts = new Uint32Array(this.#rows.length);
    const codes = this.#codes;
    for (let word = 0; word < found.length; word++)
      for (let rest = found[word] as number; rest !== 0; rest &= rest - 1) {
        const code = codes[(word << 5) | (31 - Math.clz32(rest & -rest))] as number;
        (counts[code] as number)++;
      }
    return counts;
  }

  successor(): TextColumn | undefined {
    if (this.#coding.texts === undefined) return undefined;
    const texts = new TextColumn(this.#coding.texts, this.#catalogue, this.#codes.length);
    for (const [place, code] of this.#codes.entries()) if (code > 0) texts.write(place, this.#rows[code] as Row);
    return texts;
  }

  get bytes(): number {
    // The text stands in the map, and once more in the row where that has the value read from it.
    const held = (this.#holders?.length ?? 0) * (this.#codes.length >>> 3);
    return this.#codes.byteLength + held + this.#rows.length * VALUE_BYTES + 2 * this.#textBytes;
  }
}
