/** What becomes of a row where bad rows are skipped. */
export type RowEffect = "SKIPPED" | "WITHOUT_MANAGER" | "WITHOUT_HEAD";

/** Something that is wrong with a row: where it stands and what was expected, never the value. */
export interface RowProblem {
  file: string;
  line: number;
  /** The header of the column. */
  column: string;
  message: string;
  effect: RowEffect;
  /** The row itself is sound, and another one that it refers to is not. */
  dependent: boolean;
}

/** Where a problem stands. */
export interface RowPlace {
  file: string;
  line: number;
  column: string;
}

/** Collects what is wrong with rows. */
export class RowProblems {
  #list: RowProblem[] = [];

  add(
    place: RowPlace,
    message: string,
    { effect = "SKIPPED", dependent = false }: Partial<Pick<RowProblem, "effect" | "dependent">> = {},
  ): void {
    this.#list.push({ ...place, message, effect, dependent });
  }

  /** Another list that begins with these. */
  copy(): RowProblems {
    const copy = new RowProblems();
    copy.#list = [...this.#list];
    return copy;
  }

  get count(): number {
    return this.#list.length;
  }

  /** The causes first, then the rows that depend on them; each in the order of the files, given by their names, and of the lines. */
  sorted(files: readonly string[]): RowProblem[] {
    return this.#list.toSorted(
      (a, b) =>
        Number(a.dependent) - Number(b.dependent) || files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
    );
  }
}
