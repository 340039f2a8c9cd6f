import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { pruneLog } from "../../../src/feed/retention.ts";
import { grant, makeRole, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { TestGateway } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { follow, saveSearch } from "../saved-searches/support.ts";
import { add, makeGroup, membersOf, remove, settle, untilMatched } from "./support.ts";

const sockets = inFile();
const times = { checkpointMs: 60_000, holdingMs: 60_000 };

async function start(): Promise<TestGateway> {
  const gateway = await TestGateway.start({ times });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** What the log has of memberships: who joined (+) and left (−), in its order. */
async function history({ database }: TestGateway, group: string): Promise<string[]> {
  const { rows } = await sql<{ told: string }>`
    SELECT CASE c.operation WHEN 'INSERT' THEN '+' ELSE '-' END || (coalesce(c.after, c.before)->>'user_id') AS told
    FROM change c JOIN commit ON commit.id = c.commit_id
    WHERE c.table_name = 'group_member' AND coalesce(c.after, c.before)->>'group_id' = ${uuid(group)} ORDER BY commit.number, c.ordinal`.execute(
    database.reader,
  );
  return rows.map(({ told }) => told);
}

async function dynamic(gateway: TestGateway, department: string): Promise<string> {
  const search = await saveSearch(gateway, { filter: { department: { eq: department } } });
  return (await makeGroup(gateway, { savedSearchId: search.id })).id;
}

describe("The follower of searches into groups", () => {
  it("writes each membership once, wherever it is broken off, and under a cause of the system", async () => {
    const gateway = await start();
    const group = await dynamic(gateway, "Crash");
    await settle(gateway);
    const { owner } = gateway.database.connectionConfig;
    await asOwner(
      owner,
      `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
       CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON group_member DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()`,
    );
    const people = [await makeUser(gateway, { department: "Crash" }), await makeUser(gateway, { department: "Crash" })];
    await untilMatched(gateway);
    await expect(gateway.groups.follower.catchUp()).rejects.toThrow("broken off");
    expect(await history(gateway, group)).toEqual([]);
    await asOwner(owner, "DROP TRIGGER fail ON group_member");
    await settle(gateway);
    await settle(gateway);
    expect((await history(gateway, group)).sort()).toEqual(people.map(({ id }) => `+${uuid(id)}`).sort());
    const { rows } = await sql<{ kind: string; action: string }>`
      SELECT DISTINCT commit.kind, commit.action FROM commit JOIN change c ON c.commit_id = commit.id WHERE c.table_name = 'group_member'`.execute(
      gateway.database.reader,
    );
    expect(rows).toEqual([{ kind: "SYSTEM", action: "group.followed" }]);
  });

  it("is refused where another one has followed meanwhile, and nothing is told twice", async () => {
    const gateway = await start();
    const beside = await TestGateway.over(gateway.database, { times });
    onTestFinished(() => beside.close());
    const group = await dynamic(gateway, "Both");
    await settle(gateway);
    const ann = await makeUser(gateway, { department: "Both" });
    await untilMatched(gateway);
    const both = await Promise.allSettled([gateway.groups.follower.catchUp(), beside.groups.follower.catchUp()]);
    expect(both.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(await history(gateway, group)).toEqual([`+${uuid(ann.id)}`]);
  });

  it("builds anew what the log can no longer tell", async () => {
    const gateway = await start();
    const group = await dynamic(gateway, "Pruned");
    await settle(gateway);
    const ann = await makeUser(gateway, { department: "Pruned" });
    await makeUser(gateway); // The last commit is always kept.
    await untilMatched(gateway);
    await gateway.searches.matching.stop();
    await asOwner(
      gateway.database.connectionConfig.owner,
      "UPDATE feed_consumer SET commit_number = (SELECT number FROM feed_head), ordinal = 2147483647",
    );
    gateway.database.moveClock("30 days");
    await pruneLog(gateway.database, 1);
    gateway.database.moveClock("0 days");
    const { rows } = await sql<{ left: bigint }>`SELECT count(*) AS left FROM search_transition`.execute(
      gateway.database.reader,
    );
    expect(rows).toEqual([{ left: 0n }]);
    await gateway.groups.follower.catchUp();
    expect(await membersOf(gateway, group)).toEqual([ann.id]);
  });

  it("goes on by itself behind the matcher, in one gateway", async () => {
    const gateway = await start();
    gateway.searches.matching.start();
    gateway.groups.following.start();
    const group = await dynamic(gateway, "Running");
    const ann = await makeUser(gateway, { department: "Running" });
    await expect.poll(() => membersOf(gateway, group), { timeout: 20_000, interval: 20 }).toEqual([ann.id]);
    expect(gateway.groups.follower.lag).toBeTypeOf("number");
  });
});

describe("Joining a group", () => {
  it("is a change in searches that watch it, an event of the person, and in the audit log", async () => {
    const gateway = await start();
    gateway.searches.matching.start();
    const ann = await makeUser(gateway, { department: "Watched" });
    const { id, key } = await makeGroup(gateway);
    const search = await saveSearch(gateway, { filter: { department: { eq: "Watched" } }, watch: ["groupKeys"] });
    const changes = await follow(gateway, sockets.keep, { id: search.id });
    const socket = sockets.keep(await Socket.open(gateway.url, gateway.admin));
    const events = socket.start(
      "subscription { userEvents(types: [GROUP_JOINED, GROUP_LEFT]) { __typename ... on UserEvent { types user { id } changes { field before after } } } }",
      {},
    );
    await events.ready();
    await add(gateway, id, [ann.id]);
    await remove(gateway, id, [ann.id]);
    expect((await changes.count(2)).map(({ change, changes: told }) => [change, told])).toEqual([
      ["CHANGED", [{ field: "groupKeys", before: [], after: [key], redacted: false }]],
      ["CHANGED", [{ field: "groupKeys", before: [key], after: [], redacted: false }]],
    ]);
    expect((await events.count(2)).map(({ types, user }) => [types, user.id])).toEqual([
      [["GROUP_JOINED"], ann.id],
      [["GROUP_LEFT"], ann.id],
    ]);
    const { auditEvents } = await gateway.run(
      `query ($f: AuditEventFilter) { auditEvents(filter: $f) { nodes { action subject { ... on User { id } ... on Group { id } } } } }`,
      { f: { action: { startsWith: "group." } } },
    );
    expect(auditEvents.nodes.map((node: { action: string; subject: unknown }) => [node.action, node.subject])).toEqual(
      [
        ["group.created", { id }],
        ["group.member_added", { id: ann.id }],
        ["group.member_removed", { id: ann.id }],
      ].reverse(),
    );
  });

  it("gives an open subscription what the group was granted, and leaving takes it, at its place in the log", async () => {
    const gateway = await start();
    const ann = await makeUser(gateway);
    const [{ id }, { key }] = [await makeGroup(gateway), await makeRole(gateway, ["USER_READ"])];
    await grant(gateway, id, key);
    const socket = sockets.keep(await Socket.open(gateway.url, await tokenOf(gateway, ann.id)));
    const events = socket.start(
      "subscription { userEvents(types: [CREATED]) { __typename ... on UserEvent { user { id } } } }",
      {},
    );
    await events.ready();
    await makeUser(gateway);
    await add(gateway, id, [ann.id]);
    const seen = await makeUser(gateway);
    // Whoever sees others than before is told to read again.
    expect(await events.count(2)).toMatchObject([{ __typename: "FeedReset" }, { user: { id: seen.id } }]);
    await remove(gateway, id, [ann.id]);
    await makeUser(gateway);
    await add(gateway, id, [ann.id]);
    const again = await makeUser(gateway);
    const told = async () => (await events.count(3)).flatMap(({ user }) => user?.id ?? []);
    await expect.poll(told).toEqual([seen.id, again.id]);
  });
});
