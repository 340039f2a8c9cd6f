import { beforeAll, describe, expect, it } from "vitest";
import { userCascades } from "../../../src/assembly.ts";
import { reckonByOrganisation } from "../../../src/features/schedules/due.work.ts";
import { UserTransitions } from "../../../src/features/users/user.transitions.ts";
import { DELETION_RETENTION_DAYS } from "../../../src/gateway.ts";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { makeSignedIn } from "../../support/sign-in.ts";
import { makeGroup } from "../groups/support.ts";
import { liveIn, Schedules } from "./support.ts";

const file = gatewayForFile();
let on: Schedules;
beforeAll(() => {
  on = new Schedules(file.gateway);
});

const RESTORE = `mutation ($input: RestoreUserInput!) { restoreUser(input: $input) {
  consequences { kind count subjectIds } notRestored { kind count subjectIds } } }`;
const DELETE = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }";
const SUSPEND = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";
const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

describe("A restore", () => {
  it("tells what it could not bring back, each with its subjects, and gives back the rest", async () => {
    const { gateway } = file;
    const boss = (await makeUser(gateway)).id;
    const { id, sessionId } = await makeSignedIn(gateway);
    await tokenOf(gateway, id);
    await gateway.run(UPDATE, { input: { id, managerId: boss } });
    const [kept, lost] = [
      (await makeUser(gateway, { managerId: id })).id,
      (await makeUser(gateway, { managerId: id })).id,
    ];
    const role = await makeRole(gateway, []);
    const lasting = await grant(gateway, id, role.key);
    const brief = await grant(gateway, id, (await makeRole(gateway, [])).key, { expiresAt: await on.hence(1) });
    const step = await on.schedule({ id, operation: "LOCK", effectiveAt: await on.hence(50) });
    await gateway.run(DELETE, { input: { id } });
    await gateway.run(UPDATE, { input: { id: lost, managerId: boss } });
    await gateway.run(SUSPEND, { input: { id: boss } });
    const { restoreUser } = await on.after("2 hours", () => gateway.run(RESTORE, { input: { id } }));
    expect(restoreUser.consequences).toEqual([
      { kind: "GRANTS_RESTORED", count: 1, subjectIds: [lasting] },
      { kind: "REPORTS_RESTORED", count: 1, subjectIds: [kept] },
    ]);
    const told = new Map<string, { count: number; subjectIds: string[] }>(
      restoreUser.notRestored.map((one: { kind: string }) => [one.kind, one]),
    );
    expect([...told.keys()].sort()).toEqual([
      "GRANTS_ENDED",
      "MANAGER_LEFT",
      "REPORTS_REASSIGNED",
      "SCHEDULES_CANCELLED",
      "SESSIONS_ENDED",
      "TOKENS_REVOKED",
    ]);
    expect(told.get("GRANTS_ENDED")?.subjectIds).toEqual([brief]);
    expect(told.get("MANAGER_LEFT")?.subjectIds).toEqual([boss]);
    expect(told.get("REPORTS_REASSIGNED")?.subjectIds).toEqual([lost]);
    expect(told.get("SCHEDULES_CANCELLED")?.subjectIds).toEqual([step.id]);
    expect(told.get("SESSIONS_ENDED")?.subjectIds).toEqual([sessionId]);
    expect(told.get("TOKENS_REVOKED")?.count).toBe(1);
  });

  it("tells of org units that are headed again and those that are not, and of dynamic groups that go on", async () => {
    const { gateway } = file;
    const [kept, lost] = [await makeUnit(gateway), await makeUnit(gateway)];
    const { id, token } = await makeHolder(gateway, ["USER_READ", "USER_READ_CONTACT", "GROUP_MANAGE", "ROLE_READ"]);
    const other = (await makeUser(gateway)).id;
    const HEAD = "mutation ($input: UpdateOrgUnitInput!) { updateOrgUnit(input: $input) { position } }";
    for (const unit of [kept, lost]) await gateway.run(HEAD, { input: { id: unit.id, headId: id } });
    const SAVE =
      "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";
    const input = { name: "Mine", filter: { email: { contains: "@example" } } };
    const savedSearchId = (await gateway.run(SAVE, { input }, token)).createSavedSearch.savedSearch.id;
    const group = await makeGroup(gateway, { savedSearchId }, token);
    const TOLD =
      "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { consequences { kind count subjectIds } } }";
    const { deleteUser } = await gateway.run(TOLD, { input: { id } });
    expect(deleteUser.consequences).toContainEqual({ kind: "GROUPS_PAUSED", count: 1, subjectIds: [group.id] });
    expect(deleteUser.consequences).toContainEqual({
      kind: "UNITS_WITHOUT_HEAD",
      count: 2,
      subjectIds: [kept.id, lost.id].sort(),
    });
    await gateway.run(HEAD, { input: { id: lost.id, headId: other } });
    const { restoreUser } = await gateway.run(RESTORE, { input: { id } });
    expect(restoreUser.consequences).toContainEqual({ kind: "HEADSHIPS_RESTORED", count: 1, subjectIds: [kept.id] });
    expect(restoreUser.consequences).toContainEqual({ kind: "GROUPS_RESUMED", count: 1, subjectIds: [group.id] });
    expect(restoreUser.notRestored).toContainEqual({ kind: "HEADSHIPS_LOST", count: 1, subjectIds: [lost.id] });
  });

  it("is refused from the end of the retention period on, and possible until then", async () => {
    const { id } = await makeUser(file.gateway);
    await file.gateway.run(DELETE, { input: { id } });
    const late = await on.after(`${DELETION_RETENTION_DAYS} days 1 minute`, () =>
      file.gateway.refusal(RESTORE, { input: { id } }),
    );
    expect(late.extensions).toMatchObject({
      code: "CONFLICT",
      field: "restorableUntil",
      inputPath: "input.id",
      limit: DELETION_RETENTION_DAYS,
    });
    expect(await on.status(id)).toBe("DELETED");
    await on.after(`${DELETION_RETENTION_DAYS} days -1 minute`, () => file.gateway.run(RESTORE, { input: { id } }));
    expect(await on.status(id)).toBe("ACTIVE");
  });
});

describe("A consequence that fails", () => {
  it("rolls the step back with everything that followed before it", async () => {
    const { gateway } = file;
    const { id, sessionId } = await makeSignedIn(gateway);
    const grantId = await grant(gateway, id, (await makeRole(gateway, [])).key);
    const failing = { follows: { CANCEL_SCHEDULES: () => Promise.reject(new Error("the last thing failed")) } };
    const transitions = new UserTransitions([...userCascades, failing]);
    const viewer = {
      kind: "SYSTEM" as const,
      id: null,
      name: "test",
      userId: null,
      grants: new Map([
        ["USER_READ", "everywhere"],
        ["USER_DELETE", "everywhere"],
      ] as const),
      now: await gateway.database.now(),
    };
    const step = { id: uuid(id), until: null, reason: null };
    const before = await gateway.database.head();
    await expect(
      gateway.database.write(someCause, (tx) => transitions.move(tx, viewer, "delete", step)),
    ).rejects.toThrow("the last thing failed");
    expect(await gateway.database.head()).toEqual(before);
    expect(await on.status(id)).toBe("ACTIVE");
    const { node } = await gateway.run(
      `query ($id: ID!) { node(id: $id) { ... on User { roleGrants { id active } sessions { id endedAt } } } }`,
      { id },
    );
    expect(node.roleGrants).toEqual([{ id: grantId, active: true }]);
    expect(node.sessions).toEqual([{ id: sessionId, endedAt: null }]);
  });
});

describe("Another time zone of the organisation", () => {
  it("moves the dates of people who have none of their own, and nobody else's", async () => {
    const { gateway } = file;
    const [here, abroad, instant] = [await makeUser(gateway), await makeUser(gateway), await makeUser(gateway)];
    await liveIn(gateway, abroad.id, "Asia/Tokyo");
    const dated = { operation: "LOCK", effectiveOn: "2031-05-05" };
    const steps = [await on.schedule({ id: here.id, ...dated }), await on.schedule({ id: abroad.id, ...dated })];
    steps.push(await on.schedule({ id: instant.id, operation: "LOCK", effectiveAt: "2031-05-05T12:00:00.000Z" }));
    await reckonByOrganisation(gateway.database, "America/New_York");
    try {
      const [moved, kept, same] = await Promise.all(steps.map(({ id }) => on.read(id)));
      expect(moved).toMatchObject({
        effectiveAt: "2031-05-05T04:00:00.000Z",
        timezone: "America/New_York",
        version: 2,
      });
      expect(kept).toMatchObject({ effectiveAt: "2031-05-04T15:00:00.000Z", timezone: "Asia/Tokyo" });
      expect(same).toMatchObject({ effectiveAt: "2031-05-05T12:00:00.000Z", timezone: null });
    } finally {
      await reckonByOrganisation(gateway.database, "UTC");
    }
    expect((await on.read(steps[0].id)).effectiveAt).toBe("2031-05-05T00:00:00.000Z");
  });
});
