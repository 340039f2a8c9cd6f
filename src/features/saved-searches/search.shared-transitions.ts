import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import { type Position, printPosition } from "../../kernel/position.ts";
import { findMatchedSearch, readTransitions, type TransitionPage, type TransitionRange } from "./search.transitions.ts";

/** Readings that many subscribers may want at the same time. */
const KEPT = 8;

/** Stored transitions, read once for all who ask for the same at the same time: a search may have as many viewers as there are people. */
export class SharedTransitions {
  readonly #pages = new Map<string, Promise<TransitionPage>>();
  readonly #states = new Map<string, Promise<MatchedSearchRow | undefined>>();

  constructor(private readonly database: Database) {}

  page(range: TransitionRange): Promise<TransitionPage> {
    const { search, moves, after, through, limit } = range;
    const key = [search, moves, printPosition(after), printPosition(through), limit].join(" ");
    return shared(this.#pages, key, () => readTransitions(this.database.reader, range));
  }

  /** What was read may be of commits that are gone. */
  forget(): void {
    this.#pages.clear();
    this.#states.clear();
  }

  /** A search as the matcher knows it, when it had come at least as far as this. */
  state(search: string, matched: Position): Promise<MatchedSearchRow | undefined> {
    const key = `${search} ${printPosition(matched)}`;
    return shared(this.#states, key, () => findMatchedSearch(this.database.reader, search));
  }
}

function shared<T>(kept: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known) return known;
  const reading = read();
  kept.set(key, reading);
  reading.catch(() => kept.delete(key));
  for (const old of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(old);
  }
  return reading;
}
