import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserStatus } from "../../../src/features/users/user.entity.ts";
import {
  LIFECYCLE,
  type LifecycleOperation,
  OPERATIONS,
  STATUSES,
} from "../../../src/features/users/user.lifecycle.ts";
import { makeHolder, makeUnit, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { liveIn, Schedules, SHOWN } from "./support.ts";

const file = gatewayForFile();
let on: Schedules;
beforeAll(() => {
  on = new Schedules(file.gateway);
});

const moveNow = (operation: LifecycleOperation, id: string, more: object = {}) => {
  const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
  return file.gateway.run(
    `mutation ($input: ${type}!) { moved: ${operation}User(input: $input) { consequences { kind count subjectIds } } }`,
    { input: { id, ...more } },
  );
};

const person = async (status?: "PENDING" | "ACTIVE"): Promise<string> =>
  (await makeUser(file.gateway, status ? { status } : {})).id;

describe("A scheduled step", () => {
  it("is taken at its instant, once, as whoever scheduled it, with its receipt", async () => {
    const unit = await makeUnit(file.gateway);
    const author = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], unit.id);
    const boss = (await makeUser(file.gateway, { orgUnitId: unit.id })).id;
    const report = (await makeUser(file.gateway, { managerId: boss })).id;
    const input = { id: boss, operation: "DEACTIVATE", effectiveAt: await on.hence(1), reason: "Last day" };
    const scheduled = await on.schedule(input, author.token);
    expect(scheduled).toMatchObject({ state: "SCHEDULED", operation: "DEACTIVATE", effectiveOn: null, failure: null });
    expect(await on.run("59 minutes")).toBe(0);
    expect(await on.run("61 minutes")).toBe(1);
    expect(await on.run("62 minutes")).toBe(0);
    const done = await on.read(scheduled.id);
    expect(done).toMatchObject({
      state: "DONE",
      effectiveAt: scheduled.effectiveAt,
      user: { status: "INACTIVE" },
      scheduledBy: { kind: "USER" },
      consequences: [{ kind: "REPORTS_ORPHANED", count: 1, subjectIds: [report] }],
    });
    expect(new Date(done.finishedAt).getTime()).toBeGreaterThan(new Date(done.effectiveAt).getTime());
    const { auditEvents } = await file.gateway.run(
      `query ($id: ID!) { auditEvents(first: 2, filter: { subjectId: { eq: $id } }, orderBy: { direction: DESC }) {
        nodes { action position cause { kind reason actor { kind id: user { id } } } } } }`,
      { id: boss },
    );
    const cause = { kind: "SCHEDULE", reason: "Last day", actor: { kind: "USER", id: { id: author.id } } };
    expect(auditEvents.nodes).toMatchObject([
      { action: "transition.carried_out", cause },
      { action: "user.deactivated", cause },
    ]);
  });

  it("is refused with everything that is wrong about it", async () => {
    const id = await person();
    const past = await on.refusal({ id, operation: "LOCK", effectiveAt: "2001-01-01T00:00:00Z" });
    expect(past.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.effectiveAt" });
    const never = await on.refusal({ id, operation: "ARCHIVE", until: await on.hence(5) });
    expect(never.extensions.violations).toMatchObject([{ path: "input.effectiveAt" }, { path: "input.until" }]);
    const both = { effectiveAt: await on.hence(1), effectiveOn: "2030-01-01" };
    expect((await on.refusal({ id, operation: "LOCK", ...both })).extensions.inputPath).toBe("input.effectiveOn");
    const began = await on.refusal({ id, operation: "LOCK", effectiveOn: (await on.hence(0)).slice(0, 10) });
    expect(began).toMatchObject({ message: expect.stringContaining("has begun already in UTC") });
    const early = { effectiveAt: await on.hence(2), until: await on.hence(1) };
    expect((await on.refusal({ id, operation: "SUSPEND", ...early })).extensions.inputPath).toBe("input.until");
    const far = await on.refusal({ id, operation: "LOCK", effectiveOn: "9999-12-31" });
    expect(far.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.effectiveOn" });
    const stale = { id, operation: "LOCK", effectiveAt: await on.hence(1), expectedVersion: 9 };
    expect((await on.refusal(stale)).extensions.code).toBe("STALE_VERSION");
  });

  it("needs the step's own permission over the person, and is seen by nobody for being that person", async () => {
    const [here, there] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const { token } = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], here.id);
    const [inside, outside] = [
      (await makeUser(file.gateway, { orgUnitId: here.id })).id,
      (await makeUser(file.gateway, { orgUnitId: there.id })).id,
    ];
    const effectiveAt = await on.hence(100);
    const deletion = await on.refusal({ id: inside, operation: "DELETE", effectiveAt }, token);
    expect(deletion.extensions).toMatchObject({ code: "FORBIDDEN", permission: "USER_DELETE" });
    const far = await on.refusal({ id: outside, operation: "LOCK", effectiveAt }, token);
    expect(far.extensions.code).toBe("NOT_FOUND");
    const hidden = await on.schedule({ id: outside, operation: "LOCK", effectiveAt });
    const shown = await on.schedule({ id: inside, operation: "DELETE", effectiveAt });
    expect((await on.refusedCancel({ id: hidden.id }, token)).extensions.code).toBe("NOT_FOUND");
    expect((await on.refusedChange({ id: hidden.id }, token)).extensions.code).toBe("NOT_FOUND");
    expect((await on.refusedCancel({ id: shown.id }, token)).extensions.permission).toBe("USER_DELETE");
    const list = `{ scheduledTransitions(first: 50, filter: { states: [SCHEDULED] }) { nodes { id } totalCount } }`;
    expect((await file.gateway.run(list, {}, token)).scheduledTransitions).toEqual({
      nodes: [{ id: shown.id }],
      totalCount: 1,
    });
    const own = await file.gateway.run(
      `query ($id: ID!) { node(id: $id) { ... on User { scheduledTransitions(includeFinished: true) { id } } } }`,
      { id: inside },
      await tokenOf(file.gateway, inside),
    );
    expect(own.node.scheduledTransitions).toBeNull();
  });

  it("can be changed and cancelled while it waits, and not after", async () => {
    const id = await person();
    const { id: step, version } = await on.schedule({ id, operation: "SUSPEND", effectiveAt: await on.hence(1) });
    const [effectiveAt, until] = [await on.hence(30), await on.hence(40)];
    const changed = await on.change({ id: step, effectiveAt, until, reason: "Later", expectedVersion: version });
    expect(changed).toMatchObject({ effectiveAt, until, reason: "Later", version: version + 1 });
    expect((await on.refusedChange({ id: step, expectedVersion: version })).extensions.code).toBe("STALE_VERSION");
    expect(await on.run("2 hours")).toBe(0);
    expect(await on.cancel({ id: step })).toMatchObject({ state: "CANCELLED", finishedAt: expect.any(String) });
    expect((await on.refusedCancel({ id: step })).extensions.code).toBe("CONFLICT");
    expect(await on.run("31 hours")).toBe(0);
    expect(await on.status(id)).toBe("ACTIVE");
  });

  it("suspends for a while: the status ends by itself, in its order with all else that is due", async () => {
    const id = await person();
    await on.schedule({ id, operation: "SUSPEND", effectiveAt: await on.hence(1), until: await on.hence(24) });
    await on.schedule({ id, operation: "LOCK", effectiveAt: await on.hence(30) });
    await on.schedule({ id, operation: "DEACTIVATE", effectiveAt: await on.hence(40) });
    // The gateway was down for two days: every step is taken once, in the order of the instants.
    expect(await on.run("48 hours")).toBe(4);
    expect(await on.run("49 hours")).toBe(0);
    const { node } = await file.gateway.run(
      `query ($id: ID!) { node(id: $id) { ... on User { status scheduledTransitions(includeFinished: true) { ${SHOWN} } } } }`,
      { id },
    );
    expect(node.status).toBe("INACTIVE");
    expect(node.scheduledTransitions).toMatchObject([
      { operation: "SUSPEND", state: "DONE" },
      { operation: "LOCK", state: "DONE" },
      { operation: "DEACTIVATE", state: "DONE" },
    ]);
  });
});

describe("A step that is due and cannot be taken", () => {
  it("fails visibly where the person's status has no such step by then", async () => {
    const id = await person();
    const { id: step } = await on.schedule({ id, operation: "UNLOCK", effectiveAt: await on.hence(1) });
    expect(await on.run("2 hours")).toBe(1);
    expect(await on.read(step)).toMatchObject({
      state: "FAILED",
      failure: { code: "ILLEGAL_TRANSITION", from: "ACTIVE" },
      user: { status: "ACTIVE" },
    });
    const { auditEvents } = await file.gateway.run(
      `query ($id: ID!) { auditEvents(first: 1, filter: { subjectId: { eq: $id } }) { nodes { action cause { kind } } } }`,
      { id },
    );
    expect(auditEvents.nodes).toEqual([{ action: "transition.failed", cause: { kind: "SCHEDULE" } }]);
  });

  it("fails where its author lost the permission, or is no longer active", async () => {
    const unit = await makeUnit(file.gateway);
    const [lost, gone] = [
      await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], unit.id),
      await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], unit.id),
    ];
    const id = (await makeUser(file.gateway, { orgUnitId: unit.id })).id;
    const steps = [];
    for (const { token } of [lost, gone])
      steps.push(await on.schedule({ id, operation: "LOCK", effectiveAt: await on.hence(1) }, token));
    await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: lost.grantId },
    });
    await moveNow("suspend", gone.id);
    expect(await on.run("2 hours")).toBe(2);
    expect((await on.read(steps[0].id)).failure.code).toBe("NOT_FOUND");
    expect((await on.read(steps[1].id)).failure.code).toBe("AUTHOR_INACTIVE");
    expect(await on.status(id)).toBe("ACTIVE");
  });

  it("fails where it would leave nobody who manages roles, and the others that share its instant are taken", async () => {
    const effectiveAt = await on.hence(1);
    const boss = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const others = [await person(), await person()];
    const steps = [];
    for (const id of [others[0], boss.id, others[1]])
      steps.push(await on.schedule({ id, operation: "DEACTIVATE", effectiveAt }));
    expect(await on.run("2 hours")).toBe(3);
    expect((await Promise.all(steps.map(({ id }) => on.read(id)))).map(({ state }) => state)).toEqual([
      "DONE",
      "FAILED",
      "DONE",
    ]);
    expect((await on.read(steps[1].id)).failure).toMatchObject({ code: "CONFLICT", permission: "ROLE_MANAGE" });
    expect(await on.status(boss.id)).toBe("ACTIVE");
  });
});

describe("Every pair of statuses", () => {
  const WAYS: Record<UserStatus, LifecycleOperation[]> = {
    PENDING: [],
    ACTIVE: ["activate"],
    INACTIVE: ["deactivate"],
    LOCKED: ["activate", "lock"],
    SUSPENDED: ["activate", "suspend"],
    ARCHIVED: ["archive"],
    DELETED: ["delete"],
  };

  it("is allowed or refused by a schedule as the table says", async () => {
    const steps: { id: string; status: UserStatus; operation: LifecycleOperation }[] = [];
    for (const status of STATUSES)
      for (const operation of OPERATIONS) {
        const user = await person("PENDING");
        for (const way of WAYS[status]) await moveNow(way, user);
        const step = await on.schedule({
          id: user,
          operation: operation.toUpperCase(),
          effectiveAt: await on.hence(1),
        });
        steps.push({ id: step.id, status, operation });
      }
    expect(await on.run("2 hours")).toBe(steps.length);
    for (const { id, status, operation } of steps) {
      const { state, failure } = await on.read(id);
      const legal = LIFECYCLE[operation].from.includes(status);
      expect([status, operation, state, failure?.code]).toEqual([
        status,
        operation,
        legal ? "DONE" : "FAILED",
        legal ? undefined : "ILLEGAL_TRANSITION",
      ]);
    }
  });
});

describe("Leaving", () => {
  it("cancels what would have nothing to stand on, and keeps what comes behind a return", async () => {
    const id = await person();
    const at = async (operation: string, hours: number) =>
      (await on.schedule({ id, operation, effectiveAt: await on.hence(hours) })).id;
    const [suspend, activate, lock] = [await at("SUSPEND", 10), await at("ACTIVATE", 20), await at("LOCK", 30)];
    const { moved } = await moveNow("deactivate", id);
    expect(moved.consequences).toEqual([{ kind: "SCHEDULES_CANCELLED", count: 1, subjectIds: [suspend] }]);
    expect((await moveNow("delete", id)).moved.consequences).toEqual([
      { kind: "SCHEDULES_CANCELLED", count: 2, subjectIds: [activate, lock].sort() },
    ]);
  });
});

describe("A date", () => {
  const dueOn = async (
    timezone: string | null,
    effectiveOn: string,
  ): Promise<{ effectiveAt: string; timezone: string }> => {
    const id = await person();
    await liveIn(file.gateway, id, timezone);
    return on.schedule({ id, operation: "LOCK", effectiveOn });
  };

  it("is the beginning of that day where the person is, and in the organisation's zone where they have none", async () => {
    expect(await dueOn("Asia/Tokyo", "2031-05-05")).toMatchObject({
      effectiveAt: "2031-05-04T15:00:00.000Z",
      timezone: "Asia/Tokyo",
    });
    expect(await dueOn(null, "2031-05-05")).toMatchObject({ effectiveAt: "2031-05-05T00:00:00.000Z", timezone: "UTC" });
    // On both sides of the date line.
    expect((await dueOn("Pacific/Kiritimati", "2031-05-05")).effectiveAt).toBe("2031-05-04T10:00:00.000Z");
    expect((await dueOn("Pacific/Pago_Pago", "2031-05-05")).effectiveAt).toBe("2031-05-05T11:00:00.000Z");
  });

  it("begins once where the clocks skip midnight, repeat it, or leave the whole day out", async () => {
    const { rows } = await sql<{ at: Date }>`SELECT day_begins(day::date, zone) AS at FROM (VALUES
      (1, '2018-11-04', 'America/Sao_Paulo'), (2, '2018-11-04', 'America/Havana'), (3, '2011-12-30', 'Pacific/Apia'),
      (4, '2011-12-31', 'Pacific/Apia'), (5, '2026-03-29', 'Europe/Zurich'), (6, '2026-10-25', 'Europe/Zurich'),
      (7, '2026-10-26', 'Europe/Zurich')) d (n, day, zone) ORDER BY n`.execute(file.gateway.database.reader);
    expect(rows.map(({ at }) => at.toISOString())).toEqual([
      "2018-11-04T03:00:00.000Z",
      "2018-11-04T04:00:00.000Z",
      "2011-12-30T10:00:00.000Z",
      "2011-12-30T10:00:00.000Z",
      "2026-03-28T23:00:00.000Z",
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]);
  });

  it("follows the person into another time zone, and back to an instant where one is named instead", async () => {
    const id = await person();
    await liveIn(file.gateway, id, "Asia/Tokyo");
    const step = await on.schedule({ id, operation: "LOCK", effectiveOn: "2031-07-01" });
    await file.gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id, timezone: "America/New_York" },
    });
    const moved = await on.read(step.id);
    expect(moved).toMatchObject({
      effectiveAt: "2031-07-01T04:00:00.000Z",
      timezone: "America/New_York",
      version: step.version + 1,
    });
    const effectiveAt = "2031-07-01T12:00:00.000Z";
    expect(await on.change({ id: step.id, effectiveAt })).toMatchObject({
      effectiveAt,
      effectiveOn: null,
      timezone: null,
    });
    await liveIn(file.gateway, id, "Asia/Tokyo");
    expect((await on.read(step.id)).effectiveAt).toBe(effectiveAt);
  });
});

it("Steps that are alike take as many statements for thrice as many people, where nothing else waits for them", async () => {
  const statements = async (count: number): Promise<number> => {
    const effectiveAt = await on.hence(1);
    const steps: string[] = [];
    for (let made = 0; made < count; made += 1) {
      const { id } = await makeUser(file.gateway, { status: "PENDING" });
      steps.push((await on.schedule({ id, operation: "ACTIVATE", effectiveAt })).id);
    }
    let seen = 0;
    file.gateway.database.observe(() => {
      seen += 1;
    });
    expect(await on.run("2 hours")).toBe(count);
    const taken = seen;
    for (const step of steps)
      expect(await on.read(step)).toMatchObject({ state: "DONE", consequences: [], user: { status: "ACTIVE" } });
    return taken;
  };
  const few = await statements(4);
  expect(await statements(12)).toBe(few);
});
