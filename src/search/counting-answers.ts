import { type Bits, putBit, type Room } from "./counting-bits.ts";
import type { Column } from "./counting-column.ts";
import type { Criterion, Operator } from "./filter.ts";
import type { Moment } from "./operator.ts";

/** A few hundred criteria are most of what an organisation asks. */
const KEPT = 128;

interface Kept {
  column: Column;
  bits: Bits;
  holds: (place: number) => boolean;
}

/** They ask something else at every moment. */
const MOVING: ReadonlySet<Operator> = new Set(["withinLast", "withinNext", "olderThan"]);

/** What the last criteria that were asked found: kept up to date as rows change, so that who asks again need not look at every row. */
export class KnownAnswers {
  /** The one used last stands at the end. */
  readonly #kept = new Map<string, Kept>();

  /** The rows for which a criterion holds. Not to be written to, and of use until the room is cleared. */
  of(column: Column, criterion: Criterion, at: Moment, room: Room): Bits {
    const holds = MOVING.has(criterion.operator) ? undefined : column.test?.(criterion, at);
    if (!holds) return column.where(criterion, at, room);
    const key = JSON.stringify(criterion);
    let found = this.#kept.get(key);
    this.#kept.delete(key);
    found ??= { column, bits: Uint32Array.from(column.where(criterion, at, room)), holds };
    this.#kept.set(key, found);
    const [oldest = key] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest);
    return found.bits;
  }

  /** Asks again about a row that was written. */
  renew(column: Column, place: number): void {
    for (const one of this.#kept.values()) if (one.column === column) putBit(one.bits, place, one.holds(place));
  }

  clear(): void {
    this.#kept.clear();
  }

  /** About how much memory it takes. */
  get bytes(): number {
    let sum = 0;
    for (const { bits } of this.#kept.values()) sum += bits.byteLength;
    return sum;
  }
}
