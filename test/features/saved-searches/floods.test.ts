import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { followTrail } from "../../../src/feed/trail.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { tellsAtOnce } from "../../support/owner.ts";
import { onlyLong, patience, rounds } from "../../support/rounds.ts";
import { grantRow } from "../../support/rows.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, allFilterChanges, follow, type Made, saveSearch, shown } from "./support.ts";

const PEOPLE = rounds(700, 20_000);
const REACHED = rounds(4, 5_000);
const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();
beforeAll(() => file.gateway.searches.matching.start());

const subscribe = (variables: object) => follow(file.gateway, sockets.keep, variables);

/** So many people come, in one commit. Gives their ids. */
async function come(department: string, count: number, more: object = {}): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId());
  await file.gateway.database.write(someCause, async ({ sql: db, now }) => {
    for (let at = 0; at < count; at += 500) {
      const rows = ids.slice(at, at + 500).map((id) => {
        const dates = { status_changed_at: now, created_at: now, updated_at: now };
        return {
          id,
          username: id,
          display_name: "Ann",
          status: "ACTIVE",
          source: "LOCAL",
          department,
          ...dates,
          ...more,
        };
      });
      await db.insertInto("user_account").values(rows).execute();
    }
  });
  return ids;
}

/** All who are in one department go to another, in one commit. */
const go = (from: string, to: string) =>
  file.gateway.database.write(someCause, ({ sql: db }) =>
    db.updateTable("user_account").set({ department: to }).where("department", "=", from).execute(),
  );

/** The most that this process holds while work goes on, above what it held before, in megabytes: looked at after collections. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = held();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, held());
  }, 250);
  await work().finally(() => clearInterval(looking));
  return most - before;
}

describe("More than 500 notifications at once", () => {
  it(
    "are summed for followers of a saved search, whose pages have each; others are reset, and page the log",
    async () => {
      const { gateway } = file;
      const filter = { department: { eq: "Flood" } };
      const search = await saveSearch(gateway, { filter });
      const saved = await subscribe({ id: search.id });
      const adHoc = await subscribe({ filter });
      await come("Flood", PEOPLE);
      const [summary] = await saved.count(1);
      const counts = { joined: PEOPLE, left: 0, changed: 0 };
      expect(summary).toMatchObject({ __typename: "SavedSearchSummary", ...counts });
      const [reset] = await adHoc.count(1);
      expect(reset).toMatchObject({ __typename: "FeedReset", reason: "TOO_MANY_CHANGES" });
      const { from: after, position: through } = summary;
      const { nodes } = await allChanges(gateway, { id: search.id, after, through, first: 500 });
      expect(new Set(nodes.map(({ position }) => position)).size).toBe(PEOPLE);
      expect(await allFilterChanges(gateway, { filter, after, through: reset.position, first: 500 })).toEqual(nodes);
      // What comes behind is told singly again, from where the summary and the reset stand.
      await come("Flood", 2);
      for (const events of [saved, adHoc])
        expect((await events.count(3)).slice(1)).toMatchObject([{ change: "JOINED" }, { change: "JOINED" }]);
      await go("Flood", "Ebb");
      expect((await saved.count(4))[3]).toMatchObject({ left: PEOPLE + 2 });
      expect((await shown(gateway, search.id)).ids.size).toBe(0);
      const late = await subscribe({ id: search.id, after: search.position });
      const all = { joined: PEOPLE + 2, left: PEOPLE + 2, changed: 0 };
      expect(await late.count(1)).toMatchObject([{ __typename: "SavedSearchSummary", from: search.position, ...all }]);
    },
    patience(rounds(1, 10)),
  );

  it.runIf(onlyLong(true))(
    "are held in bounded memory, however many they are",
    async () => {
      const { gateway } = file;
      const filter = { department: { eq: "Sea" } };
      const followed = [
        await subscribe({ id: (await saveSearch(gateway, { filter })).id }),
        await subscribe({ filter }),
      ];
      const grown = await growth(async () => {
        await come("Sea", PEOPLE);
        for (const events of followed) await events.count(1);
      });
      console.log("GROWN", grown);
      expect(grown).toBeLessThan(64);
    },
    patience(10),
  );

  it("are no more than what the viewer would be told: of many commits as of one", async () => {
    const { gateway } = file;
    const search = await saveSearch(gateway, { filter: { department: { eq: "Trickle" } } });
    for (let n = 0; n < 6; n++) await come("Trickle", n === 5 ? 1 : 100);
    const { nodes } = await allChanges(gateway, { id: search.id, after: search.position, first: 500 });
    expect(nodes).toHaveLength(501);
    const summed = await subscribe({ id: search.id, after: search.position });
    expect(await summed.count(1)).toMatchObject([{ __typename: "SavedSearchSummary", joined: 501 }]);
    const single = await subscribe({ id: search.id, after: nodes[0].position });
    expect((await single.count(500)).map(({ position }) => position)).toEqual(
      nodes.slice(1).map(({ position }) => position),
    );
  });
});

describe("A change that reaches many", () => {
  /** People of one unit below a lead, each with the same role; of roles' changes three are told of in their own commit, of the others behind it. */
  async function arrange() {
    const { gateway } = file;
    const [old, fresh] = [await makeUnit(gateway), await makeUnit(gateway)];
    const team = await makeUnit(gateway, { parentId: old.id });
    const [boss, lead] = [await makeUser(gateway), await makeUser(gateway)];
    const role = await makeRole(gateway, ["USER_UPDATE"]);
    const expires_at = new Date((await gateway.database.now()).getTime() + 86_400_000);
    const ids = await come(unique("team"), REACHED, { org_unit_id: uuid(team.id), manager_id: uuid(lead.id) });
    await gateway.database.write(someCause, async ({ sql: db }) => {
      for (let at = 0; at < ids.length; at += 500)
        await db
          .insertInto("role_grant")
          .values(ids.slice(at, at + 500).map((id) => grantRow(id, uuid(role.id), { expires_at })))
          .execute();
    });
    await tellsAtOnce(gateway.database.connectionConfig.owner, 3);
    return { old, fresh, team, boss, lead, role, people: ids.map((id) => publicId("User", id)).sort() };
  }

  it(
    "is told of everybody whom it reached, once, under one operation, whatever it was",
    async () => {
      const { gateway } = file;
      const { old, fresh, team, boss, lead, role, people } = await arrange();
      const base = await makeRole(gateway, ["ROLE_MANAGE"]);
      const held = { roles: { any: [role.key] } };
      const filters = {
        entered: { orgUnit: { within: fresh.id } },
        left: { orgUnit: { within: old.id } },
        allowed: { permissions: { any: ["ROLE_MANAGE"] }, ...held },
        managed: { manager: { reportsTo: boss.id } },
        expired: { roleGrants: { some: { role: { eq: role.key } } } },
      };
      const saved = new Map<string, Made>();
      for (const [name, filter] of Object.entries(filters)) saved.set(name, await saveSearch(gateway, { filter }));
      const run = (mutation: string, type: string, input: object) =>
        gateway.run(`mutation ($input: ${type}!) { ${mutation}(input: $input) { position } }`, {
          input: { ...input, reason: mutation },
        });
      await run("moveOrgUnit", "MoveOrgUnitInput", { id: team.id, newParentId: fresh.id });
      await run("updateRole", "UpdateRoleInput", { id: role.id, inheritKeys: [base.key] });
      await run("updateUser", "UpdateUserInput", { id: lead.id, managerId: boss.id });
      while (await followTrail(gateway.database));
      const told = async (name: string, change: string, cause: object, more: string[] = []) => {
        const { id, position: after } = saved.get(name) as Made;
        const { nodes } = await allChanges(gateway, { id, after, first: 500 });
        expect(nodes.map(({ userId }) => userId).sort(), name).toEqual([...people, ...more].sort());
        expect(new Set(nodes.map((node) => node.change)), name).toEqual(new Set([change]));
        const causes = new Set(nodes.map((node) => JSON.stringify(node.cause)));
        expect(
          [...causes].map((one) => JSON.parse(one)),
          name,
        ).toMatchObject([cause]);
      };
      const byMutation = (reason: string) => ({ kind: "MUTATION", reason, operationId: expect.any(String) });
      await told("entered", "JOINED", byMutation("moveOrgUnit"));
      await told("left", "LEFT", byMutation("moveOrgUnit"));
      await told("allowed", "JOINED", byMutation("updateRole"));
      await told("managed", "JOINED", byMutation("updateUser"), [lead.id]);
      gateway.database.moveClock("25 hours");
      await passTime(gateway.database);
      while (await followTrail(gateway.database));
      await told("expired", "LEFT", { kind: "TIME", operationId: expect.any(String) });
    },
    patience(rounds(1, 10)),
  );
});
