import type { Moment } from "../search/operator.ts";
import type { Change } from "./change.ts";

/** The moments of a change: the state before it is asked at the instant of the commit before, the state after it at its own. */
export class Moments {
  #commit: bigint | undefined;
  #moments: { beforeAt: Moment; at: Moment } | undefined;

  constructor(private readonly dateOf: (instant: Date) => string) {}

  /** The same objects for all changes of one commit that come in a row, so that what is reckoned from them is reckoned once. */
  of({ commit }: Change): { beforeAt: Moment; at: Moment } {
    if (!this.#moments || commit.number !== this.#commit) {
      this.#commit = commit.number;
      const moment = (now: Date): Moment => ({ now, today: this.dateOf(now) });
      const at = moment(commit.at);
      this.#moments = { at, beforeAt: commit.since.getTime() === commit.at.getTime() ? at : moment(commit.since) };
    }
    return this.#moments;
  }
}
