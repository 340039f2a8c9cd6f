import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { OrgUnitQueries } from "../../../src/features/org/org-unit.queries.ts";
import { Matcher } from "../../../src/features/saved-searches/search.matcher.ts";
import { SearchRefusals } from "../../../src/features/saved-searches/search.refusal.ts";
import { UserQueries } from "../../../src/features/users/user.queries.ts";
import { FeedFollower } from "../../../src/feed/follower.ts";
import { Moments } from "../../../src/feed/moments.ts";
import { pruneLog } from "../../../src/feed/retention.ts";
import { databaseKind } from "../../support/database.ts";
import { makeHolder, makeUnit, makeUser } from "../../support/directory.ts";
import { TestGateway } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, CHANGES, follow, saveSearch } from "./support.ts";

const sockets = inFile();
const PATIENT = { timeout: 20_000 };
const times = { checkpointMs: 60_000, holdingMs: 60_000 };

async function start(): Promise<TestGateway> {
  const gateway = await TestGateway.start({ times });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Another gateway over the same database. */
async function beside({ database }: TestGateway): Promise<TestGateway> {
  const gateway = await TestGateway.over(database, { times });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Counts how many owners are looked up at a time. */
class CountedRefusals extends SearchRefusals {
  readonly lookUps: number[] = [];
  override ownersOf(...given: Parameters<SearchRefusals["ownersOf"]>) {
    this.lookUps.push(given[0].length);
    return super.ownersOf(...given);
  }
}

const headOf = async ({ database }: TestGateway) => (await database.head()).commit;

describe("The matcher", () => {
  it("goes on where another one stopped; followers at any gateway are told everything once", async () => {
    const first = await start();
    const second = await beside(first);
    first.searches.matching.start();
    const search = await saveSearch(first, { filter: { department: { eq: "Relay" } } });
    const followed = [
      await follow(first, sockets.keep, { id: search.id }),
      await follow(second, sockets.keep, { id: search.id }),
    ];
    const people = [await makeUser(first, { department: "Relay" })];
    for (const events of followed) await events.count(1);
    await first.searches.matching.stop();
    people.push(await makeUser(first, { department: "Relay" }));
    second.searches.matching.start();
    people.push(await makeUser(first, { department: "Relay" }));
    for (const events of followed)
      expect((await events.count(3)).map(({ userId }) => userId)).toEqual(people.map(({ id }) => id));
    expect((await allChanges(second, { id: search.id, after: search.position })).nodes).toHaveLength(3);
  });

  it("judges the owners of searches that name units when a unit moves, all at once, and nobody else", async () => {
    const gateway = await start();
    const { database } = gateway;
    const [here, there] = [await makeUnit(gateway), await makeUnit(gateway)];
    const team = await makeUnit(gateway, { parentId: here.id });
    for (let n = 0; n < 5; n++) {
      const { token } = await makeHolder(gateway, ["USER_READ", "ORG_READ"], n === 0 ? undefined : here.id);
      const filter = n < 3 ? { orgUnit: { within: team.id } } : { title: { eq: "Clerk" } };
      await saveSearch(gateway, { filter }, token);
    }
    const nothing = undefined as never;
    const refusals = new CountedRefusals(
      database,
      new UserQueries(database, new OrgUnitQueries(database), nothing, nothing),
    );
    const follower = new FeedFollower(database, () => undefined);
    let stored = 0n;
    const onStored = (through: bigint) => {
      stored = through;
    };
    const matcher = new Matcher({ database, follower, refusals, moments: new Moments(() => "2026-11-20"), onStored });
    const ending = new AbortController();
    const running = matcher.run(ending.signal);
    onTestFinished(async () => {
      ending.abort();
      await running;
      await follower.stop();
    });
    const caughtUp = () => expect.poll(async () => stored === (await headOf(gateway)), PATIENT).toBe(true);
    await caughtUp();
    refusals.lookUps.length = 0;
    await gateway.run("mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }", {
      input: { id: team.id, newParentId: there.id },
    });
    await caughtUp();
    expect(refusals.lookUps).toEqual([3]);
  });

  it.runIf(databaseKind === "postgres")("is one gateway at a time", async () => {
    const first = await start();
    const second = await beside(first);
    first.searches.matching.start();
    await expect.poll(() => first.searches.matcher.lag?.commits, PATIENT).toBe(0);
    second.searches.matching.start();
    const search = await saveSearch(second, {});
    await makeUser(second);
    expect((await allChanges(second, { id: search.id, after: search.position })).nodes).toHaveLength(1);
    expect([first, second].map(({ searches }) => searches.matcher.searches)).toEqual([1, undefined]);
    await first.searches.matching.stop();
    await expect.poll(() => second.searches.matcher.searches, PATIENT).toBe(1);
  });

  it("writes nothing where its place is not the stored one, and no commit of the log", async () => {
    const gateway = await start();
    const { database } = gateway;
    await saveSearch(gateway, {});
    const head = await headOf(gateway);
    gateway.searches.matching.start();
    await expect.poll(() => gateway.searches.matcher.lag?.commits, PATIENT).toBe(0);
    const record = (at: bigint, to: bigint) =>
      sql`SELECT record_matches(${at}, 2147483647, ${to}, 2147483647, '[]', '{}', '{}', '{}', '{}')`.execute(
        database.reader,
      );
    await expect(record(head - 1n, head)).rejects.toThrow("stands elsewhere");
    await expect(record(head, head + 1n)).rejects.toThrow("up to the head");
    await expect(record(head, head - 1n)).rejects.toThrow("goes forward");
    expect(await headOf(gateway)).toBe(head);
    for (const table of ["matched_search", "search_transition", "feed_consumer"])
      await expect(sql`DELETE FROM ${sql.table(table)}`.execute(database.reader)).rejects.toThrow("permission denied");
  });

  it("tells how far it is behind, how many searches it matches and how many transitions it stored", async () => {
    const gateway = await start();
    const { matcher, matching } = gateway.searches;
    expect([matcher.lag, matcher.searches, matcher.stored]).toEqual([undefined, undefined, 0]);
    await saveSearch(gateway, {});
    await saveSearch(gateway, { filter: { title: { eq: "Nobody" } } });
    matching.start();
    await makeUser(gateway);
    await expect
      .poll(() => [matcher.lag, matcher.searches, matcher.stored], PATIENT)
      .toEqual([{ commits: 0, seconds: 0 }, 2, 1]);
  });
});

describe("Transitions", () => {
  it("go with the commits they refer to: whoever asks for them is told so", async () => {
    const gateway = await start();
    const { database } = gateway;
    gateway.searches.matching.start();
    const search = await saveSearch(gateway, {});
    const gone = await saveSearch(gateway, {});
    await gateway.run("mutation ($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) { position } }", {
      input: { id: gone.id },
    });
    await makeUser(gateway);
    await allChanges(gateway, { id: search.id, after: search.position });
    database.moveClock("2 days");
    await makeUser(gateway);
    const { nodes } = await allChanges(gateway, { id: search.id, after: search.position });
    expect(nodes).toHaveLength(2);
    await asOwner(
      database.connectionConfig.owner,
      "UPDATE feed_consumer SET commit_number = (SELECT number FROM feed_head), ordinal = 2147483647 WHERE name <> 'matcher'",
    );
    expect(await pruneLog(database, 24)).toBeGreaterThan(0);
    const refusal = await gateway.refusal(CHANGES, { id: search.id, after: search.position });
    expect(refusal.extensions.code).toBe("POSITION_EXPIRED");
    const { rows } = await sql`SELECT (SELECT count(*)::integer FROM search_transition) AS transitions,
      (SELECT count(*)::integer FROM matched_search) AS searches`.execute(database.reader);
    expect(rows).toEqual([{ transitions: 1, searches: 1 }]);
    const events = await follow(gateway, sockets.keep, { id: search.id, after: search.position });
    expect(await events.count(1)).toMatchObject([{ __typename: "FeedReset", reason: "POSITION_EXPIRED" }]);
  });
});
