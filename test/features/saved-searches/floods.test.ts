import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { patience, rounds } from "../../support/rounds.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, allFilterChanges, follow, saveSearch, shown } from "./support.ts";

const PEOPLE = rounds(700, 20_000);
const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();
beforeAll(() => file.gateway.searches.matching.start());

const subscribe = (variables: object) => follow(file.gateway, sockets.keep, variables);

/** So many people come, in one commit. */
async function come(department: string, count: number): Promise<void> {
  await file.gateway.database.write(someCause, async ({ sql: db, now }) => {
    for (let at = 0; at < count; at += 500) {
      const rows = Array.from({ length: Math.min(500, count - at) }, () => {
        const id = newId();
        const dates = { status_changed_at: now, created_at: now, updated_at: now };
        return { id, username: id, display_name: "Ann", status: "ACTIVE", source: "LOCAL", department, ...dates };
      });
      await db.insertInto("user_account").values(rows).execute();
    }
  });
}

/** All who are in one department go to another, in one commit. */
const go = (from: string, to: string) =>
  file.gateway.database.write(someCause, ({ sql: db }) =>
    db.updateTable("user_account").set({ department: to }).where("department", "=", from).execute(),
  );

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
