import { beforeAll, describe, expect, it } from "vitest";
import { gatewayForFile } from "../../support/gateway.ts";
import { makeUser } from "../../support/people.ts";
import { inFile } from "../../support/sockets.ts";
import { allChanges, allFilterChanges, fold, follow, saveSearch, shown } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();
beforeAll(() => file.gateway.searches.matching.start());

const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const update = async (input: object): Promise<string> =>
  (await file.gateway.run(UPDATE, { input })).updateUser.position;
const subscribe = (variables: object, token?: string) => follow(file.gateway, sockets.keep, variables, token);

describe("Followers of a search", () => {
  it("are told who joins, who leaves and what watched fields change, with the cause, saved or not", async () => {
    const { gateway } = file;
    const filter = { department: { eq: "Ledger" } };
    const search = await saveSearch(gateway, { filter, watch: ["title"] });
    const saved = await subscribe({ id: search.id });
    const adHoc = await subscribe({ filter, watch: ["title"] });
    expect(saved.values).toEqual([{ __typename: "FeedCheckpoint", position: expect.any(String) }]);
    const user = await makeUser(gateway, { title: "Clerk" });
    await update({ id: user.id, department: "ledger", reason: "moved desks" });
    await update({ id: user.id, title: "Head Clerk" });
    await update({ id: user.id, nickName: "Sam" });
    await update({ id: user.id, department: "Archive", title: "Keeper" });
    const told = await saved.count(3);
    expect(told).toMatchObject([
      {
        change: "JOINED",
        userId: user.id,
        user: { username: user.username },
        changes: [],
        cause: { kind: "MUTATION", reason: "moved desks", actor: { name: "bootstrap" } },
      },
      { change: "CHANGED", changes: [{ field: "title", before: "Clerk", after: "Head Clerk", redacted: false }] },
      {
        change: "LEFT",
        user: { title: "Keeper" },
        changes: [{ field: "title", before: "Head Clerk", after: "Keeper" }],
      },
    ]);
    expect(await adHoc.count(3)).toEqual(told);
    const bare = told.map(({ __typename, ...rest }) => ({ ...rest, user: expect.anything() }));
    const pages = await allChanges(gateway, { id: search.id, after: search.position, first: 1 });
    expect(pages.nodes).toEqual(bare);
    expect(await allFilterChanges(gateway, { filter, watch: ["title"], after: search.position, first: 2 })).toEqual(
      bare,
    );
    const late = await subscribe({ id: search.id, after: search.position });
    expect((await late.count(3)).map(({ position }) => position)).toEqual(told.map(({ position }) => position));
    const now = await shown(gateway, search.id);
    expect(fold(new Set(), pages.nodes)).toEqual(now.ids);
  });
});
