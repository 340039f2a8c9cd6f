import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import type { Viewer } from "../../../src/access/actor.ts";
import { AdHocFeed } from "../../../src/features/saved-searches/ad-hoc.feed.ts";
import { AdHocMatcher } from "../../../src/features/saved-searches/ad-hoc.matcher.ts";
import { LiveFilters } from "../../../src/features/saved-searches/live-filter.ts";
import { ViewedSearch } from "../../../src/features/saved-searches/search.membership.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { FeedFollower } from "../../../src/feed/follower.ts";
import { Moments } from "../../../src/feed/moments.ts";
import { pruneLog } from "../../../src/feed/retention.ts";
import { passTime } from "../../../src/feed/time.ts";
import { and } from "../../../src/search/filter.ts";
import { parseFilter } from "../../../src/search/parse.ts";
import { databaseForTest, someCause } from "../../support/database.ts";
import { asOwner } from "../../support/owner.ts";
import { userRow } from "../../support/rows.ts";

const viewer: Viewer = {
  kind: "SERVICE",
  id: null,
  name: "test",
  userId: null,
  grants: new Map([["USER_READ", "everywhere"]]),
  now: new Date(),
};

/** A matcher of its own over a database of its own, that looks at the log when it is told to. */
async function matching() {
  const { database } = await databaseForTest();
  const moments = new Moments(() => "2026-11-20");
  const follower = new FeedFollower(database, (error) => {
    throw error;
  });
  onTestFinished(() => follower.stop());
  const add = (count = 1) =>
    database.write(someCause, async (tx) => {
      for (let n = 0; n < count; n++) await tx.sql.insertInto("user_account").values(userRow()).execute();
    });
  return { database, moments, follower, matcher: new AdHocMatcher(follower, moments), add };
}

it("Whoever follows a filter is told when the log was pruned before it was matched, and then of what follows", async () => {
  const { database, moments, follower, matcher, add } = await matching();
  const search = { filter: and(), watch: [] };
  const following = matcher.follow(search, new ViewedSearch(search, viewer, moments), { commit: 0n });
  if (!following) throw new Error("It could not be followed.");
  const told = async () => {
    await follower.look();
    await following.due(AbortSignal.timeout(30_000), 30_000);
    const { found, reset } = following.take();
    return { found: found.length, reset };
  };

  await add();
  database.moveClock("2 days");
  await add();
  await asOwner(
    database.connectionConfig.owner,
    "UPDATE feed_consumer SET commit_number = (SELECT number FROM feed_head), ordinal = 2147483647",
  );
  expect(await pruneLog(database, 24)).toBeGreaterThan(0);
  expect(await told()).toEqual({ found: 0, reset: "POSITION_EXPIRED" });
  await add();
  expect(await told()).toEqual({ found: 1, reset: undefined });
  matcher.leave(following);
});

it("Whoever comes while a commit is being matched is not taken in behind what they have missed of it", async () => {
  const { moments, follower, matcher, add } = await matching();
  const search = { filter: and(), watch: [] };
  const from = { commit: 0n };
  const late: unknown[] = [];
  class Seen extends ViewedSearch {
    override notification(...given: Parameters<ViewedSearch["notification"]>) {
      late.push(matcher.follow(search, new ViewedSearch(search, viewer, moments), from));
      return super.notification(...given);
    }
  }
  const following = matcher.follow(search, new Seen(search, viewer, moments), from);
  if (!following) throw new Error("It could not be followed.");
  await add(3);
  await follower.look();
  await following.due(AbortSignal.timeout(30_000), 30_000);
  expect(following.take().found).toHaveLength(3);
  expect(late).toEqual([undefined, undefined, undefined]);
  matcher.leave(following);
});

it("Whoever follows a filter is told when time did anything while it did not know of it", async () => {
  const { database, moments, follower, matcher, add } = await matching();
  await database.write(someCause, (tx) =>
    tx.sql
      .insertInto("user_account")
      .values(userRow({ created_at: tx.now }))
      .execute(),
  );
  const filter = parseFilter({ createdAt: { olderThan: "P90D" } }, { catalogue: userCatalogue });
  const live = new LiveFilters(database, (error) => {
    throw error;
  });
  onTestFinished(() => live.stop());
  const search = { filter, watch: [] };
  const feed = new AdHocFeed({ follower, matcher, live }, search, new ViewedSearch(search, viewer, moments));
  const ending = new AbortController();
  const read = feed.read({ commit: 0n }, { signal: ending.signal, idleMs: 60_000 });
  const reset = async () => (await read.next()).value?.reset;
  expect(await reset()).toBeUndefined();
  const told: unknown[] = [];
  const next = reset().then((reason) => told.push(reason));
  const lapse = async () => {
    await sql`DELETE FROM live_filter`.execute(database.reader);
    await passTime(database);
  };
  await lapse();
  await live.renew();
  expect(told).toEqual([]);
  await lapse();
  database.moveClock("100 days");
  await add();
  await live.renew();
  await next;
  expect(told).toEqual(["POSITION_EXPIRED"]);
  ending.abort();
  await read.return(undefined);
});
