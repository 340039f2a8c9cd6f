import { describe, expect, test } from "vitest";
import type { UserStatus } from "../../../src/features/users/user.entity.ts";
import {
  checkLifecycle,
  LIFECYCLE,
  type LifecycleOperation,
  STATUSES,
} from "../../../src/features/users/user.lifecycle.ts";
import { makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const OPERATIONS = Object.keys(LIFECYCLE) as LifecycleOperation[];

const move = (operation: LifecycleOperation) => {
  const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
  return `mutation ($input: ${type}!) { ${operation}User(input: $input) {
    user { status statusReason statusChangedAt version allowedTransitions } consequences { kind count subjectIds } position } }`;
};

/** How a new user, who is PENDING, gets to each status. */
const WAYS: Record<UserStatus, LifecycleOperation[]> = {
  PENDING: [],
  ACTIVE: ["activate"],
  INACTIVE: ["deactivate"],
  LOCKED: ["activate", "lock"],
  SUSPENDED: ["activate", "suspend"],
  ARCHIVED: ["archive"],
  DELETED: ["delete"],
};

async function userWho(status: UserStatus): Promise<string> {
  const { id } = await makeUser(file.gateway, { status: "PENDING" });
  for (const operation of WAYS[status]) await file.gateway.run(move(operation), { input: { id } });
  return id;
}

describe("the lifecycle", () => {
  test.each(STATUSES)(
    "moves a user who is %s as its table says, refuses every other operation, and says what is possible",
    async (status) => {
      for (const operation of OPERATIONS) {
        const id = await userWho(status);
        const { user } = await file.gateway.run(
          "query ($id: ID!) { user(by: { id: $id }) { allowedTransitions version } }",
          { id },
        );
        const { from, to } = LIFECYCLE[operation];
        const answer = await file.gateway.ask(move(operation), { input: { id, reason: "because" } });
        if (from.includes(status)) {
          const target = to === "BEFORE" ? "PENDING" : to;
          expect(user.allowedTransitions).toContain(target);
          expect(answer.data[`${operation}User`].user).toMatchObject({
            status: target,
            statusReason: "because",
            version: user.version + 1,
          });
        } else {
          expect(answer.errors?.[0]?.extensions).toMatchObject({
            code: "ILLEGAL_TRANSITION",
            from: status,
            allowed: user.allowedTransitions,
          });
        }
      }
    },
  );

  test("refuses a table that contradicts itself", () => {
    const { unlock } = LIFECYCLE;
    expect(() => checkLifecycle()).not.toThrow();
    expect(() => checkLifecycle({ ...LIFECYCLE, again: unlock })).toThrow(/both lead LOCKED/);
    expect(() =>
      checkLifecycle({ ...LIFECYCLE, still: { ...unlock, edges: [{ from: ["ACTIVE"], guards: [], follows: [] }] } }),
    ).toThrow(/leads nowhere/);
    expect(() => checkLifecycle({ unlock })).toThrow(/No way/);
  });

  test("reports who is left behind by a manager who leaves, and keeps them as reports", async () => {
    const boss = await makeUser(file.gateway);
    const report = await makeUser(file.gateway, { managerId: boss.id });
    const { deactivateUser } = await file.gateway.run(move("deactivate"), { input: { id: boss.id } });
    expect(deactivateUser.consequences).toEqual([{ kind: "REPORTS_ORPHANED", count: 1, subjectIds: [report.id] }]);
    const { users } = await file.gateway.run(
      "query ($filter: UserFilter) { users(filter: $filter) { nodes { id manager { id status } } } }",
      { filter: { manager: { eq: boss.id, status: { ne: "ACTIVE" } } } },
    );
    expect(users.nodes).toEqual([{ id: report.id, manager: { id: boss.id, status: "INACTIVE" } }]);
  });

  test("refuses a stale version, and a restore to a name that somebody else took", async () => {
    const { id, username } = await makeUser(file.gateway);
    const stale = await file.gateway.refusal(move("lock"), { input: { id, expectedVersion: 7 } });
    expect(stale.extensions).toMatchObject({
      code: "STALE_VERSION",
      currentVersion: 1,
      inputPath: "input.expectedVersion",
    });
    await file.gateway.run(move("delete"), { input: { id } });
    await makeUser(file.gateway, { username: username.toUpperCase() });
    const taken = await file.gateway.refusal(move("restore"), { input: { id } });
    expect(taken.extensions).toMatchObject({ code: "CONFLICT", field: "username" });
  });

  test("ends a suspension at its time, once, by schedule", async () => {
    const unit = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway, { orgUnitId: unit.id });
    const until = new Date((await file.gateway.database.now()).getTime() + 3_600_000).toISOString();
    await file.gateway.run(move("suspend"), { input: { id, until } });
    const { due } = file.gateway.schedules;
    const status = async () =>
      (await file.gateway.run("query ($id: ID!) { user(by: { id: $id }) { status } }", { id })).user.status;
    expect(await due.run()).toBe(0);
    expect(await status()).toBe("SUSPENDED");
    try {
      file.gateway.database.moveClock("1 hour");
      expect(await due.run()).toBe(1);
      expect(await due.run()).toBe(0);
    } finally {
      file.gateway.database.moveClock("");
    }
    expect(await status()).toBe("ACTIVE");
    const past = await file.gateway.refusal(move("suspend"), { input: { id, until: "2001-01-01T00:00:00Z" } });
    expect(past.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.until" });
  });
});
