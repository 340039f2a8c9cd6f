import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Decider } from "../../../src/features/approvals/approval-request.entity.ts";
import { together } from "../../../src/features/self-service/approval-policy.rules.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { approve, decide, listed, REJECT, setManager } from "../approvals/support.ts";

const file = gatewayForFile();

interface Person {
  id: string;
  token: string;
}

const POLICY = `policy { id version name fields filterText priority expiresAfterHours remindEveryHours
  steps { place deciders { by roleKey permission everywhere } } }`;
const CREATE = `mutation ($input: CreateApprovalPolicyInput!) { createApprovalPolicy(input: $input) { ${POLICY} } }`;
const UPDATE = `mutation ($input: UpdateApprovalPolicyInput!) { updateApprovalPolicy(input: $input) { ${POLICY} } }`;
const DELETE = "mutation ($input: DeleteApprovalPolicyInput!) { deleteApprovalPolicy(input: $input) { deletedId } }";
const WISH = `mutation ($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { approvalRequest { id expiresAt createdAt
  steps { deciders { by roleKey permission } } } } }`;
const LOOK = `query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state currentStep reminderCount viewerMayDecide
  steps { decision decidedBy { user { id } } decidedFor { user { id } } } } } }`;

const MANAGER = { by: "MANAGER" };
const step = (...deciders: object[]) => ({ deciders });

let unit: string;
let ann: Person;
let boss: Person;
let made: string[] = [];

async function person(input: Parameters<typeof makeUser>[1] = {}): Promise<Person> {
  const { id } = await makeUser(file.gateway, input);
  return { id, token: await tokenOf(file.gateway, id) };
}

/** A policy that is gone behind the test. */
async function policy(input: object): Promise<{ id: string; version: number }> {
  const { createApprovalPolicy } = await file.gateway.run(CREATE, { input: { name: "Test", ...input } });
  made.push(createApprovalPolicy.policy.id);
  return createApprovalPolicy.policy;
}

/** What somebody asks for, and its request; undefined where it was done at once. */
const wish = async (input: object, token = ann.token) =>
  (await file.gateway.run(WISH, { input }, token)).updateMyProfile.approvalRequest;
const stepsOf = (request: { steps: { deciders: { by: string; roleKey: string | null }[] }[] }) =>
  request.steps.map(({ deciders }) => deciders.map(({ by, roleKey }) => roleKey ?? by));
const look = async (id: string, token: string) => (await file.gateway.run(LOOK, { id }, token)).node;
const nameOf = async () =>
  (await file.gateway.run("query ($id: ID!) { user(by: { id: $id }) { familyName } }", { id: ann.id })).user.familyName;

/** Somebody who holds a new role over the unit. */
async function officer(): Promise<Person & { roleKey: string; roleId: string; grantId: string }> {
  const { key, id: roleId } = await makeRole(file.gateway, []);
  const one = await person();
  return { ...one, roleKey: key, roleId, grantId: await grant(file.gateway, one.id, key, { scopeId: unit }) };
}

async function at<T>(offset: string, work: () => Promise<T>): Promise<T> {
  file.gateway.database.moveClock(offset);
  try {
    return await work();
  } finally {
    file.gateway.database.moveClock("0");
  }
}

beforeEach(async () => {
  unit = (await makeUnit(file.gateway)).id;
  ann = await person({ familyName: "Arbor", email: `${unique("ann")}@example.com`, orgUnitId: unit });
  boss = await person();
  await setManager(file.gateway, ann.id, boss.id);
});

afterEach(async () => {
  for (const id of made) await file.gateway.run(DELETE, { input: { id } });
  made = [];
});

describe("A sensitive change", () => {
  it("of whom a policy fits is decided by the manager and then by a holder of a role, in that order and by two people", async () => {
    const { gateway } = file;
    const clerk = await officer();
    const late = await officer();
    const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";
    await grant(gateway, late.id, clerk.roleKey, { scopeId: unit });
    await policy({
      filter: { orgUnit: { within: unit } },
      steps: [step(MANAGER), step({ by: "ROLE", roleKey: clerk.roleKey })],
    });
    const request = await wish({ familyName: "Ash" });
    expect(stepsOf(request)).toEqual([["MANAGER"], [clerk.roleKey]]);
    expect(await approve(gateway, request.id, clerk.token)).toBe("NOT_FOUND");
    expect(await approve(gateway, request.id, boss.token)).toBe("PENDING");
    expect(await listed(gateway, clerk.token, { mine: "TO_DECIDE" })).toEqual([request.id]);
    await grant(gateway, boss.id, clerk.roleKey);
    expect(await approve(gateway, request.id, boss.token)).toBe("FORBIDDEN");
    await gateway.run(REVOKE, { input: { grantId: clerk.grantId } });
    expect(await approve(gateway, request.id, clerk.token)).toBe("NOT_FOUND");
    expect(await nameOf()).toBe("Arbor");
    expect(await approve(gateway, request.id, late.token)).toBe("APPROVED");
    expect(await nameOf()).toBe("Ash");
    // Whoever stands elsewhere, and a field that is not sensitive, are none of it.
    const elsewhere = await person({ familyName: "Birch" });
    expect(stepsOf(await wish({ familyName: "Beech" }, elsewhere.token))).toEqual([["MANAGER", "PERMISSION"]]);
    expect(await wish({ nickName: "Annie" })).toBeNull();
  });

  it("is decided by the head of the unit, or of the next above, and by whom they delegated it to", async () => {
    const { gateway } = file;
    const head = await makeHolder(gateway, ["USER_READ"]);
    const deputy = await person();
    const parent = (await makeUnit(gateway)).id;
    const MOVE = "mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }";
    await gateway.run(MOVE, { input: { id: unit, newParentId: parent } });
    const HEAD = "mutation ($input: UpdateOrgUnitInput!) { updateOrgUnit(input: $input) { position } }";
    await gateway.run(HEAD, { input: { id: parent, headId: head.id } });
    await policy({ steps: [step({ by: "UNIT_HEAD" }), step(MANAGER)] });
    const request = await wish({ familyName: "Ash" });
    expect(await approve(gateway, request.id, boss.token)).toBe("NOT_FOUND");
    const DELEGATE = "mutation ($input: DelegateApprovalsInput!) { delegateApprovals(input: $input) { position } }";
    const endsAt = new Date((await gateway.database.now()).getTime() + 86_400_000).toISOString();
    await gateway.run(DELEGATE, { input: { delegateId: deputy.id, endsAt } }, head.token);
    expect(await approve(gateway, request.id, deputy.token)).toBe("PENDING");
    expect((await look(request.id, head.token)).steps[0]).toEqual({
      decision: "APPROVED",
      decidedBy: { user: { id: deputy.id } },
      decidedFor: { user: { id: head.id } },
    });
    expect(await decide(gateway, REJECT, request.id, boss.token)).toBe("REJECTED");
    expect(await nameOf()).toBe("Arbor");
  });

  it("expires and reminds as its policy says, and never reminds where it says so", async () => {
    const { gateway } = file;
    const { id } = await policy({
      fields: ["familyName"],
      steps: [step(MANAGER)],
      expiresAfterHours: 48,
      remindEveryHours: 12,
    });
    const request = await wish({ familyName: "Ash" });
    expect(Date.parse(request.expiresAt) - Date.parse(request.createdAt)).toBe(48 * 3_600_000);
    await at("13 hours", () => gateway.approvals.clock.tick());
    expect(await look(request.id, boss.token)).toMatchObject({ state: "PENDING", reminderCount: 1 });
    await at("49 hours", () => gateway.approvals.clock.tick());
    expect(await look(request.id, boss.token)).toMatchObject({ state: "EXPIRED", reminderCount: 1 });
    await gateway.run(UPDATE, { input: { id, remindEveryHours: null } });
    const quiet = await wish({ familyName: "Ash" });
    await at("47 hours", () => gateway.approvals.clock.tick());
    expect(await look(quiet.id, boss.token)).toMatchObject({ state: "PENDING", reminderCount: 0 });
  });

  it("of several fields keeps to the policy of each, the strongest that names the field, and asks nobody twice for the same", async () => {
    const clerk = await officer();
    const byRole = { by: "ROLE", roleKey: clerk.roleKey };
    const everybody = { by: "PERMISSION", permission: "USER_UPDATE" };
    await policy({ fields: ["email"], priority: 5, steps: [step(MANAGER), step(byRole)], expiresAfterHours: 5 });
    await policy({ fields: ["familyName"], steps: [step({ by: "UNIT_HEAD" }, MANAGER)], remindEveryHours: 2 });
    await policy({ fields: ["familyName"], priority: -1, steps: [step(everybody)] });
    const email = `${unique("new")}@example.com`;
    expect(stepsOf(await wish({ familyName: "Ash" }))).toEqual([["UNIT_HEAD", "MANAGER"]]);
    const both = await wish({ familyName: "Ash", email });
    expect(stepsOf(both)).toEqual([["MANAGER"], [clerk.roleKey]]);
    expect(Date.parse(both.expiresAt) - Date.parse(both.createdAt)).toBe(5 * 3_600_000);
    // Of a given name no policy speaks: that the manager decides is enough for it.
    expect(stepsOf(await wish({ givenName: "Anna", email }))).toEqual([["MANAGER"], [clerk.roleKey]]);
    expect(stepsOf(await wish({ givenName: "Anna" }))).toEqual([["MANAGER", "PERMISSION"]]);
  });
});

describe("Chains together", () => {
  const head: Decider = { by: "UNIT_HEAD" };
  const manager: Decider = { by: "MANAGER" };
  const update: Decider = { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" };
  const joined = (...chains: Decider[][][]) =>
    together(chains.map((steps) => ({ steps, expiresAfterHours: 1, remindEveryHours: null }))).steps;

  it("have every step of each, the narrower of two that one person may decide, and both of two that one chain wants", () => {
    expect(joined([[head, manager]], [[manager]])).toEqual([[manager]]);
    expect(joined([[head]], [[manager]])).toEqual([[head], [manager]]);
    expect(joined([[update], [update]], [[update]])).toEqual([[update], [update]]);
    expect(joined([[update]], [[update], [update]])).toEqual([[update], [update]]);
  });
});

describe("A policy", () => {
  it("is written by whoever holds SETTINGS_MANAGE and USER_UPDATE everywhere, read with the first, and in the audit log", async () => {
    const { gateway } = file;
    const clerk = await officer();
    const admin = await makeHolder(gateway, [
      "SETTINGS_MANAGE",
      "USER_UPDATE",
      "USER_READ",
      "ORG_READ",
      "ROLE_READ",
      "AUDIT_READ",
    ]);
    const setter = await makeHolder(gateway, ["SETTINGS_MANAGE"]);
    const local = await makeHolder(gateway, ["SETTINGS_MANAGE", "USER_UPDATE"], unit);
    const steps = [
      step(MANAGER, { by: "PERMISSION", permission: "USER_UPDATE", everywhere: true }),
      step({ by: "ROLE", roleKey: clerk.roleKey }),
    ];
    const input = { name: "Names", fields: ["familyName"], filter: { orgUnit: { within: unit } }, steps };
    const codeOf = async (query: string, given: object, token: string) =>
      (await gateway.refusal(query, { input: given }, token)).extensions.code;
    for (const { token } of [setter, local])
      expect(await codeOf(CREATE, { name: "x", steps: [step(MANAGER)] }, token)).toBe("FORBIDDEN");
    const { policy: created } = (await gateway.run(CREATE, { input }, admin.token)).createApprovalPolicy;
    made.push(created.id);
    expect(created).toMatchObject({
      version: 1,
      fields: ["familyName"],
      priority: 0,
      expiresAfterHours: 336,
      remindEveryHours: 72,
      steps: [
        {
          place: 1,
          deciders: [
            { by: "MANAGER", roleKey: null, permission: null, everywhere: false },
            { by: "PERMISSION", roleKey: null, permission: "USER_UPDATE", everywhere: true },
          ],
        },
        { place: 2, deciders: [{ by: "ROLE", roleKey: clerk.roleKey, permission: null, everywhere: false }] },
      ],
    });
    const change = { id: created.id, expectedVersion: 1, steps: [step(MANAGER)] };
    expect(await codeOf(UPDATE, change, setter.token)).toBe("FORBIDDEN");
    expect(await codeOf(UPDATE, change, local.token)).toBe("FORBIDDEN");
    // A role that a chain names stays: the chain does not become shorter behind anybody's back.
    const DELETE_ROLE = "mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { position } }";
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: clerk.grantId },
    });
    const stays = await gateway.refusal(DELETE_ROLE, { input: { id: clerk.roleId } });
    expect(stays.extensions).toMatchObject({ code: "CONFLICT", field: "role" });
    const changed = (await gateway.run(UPDATE, { input: change }, admin.token)).updateApprovalPolicy.policy;
    expect(changed).toMatchObject({ version: 2, name: "Names", steps: [{ place: 1, deciders: [{ by: "MANAGER" }] }] });
    expect(await codeOf(UPDATE, change, admin.token)).toBe("STALE_VERSION");
    await gateway.run(DELETE_ROLE, { input: { id: clerk.roleId } });
    const READ = "query ($id: ID!) { approvalPolicies { id } node(id: $id) { id } }";
    expect(await gateway.run(READ, { id: created.id }, setter.token)).toEqual({
      approvalPolicies: [{ id: created.id }],
      node: { id: created.id },
    });
    expect((await gateway.ask(READ, { id: created.id }, local.token)).data.node).toBeNull();
    await gateway.run(DELETE, { input: { id: made.pop() } }, setter.token);
    const { auditEvents } = await gateway.run(
      "query ($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 20) { nodes { action outcome } } }",
      { filter: { subjectId: { eq: created.id } } },
      admin.token,
    );
    const done = auditEvents.nodes.filter(({ outcome }: { outcome: string }) => outcome === "SUCCESS");
    expect(done.map(({ action }: { action: string }) => action).sort()).toEqual([
      "approval_policy.created",
      "approval_policy.deleted",
      "approval_policy.updated",
    ]);
  });

  it("that nobody could keep to is refused, with where and what would be accepted", async () => {
    const { gateway } = file;
    const refusal = async (input: object) =>
      (await gateway.refusal(CREATE, { input: { name: "x", steps: [step(MANAGER)], ...input } })).extensions;
    const pathsOf = async (input: object) =>
      ((await refusal(input)).violations as { path: string }[]).map(({ path }) => path);
    const fields = await refusal({ fields: ["email", "nickName", "title"] });
    expect(fields.violations).toMatchObject([{ path: "input.fields[1]" }, { path: "input.fields[2]" }]);
    expect((fields.violations as { allowed: string[] }[])[0]?.allowed).toContain("familyName");
    expect(await pathsOf({ steps: [] })).toEqual(["input.steps"]);
    expect(await pathsOf({ steps: [step()] })).toEqual(["input.steps[0].deciders"]);
    expect(
      await pathsOf({ steps: [step(MANAGER), step({ by: "ROLE" }, { by: "MANAGER", everywhere: true })] }),
    ).toEqual(["input.steps[1].deciders[0].roleKey", "input.steps[1].deciders[1].everywhere"]);
    expect(await refusal({ steps: [step({ by: "ROLE", roleKey: "nothing-of-that" })] })).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.steps[0].deciders[0].roleKey",
    });
    expect(await pathsOf({ expiresAfterHours: 0 })).toEqual(["input.expiresAfterHours"]);
    expect((await refusal({ filter: { status: null } })).code).toBe("INVALID_INPUT");
  });
});
