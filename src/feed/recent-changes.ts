import type { Position } from "../kernel/position.ts";
import type { Change, LoggedRow } from "./change.ts";

/** What an entry takes beside the texts in it, roughly. */
const ENTRY_CHARACTERS = 1_000;

/**
 * The end of the log in memory: all changes behind one commit up to another. It holds so many characters, roughly, and gives up the oldest
 * commits first.
 */
export class RecentChanges {
  readonly #limit: number;
  #changes: Change[] = [];
  #weights: number[] = [];
  #weight = 0;
  /** Everything behind this commit, up to `#through`, is here. */
  #after = 0n;
  /** 0 where nothing is here. */
  #through = 0n;

  constructor(characters: number) {
    this.#limit = characters;
  }

  /** Adds the changes behind one commit up to another; what is here already and does not lead up to them is given up. */
  append(after: bigint, changes: readonly Change[], through: bigint, weights = changes.map(weightOf)): void {
    if (this.#through !== after || this.#through === 0n) {
      this.clear();
      this.#after = after;
    }
    for (const [place, change] of changes.entries()) {
      const weight = weights[place] as number;
      this.#changes.push(change);
      this.#weights.push(weight);
      this.#weight += weight;
    }
    this.#through = through;
    this.#trim();
  }

  /** Whether everything behind a position up to a commit is here. */
  covers(position: Position, through: bigint): boolean {
    if (this.#through === 0n || this.#through < through) return false;
    return position.commit > this.#after || (position.commit === this.#after && position.ordinal === undefined);
  }

  /** The first changes strictly behind a position, at most so many; undefined where not all up to the commit are here. */
  after(position: Position, through: bigint, limit: number): readonly Change[] | undefined {
    if (!this.covers(position, through)) return undefined;
    const from = firstIndex(this.#changes, (change) => isBehind(change, position));
    return this.#changes.slice(from, from + limit);
  }

  clear(): void {
    this.#changes = [];
    this.#weights = [];
    this.#weight = 0;
    this.#after = 0n;
    this.#through = 0n;
  }

  #trim(): void {
    let given = 0;
    while (this.#weight > this.#limit) {
      const commit = (this.#changes[given] as Change).position.commit;
      for (; this.#changes[given]?.position.commit === commit; given++) this.#weight -= this.#weights[given] as number;
      this.#after = commit;
    }
    if (given === 0) return;
    this.#changes = this.#changes.slice(given);
    this.#weights = this.#weights.slice(given);
  }
}

/** What a change takes, roughly, in characters. */
export const weightOf = ({ before, after }: Change): number =>
  ENTRY_CHARACTERS + weightOfRow(before) + weightOfRow(after);

/** What they take together. */
export const weightOfAll = (changes: readonly Change[]): number =>
  changes.reduce((sum, change) => sum + weightOf(change), 0);

function weightOfRow(row: LoggedRow | null): number {
  let weight = 0;
  for (const value of Object.values(row ?? {})) {
    if (typeof value === "string") weight += value.length;
    else if (typeof value === "object" && value !== null) weight += JSON.stringify(value).length;
  }
  return weight;
}

const isBehind = ({ position }: Change, { commit, ordinal }: Position): boolean =>
  position.commit > commit || (position.commit === commit && position.ordinal > (ordinal ?? Number.POSITIVE_INFINITY));

/** The index of the first change of an ordered list for which this holds; its length where it holds for none. */
function firstIndex(changes: readonly Change[], holds: (change: Change) => boolean): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(changes[middle] as Change)) high = middle;
    else low = middle + 1;
  }
  return low;
}
