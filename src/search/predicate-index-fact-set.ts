/**
 * Facts of a row, once each: to be gone through, and to be asked about one. One set is used for one row after another. A mark is one byte, since
 * the marks are read everywhere and should stay in a processor's cache.
 */
export class FactSet {
  readonly list: number[] = [];
  #marks = new Uint8Array(1 << 10);

  /** Forgets the facts of the row before. */
  clear(): void {
    for (const fact of this.list) this.#marks[fact] = 0;
    this.list.length = 0;
  }

  add(fact: number): void {
    if (fact >= this.#marks.length) this.#grow(fact);
    if (this.#marks[fact] === 1) return;
    this.#marks[fact] = 1;
    this.list.push(fact);
  }

  has(fact: number): boolean {
    return this.#marks[fact] === 1;
  }

  #grow(fact: number): void {
    const marks = new Uint8Array(2 ** Math.ceil(Math.log2(fact + 1)));
    marks.set(this.#marks);
    this.#marks = marks;
  }
}
