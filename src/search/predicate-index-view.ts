import { ATTRIBUTE_TYPES, attributeOf } from "./attribute.ts";
import type { Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import { dateNumber } from "./instant.ts";
import type { Moment } from "./operator.ts";
import { type Mode, type Place, READS } from "./predicate-index-access.ts";
import { Parts } from "./predicate-index-parts.ts";

/** What a view reads: a column, or an attribute taken as a type, in a mode. */
export interface Seen extends Pick<Criterion, "key" | "as"> {
  column: string;
  mode: Mode;
}

/** What happens to a view as a whole, each under a number of its own. */
export interface ViewEvents {
  changed: number;
  watched: number;
  lower: number;
  upper: number;
}

/** One way of reading one value of a row, and the facts about it that filters ask for: which values and which parts of texts it has. */
export class View {
  readonly #facts = new Map<unknown, number>();
  #parts: Parts | undefined;
  readonly #read: (row: Row, at: Moment) => unknown;
  #partsHeld = 0;
  /** How many criteria and filters need it. */
  uses = 0;
  /** The number of the last matching in which the value differed. */
  changedIn = 0;

  constructor(
    readonly seen: Seen,
    readonly events: ViewEvents,
    /** Where the number that it reads is kept while a change is matched. */
    readonly place: number,
  ) {
    this.#read = reader(seen);
  }

  /** The value as criteria compare it: a scalar, a list of them, or undefined where there is none. */
  read(row: Row, at: Moment): unknown {
    return this.#read(row, at);
  }

  /** Adds the facts that hold of a value. */
  factsOf(value: unknown, facts: number[]): void {
    if (value === undefined || (this.#facts.size === 0 && !this.#parts)) return;
    if (!Array.isArray(value)) this.#factsOfOne(value, facts);
    else for (const one of value) this.#factsOfOne(one, facts);
  }

  holdValue(value: unknown, fact: number): void {
    this.#facts.set(value, fact);
  }

  dropValue(value: unknown): void {
    this.#facts.delete(value);
  }

  holdPart(place: Place, part: string, fact: number): void {
    this.#parts ??= new Parts();
    this.#parts.add(place, part, fact);
    this.#partsHeld++;
  }

  dropPart(place: Place, part: string): void {
    this.#parts?.remove(place, part);
    if (--this.#partsHeld === 0) this.#parts = undefined;
  }

  #factsOfOne(value: unknown, facts: number[]): void {
    const fact = this.#facts.get(value);
    if (fact !== undefined) facts.push(fact);
    if (this.#parts && typeof value === "string") this.#parts.find(value, facts);
  }
}

function reader({ column, key, as, mode }: Seen): (row: Row, at: Moment) => unknown {
  if (mode === "instantAge" || mode === "dateAge") {
    const read = reader({
      column,
      mode: mode === "dateAge" ? "date" : "instant",
      ...(key === undefined ? {} : { key }),
      ...(as ? { as } : {}),
    });
    const present = (at: Moment) => (mode === "dateAge" ? (dateNumber(at.today) ?? Number.NaN) : at.now.getTime());
    return (row, at) => {
      const value = read(row, at);
      return typeof value === "number" ? present(at) - value : undefined;
    };
  }
  const read = READS[mode];
  if (key === undefined) return (row) => read(row[column]);
  const take = as ? ATTRIBUTE_TYPES[as].read : (json: unknown) => json;
  return (row) => read(take(attributeOf(row[column], key)));
}

/** Whether two values of one view are the same: then every criterion found by the view has the same answer for both. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, place) => isSame(one, b[place]));
  return JSON.stringify(a) === JSON.stringify(b);
}
