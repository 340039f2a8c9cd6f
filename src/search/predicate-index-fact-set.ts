import { doubled } from "./predicate-index-integers.ts";

/** Facts of a row, once each: to be gone through, and to be asked about one. One set is used for one row after another. */
export class FactSet {
  readonly list: number[] = [];
  #marks = new Int32Array(1 << 10);
  #mark = 0;

  /** Forgets the facts of the row before. */
  clear(): void {
    this.list.length = 0;
    if (this.#mark === MARKS) this.#marks.fill(0);
    this.#mark = (this.#mark % MARKS) + 1;
  }

  add(guard: number): void {
    while (guard >= this.#marks.length) this.#marks = doubled(this.#marks);
    if (this.#marks[guard] === this.#mark) return;
    this.#marks[guard] = this.#mark;
    this.list.push(guard);
  }

  has(guard: number): boolean {
    return this.#marks[guard] === this.#mark;
  }
}

const MARKS = 2 ** 31 - 1;
