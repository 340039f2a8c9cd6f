import type { RuledViewer } from "../access-rules/access-rule.narrowing.ts";

/** What is found of whoever sent a token, but for the instant: of JSON its text. */
export interface FoundRow {
  id: string | null;
  name: string;
  user_id: string | null;
  display_name: string | null;
  session: string | null;
  held: string | null;
  ruled: string | null;
  defined: string | null;
}

/** A viewer who was found, without the instant at which. */
export type FoundViewer = Omit<RuledViewer, "now">;

interface Known {
  row: FoundRow;
  viewer: FoundViewer;
}

/** Tokens whose holders are remembered, those that were used last. */
const KNOWN = 2_000;

/**
 * Who was found by the tokens that were used last. It decides nothing: every operation looks its viewer up, and what is remembered serves to make the same
 * viewer of the same row at once, and to foresee who will be found.
 */
export class KnownViewers {
  readonly #known = new Map<string, Known>();

  /** The viewer of a row: the very parts that were made before as long as the rows are alike, and others from then on. */
  found(authorization: string, row: FoundRow, make: (row: FoundRow) => FoundViewer): FoundViewer {
    const last = this.#known.get(authorization);
    const known = last && isAlike(last.row, row) ? last : { row, viewer: make(row) };
    this.#known.delete(authorization); // Behind all others: who asks again and again stays.
    const [oldest] = this.#known.keys();
    if (this.#known.size >= KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(authorization, known);
    return known.viewer;
  }

  /** Whom the last look-up of a token has found. */
  last(authorization: string): FoundViewer | undefined {
    return this.#known.get(authorization)?.viewer;
  }

  /** A token holds no more. */
  forget(authorization: string): void {
    this.#known.delete(authorization);
  }
}

const isAlike = (one: FoundRow, other: FoundRow): boolean =>
  one.held === other.held &&
  one.session === other.session &&
  one.ruled === other.ruled &&
  one.defined === other.defined &&
  one.id === other.id &&
  one.user_id === other.user_id &&
  one.name === other.name &&
  one.display_name === other.display_name;
