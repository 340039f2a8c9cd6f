import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { add, makeGroup, membersOf } from "../groups/support.ts";
import { Schedules } from "../schedules/support.ts";

const file = gatewayForFile();
let on: Schedules;
beforeAll(() => {
  on = new Schedules(file.gateway);
});

const SHOWN =
  "user { status } transition { id state effectiveAt effectiveOn timezone } consequences { kind count subjectIds }";
const OFFBOARD = `mutation ($input: OffboardInput!) { offboard(input: $input) { ${SHOWN} } }`;
const CANCEL = `mutation ($input: CancelOffboardingInput!) { cancelOffboarding(input: $input) { ${SHOWN} } }`;
const PREVIEW = "query ($input: OffboardInput!) { previewOffboarding(input: $input) { consequences { kind count } } }";
const PERSON =
  "query ($id: ID!) { node(id: $id) { ... on User { status version manager { id } roleGrants { active } } } }";

const offboard = async (input: object, token?: string) => (await file.gateway.run(OFFBOARD, { input }, token)).offboard;
const refusal = async (input: object, token?: string) =>
  (await file.gateway.refusal(OFFBOARD, { input }, token)).extensions;
const person = async (id: string) => (await file.gateway.run(PERSON, { id })).node;
const counts = (list: readonly { kind: string; count: number }[]) => list.map(({ kind, count }) => [kind, count]);

/** Somebody with a manager, two reports, a token, a grant, and two saved searches of their own: one that is shared, and one that nobody else reads. */
async function leaver(more: object = {}) {
  const top = (await makeUser(file.gateway)).id;
  const { id } = await makeUser(file.gateway, { managerId: top, ...more });
  const reports = [
    (await makeUser(file.gateway, { managerId: id })).id,
    (await makeUser(file.gateway, { managerId: id })).id,
  ];
  await grant(file.gateway, id, (await makeRole(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"])).key);
  const token = await tokenOf(file.gateway, id);
  const { createSavedSearch, mine } = await file.gateway.run(
    `mutation { createSavedSearch(input: { name: "Ours", visibility: SHARED, filter: { status: { eq: ACTIVE } } }) { savedSearch { id } }
      mine: createSavedSearch(input: { name: "Mine", visibility: PRIVATE, filter: { status: { eq: ACTIVE } } }) { savedSearch { id } } }`,
    {},
    token,
  );
  return {
    id,
    top,
    reports,
    token,
    search: createSavedSearch.savedSearch.id as string,
    secret: mine.savedSearch.id as string,
  };
}

describe("Somebody who leaves", () => {
  it("loses access at once and hands over to the successor, all in one receipt that the preview had shown", async () => {
    const { id, top, reports, token, search, secret } = await leaver();
    // The successor reports to one of the reports, who therefore cannot report to the successor.
    const successorId = (await makeUser(file.gateway, { managerId: reports[0] as string })).id;
    const before = await person(id);
    const preview = (await file.gateway.run(PREVIEW, { input: { id, successorId } })).previewOffboarding;
    expect(await person(id)).toEqual(before);
    expect((await person(reports[0] as string)).manager.id).toBe(id);
    const done = await offboard({ id, successorId, expectedVersion: before.version });
    expect(done).toMatchObject({ user: { status: "INACTIVE" }, transition: null });
    expect(counts(done.consequences)).toEqual(counts(preview.consequences));
    expect(counts(done.consequences)).toEqual([
      ["REPORTS_REASSIGNED", 2],
      ["SEARCHES_HANDED_OVER", 1],
      ["TOKENS_REVOKED", 1],
      ["GRANTS_ENDED", 1],
    ]);
    expect((await person(reports[0] as string)).manager.id).toBe(top);
    expect((await person(reports[1] as string)).manager.id).toBe(successorId);
    expect((await person(id)).roleGrants).toEqual([]);
    expect((await file.gateway.refusal("{ viewer { name } }", {}, token)).extensions.code).toBe("UNAUTHENTICATED");
    await grant(file.gateway, successorId, (await makeRole(file.gateway, ["USER_READ"])).key);
    const own = await tokenOf(file.gateway, successorId);
    const { savedSearch, unread } = await file.gateway.run(
      "query ($id: ID!, $secret: ID!) { savedSearch(id: $id) { owner { id } } unread: savedSearch(id: $secret) { id } }",
      { id: search, secret },
      own,
    );
    expect(savedSearch.owner.id).toBe(successorId);
    expect(unread).toBeNull();
    // Nothing is left to be done.
    expect((await offboard({ id })).consequences).toEqual([]);
  });

  it("goes as the day behind the last one begins where they are, across the date line too, with all that leaving means", async () => {
    const { id, reports } = await leaver({ timezone: "Pacific/Kiritimati" });
    const successorId = (await makeUser(file.gateway)).id;
    const lastDay = (await on.hence(24 * 5)).slice(0, 10);
    const { transition, consequences, user } = await offboard({ id, successorId, lastDay });
    expect(user.status).toBe("ACTIVE");
    expect(counts(consequences)).toEqual([["STEPS_SCHEDULED", 1]]);
    // The last day ends there fourteen hours before it does in UTC.
    const ends = new Date(`${lastDay}T10:00:00.000Z`).toISOString();
    expect(transition).toMatchObject({ state: "SCHEDULED", effectiveAt: ends, timezone: "Pacific/Kiritimati" });
    expect(await refusal({ id, lastDay })).toMatchObject({ code: "CONFLICT", inputPath: "input.id" });
    const { id: outAlready } = await makeUser(file.gateway);
    await file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id: outAlready },
    });
    expect(await refusal({ id: outAlready, lastDay })).toMatchObject({ code: "CONFLICT", inputPath: "input.lastDay" });
    expect(await on.run(`${24 * 7} hours`)).toBe(1);
    const done = await on.read(transition.id);
    expect(done).toMatchObject({ state: "DONE", user: { status: "INACTIVE" } });
    expect(counts(done.consequences)).toEqual([
      ["TOKENS_REVOKED", 1],
      ["REPORTS_REASSIGNED", 2],
      ["SEARCHES_HANDED_OVER", 1],
      ["GRANTS_ENDED", 1],
    ]);
    expect((await person(reports[1] as string)).manager.id).toBe(successorId);
  });

  it("goes on their day though whoever scheduled it left before, or may no more, without a hand-over in their name", async () => {
    for (const ending of ["offboard", "revoke"]) {
      const { id, reports, token } = await leaver();
      const successorId = (await makeUser(file.gateway)).id;
      const clerk = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE", "USER_UPDATE"]);
      const lastDay = (await on.hence(48)).slice(0, 10);
      const { transition } = await offboard({ id, successorId, lastDay }, clerk.token);
      if (ending === "offboard") await offboard({ id: clerk.id });
      else
        await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
          input: { grantId: clerk.grantId },
        });
      await on.run("200 hours");
      const done = await on.read(transition.id);
      expect(done.state).toBe("DONE");
      expect(counts(done.consequences)).toContainEqual(["GRANTS_ENDED", 1]);
      expect((await person(id)).status).toBe("INACTIVE");
      expect((await person(reports[0] as string)).manager.id).toBe(id);
      expect((await file.gateway.refusal("{ viewer { name } }", {}, token)).extensions.code).toBe("UNAUTHENTICATED");
    }
  });

  it("is offboarded also after they were deactivated in haste, which called the leave off that waited", async () => {
    const { id, reports, search } = await leaver();
    const successorId = (await makeUser(file.gateway)).id;
    const { transition } = await offboard({ id, successorId, lastDay: (await on.hence(48)).slice(0, 10) });
    await file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id },
    });
    expect((await on.read(transition.id)).state).toBe("CANCELLED");
    const { consequences, user } = await offboard({ id, successorId });
    expect([user.status, counts(consequences)]).toEqual([
      "INACTIVE",
      [
        ["REPORTS_REASSIGNED", 2],
        ["SEARCHES_HANDED_OVER", 1],
        ["GRANTS_ENDED", 1],
      ],
    ]);
    expect(consequences[1].subjectIds).toEqual([search]);
    expect((await person(reports[0] as string)).manager.id).toBe(successorId);
  });

  it("stays away though a start or a return waited that they needed no more", async () => {
    const move = (operation: string, id: string) => {
      const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
      return file.gateway.run(`mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`, {
        input: { id },
      });
    };
    const activation = async (id: string) =>
      (await on.schedule({ id, operation: "ACTIVATE", effectiveAt: await on.hence(72) })).id;
    const early = (await makeUser(file.gateway, { status: "PENDING" })).id;
    const start = await activation(early);
    await move("activate", early);
    await offboard({ id: early });
    const former = (await makeUser(file.gateway)).id;
    await move("deactivate", former);
    const comeback = await activation(former);
    await move("archive", former);
    await on.run("200 hours");
    for (const step of [start, comeback]) expect((await on.read(step)).state).toBe("CANCELLED");
    expect([await on.status(early), await on.status(former)]).toEqual(["INACTIVE", "ARCHIVED"]);
  });

  it("stays when the leave is cancelled while it waits, and not after", async () => {
    const { id } = await leaver();
    const lastDay = (await on.hence(48)).slice(0, 10);
    const { transition } = await offboard({ id, lastDay });
    // The last day that is kept follows the step.
    const later = (await on.hence(24 * 9)).slice(0, 10);
    await on.change({ id: transition.id, effectiveOn: later });
    const kept = await sql<{ last: string }>`
      SELECT (last_day + 1)::text AS last FROM offboarding WHERE transition_id = ${uuid(transition.id)}`.execute(
      file.gateway.database.reader,
    );
    expect(kept.rows).toEqual([{ last: later }]);
    const { cancelOffboarding } = await file.gateway.run(CANCEL, { input: { id } });
    expect(cancelOffboarding.transition.state).toBe("CANCELLED");
    expect(await on.run("200 hours")).toBe(0);
    expect((await person(id)).status).toBe("ACTIVE");
    expect((await file.gateway.refusal(CANCEL, { input: { id } })).extensions.code).toBe("CONFLICT");
    // It can be scheduled anew.
    expect((await offboard({ id, lastDay })).transition.state).toBe("SCHEDULED");
    await file.gateway.run(CANCEL, { input: { id } });
  });

  it("goes without a hand-over where the successor has left by then, and the reports are told of", async () => {
    const { id, reports } = await leaver();
    const successorId = (await makeUser(file.gateway)).id;
    const { transition } = await offboard({ id, successorId, lastDay: (await on.hence(48)).slice(0, 10) });
    await offboard({ id: successorId });
    expect(await on.run("200 hours")).toBe(1);
    const done = await on.read(transition.id);
    expect(counts(done.consequences)).toEqual([
      ["TOKENS_REVOKED", 1],
      ["GRANTS_ENDED", 1],
      ["REPORTS_ORPHANED", 2],
    ]);
    expect((await person(reports[0] as string)).manager.id).toBe(id);
  });
});

describe("Groups of somebody who leaves", () => {
  const OWNER = "query ($id: ID!) { group(by: { id: $id }) { version owner { id } } }";

  it("lose them where they are static, with the roles that they held through them, and get the successor as owner", async () => {
    const { id } = await leaver();
    const successorId = (await makeUser(file.gateway)).id;
    const [belongs, owned] = [await makeGroup(file.gateway), await makeGroup(file.gateway, { ownerId: id })];
    await add(file.gateway, belongs.id, [id, successorId]);
    await grant(file.gateway, belongs.id, (await makeRole(file.gateway, ["AUDIT_READ"])).key);
    const { consequences } = await offboard({ id, successorId });
    expect(consequences).toContainEqual({ kind: "GROUPS_LEFT", count: 1, subjectIds: [belongs.id] });
    expect(consequences).toContainEqual({ kind: "GROUPS_HANDED_OVER", count: 1, subjectIds: [owned.id] });
    expect(await membersOf(file.gateway, belongs.id)).toEqual([successorId]);
    expect((await file.gateway.run(OWNER, { id: owned.id })).group).toEqual({ version: 2, owner: { id: successorId } });
    // A return brings nothing of it back.
    await file.gateway.run("mutation ($input: ActivateUserInput!) { activateUser(input: $input) { position } }", {
      input: { id },
    });
    expect((await person(id)).roleGrants).toEqual([]);
  });

  it("do so behind the last day too; without a successor the owner stays", async () => {
    const { id } = await leaver();
    const [belongs, owned] = [await makeGroup(file.gateway), await makeGroup(file.gateway, { ownerId: id })];
    await add(file.gateway, belongs.id, [id]);
    const { transition } = await offboard({ id, lastDay: (await on.hence(48)).slice(0, 10) });
    await on.run("200 hours");
    expect(counts((await on.read(transition.id)).consequences)).toContainEqual(["GROUPS_LEFT", 1]);
    expect(await membersOf(file.gateway, belongs.id)).toEqual([]);
    expect((await file.gateway.run(OWNER, { id: owned.id })).group.owner.id).toBe(id);
  });

  it("stay as they are where leaving takes ROLE_MANAGE from the last who holds it through one", async () => {
    const { id } = await leaver();
    const group = await makeGroup(file.gateway, { ownerId: id });
    await add(file.gateway, group.id, [id]);
    await grant(file.gateway, group.id, (await makeRole(file.gateway, ["ROLE_MANAGE"])).key);
    const successorId = (await makeUser(file.gateway)).id;
    expect(await refusal({ id, successorId })).toMatchObject({ code: "CONFLICT", permission: "ROLE_MANAGE" });
    expect(await membersOf(file.gateway, group.id)).toEqual([id]);
    expect((await file.gateway.run(OWNER, { id: group.id })).group.owner.id).toBe(id);
    // The next case needs the last one to be another.
    await file.gateway.database.write(someCause, (tx) =>
      tx.sql.deleteFrom("role_grant").where("group_id", "=", uuid(group.id)).execute(),
    );
  });
});

describe("What waits in the name of somebody who leaves", () => {
  const DELEGATE =
    "mutation ($input: DelegateApprovalsInput!) { delegateApprovals(input: $input) { delegation { id } } }";
  const WISH = "mutation ($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { approvalRequest { id } } }";
  const STATE = "query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state } } }";
  const idsOf = (list: readonly { kind: string; subjectIds: string[] }[], kind: string) =>
    list.find((one) => one.kind === kind)?.subjectIds ?? [];

  it("is ended, withdrawn, or told in the receipt: delegations, wishes, steps of others, and approvals that wait for a manager", async () => {
    const { gateway } = file;
    const boss = await makeHolder(gateway, ["USER_READ", "USER_LIFECYCLE"]);
    const deputy = await makeHolder(gateway, ["USER_READ"]);
    const report = await makeUser(gateway, { managerId: boss.id, familyName: "Arbor" });
    const own = await tokenOf(gateway, report.id);
    const wish = async (token: string) =>
      (await gateway.run(WISH, { input: { familyName: unique("Ash") } }, token)).updateMyProfile.approvalRequest.id;
    const delegate = async (from: string, delegateId: string) =>
      (await gateway.run(DELEGATE, { input: { delegateId, endsAt: await on.hence(240) } }, from)).delegateApprovals
        .delegation.id as string;
    const given = [await delegate(boss.token, deputy.id), await delegate(deputy.token, boss.id)];
    const [waits, mine] = [await wish(own), await wish(boss.token)];
    const step = await on.schedule(
      { id: report.id, operation: "LOCK", effectiveAt: await on.hence(24 * 9) },
      boss.token,
    );
    const { consequences } = await offboard({ id: boss.id });
    expect(idsOf(consequences, "DELEGATIONS_ENDED")).toEqual(given.sort());
    expect(idsOf(consequences, "REQUESTS_WITHDRAWN")).toEqual([mine]);
    expect(idsOf(consequences, "STEPS_LEFT_BEHIND")).toEqual([step.id]);
    expect(idsOf(consequences, "APPROVALS_LEFT_BEHIND")).toEqual([waits]);
    expect((await gateway.run(STATE, { id: mine })).node.state).toBe("CANCELLED");
    // Whoever takes the step over answers for it, and it is taken; what nobody takes over fails on its day.
    await on.change({ id: step.id, effectiveAt: await on.hence(24 * 9) });
    await on.run(`${24 * 10} hours`);
    expect((await on.read(step.id)).state).toBe("DONE");
    // A return brings back no delegation.
    await gateway.run("mutation ($input: ActivateUserInput!) { activateUser(input: $input) { position } }", {
      input: { id: boss.id },
    });
    expect((await gateway.run("{ approvalDelegations { id } }", {}, deputy.token)).approvalDelegations).toEqual([]);
  });

  it("for their word as a manager goes to the successor, who decides it, and is not told as left behind", async () => {
    const { gateway } = file;
    const boss = await makeUser(gateway);
    const successor = await makeUser(gateway);
    const report = await makeUser(gateway, { managerId: boss.id, familyName: "Arbor" });
    const { updateMyProfile } = await gateway.run(
      WISH,
      { input: { familyName: "Ash" } },
      await tokenOf(gateway, report.id),
    );
    const { consequences } = await offboard({ id: boss.id, successorId: successor.id });
    expect(counts(consequences)).toEqual([["REPORTS_REASSIGNED", 1]]);
    const input = { id: updateMyProfile.approvalRequest.id };
    const APPROVE = "mutation ($input: ApproveInput!) { approve(input: $input) { approvalRequest { state } } }";
    const { approve } = await gateway.run(APPROVE, { input }, await tokenOf(gateway, successor.id));
    expect(approve.approvalRequest.state).toBe("APPROVED");
  });

  it("as a link to an export holds no more, and is told", async () => {
    const { gateway } = file;
    const { id, token } = await leaver();
    const EXPORT = "mutation ($input: CreateExportInput!) { createExport(input: $input) { path } }";
    await gateway.run(EXPORT, { input: { format: "CSV", columns: ["username"] } }, token);
    const { consequences } = await offboard({ id });
    expect(consequences).toContainEqual({ kind: "LINKS_ENDED", count: 1, subjectIds: [id] });
  });
});

describe("A search of somebody who leaves that makes a group", () => {
  it("goes to the successor though it is private; without one the receipt says that the group stands still", async () => {
    const { gateway } = file;
    for (const succeeded of [true, false]) {
      const { id, token } = await leaver();
      await grant(gateway, id, (await makeRole(gateway, ["GROUP_MANAGE", "ROLE_READ"])).key);
      const SAVE =
        "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }";
      const input = { name: "Mine", visibility: "PRIVATE", filter: { email: { contains: "@example" } } };
      await grant(gateway, id, (await makeRole(gateway, ["USER_READ_CONTACT"])).key);
      const savedSearchId = (await gateway.run(SAVE, { input }, token)).createSavedSearch.savedSearch.id;
      const group = await makeGroup(gateway, { savedSearchId }, token);
      const successor = await makeHolder(gateway, ["USER_READ", "USER_READ_CONTACT"]);
      const { consequences } = await offboard({ id, successorId: succeeded ? successor.id : null });
      const paused = { kind: "GROUPS_PAUSED", count: 1, subjectIds: [group.id] };
      if (succeeded) {
        expect(counts(consequences)).toContainEqual(["SEARCHES_HANDED_OVER", 2]);
        expect(consequences).not.toContainEqual(paused);
      } else expect(consequences).toContainEqual(paused);
    }
  });
});

describe("Offboarding is refused", () => {
  it("with a successor who is not active, out of sight, or the leaver, and with a day that is over", async () => {
    const { id } = await leaver();
    const pending = (await makeUser(file.gateway, { status: "PENDING" })).id;
    expect(await refusal({ id, successorId: pending })).toMatchObject({
      code: "CONFLICT",
      inputPath: "input.successorId",
    });
    expect(await refusal({ id, successorId: id })).toMatchObject({ inputPath: "input.successorId" });
    expect(await refusal({ id, lastDay: "2001-01-01" })).toMatchObject({ inputPath: "input.lastDay" });
    expect(await refusal({ id, expectedVersion: 99 })).toMatchObject({ code: "STALE_VERSION" });
    const unit = await makeUnit(file.gateway);
    const inside = (await makeUser(file.gateway, { orgUnitId: unit.id })).id;
    const clerk = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], unit.id);
    expect(await refusal({ id: inside, successorId: id }, clerk.token)).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.successorId",
    });
    expect(await refusal({ id }, clerk.token)).toMatchObject({ code: "NOT_FOUND", inputPath: "input.id" });
    const preview = await file.gateway.refusal(PREVIEW, { input: { id } }, clerk.token);
    expect(preview.extensions).toMatchObject({ code: "NOT_FOUND" });
    const seer = await makeHolder(file.gateway, ["USER_READ"]);
    expect((await file.gateway.refusal(CANCEL, { input: { id } }, seer.token)).extensions.code).toBe("FORBIDDEN");
  });

  it("wholly where a consequence fails: the last person who manages roles keeps everything", async () => {
    const boss = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const report = (await makeUser(file.gateway, { managerId: boss.id })).id;
    const successorId = (await makeUser(file.gateway, { username: unique("successor") })).id;
    expect(await refusal({ id: boss.id, successorId })).toMatchObject({ code: "CONFLICT", permission: "ROLE_MANAGE" });
    expect((await person(report)).manager.id).toBe(boss.id);
    expect(await person(boss.id)).toMatchObject({ status: "ACTIVE", roleGrants: [{ active: true }] });
  });

  it("never gives anybody the reports of others: those over whom USER_UPDATE is not held stay", async () => {
    const { id, reports } = await leaver();
    const clerk = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"]);
    const { consequences } = await offboard({ id, successorId: clerk.id }, clerk.token);
    expect(counts(consequences)).toContainEqual(["REPORTS_ORPHANED", 2]);
    expect((await person(reports[0] as string)).manager.id).toBe(id);
  });
});
