import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import { meetsColumn } from "../../access/conditions.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { UserVersionRow } from "../../database/tables.ts";
import { advanceVersions } from "../../feed/versions.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { OrgUnitQueries } from "../org/org-unit.queries.ts";
import { requireUserSearch } from "./user.askable.ts";
import { userCatalogue } from "./user.fields.ts";
import { type UserSort, userKeyset } from "./user.order.ts";
import type { UserQueries } from "./user.queries.ts";
import { UserVersion } from "./user-version.types.ts";

export interface UserVersionSearch {
  at: Date;
  filter?: unknown;
  orderBy: readonly UserSort[];
}

/** How long a question about the last moments waits for the versions to be written. */
const WAIT_MS = 5_000;
const PAUSE_MS = 20;

const DELETED: Filter = { kind: "criterion", field: "status", operator: "eq", operand: "DELETED" };

/** Reads the directory as it stood: the versions of users that held at an instant, within the sight that the viewer has today. */
export class UserVersionQueries {
  constructor(
    private readonly database: Database,
    private readonly units: OrgUnitQueries,
    private readonly users: UserQueries,
  ) {}

  /**
   * A page of the users of an instant. `asking.now` and `asking.today` are that instant's, so that filters relative to now mean then.
   * INVALID_INPUT for an instant to come, and for one before what is kept, with the earliest.
   */
  async search(asking: Asking, search: UserVersionSearch, request: PageRequest): Promise<Page<UserVersion>> {
    const { viewer } = asking;
    const parsed = parseFilterWithPaths(search.filter ?? undefined, { catalogue: userCatalogue });
    const keyset = userKeyset(search.orderBy, viewer.defined);
    await requireUserSearch(
      viewer,
      parsed,
      keyset.asked,
      (units) => this.units.paths(units),
      async (_, ids) => {
        const found = await this.users.byIds(asking, ids);
        return new Set(found.flatMap((user) => (user ? [user.userId] : [])));
      },
    );
    const commit = await this.#reach(search.at);
    const filter = and(sightOf(viewer), not(DELETED), parsed.filter);
    const condition = sql<SqlBool>`tstzrange(u.valid_from, u.valid_until) @> ${search.at}::timestamptz AND ${filterToSql(
      filter,
      { catalogue: userCatalogue, alias: "u", now: asking.now, today: asking.today },
    )}`;
    const beyond = request.cursor === undefined ? sql<SqlBool>`true` : keyset.beyond(request.cursor, request.backward);
    const { rows } = await sql<UserVersionRow>`
      SELECT u.*${meetsColumn(viewer, userCatalogue, "u", asking)}${keyset.columns} FROM user_version u WHERE ${condition} AND ${beyond}
      ORDER BY ${keyset.orderBy(request.backward)} LIMIT ${sql.lit(request.size + 1)}`.execute(this.database.reader);
    return cutPage(
      rows,
      request,
      { commit },
      () => this.#count(condition),
      (row) => ({ cursor: keyset.cursor({ ...row }), node: new UserVersion(row, viewer) }),
    );
  }
  /** One version; null where it is absent or out of the viewer's sight. */
  async byId(asking: Asking, id: string): Promise<UserVersion | null> {
    const sight = filterToSql(sightOf(asking.viewer), {
      catalogue: userCatalogue,
      alias: "u",
      now: asking.now,
      today: asking.today,
    });
    const { rows } = await sql<UserVersionRow>`
      SELECT u.*${meetsColumn(asking.viewer, userCatalogue, "u", asking)} FROM user_version u WHERE u.id = ${id} AND ${sight}`.execute(
      this.database.reader,
    );
    return rows[0] ? new UserVersion(rows[0], asking.viewer) : null;
  }

  /** The last commit up to an instant, once no other can follow that bears it, and the versions have reached it: so a page is a cut. */
  async #reach(at: Date): Promise<bigint> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const { earliest, now, commit, reached } = await this.#standing(at);
      if (at > now) throw invalidInput([{ path: "at", message: "must not lie in the future." }]);
      if (!earliest || at < earliest) throw beforeTheLog(earliest ?? now);
      if (reached) return commit;
      if (performance.now() > deadline)
        throw new RollcallError(
          "STALE_READ",
          "What happened up to this instant is still being written down: try again.",
        );
      // Whoever writes the versions may be another gateway, or be waiting for its next look at the log.
      if (!(await advanceVersions(this.database.reader))) await sleep(PAUSE_MS);
    }
  }

  /**
   * Of an instant before everything that the log still holds, the commit is one that was sealed by then, if no other is known: whoever
   * goes on behind it is told that what followed is gone.
   */
  async #standing(at: Date): Promise<{ earliest: Date | null; now: Date; commit: bigint; reached: boolean }> {
    const { rows } = await sql<{ earliest: Date | null; now: Date; commit: bigint; reached: boolean }>`
      SELECT greatest((SELECT begins FROM version_head),
          least((SELECT min(at) FROM commit), (SELECT first_at FROM version_head), (SELECT min(at) FROM audit_log))) AS earliest,
        rollcall_now() AS now,
        coalesce(last.number, (SELECT commit_number FROM audit_log WHERE at <= ${at} ORDER BY at DESC, commit_number DESC LIMIT 1), 0) AS commit,
        last.settled AND coalesce(last.number <= done.commit_number - CASE done.ordinal WHEN 2147483647 THEN 0 ELSE 1 END, true) AS reached
      FROM feed_consumer done CROSS JOIN last_commit_by(${at}) last
      WHERE done.name = 'versions'`.execute(this.database.reader);
    return rows[0] as (typeof rows)[number];
  }

  async #count(condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM user_version u WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

const beforeTheLog = (earliest: Date): RollcallError =>
  new RollcallError(
    "INVALID_INPUT",
    `at: must not lie before ${earliest.toISOString()}, when what is kept of the past begins.`,
    {
      inputPath: "at",
      earliest: earliest.toISOString(),
    },
  );
