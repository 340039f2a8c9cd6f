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
      const at = this.#moment(commit.at);
      const isSame = commit.since.getTime() === commit.at.getTime();
      this.#moments = { at, beforeAt: isSame ? at : this.#moment(commit.since) };
      this.#commit = commit.number;
    }
    return this.#moments;
  }

  /** Few filters ask for the date, which takes longer to reckon than most of what they do ask for. */
  #moment(now: Date): Moment {
    const dateOf = this.dateOf;
    let today: string | undefined;
    return {
      now,
      get today() {
        today ??= dateOf(now);
        return today;
      },
    };
  }
}
