import { KnownAnswers } from "./counting-answers.ts";
import {
  ALL,
  type Bits,
  bitsBelow,
  complementOf,
  countCommon,
  intersect,
  putBit,
  Room,
  unite,
  withRoom,
} from "./counting-bits.ts";
import { CodedColumn, type Coding, objectCoding, placeCoding, scalarCoding, textCoding } from "./counting-codes.ts";
import type { Column, Loaded, Tallied } from "./counting-column.ts";
import { MemberColumn } from "./counting-members.ts";
import { NumberedRows } from "./counting-numbers.ts";
import { TimeColumn } from "./counting-times.ts";
import type { Catalogue, Field, Row } from "./field.ts";
import type { Criterion, Filter } from "./filter.ts";
import type { Moment } from "./operator.ts";
import { columnOf as askedColumn, resolve } from "./operator-of.ts";

const FIRST_CAPACITY = 1_024;
const GROWTH = 1.25;
const WORD = 32;
/** Criteria of a filter that is answered before anybody waits for it. */
const QUICK = 20;

/**
 * All rows of a catalogue's table in memory, column by column, as far as filters ask about them: a filter is a few passes over arrays, and a count of a million rows takes
 * milliseconds. Rows have numbers. A column of few different values holds for each row the number of its value, one of sets for each member the rows that have it,  one of
 * times the times, one of very many different texts (names, addresses) the texts. What a criterion means is asked of the operators' own predicates, once for each value. What cannot be held is given
 * up: who asks about that is served by the database's indexes.
 *
 * It knows nothing of where rows come from: whoever writes them says which moment of the log they are of.
 */
export class CountingIndex {
  readonly #catalogue: Catalogue;
  readonly #numbers: NumberedRows;
  #columns: readonly Column[];
  readonly #byName = new Map<string, Column>();
  readonly #answers = new KnownAnswers();
  readonly #room = new Room();
  /** The numbers that have a row. */
  #present = bitsBelow(FIRST_CAPACITY);
  #rows = 0;

  /** For a catalogue with a manager among its fields. */
  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    const fields = [...catalogue.fields.values()].filter(({ filter }) => filter);
    const manager = fields.find(({ kind }) => kind === "manager");
    if (!manager?.pathColumn) throw new TypeError(`${catalogue.typeName} has no managers.`);
    const columns = { id: catalogue.idColumn, manager: manager.column, chain: manager.pathColumn };
    this.#numbers = new NumberedRows(columns, FIRST_CAPACITY);
    this.#columns = [this.#numbers, ...fields.flatMap((field) => columnOf(field, catalogue) ?? [])];
    for (const column of this.#columns) for (const name of column.names) this.#byName.set(name, column);
  }

  /** What has to be read of a row to be written here. */
  get loaded(): readonly Loaded[] {
    return this.#columns.flatMap((column) => column.loaded);
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows;
  }

  /** Takes a row as it is now: as the change log carries it, or as `loaded` reads it. */
  write(row: Row, logged: boolean): void {
    // The row's own number, and its manager's.
    if (this.#numbers.count + 2 > this.#numbers.capacity) this.#grow();
    const place = this.#numbers.numberOf(row[this.#catalogue.idColumn] as string);
    this.#put(place, true);
    for (const column of this.#columns) {
      if (column.write(place, row, logged)) this.#answers.renew(column, place);
      else this.#replace(column, place, row);
    }
  }

  /** Forgets a row. */
  remove(id: string): void {
    const place = this.#numbers.find(id);
    if (place !== undefined) this.#put(place, false);
  }

  /** The criteria of a filter that cannot be answered here, each with the criterion that asks for the ids of which it is made: itself, or what it is the complement of. */
  unanswered(filter: Filter): Map<Criterion, Criterion> {
    const missing = new Map<Criterion, Criterion>();
    const look = (part: Filter): void => {
      if (part.kind === "not") look(part.of);
      else if (part.kind !== "criterion") part.of.forEach(look);
      else {
        const { column, positive } = this.#asked(part);
        if (!column) missing.set(part, positive);
      }
    };
    look(filter);
    return missing;
  }

  /** Whether a filter has few criteria, each of which is answered here at once. */
  isQuick(filter: Filter): boolean {
    let left = QUICK;
    const look = (part: Filter): boolean => {
      if (part.kind === "not") return look(part.of);
      if (part.kind !== "criterion") return part.of.every(look);
      const { column } = this.#asked(part);
      return column !== undefined && !column.slow && --left >= 0;
    };
    return look(filter);
  }

  /**
   * What `work` makes of the rows that satisfy each of some filters at a moment; behind it, those sets are of no use any more. `given` has the ids of the rows for each
   * of the `unanswered` criteria, as of the commit that the index is at.
   */
  answer<T>(
    filters: readonly Filter[],
    at: Moment,
    given: ReadonlyMap<Criterion, readonly string[]>,
    work: (found: readonly Bits[]) => T,
  ): T {
    const room = this.#room;
    try {
      return work(filters.map((filter) => intersect(room.copyOf(this.#where(filter, at, given)), this.#present)));
    } finally {
      room.clear();
    }
  }

  /** How many rows were found. */
  count(found: Bits): number {
    return countCommon(found, this.#present);
  }

  /** The ids of the rows that were found, each as four words of 32 bits. */
  idsOf(found: Bits): Uint32Array {
    return this.#numbers.idsOf(found, this.count(found));
  }

  /** How many of some rows have each value of a field, or each member of its sets; undefined where that is not kept here. */
  tally(field: Field, found: Bits): Tallied[] | undefined {
    return this.#byName.get(field.column)?.tally?.(found, this.count(found));
  }

  /** About how much memory it takes. */
  get bytes(): number {
    const others = this.#present.byteLength + this.#answers.bytes + this.#room.bytes;
    return this.#columns.reduce((sum, { bytes }) => sum + bytes, others);
  }

  #where(filter: Filter, at: Moment, given: ReadonlyMap<Criterion, readonly string[]>): Bits {
    if (filter.kind === "criterion") return this.#whereCriterion(filter, at, given.get(filter));
    if (filter.kind === "not") return complementOf(this.#where(filter.of, at, given), this.#room);
    const [first, ...more] = filter.of.map((part) => this.#where(part, at, given));
    const join = filter.kind === "and" ? intersect : unite;
    if (first) return more.length === 0 ? first : more.reduce(join, this.#room.copyOf(first));
    const none = this.#room.take(this.#numbers.capacity >>> 5);
    return filter.kind === "and" ? none.fill(ALL) : none;
  }

  #whereCriterion(criterion: Criterion, at: Moment, ids: readonly string[] | undefined): Bits {
    const { column, positive, negated } = this.#asked(criterion);
    if (!column && !ids) throw new TypeError(`Nothing is known here of ${criterion.field}.`);
    const found = ids
      ? this.#numbers.rowsOf(ids, this.#room)
      : this.#answers.of(column as Column, positive, at, this.#room);
    return negated ? complementOf(found, this.#room) : found;
  }

  /** The criterion that a criterion is or is the complement of, and the column that answers it, if there is one. */
  #asked(criterion: Criterion): { positive: Criterion; negated: boolean; column: Column | undefined } {
    const resolved = resolve(criterion, this.#catalogue);
    const positive = { ...criterion, operator: resolved.operator };
    const column = this.#byName.get(askedColumn(resolved));
    return { positive, negated: resolved.negated, column: column?.answers?.(positive) === false ? undefined : column };
  }

  #put(place: number, present: boolean): void {
    const before = this.#present[place >>> 5];
    putBit(this.#present, place, present);
    if (this.#present[place >>> 5] !== before) this.#rows += present ? 1 : -1;
  }

  #grow(): void {
    const capacity = Math.ceil((this.#numbers.capacity * GROWTH) / WORD) * WORD;
    this.#present = withRoom(this.#present, capacity / WORD);
    for (const column of this.#columns) column.grow(capacity);
    this.#answers.clear();
  }

  /** Gives up what takes most of what can be done without; false where there is nothing. */
  shed(): boolean {
    const [largest] = this.#columns.filter(({ spare }) => spare).sort((a, b) => b.bytes - a.bytes);
    if (largest) this.#giveUp(largest);
    return largest !== undefined;
  }

  /** A column cannot hold the row any more. */
  #replace(column: Column, place: number, row: Row): void {
    const successor = column.successor?.();
    this.#giveUp(column);
    if (!successor?.write(place, row, false)) return;
    this.#columns = [...this.#columns, successor];
    for (const name of successor.names) this.#byName.set(name, successor);
  }

  #giveUp(column: Column): void {
    this.#columns = this.#columns.filter((one) => one !== column);
    for (const name of column.names) this.#byName.delete(name);
    this.#answers.clear();
  }
}

/** Where a field's values are held; undefined where only the database can answer. */
function columnOf(field: Field, catalogue: Catalogue): Column | undefined {
  const coded = (coding: Coding) => new CodedColumn(coding, catalogue, FIRST_CAPACITY);
  switch (field.kind) {
    case "text":
      return coded(textCoding(field.column));
    case "choice":
    case "int":
    case "boolean":
      return coded(scalarCoding(field.column));
    case "manager":
      return field.statusColumn ? coded(scalarCoding(field.statusColumn)) : undefined;
    case "unit":
      return field.pathColumn ? coded(placeCoding(field.column, field.pathColumn)) : undefined;
    case "attributes":
      return coded(objectCoding(field.column));
    case "textSet":
    case "choiceSet":
    case "idSet":
      return new MemberColumn(field.column, catalogue, FIRST_CAPACITY);
    case "instant":
    case "date":
      return new TimeColumn(field.column, field.kind, FIRST_CAPACITY);
    default:
      return undefined;
  }
}
