import type { Circuit } from "./predicate-index-circuit.ts";
import { doubled } from "./predicate-index-integers.ts";

/**
 * Circuits as stretches of one array of integers, so that evaluating one reads memory in a row. A literal is its own number. A group is a
 * negative head that says how many parts it has and whether all are needed, its whole length, and then its parts.
 */
export class Programs {
  #code = new Int32Array(1 << 12);
  #end = 0;
  /** Stretches that are free, by their length. */
  readonly #free = new Map<number, number[]>();

  /** Keeps a circuit; gives where it begins. */
  store(circuit: Circuit): number {
    const length = lengthOf(circuit);
    const start = this.#free.get(length)?.pop() ?? this.#append(length);
    this.#write(circuit, start);
    return start;
  }

  drop(start: number): void {
    const length = this.#lengthAt(start);
    const free = this.#free.get(length);
    if (free) free.push(start);
    else this.#free.set(length, [start]);
  }

  /** The circuit that was stored there. */
  read(start: number): Circuit {
    const head = this.#code[start] as number;
    if (head >= 0) return head;
    const of: Circuit[] = [];
    for (let part = start + 2, left = partsOf(head); left > 0; left--) {
      of.push(this.read(part));
      part += this.#lengthAt(part);
    }
    return { all: needsAll(head), of };
  }

  /** Whether the circuit holds, where `answer` says which literals do. */
  holds(start: number, answer: (literal: number) => boolean): boolean {
    const head = this.#code[start] as number;
    if (head >= 0) return answer(head);
    const all = needsAll(head);
    for (let part = start + 2, left = partsOf(head); left > 0; left--) {
      const literal = this.#code[part] as number;
      if (literal >= 0) {
        if (answer(literal) !== all) return !all;
        part++;
      } else {
        if (this.holds(part, answer) !== all) return !all;
        part += this.#code[part + 1] as number;
      }
    }
    return all;
  }

  #append(length: number): number {
    while (this.#end + length > this.#code.length) this.#code = doubled(this.#code);
    const start = this.#end;
    this.#end += length;
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
