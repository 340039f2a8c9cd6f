import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { MatchFollower } from "../saved-searches/search.match-follower.ts";
import { shownBy } from "../saved-searches/search.membership.ts";
import { userCatalogue } from "../users/user.fields.ts";

/*
 * Keeps the members of dynamic groups (schema/GROUPS.md, "Dynamic membership"). Of all gateways one does it. It goes behind the matcher: what
 * that stored of a search, in the order of the log, makes people members of its groups and takes them out.
 *
 * Where that does not say who belongs (the group is new or has another search, the search was edited or matched anew, the log no longer holds what
 * is to be followed), the filter is asked of one snapshot of the directory, and members are made equal to it. What was stored up to the snapshot is known
 * then, and left out. Each step is one transaction that moves the follower's place, or marks the group built, with the members.
 */

/** Commits that are followed in one transaction. */
const MOST_COMMITS = 5_000;
/** Behind so many commits in which nothing concerned a group the place is written all the same. */
const WRITE_PLACE = 1_000n;
const IDLE_MS = 10_000;

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "group.followed",
  actor: { kind: "SYSTEM", id: null, name: "groups" },
};

export interface GroupFollowerOptions {
  database: Database;
  matches: MatchFollower;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf: (instant: Date) => string;
}

/** What there is to do, as of one moment. */
interface Look {
  followed: bigint;
  matched: bigint;
  head: bigint;
  /** Groups to be built. */
  stale: string[];
  /** Something is stored that concerns a group. */
  concerned: boolean;
}

export class GroupFollower {
  readonly #options: GroupFollowerOptions;
  #lag: number | undefined;

  constructor(options: GroupFollowerOptions) {
    this.#options = options;
  }

  /** Commits that were not followed when it last looked; undefined while another gateway follows. */
  get lag(): number | undefined {
    return this.#lag;
  }

  /** Follows until the signal aborts. What stands in the way is thrown: then it can be begun again. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) await this.#options.matches.beyond(await this.catchUp(signal), signal, IDLE_MS);
    } finally {
      this.#lag = undefined;
    }
  }

  /** Does all that there is to do now; gives the commit up to which it is done. */
  async catchUp(signal?: AbortSignal): Promise<bigint> {
    for (;;) {
      const look = await this.#look();
      for (const group of look.stale) {
        if (signal?.aborted) return look.followed;
        await this.#build(group, look.followed);
      }
      const through = earlier(look.matched, look.followed + BigInt(MOST_COMMITS));
      if (look.concerned || through - look.followed >= WRITE_PLACE) await this.#follow(look.followed, through);
      this.#lag = Number(look.head - look.matched);
      if (through === look.matched || !look.concerned || signal?.aborted) return look.matched;
    }
  }

  async #look(): Promise<Look> {
    const { rows } = await sql<Look>`
      SELECT followed, matched, head, stale::text[] AS stale, concerned FROM group_work()`.execute(
      this.#options.database.reader,
    );
    return rows[0] as Look;
  }

  /** Members become whom the group's search finds as of one snapshot. A group that went meanwhile, or got another search, is left as it is. */
  async #build(groupId: string, followed: bigint): Promise<void> {
    const { database } = this.#options;
    const found = await database.reader
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute((snapshot) => this.#find(snapshot, groupId));
    if (!found) return;
    const { search, built, people } = found;
    await database.write(CAUSE, async (tx) => {
      await this.#claim(tx, followed, followed);
      const { rows } = await sql`
        SELECT FROM user_group WHERE id = ${groupId}::uuid AND saved_search_id = ${search}::uuid FOR NO KEY UPDATE`.execute(
        tx.sql,
      );
      if (rows.length === 0) return;
      await sql`
        WITH found AS MATERIALIZED (SELECT unnest(${people}::uuid[]) AS user_id)
        DELETE FROM group_member m WHERE m.group_id = ${groupId}::uuid AND NOT EXISTS (SELECT FROM found WHERE found.user_id = m.user_id)`.execute(
        tx.sql,
      );
      await sql`
        INSERT INTO group_member (id, group_id, user_id, joined_at)
        SELECT found.id, ${groupId}::uuid, u.id, ${tx.now}::timestamptz
        FROM unnest(${people.map(() => newId())}::uuid[], ${people}::uuid[]) found (id, user_id) JOIN user_account u ON u.id = found.user_id
        WHERE NOT EXISTS (SELECT FROM group_member m WHERE m.group_id = ${groupId}::uuid AND m.user_id = u.id)
        ORDER BY u.id ON CONFLICT (group_id, user_id) DO NOTHING`.execute(tx.sql);
      await sql`
        INSERT INTO group_built (group_id, search_id, built) VALUES (${groupId}::uuid, ${search}::uuid, ${built})
        ON CONFLICT (group_id) DO UPDATE SET search_id = EXCLUDED.search_id, built = EXCLUDED.built`.execute(tx.sql);
    });
  }

  async #find(
    snapshot: Kysely<Tables>,
    groupId: string,
  ): Promise<{ search: string; built: bigint; people: string[] } | undefined> {
    const { rows } = await sql<{ search: string; filter: Filter; built: bigint; now: Date }>`
      SELECT s.id AS search, s.filter, h.number AS built, h.at AS now
      FROM user_group g JOIN saved_search s ON s.id = g.saved_search_id CROSS JOIN feed_head h WHERE g.id = ${groupId}::uuid`.execute(
      snapshot,
    );
    const row = rows[0];
    if (!row) return undefined;
    const { search, built } = row;
    const condition = this.#condition(row);
    const people = await sql<{ id: string }>`
      SELECT u.user_id AS id FROM user_search u WHERE ${condition} ORDER BY u.user_id`.execute(snapshot);
    return { search, built, people: people.rows.map(({ id }) => id) };
  }

  #condition({ filter, now }: { filter: Filter; now: Date }): RawBuilder<unknown> {
    const today = this.#options.dateOf(now);
    return filterToSql(shownBy(filter), { catalogue: userCatalogue, alias: "u", now, today });
  }

  /** The last that was stored of somebody decides. Groups that are not built, or not by this search, are left to building. */
  async #follow(followed: bigint, through: bigint): Promise<void> {
    await this.#options.database.write(CAUSE, async (tx) => {
      await this.#claim(tx, followed, through);
      await sql`SELECT follow_groups(${followed}::bigint, ${through}::bigint, ${tx.now}::timestamptz)`.execute(tx.sql);
    });
  }

  /** Moves the follower's place, which must be where it was read; so whoever follows at the same time fails. */
  async #claim(tx: Tx, from: bigint, to: bigint): Promise<void> {
    const { rows } = await sql`UPDATE group_head SET followed = ${to} WHERE followed = ${from} RETURNING 1`.execute(
      tx.sql,
    );
    if (rows.length === 0) throw new Error("Somebody else is following searches into groups.");
  }
}

const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
