import { sql } from "kysely";
import { isBounded, type Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow, SearchTransitionRow } from "../../database/matching-tables.ts";
import type { Change, LoggedRow } from "../../feed/change.ts";
import type { Batch, FeedFollower } from "../../feed/follower.ts";
import type { Moments } from "../../feed/moments.ts";
import type { Position } from "../../kernel/position.ts";
import { inSpan } from "../../kernel/spans.ts";
import type { Filter } from "../../search/filter.ts";
import { isMove } from "./search.membership.ts";
import type { SearchRefusals } from "./search.refusal.ts";
import { type HeededRule, type MatchedSearch, SearchRegister } from "./search.register.ts";
import { BEHIND_ALL, MOVES } from "./search.transitions.ts";

/*
 * The matcher reads the log in order and finds, for each change of somebody's search row, the saved searches that the person joins or leaves,
 * or stays in while a watched field changes: the transitions (schema/FEED.md, "Matching"). Of all gateways one does it (0007-one-matcher).
 *
 * What it knows of the searches it learns from the log too: from changes of `saved_search`, and of what decides whether their owners may still
 * ask about the fields of their filters. So at every place in the log the searches are those of that place, and a search's transitions
 * are complete from the commit on in which it came or was edited.
 *
 * Transitions, what became of searches, and the matcher's own place are written in one statement, which refuses a place that is not the one that
 * the batch was read from. Whatever fails, the matcher throws away what it holds in memory and begins from what is stored.
 */

/** Transitions that are written at a time: one change may bring as many as there are searches. */
const MOST_FOUND = 20_000;
/** Owners who are judged at a time. */
const JUDGED = 1_000;
/** The longest that matching keeps the process from everything else. */
const BREATH_MS = 10;
const IDLE_MS = 10_000;

export interface MatcherOptions {
  database: Database;
  follower: FeedFollower;
  refusals: SearchRefusals;
  moments: Moments;
  /** Told of what is stored: everything up to a commit, in which these searches were concerned since last time. */
  onStored(through: bigint, searches: ReadonlySet<string>): void;
}

/** How far the matcher is behind the log. */
export interface MatcherLag {
  commits: number;
  /** How long it has not been at the head. */
  seconds: number;
}

/** What was found since the last writing. */
class Found {
  readonly searches: string[] = [];
  readonly commits: bigint[] = [];
  readonly ordinals: number[] = [];
  readonly kinds: SearchTransitionRow["kind"][] = [];
  /** What is to be known of searches from here on. */
  readonly learned = new Map<string, MatchedSearchRow>();

  add({ position: { commit, ordinal } }: Change, searches: readonly string[], kind: SearchTransitionRow["kind"]): void {
    for (const search of searches) {
      this.searches.push(search);
      this.commits.push(commit);
      this.ordinals.push(ordinal);
      this.kinds.push(kind);
    }
  }
}

export class Matcher {
  readonly #options: MatcherOptions;
  #register: SearchRegister | undefined;
  #position: Position = { commit: 0n };
  #found = new Found();
  /** Concerned in a commit that is not stored as a whole yet. */
  #concerned = new Set<string>();
  #atHeadAt = performance.now();
  #breathedAt = 0;
  #stored = 0;

  constructor(options: MatcherOptions) {
    this.#options = options;
  }

  /** Undefined while another gateway matches. */
  get lag(): MatcherLag | undefined {
    if (!this.#register) return undefined;
    const { commit, ordinal } = this.#position;
    const commits = Number(this.#options.follower.head.commit - commit) + (ordinal === undefined ? 0 : 1);
    return { commits, seconds: commits === 0 ? 0 : (performance.now() - this.#atHeadAt) / 1000 };
  }

  /** Searches that are matched; undefined while another gateway matches. */
  get searches(): number | undefined {
    return this.#register?.size;
  }

  /** Transitions that this process has stored. */
  get stored(): number {
    return this.#stored;
  }

  /** Matches until the signal aborts. What stands in the way is thrown: then it can be begun again. */
  async run(signal: AbortSignal): Promise<void> {
    const { database, follower } = this.#options;
    try {
      this.#found = new Found();
      this.#concerned = new Set();
      this.#position = await placeOf(database);
      const { register, grown } = await SearchRegister.load(database, signal);
      this.#register = register;
      if (grown) this.#found.learned.set(MOVES, register.moves(this.#position.commit));
      this.#atHeadAt = performance.now();
      await follower.start();
      await follower.look();
      for await (const batch of follower.read(this.#position, { signal, idleMs: IDLE_MS })) {
        if (batch.expired) throw new Error("The log no longer holds what the matcher has still to read.");
        if (batch.changes.length > 0)
          await inSpan("work matcher", { attributes: { "rollcall.changes": batch.changes.length } }, () =>
            this.#match(batch, signal),
          );
        else await this.#match(batch, signal);
        if (signal.aborted) return;
      }
    } finally {
      this.#register = undefined;
    }
  }

  async #match({ changes, through }: Batch, signal: AbortSignal): Promise<void> {
    for (const change of changes) {
      await this.#take(change);
      if (this.#found.searches.length >= MOST_FOUND) await this.#store(change.position);
      if (performance.now() - this.#breathedAt > BREATH_MS) await this.#breathe();
      if (signal.aborted) return;
    }
    await this.#store(through);
    if (through.ordinal === undefined && through.commit >= this.#options.follower.head.commit)
      this.#atHeadAt = performance.now();
  }

  async #take(change: Change): Promise<void> {
    const register = this.#register as SearchRegister;
    if (change.table === "user_search") {
      this.#find(change, register);
      if (register.isOwner(change.rowId) && (rightsDiffer(change) || isMove(change, register.actors)))
        await this.#judge([change.rowId], change, register);
    } else if (change.table === "service_token") {
      if (register.isOwner(change.rowId)) await this.#judge([change.rowId], change, register);
    } else if (change.table === "attribute_definition") {
      if (change.before?.read_permission === change.after?.read_permission) return;
      await this.#judge(register.owners, change, register);
    } else if (reachesMany(change)) {
      const concerned = await this.#options.refusals.concernedBy(change, register.owners);
      await this.#judge(concerned, change, register);
    } else if (change.table === "org_unit") {
      if (!change.before || !change.after || change.before.parent_id === change.after.parent_id) return;
      // Only of a search that names a unit can it make a difference where units stand.
      await this.#judge(register.confined, change, register, true);
    } else if (change.table === "access_rule") await this.#heed(change, register);
    else if (change.table === "saved_search") await this.#learn(change, register);
  }

  #find(change: Change, { index, sight }: SearchRegister): void {
    const { before, after } = change;
    const { joined, left, stayed } = index.match({
      before: before ?? undefined,
      after: after ?? undefined,
      ...this.#options.moments.of(change),
    });
    this.#found.add(change, joined, "J");
    this.#found.add(change, left, "L");
    this.#found.add(change, stayed, "C");
    if (isMove(change, sight)) this.#found.add(change, [MOVES], "M");
  }

  /**
   * An access rule came, was edited, or went: from here on what moves people into or out of the sight that it leaves is stored, and owners may ask about other
   * fields than before.
   */
  async #heed(change: Change, register: SearchRegister): Promise<void> {
    const { before, after, position } = change;
    if (after && register.heed(after as unknown as HeededRule))
      this.#found.learned.set(MOVES, register.moves(position.commit));
    if (before?.object != null || after?.object != null) await this.#judge(register.owners, change, register);
  }

  /** A search came, was edited, or went. */
  async #learn({ rowId, before, after, position: { commit } }: Change, register: SearchRegister): Promise<void> {
    const known = register.get(rowId);
    const edited =
      !after || !known || before?.filter_hash !== after.filter_hash || !isSameList(before?.watch, after.watch);
    const row = {
      search_id: rowId,
      owner_id: (after ?? before)?.owner_id as string | null,
      token_id: (after ?? before)?.token_id as string | null,
      visibility: (after ?? before)?.visibility as string,
      filter: (after?.filter ?? null) as MatchedSearchRow["filter"],
      watch: (after?.watch ?? []) as string[],
      since: edited ? commit : known.since,
      touched: commit,
      refusal: known?.refusal ?? null,
    };
    if (after && edited) row.refusal = await this.#refusalOf(row);
    this.#know(row, register);
  }

  /** What these may ask about has changed, or, where units moved, may have: their searches are matched, or not, from here on. */
  async #judge(
    owners: readonly string[],
    { position: { commit } }: Change,
    register: SearchRegister,
    moved = false,
  ): Promise<void> {
    const { refusals } = this.#options;
    for (let at = 0; at < owners.length; at += JUDGED) {
      const searches = owners.slice(at, at + JUDGED).map((owner) => register.of(owner));
      const viewers = await refusals.ownersOf(searches.map(([first]) => first as MatchedSearch));
      const asked = viewers.flatMap((owner, place) =>
        moved && !isBounded(owner)
          ? []
          : (searches[place] ?? []).filter(({ confined }) => confined || !moved).map((search) => ({ owner, search })),
      );
      const rows = await register.rows(asked.map(({ search }) => search.id));
      const judged = asked.map(({ owner, search: { id } }) => ({
        owner,
        row: this.#found.learned.get(id) ?? (rows.get(id) as MatchedSearchRow),
      }));
      const found = await refusals.of(judged.map(({ owner, row }) => ({ owner, filter: filterOf(row) })));
      for (const [place, { row }] of judged.entries()) {
        const refusal = found[place] ?? null;
        if ((refusal === null) !== (row.refusal === null))
          this.#know({ ...row, refusal, touched: commit, since: commit }, register);
      }
      await this.#breathe();
    }
  }

  async #refusalOf(row: MatchedSearchRow): Promise<MatchedSearchRow["refusal"]> {
    const { refusals } = this.#options;
    const [owner] = await refusals.ownersOf([{ ownerId: row.owner_id, tokenId: row.token_id }]);
    const [refusal] = await refusals.of([{ owner: owner as Viewer, filter: filterOf(row) }]);
    return refusal ?? null;
  }

  #know(row: MatchedSearchRow, register: SearchRegister): void {
    register.put(row);
    this.#found.learned.set(row.search_id, row);
  }

  /** Writes what was found, and that everything up to a position is matched; then tells. */
  async #store(through: Position): Promise<void> {
    const { searches, commits, ordinals, kinds, learned } = this.#found;
    const { commit, ordinal } = this.#position;
    if (through.commit === commit && through.ordinal === ordinal) return;
    const rows = JSON.stringify([...learned.values()], (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    await sql`SELECT record_matches(${commit}, ${ordinal ?? BEHIND_ALL}, ${through.commit}, ${through.ordinal ?? BEHIND_ALL},
      ${rows}::jsonb, ${searches}::uuid[], ${commits}::bigint[], ${ordinals}::integer[], ${kinds}::"char"[])`.execute(
      this.#options.database.reader,
    );
    for (const search of [...searches, ...learned.keys()]) this.#concerned.add(search);
    this.#stored += searches.length;
    this.#found = new Found();
    this.#position = through;
    const whole = through.ordinal === undefined ? through.commit : through.commit - 1n;
    if (whole < commit) return; // Still within one commit.
    this.#options.onStored(whole, this.#concerned);
    // What belongs to a commit that is not stored as a whole is told again when it is.
    const behind = searches.filter((_, place) => (commits[place] as bigint) > whole);
    this.#concerned = new Set(through.ordinal === undefined ? [] : [...behind, ...learned.keys()]);
  }

  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#breathedAt = performance.now();
  }
}

const filterOf = ({ filter }: MatchedSearchRow): Filter => filter as unknown as Filter;

async function placeOf(database: Database): Promise<Position> {
  const { commit_number: commit, ordinal } = await database.reader
    .selectFrom("feed_consumer")
    .select(["commit_number", "ordinal"])
    .where("name", "=", "matcher")
    .executeTakeFirstOrThrow();
  return ordinal === BEHIND_ALL ? { commit } : { commit, ordinal };
}

/** Whether a change may concern the rights of more people than whose search rows are brought up to date in its own commit. */
const reachesMany = ({ table, before, after }: Change): boolean =>
  (table === "role" && !isSameList(before?.permissions, after?.permissions)) ||
  table === "role_inheritance" ||
  (table === "role_grant" && (after ?? before)?.group_id != null);

/** Grants that come, go, begin or end, and roles that allow other things, all show in the holder's search row. */
const rightsDiffer = ({ before, after }: Change): boolean =>
  ["permissions", "role_grants"].some((column) => !isSameList(before?.[column], after?.[column]));

const isSameList = (a: LoggedRow[string], b: LoggedRow[string]): boolean => JSON.stringify(a) === JSON.stringify(b);
