import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import { weightOfAll } from "../../feed/recent-changes.ts";
import { SharedReadings } from "../../feed/shared-readings.ts";
import { type Position, printPosition } from "../../kernel/position.ts";
import { findMatchedSearch, readTransitions, type TransitionPage, type TransitionRange } from "./search.transitions.ts";

/** Stored transitions, read once for all who ask for the same at the same time: a search may have as many viewers as there are people. */
export class SharedTransitions {
  readonly #pages = new SharedReadings<TransitionPage>({
    readings: 8,
    characters: 4_000_000,
    weigh: ({ transitions }) => weightOfAll(transitions.map(({ change }) => change)),
  });
  readonly #states = new SharedReadings<MatchedSearchRow | undefined>({ readings: 8, characters: 0, weigh: () => 0 });

  constructor(private readonly database: Database) {}

  page(range: TransitionRange): Promise<TransitionPage> {
    const { search, moves, after, through, limit } = range;
    const key = [search, moves, printPosition(after), printPosition(through), limit].join(" ");
    return this.#pages.read(key, () => readTransitions(this.database.reader, range));
  }

  /** What was read may be of commits that are gone. */
  forget(): void {
    this.#pages.clear();
    this.#states.clear();
  }

  /** A search as the matcher knows it, when it had come at least as far as this. */
  state(search: string, matched: Position): Promise<MatchedSearchRow | undefined> {
    const key = `${search} ${printPosition(matched)}`;
    return this.#states.read(key, () => findMatchedSearch(this.database.reader, search));
  }
}
