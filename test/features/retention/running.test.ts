import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { approve, decide, REJECT } from "../approvals/support.ts";
import {
  CREATE,
  keepers,
  PREVIEW,
  policy,
  RUN_NOW,
  runNow,
  runOf,
  runsOf,
  settled,
  statuses,
  UPDATE,
} from "./support.ts";

const file = gatewayForFile();
const HOLD = "mutation ($input: PlaceLegalHoldInput!) { placeLegalHold(input: $input) { hold { id } } }";

describe("A run", () => {
  it("archives who has been in the status for long enough, and nobody else, with all that archiving brings about", async () => {
    const { gateway } = file;
    const { tag, ids } = await settled(gateway, "INACTIVE", 180, { count: 3 });
    await settled(gateway, "INACTIVE", 179, { tag });
    await settled(gateway, "SUSPENDED", 400, { tag });
    await settled(gateway, "INACTIVE", 400);
    const { id } = await policy(gateway, tag, {});
    const run = await runNow(gateway, id);
    expect(run).toMatchObject({ state: "DONE", peopleCount: 3, doneCount: 3, passedOverCount: 0, scheduled: false });
    expect(run.people.nodes.map(({ userId }: { userId: string }) => userId).sort()).toEqual(ids);
    expect(await statuses(gateway, tag)).toEqual({ ARCHIVED: 3, INACTIVE: 1, SUSPENDED: 1 });
    const { auditEvents } = await gateway.run(
      `query ($id: ID!) { auditEvents(first: 50, filter: { operationId: { eq: $id }, action: { eq: "user.archived" } }) {
        nodes { cause { kind reason actor { kind name } } } } }`,
      { id: run.operationId },
    );
    expect(auditEvents.nodes).toHaveLength(3);
    const actor = { kind: "SYSTEM", name: "retention" };
    expect(auditEvents.nodes[0]).toMatchObject({
      cause: { kind: "SCHEDULE", reason: expect.stringContaining("policy"), actor },
    });
  });

  it("passes over who is on hold, whom a guard keeps, and who is no longer due at their turn", async () => {
    const { gateway } = file;
    const { tag, ids } = await settled(gateway, "PENDING", 70, { count: 5 });
    const [held, changed, due, last, late] = ids as [string, string, string, string, string];
    await gateway.run(HOLD, { input: { userId: held, reason: "A lawsuit" } });
    // Nobody who is active manages roles everywhere, and they would for good.
    await grant(gateway, last, (await makeRole(gateway, ["ROLE_MANAGE"])).key);
    const { id } = await policy(gateway, tag, { status: "PENDING", days: 60, action: "DELETE" });
    const { previewRetention } = await gateway.run(PREVIEW, { policyId: id });
    expect(previewRetention).toMatchObject({ dueCount: 3, passedOverCount: 2, people: { totalCount: 5 } });
    expect(previewRetention.people.nodes).toContainEqual({
      userId: last,
      outcome: null,
      obstacle: "GUARD",
      problem: { code: "CONFLICT" },
    });
    expect(await statuses(gateway, tag)).toEqual({ PENDING: 5 });
    const { runRetention } = await gateway.run(RUN_NOW, { input: { policyId: id } });
    await gateway.run(HOLD, { input: { userId: late, reason: "Another lawsuit" } });
    await gateway.run("mutation ($input: ActivateUserInput!) { activateUser(input: $input) { position } }", {
      input: { id: changed },
    });
    await gateway.retention.worker.run();
    const run = await runOf(gateway, runRetention.run.id);
    expect(run).toMatchObject({ state: "DONE", peopleCount: 4, doneCount: 1, passedOverCount: 4 });
    const of = (userId: string) => run.people.nodes.find((node: { userId: string }) => node.userId === userId);
    expect(of(held)).toMatchObject({ outcome: "PASSED_OVER", obstacle: "LEGAL_HOLD", user: { status: "PENDING" } });
    expect(of(late)).toMatchObject({ outcome: "PASSED_OVER", obstacle: "LEGAL_HOLD", user: { status: "PENDING" } });
    expect(of(changed)).toMatchObject({
      outcome: "PASSED_OVER",
      obstacle: "NO_LONGER_DUE",
      user: { status: "ACTIVE" },
    });
    expect(of(last)).toMatchObject({ outcome: "PASSED_OVER", obstacle: "GUARD", problem: { code: "CONFLICT" } });
    expect(of(due)).toMatchObject({ outcome: "DONE", obstacle: null, user: { status: "DELETED" } });
  });

  it("does not begin while the policy's last is not over, nor for a policy that is turned off", async () => {
    const { gateway } = file;
    const { tag } = await settled(gateway, "INACTIVE", 200);
    const off = await policy(gateway, tag, { enabled: false });
    expect((await gateway.refusal(RUN_NOW, { input: { policyId: off.id } })).extensions.code).toBe("CONFLICT");
    const waiting = await policy(gateway, tag, { maxPeople: 0 });
    await gateway.run(RUN_NOW, { input: { policyId: waiting.id } });
    expect((await gateway.refusal(RUN_NOW, { input: { policyId: waiting.id } })).extensions.code).toBe("CONFLICT");
  });

  it("above a safety limit waits for a second person, who is shown whom it would touch", async () => {
    const { gateway } = file;
    const { one, two } = await keepers(gateway);
    const { tag, ids } = await settled(gateway, "INACTIVE", 200, { count: 3 });
    const { id } = await policy(gateway, tag, { maxPeople: 2 }, one.token);
    const waiting = await runNow(gateway, id, one.token);
    expect(waiting).toMatchObject({ state: "WAITING_APPROVAL", doneCount: 0, limits: [{ exceeded: true, people: 3 }] });
    expect(await statuses(gateway, tag)).toEqual({ INACTIVE: 3 });
    const request = waiting.approvalRequest.id;
    const { node } = await gateway.run(
      `query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { kind changes { field after } subject {
        ... on RetentionRun { people(first: 10) { nodes { userId } } } } } } }`,
      { id: request },
      two.token,
    );
    expect(node.subject.people.nodes.map(({ userId }: { userId: string }) => userId).sort()).toEqual(ids);
    expect(node.changes).toContainEqual({ field: "people", after: 3 });
    expect(await approve(gateway, request, one.token)).toBe("FORBIDDEN");
    expect(await approve(gateway, request, two.token)).toBe("APPROVED");
    await gateway.retention.worker.run();
    expect(await runOf(gateway, waiting.id)).toMatchObject({ state: "DONE", doneCount: 3 });
    expect(await statuses(gateway, tag)).toEqual({ ARCHIVED: 3 });
  });

  it("ends where it is rejected, and where its policy is changed or deleted, and touches nobody more", async () => {
    const { gateway } = file;
    const { one, two } = await keepers(gateway);
    const { tag } = await settled(gateway, "INACTIVE", 200, { count: 2 });
    const { id } = await policy(gateway, tag, { maxPeople: 0 }, one.token);
    const first = await runNow(gateway, id, one.token);
    expect(await decide(gateway, REJECT, first.approvalRequest.id, two.token)).toBe("REJECTED");
    expect(await runOf(gateway, first.id)).toMatchObject({ state: "CANCELLED" });
    const second = await runNow(gateway, id, one.token);
    await gateway.run(UPDATE, { input: { id, days: 190 } }, one.token);
    expect(await runOf(gateway, second.id)).toMatchObject({
      state: "CANCELLED",
      approvalRequest: { state: "CANCELLED" },
    });
    await gateway.retention.worker.run();
    expect(await statuses(gateway, tag)).toEqual({ INACTIVE: 2 });
  });

  it("is begun once a day at the hour, by whichever gateway, from the day after the policy came into force", async () => {
    const { gateway } = file;
    const { tag } = await settled(gateway, "INACTIVE", 200, { count: 2 });
    const { id } = await policy(gateway, tag, {});
    await gateway.retention.worker.run();
    expect(await runsOf(gateway, id)).toEqual([]);
    gateway.database.moveClock("1 day");
    try {
      await Promise.all([1, 2, 3].map(() => gateway.retention.worker.run()));
      await gateway.retention.worker.run();
      expect(await runsOf(gateway, id)).toMatchObject([{ state: "DONE", scheduled: true, doneCount: 2 }]);
      gateway.database.moveClock("2 days");
      await gateway.retention.worker.run();
      expect(await runsOf(gateway, id)).toMatchObject([{ peopleCount: 0 }, { doneCount: 2 }]);
    } finally {
      gateway.database.moveClock("0");
    }
  });
});

describe("A policy that erases", () => {
  it("is in force once a second person has agreed to it as it is, and erases who can no longer be restored", async () => {
    const { gateway } = file;
    const { one, two } = await keepers(gateway);
    const { tag, ids } = await settled(gateway, "DELETED", 91, { count: 2 });
    const made = await policy(gateway, tag, { status: "DELETED", days: 90, action: "ERASE" }, one.token);
    expect(made).toMatchObject({ enabled: true, inForce: false, approvalRequest: { state: "PENDING" } });
    expect((await gateway.refusal(RUN_NOW, { input: { policyId: made.id } })).extensions.code).toBe("CONFLICT");
    expect(await approve(gateway, made.approvalRequest.id, one.token)).toBe("FORBIDDEN");
    const { updateRetentionPolicy } = await gateway.run(UPDATE, { input: { id: made.id, days: 91 } }, one.token);
    expect(await approve(gateway, made.approvalRequest.id, two.token)).toBe("ILLEGAL_TRANSITION");
    expect(await approve(gateway, updateRetentionPolicy.policy.approvalRequest.id, two.token)).toBe("APPROVED");
    const run = await runNow(gateway, made.id, one.token);
    expect(run).toMatchObject({ state: "DONE", doneCount: 2 });
    const { rows } = await sql<{ ground: string; by: string }>`
      SELECT e.ground, r.kind AS by FROM user_erasure e JOIN approval_request r ON r.id = e.approval_request_id
      WHERE e.user_id = ANY(${ids.map(uuid)}::uuid[])`.execute(gateway.database.reader);
    expect(rows).toEqual(ids.map(() => ({ ground: "RETENTION", by: "RETENTION_POLICY" })));
    // A tombstone is not due again.
    expect(await runNow(gateway, made.id, one.token)).toMatchObject({ state: "DONE", peopleCount: 0 });
  });

  it("says of whom it passes over why: on hold, or still to be restored", async () => {
    const { gateway } = file;
    const { tag, ids } = await settled(gateway, "DELETED", 120, { count: 1 });
    const { ids: soon } = await settled(gateway, "DELETED", 120, { tag });
    await gateway.run(HOLD, { input: { userId: ids[0], reason: "A lawsuit" } });
    // Deleted again meanwhile: its instant is the deletion's, not the status's.
    await gateway.database.write(
      { kind: "SYSTEM", action: "test", actor: { kind: "SYSTEM", id: null, name: "test" } },
      (tx) => sql`UPDATE user_account SET deleted_at = ${tx.now} WHERE id = ${uuid(soon[0] as string)}`.execute(tx.sql),
    );
    const { id } = await policy(gateway, tag, { status: "DELETED", days: 90, action: "ERASE", enabled: false });
    const { previewRetention } = await gateway.run(PREVIEW, { policyId: id, first: 1 });
    expect(previewRetention).toMatchObject({ dueCount: 0, passedOverCount: 2, people: { totalCount: 2 } });
    const { endCursor } = previewRetention.people.pageInfo;
    const next = await gateway.run(PREVIEW, { policyId: id, first: 1, after: endCursor });
    const obstacles = [previewRetention, next.previewRetention].map((one) => one.people.nodes[0].obstacle);
    expect(obstacles.sort()).toEqual(["LEGAL_HOLD", "STILL_RESTORABLE"]);
  });
});

describe("A policy", () => {
  it("is refused with everything that is wrong with it", async () => {
    const { gateway } = file;
    const refusal = async (input: object) =>
      (
        await gateway.refusal(CREATE, {
          input: { name: "Wrong", status: "INACTIVE", days: 1, action: "ARCHIVE", ...input },
        })
      ).extensions;
    expect(await refusal({ action: "ERASE", status: "INACTIVE", days: 89 })).toMatchObject({
      code: "INVALID_INPUT",
      violations: [{ path: "input.status" }, { path: "input.days", limit: 90 }, { path: "input" }],
    });
    expect(await refusal({ action: "DELETE", status: "ACTIVE", maxPeople: 1 })).toMatchObject({
      violations: [{ path: "input.filter" }],
    });
    for (const filter of [{}, { and: [] }, { not: { or: [] } }])
      expect(await refusal({ action: "DELETE", status: "ACTIVE", maxPeople: 1, filter })).toMatchObject({
        violations: [{ path: "input.filter" }],
      });
    expect(await refusal({ maxPeople: 1, filter: { username: { like: "a" } } })).toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("whose limit is raised or taken away is in force once a second person has agreed, however that is split into changes", async () => {
    const { gateway } = file;
    const { one, two } = await keepers(gateway);
    const { tag } = await settled(gateway, "INACTIVE", 200, { count: 2 });
    const { id } = await policy(gateway, tag, { maxPeople: 1, maxPercent: 90 }, one.token);
    const update = async (input: object) =>
      (await gateway.run(UPDATE, { input: { id, ...input } }, one.token)).updateRetentionPolicy.policy;
    expect(await update({ maxPercent: 80, days: 190 })).toMatchObject({ inForce: true, approvalRequest: null });
    const lacking = { inForce: false, approvalRequest: { state: "PENDING" } };
    for (const change of [{ maxPeople: 1000 }, { name: "Another name" }, { maxPeople: null }])
      expect(await update(change)).toMatchObject(lacking);
    expect((await update({ enabled: false })).inForce).toBe(false);
    expect(await update({ action: "DELETE" })).toMatchObject({ inForce: false });
    const asked = await update({ enabled: true, action: "ARCHIVE" });
    expect(asked).toMatchObject(lacking);
    expect((await gateway.refusal(RUN_NOW, { input: { policyId: id } }, one.token)).extensions.code).toBe("CONFLICT");
    expect(await approve(gateway, asked.approvalRequest.id, one.token)).toBe("FORBIDDEN");
    expect(await approve(gateway, asked.approvalRequest.id, two.token)).toBe("APPROVED");
    expect(await update({ days: 195 })).toMatchObject({ inForce: true, approvalRequest: null });
    expect(await update({ enabled: false, maxPercent: 100 })).toMatchObject({ approvalRequest: { state: "PENDING" } });
    expect(await update({ enabled: true })).toMatchObject(lacking);
  });

  it("that cannot be begun holds up no other, and no run that has begun", async () => {
    const { gateway } = file;
    const { tag } = await settled(gateway, "INACTIVE", 200, { count: 1 });
    const broken = await policy(gateway, tag, {});
    const begun = await policy(gateway, tag, {});
    await gateway.database.write(someCause, (tx) =>
      sql`UPDATE retention_policy SET filter = '{"kind": "criterion", "field": "nothing", "operator": "eq", "operand": "x"}' WHERE id = ${uuid(broken.id)}`.execute(
        tx.sql,
      ),
    );
    const { runRetention } = await gateway.run(RUN_NOW, { input: { policyId: begun.id } });
    expect(runRetention.run.state).toBe("RUNNING");
    gateway.database.moveClock("1 day");
    try {
      await expect(gateway.retention.worker.run()).rejects.toThrow();
      expect(await runOf(gateway, runRetention.run.id)).toMatchObject({ state: "DONE", doneCount: 1 });
    } finally {
      gateway.database.moveClock("0");
      await gateway.database.write(someCause, (tx) =>
        sql`DELETE FROM retention_policy WHERE id = ${uuid(broken.id)}`.execute(tx.sql),
      );
    }
  });

  it("needs its action's permission everywhere beside SETTINGS_MANAGE, and is seen by whoever may do either", async () => {
    const { gateway } = file;
    const { tag } = await settled(gateway, "INACTIVE", 1);
    const settings = await makeHolder(gateway, ["SETTINGS_MANAGE", "USER_READ"]);
    const mover = await makeHolder(gateway, ["USER_LIFECYCLE", "USER_READ"]);
    const other = await makeHolder(gateway, ["USER_DELETE", "USER_READ"]);
    const input = { name: "No", status: "INACTIVE", days: 1, action: "ARCHIVE", maxPeople: 1 };
    for (const { token } of [settings, mover, other])
      expect((await gateway.refusal(CREATE, { input }, token)).extensions.code).toBe("FORBIDDEN");
    const { id } = await policy(gateway, tag, { enabled: false });
    const listed = async (token: string) =>
      (await gateway.run("{ retentionPolicies { id } }", {}, token)).retentionPolicies.some(
        (one: { id: string }) => one.id === id,
      );
    expect(await Promise.all([settings, mover, other].map(({ token }) => listed(token)))).toEqual([true, true, false]);
    const { previewRetention } = await gateway.run(PREVIEW, { policyId: id }, other.token);
    expect(previewRetention).toBeNull();
    for (const { token } of [settings, mover])
      expect((await gateway.refusal(UPDATE, { input: { id, days: 2 } }, token)).extensions.code).toBe("FORBIDDEN");
    expect((await gateway.refusal(UPDATE, { input: { id, days: 2, expectedVersion: 7 } })).extensions.code).toBe(
      "STALE_VERSION",
    );
  });
});
