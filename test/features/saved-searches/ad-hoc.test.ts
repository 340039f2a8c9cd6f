import { expect, it } from "vitest";
import type { Viewer } from "../../../src/access/actor.ts";
import { AdHocMatcher } from "../../../src/features/saved-searches/ad-hoc.matcher.ts";
import { ViewedSearch } from "../../../src/features/saved-searches/search.membership.ts";
import { FeedFollower } from "../../../src/feed/follower.ts";
import { Moments } from "../../../src/feed/moments.ts";
import { pruneLog } from "../../../src/feed/retention.ts";
import { and } from "../../../src/search/filter.ts";
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

it("Whoever follows a filter is told when the log was pruned before it was matched, and then of what follows", async () => {
  const { database } = await databaseForTest();
  const moments = new Moments(() => "2026-11-20");
  // It looks when it is told to.
  const follower = new FeedFollower(database, (error) => {
    throw error;
  });
  const matcher = new AdHocMatcher(follower, moments);
  const search = { filter: and(), watch: [] };
  const following = matcher.follow(search, new ViewedSearch(search, viewer, moments), { commit: 0n });
  if (!following) throw new Error("It could not be followed.");
  const add = () => database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(userRow()).execute());
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
  await follower.stop();
});
