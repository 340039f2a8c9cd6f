import { setTimeout as sleep } from "node:timers/promises";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { Moments } from "../../feed/moments.ts";
import { holdsEverythingAfter, readChanges } from "../../feed/reader.ts";
import { invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { comparePositions, type Position } from "../../kernel/position.ts";
import type { Filter } from "../../search/filter.ts";
import { changesOf } from "./ad-hoc.feed.ts";
import type { SavedSearchChange, SavedSearchChangePage } from "./saved-search-change.types.ts";
import { hasBoundedSight, type Search, ViewedSearch } from "./search.membership.ts";
import { refused } from "./search.refusal.ts";
import { findMatchedSearch, matchedCommit, readTransitions } from "./search.transitions.ts";

/** Which stretch of the log, and how much of it at a time. */
export interface ChangePageRequest {
  after: Position;
  through: Position | undefined;
  size: number;
}

/** Transitions, or changes of the log, that one page looks at. */
const LOOKED_AT = 2_000;
const BATCH = 250;
/** The longest that a page waits for the matcher to come to where it is to end. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 20;

/** What was read next: changes and how the search stands to them, up to a place. */
interface Step {
  found: readonly SavedSearchChange[];
  through: Position;
  looked: number;
  more: boolean;
}

/** The notifications of a search between two positions, in pages: what a subscription told or summed in the same stretch. */
export class SavedSearchChangePages {
  constructor(
    private readonly database: Database,
    private readonly moments: Moments,
  ) {}

  /** A page of a saved search that the viewer sees, and may ask by; STALE_READ where it is not matched yet. `mayAsk` is told the filter that its transitions were found by. */
  async ofSaved(
    viewer: Viewer,
    id: string,
    request: ChangePageRequest,
    mayAsk: (filter: Filter) => Promise<void>,
  ): Promise<SavedSearchChangePage> {
    const end = await this.#matchedEnd(request);
    const state = await findMatchedSearch(this.database.reader, id);
    if (!state && comparePositions(end, request.through ?? (await this.database.head())) < 0) throw late("after");
    if (!state?.filter) throw notFound("saved search", "id");
    if (state.refusal) throw refused(state.refusal);
    const filter = state.filter as unknown as Filter;
    await mayAsk(filter);
    if (comparePositions(request.after, { commit: state.since }) < 0)
      throw expired("The search has changed since then");
    const viewed = new ViewedSearch({ filter, watch: state.watch }, viewer, this.moments);
    const moves = hasBoundedSight(viewer);
    const page = await this.#page(request, end, async (after, limit) => {
      const page = await readTransitions(this.database.reader, { search: id, moves, after, through: end, limit });
      const found = page.transitions.map(({ change, standing }) => viewed.notification(change, standing));
      const told = found.filter((one) => one !== undefined);
      return { found: told, through: page.through, looked: limit, more: page.more };
    });
    // Asked after reading: an edit takes away what was found before it.
    const still = await findMatchedSearch(this.database.reader, id);
    if (still?.since !== state.since) throw expired("The search has changed since then");
    return page;
  }

  /** A page of a filter that is not saved, read from the log. */
  async ofFilter(viewer: Viewer, search: Search, request: ChangePageRequest): Promise<SavedSearchChangePage> {
    const head = await this.database.head();
    const end = request.through ?? head;
    if (comparePositions(end, head) > 0) throw ahead("through");
    const viewed = new ViewedSearch(search, viewer, this.moments);
    return this.#page(request, end, async (after, limit) => {
      const range = { after, through: end, limit, tables: ["user_search"] };
      const changes = await readChanges(this.database.reader, range);
      const last = changes.at(-1);
      const through = changes.length < limit || !last ? end : last.position;
      return { found: changesOf(viewed, changes), through, looked: limit, more: comparePositions(through, end) < 0 };
    });
  }

  async #page(
    { after, size }: ChangePageRequest,
    end: Position,
    next: (after: Position, limit: number) => Promise<Step>,
  ): Promise<SavedSearchChangePage> {
    if (comparePositions(after, end) >= 0) return { nodes: [], endPosition: after, hasNextPage: false };
    const nodes: SavedSearchChange[] = [];
    let position = after;
    for (let looked = 0, more = true; more && looked < LOOKED_AT; ) {
      const step = await next(position, Math.min(BATCH, Math.max(size, 50)));
      looked += step.looked;
      ({ through: position, more } = step);
      nodes.push(...step.found);
      if (nodes.length < size) continue;
      // Asked after reading: what was pruned meanwhile is found to be missing.
      await this.#requireKept(after, end);
      const cut = nodes.length > size ? (nodes[size - 1] as SavedSearchChange).position : position;
      return { nodes: nodes.slice(0, size), endPosition: cut, hasNextPage: comparePositions(cut, end) < 0 };
    }
    await this.#requireKept(after, end);
    return { nodes, endPosition: position, hasNextPage: comparePositions(position, end) < 0 };
  }

  async #requireKept(after: Position, end: Position): Promise<void> {
    if (!(await holdsEverythingAfter(this.database.reader, after, end.commit)))
      throw expired("It is older than what is kept");
  }

  /** Where the page's stretch ends, once the matcher has come there; as far as it has come, where no end is named and it is late. */
  async #matchedEnd({ after, through }: ChangePageRequest): Promise<Position> {
    const head = await this.database.head();
    if (comparePositions(after, head) > 0) throw ahead("after");
    if (through && comparePositions(through, head) > 0) throw ahead("through");
    const end = through ?? head;
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const matched = await matchedCommit(this.database.reader);
      if (matched >= end.commit) return end;
      if (performance.now() > until) {
        if (!through) return { commit: matched };
        throw late("through");
      }
      await sleep(LOOK_MS);
    }
  }
}

const ahead = (path: string): RollcallError =>
  invalidInput([{ path, message: "must be a position of this directory: it lies ahead of everything that happened." }]);

const late = (inputPath: string): RollcallError =>
  new RollcallError("STALE_READ", "Saved searches are not matched up to there yet: try again.", {
    inputPath,
    retryAfterSeconds: 1,
  });

const expired = (why: string): RollcallError =>
  new RollcallError("POSITION_EXPIRED", `after: ${why}: read the search again, and go on from its position.`, {
    inputPath: "after",
  });
