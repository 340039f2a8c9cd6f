import { beforeAll, describe, expect, it } from "vitest";
import { grant, makeRole, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { Schedules } from "../schedules/support.ts";
import { erase, erasers, sealedWith, settle, tablesWith } from "./support.ts";

/* What was written about a person, in reasons and in texts of others, and what becomes of it when they are erased. */

const file = gatewayForFile({});
const sockets = inFile();
let pair: Awaited<ReturnType<typeof erasers>>;
beforeAll(async () => {
  pair = await erasers(file.gateway);
});

const OFFBOARD = "mutation ($input: OffboardInput!) { offboard(input: $input) { position } }";
const REASONS = `query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id } }, first: 50) { nodes { action cause { reason } } } }`;
const FOLLOW = "subscription { userEvents { __typename ... on UserEvent { userId cause { reason } } } }";

const reasonsOf = async (id: string): Promise<(string | null)[]> =>
  (await file.gateway.run(REASONS, { id })).auditEvents.nodes.map(
    ({ cause }: { cause: { reason: string | null } }) => cause.reason,
  );

/** Somebody with a report and a shared search, and who takes both over. */
async function leaver() {
  const { gateway } = file;
  const { id } = await makeUser(gateway);
  const [report, successor] = [await makeUser(gateway, { managerId: id }), await makeUser(gateway)];
  await grant(gateway, id, (await makeRole(gateway, ["USER_READ", "SAVED_SEARCH_SHARE"])).key);
  const search = await saveSearch(gateway, { visibility: "SHARED" }, await tokenOf(gateway, id));
  return { id, reportId: report.id, successorId: successor.id, searchId: search.id };
}

describe("The reason of a step that somebody takes", () => {
  it.each([
    ["at once", false],
    ["behind their last day", true],
  ])("is told with what happened to them, and not with what that changed of others: %s", async (_, later) => {
    const { gateway } = file;
    const schedules = new Schedules(gateway);
    const due = later ? { lastDay: (await schedules.hence(48)).slice(0, 10) } : {};
    const reason = unique("zqxreason");
    const { id, reportId, successorId, searchId } = await leaver();
    const socket = sockets.keep(await Socket.open(gateway.url, gateway.admin));
    const events = socket.start(FOLLOW, {});
    await events.ready();
    await gateway.run(OFFBOARD, { input: { id, successorId, reason, ...due } });
    if (later) expect(await schedules.run("5 days")).toBe(1);
    const told = await events.until((all) => all.find((event) => event?.userId === reportId));
    expect(told.cause.reason).toBeNull();
    expect(await reasonsOf(id)).toContain(reason);
    for (const other of [reportId, searchId]) expect(await reasonsOf(other)).not.toContain(reason);
    await settle(gateway);
    expect(await reasonsOf(id)).toContain(reason);
    for (const other of [reportId, searchId]) expect(await reasonsOf(other)).not.toContain(reason);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    expect(await tablesWith(gateway, reason)).toEqual([]);
    expect(await sealedWith(gateway, reason)).toEqual({ subjects: [], actors: [] });
  });
});
