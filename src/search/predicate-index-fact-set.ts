/**
 * Facts of a row, once each: to be gone through, and to be asked about one. One set is used for one row after another. A mark is one bit, since
 * the marks are read everywhere and should stay in a processor's nearest cache.
 */
export class FactSet {
  readonly list: number[] = [];
  #marks = new Int32Array(1 << 5);

  /** Forgets the facts of the row before. */
  clear(): void {
    for (const fact of this.list) this.#marks[fact >>> 5] = 0;
    this.list.length = 0;
  }

  add(fact: number): void {
    if (fact >>> 5 >= this.#marks.length) this.#grow(fact);
    if (this.has(fact)) return;
    this.#marks[fact >>> 5] = (this.#marks[fact >>> 5] as number) | (1 << (fact & 31));
    this.list.push(fact);
  }

  has(fact: number): boolean {
    return ((this.#marks[fact >>> 5] as number) & (1 << (fact & 31))) !== 0;
  }

  #grow(fact: number): void {
    const marks = new Int32Array(2 ** Math.ceil(Math.log2((fact >>> 5) + 1)));
    marks.set(this.#marks);
    this.#marks = marks;
  }
}
