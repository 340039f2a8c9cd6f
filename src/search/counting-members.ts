import {
  ALL,
  type Bits,
  bitsBelow,
  complementOf,
  countCommon,
  hasBit,
  intersect,
  putBit,
  type Room,
  unite,
  withRoom,
} from "./counting-bits.ts";
import type { Column, Loaded, Tallied } from "./counting-column.ts";
import type { Catalogue, Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import type { Moment } from "./operator.ts";
import { compile } from "./to-predicate.ts";

/** The rows that have a member take an eighth of a byte a row: of more members than these it would be more than all else. */
const MEMBERS_LIMIT = 512;

/** A column of sets: for each member, the rows whose set has it. A set that has a member twice cannot be held: it is counted twice. */
export class MemberColumn implements Column {
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  readonly #holders = new Map<string, Bits>();
  /** The rows whose set has any member. */
  #some: Bits;

  constructor(
    private readonly column: string,
    private readonly catalogue: Catalogue,
    capacity: number,
  ) {
    this.names = [column];
    this.loaded = [{ name: column, expression: `u.${column}` }];
    this.#some = bitsBelow(capacity);
  }

  write(place: number, row: Row): boolean {
    const members = row[this.column] as readonly string[];
    if (hasBit(this.#some, place)) for (const holders of this.#holders.values()) putBit(holders, place, false);
    for (const member of members) {
      const holders = this.#holdersOf(member);
      if (!holders || hasBit(holders, place)) return false;
      putBit(holders, place, true);
    }
    putBit(this.#some, place, members.length > 0);
    return true;
  }

  #holdersOf(member: string): Bits | undefined {
    const known = this.#holders.get(member);
    if (known || this.#holders.size === MEMBERS_LIMIT) return known;
    const holders = new Uint32Array(this.#some.length);
    this.#holders.set(member, holders);
    return holders;
  }

  grow(capacity: number): void {
    this.#some = withRoom(this.#some, capacity >>> 5);
    for (const [member, holders] of this.#holders) this.#holders.set(member, withRoom(holders, capacity >>> 5));
  }

  where(criterion: Criterion, at: Moment, room: Room): Bits {
    if (criterion.operator === "isEmpty")
      return criterion.operand === true ? complementOf(this.#some, room) : this.#some;
    if (criterion.operator === "any") return this.#whereAny(criterion, at, room);
    const all = room.take(this.#some.length).fill(ALL);
    for (const operand of criterion.operand as readonly string[])
      intersect(all, this.#whereAny({ ...criterion, operator: "any", operand: [operand] }, at, room));
    return all;
  }

  /** A set has one of some values where one of its members, by itself, would be such a set. */
  #whereAny(criterion: Criterion, at: Moment, room: Room): Bits {
    const holds = compile(criterion, this.catalogue);
    const found = room.take(this.#some.length);
    for (const [member, holders] of this.#holders) if (holds({ [this.column]: [member] }, at)) unite(found, holders);
    return found;
  }

  tally(found: Bits, total: number): Tallied[] {
    const counted = Array.from(this.#holders, ([value, holders]) => ({ value, count: countCommon(found, holders) }));
    const none = { value: null, count: total - countCommon(found, this.#some) };
    return [...counted, none].filter(({ count }) => count > 0);
  }

  get bytes(): number {
    return (this.#holders.size + 1) * this.#some.byteLength;
  }
}
