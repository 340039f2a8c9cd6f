import type { Circuit } from "./predicate-index-circuit.ts";
import { doubled } from "./predicate-index-integers.ts";

/** Programs begin at every fourth number: two to four of them lie in one line of a processor's cache. */
const UNIT = 4;
const SMALLEST_CHUNK = 4;
const LARGEST_CHUNK = 64;

/**
 * Circuits as stretches of one array of integers, so that evaluating one reads memory in a row. A literal is its own number. A group is a
 * negative head that says how many parts it has and whether all are needed, its whole length, and then its parts. In front of each stands a
 * number for whoever evaluates it.
 *
 * Filters with the same rarest fact are likely to be evaluated together, so they are kept together: each fact has a chunk that its filters fill up.
 */
export class Programs {
  #code = new Int32Array(1 << 12);
  /** In units. */
  #end = 0;
  /** By fact, side by side: where its chunk has room, where that ends, and how long it is. */
  #chunks = new Int32Array(3 << 10);
  /** Stretches that are free, by how many units they have. */
  readonly #free = new Map<number, number[]>();

  /** Keeps a circuit, beside others near the same fact; gives its slot, a small number. */
  store(circuit: Circuit, near: number): number {
    const slot = this.#room(unitsOf(lengthOf(circuit)), near);
    this.#code[slot * UNIT] = 0;
    this.#write(circuit, slot * UNIT + 1);
    return slot;
  }

  drop(slot: number): void {
    const units = unitsOf(this.#lengthAt(slot * UNIT + 1));
    const free = this.#free.get(units);
    if (free) free.push(slot);
    else this.#free.set(units, [slot]);
  }

  /** The circuit that was stored there. */
  read(slot: number): Circuit {
    return this.#read(slot * UNIT + 1);
  }

  /** The number in front of a program: 0 until it is set. */
  mark(slot: number): number {
    return this.#code[slot * UNIT] as number;
  }

  setMark(slot: number, mark: number): void {
    this.#code[slot * UNIT] = mark;
  }

  /** Whether the circuit holds, where `answer` says which literals do. */
  holds(slot: number, answer: (literal: number) => boolean): boolean {
    return this.#holds(slot * UNIT + 1, answer);
  }

  #read(start: number): Circuit {
    const head = this.#code[start] as number;
    if (head >= 0) return head;
    const of: Circuit[] = [];
    for (let part = start + 2, left = partsOf(head); left > 0; left--) {
      of.push(this.#read(part));
      part += this.#lengthAt(part);
    }
    return { all: needsAll(head), of };
  }

  #holds(start: number, answer: (literal: number) => boolean): boolean {
    const head = this.#code[start] as number;
    if (head >= 0) return answer(head);
    const all = needsAll(head);
    for (let part = start + 2, left = partsOf(head); left > 0; left--) {
      const literal = this.#code[part] as number;
      if (literal >= 0) {
        if (answer(literal) !== all) return !all;
        part++;
      } else {
        if (this.#holds(part, answer) !== all) return !all;
        part += this.#code[part + 1] as number;
      }
    }
    return all;
  }

  #room(units: number, near: number): number {
    while (near * 3 >= this.#chunks.length) this.#chunks = doubled(this.#chunks);
    const [at, end, length] = this.#chunks.subarray(near * 3, near * 3 + 3) as unknown as [number, number, number];
    if (at + units <= end) {
      this.#chunks[near * 3] = at + units;
      return at;
    }
    const free = this.#free.get(units)?.pop();
    if (free !== undefined) return free;
    const longer = Math.max(units, Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, length * 2)));
    const start = this.#end;
    this.#end += longer;
    while (this.#end * UNIT > this.#code.length) this.#code = doubled(this.#code);
    this.#chunks.set([start + units, this.#end, longer], near * 3);
    return start;
  }

  #write(circuit: Circuit, start: number): void {
    if (typeof circuit === "number") {
      this.#code[start] = circuit;
      return;
    }
    this.#code[start] = -1 - (circuit.of.length * 2 + (circuit.all ? 1 : 0));
    this.#code[start + 1] = lengthOf(circuit);
    let part = start + 2;
    for (const inner of circuit.of) {
      this.#write(inner, part);
      part += lengthOf(inner);
    }
  }

  #lengthAt(start: number): number {
    return (this.#code[start] as number) >= 0 ? 1 : (this.#code[start + 1] as number);
  }
}

const partsOf = (head: number): number => (-1 - head) >> 1;
const needsAll = (head: number): boolean => ((-1 - head) & 1) === 1;

const lengthOf = (circuit: Circuit): number =>
  typeof circuit === "number" ? 1 : circuit.of.reduce<number>((sum, part) => sum + lengthOf(part), 2);

/** With the number in front. */
const unitsOf = (length: number): number => Math.ceil((length + 1) / UNIT);
