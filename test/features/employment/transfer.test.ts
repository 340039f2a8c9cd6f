import { beforeAll, describe, expect, it } from "vitest";
import { hashOfSecret } from "../../../src/features/auth/token.secret.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import type { Permission } from "../../../src/kernel/permissions.ts";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { seeded } from "../../support/random.ts";
import { rounds } from "../../support/rounds.ts";
import { add, makeGroup } from "../groups/support.ts";
import { Schedules } from "../schedules/support.ts";

const file = gatewayForFile();
let on: Schedules;
beforeAll(() => {
  on = new Schedules(file.gateway);
});

const CHANGES = `changes { fields { field before after } rolesGranted { roleKey unitId } rolesEnded { roleKey unitId }
  groupsJoined { key } groupsLeft { key } }`;
const TRANSFER = `mutation ($input: TransferInput!) { transfer(input: $input) { user { id version status title }
  transition { id operation state effectiveAt effectiveOn } ${CHANGES} consequences { kind count } } }`;
const PREVIEW = `query ($input: TransferInput!) { previewTransfer(input: $input) { ${CHANGES} } }`;
const ONBOARDING = `query ($input: OnboardInput!) { previewOnboarding(input: $input) { ${CHANGES} } }`;
const MAKE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const TEMPLATE =
  "mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { template { id } } }";
const EDIT =
  "mutation ($input: UpdateProfileTemplateInput!) { updateProfileTemplate(input: $input) { template { id } } }";
const PERSON = `query ($id: ID!) { node(id: $id) { ... on User { status version title location department timezone attributes orgUnit { id } manager { id }
  groupKeys roleGrants { role { key } scope { id } } } } }`;

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const transfer = async (input: object, token?: string): Promise<Any> =>
  (await file.gateway.run(TRANSFER, { input }, token)).transfer;
const preview = async (input: object, token?: string): Promise<Any> =>
  (await file.gateway.run(PREVIEW, { input }, token)).previewTransfer.changes;
const refusal = async (input: object, token?: string) => {
  const done = (await file.gateway.refusal(TRANSFER, { input }, token)).extensions;
  const previewed = (await file.gateway.refusal(PREVIEW, { input }, token)).extensions;
  expect(previewed).toMatchObject({ code: done.code });
  return done;
};
const person = async (id: string): Promise<Any> => (await file.gateway.run(PERSON, { id })).node;
const grantsOf = async (id: string): Promise<string[]> =>
  (await person(id)).roleGrants.map(({ role, scope }: Any) => `${role.key}@${scope?.id ?? ""}`).sort();
const template = async (input: object): Promise<string> =>
  (await file.gateway.run(TEMPLATE, { input: { name: "Template", ...input } })).createProfileTemplate.template.id;
const make = async (input: object): Promise<string> =>
  (await file.gateway.run(MAKE, { input: { username: unique("mover"), status: "ACTIVE", ...input } })).createUser.user
    .id;

/** What scheduling a move asks by itself, and what giving and taking what the templates of a scene name needs beside it. */
const MOVING: Permission[] = ["USER_READ", "USER_LIFECYCLE", "USER_UPDATE", "ORG_READ"];
const GIVING: Permission[] = ["ROLE_READ", "ROLE_GRANT", "GROUP_MANAGE"];
const HELD = "query ($id: ID!) { node(id: $id) { ... on User { roleGrants { id role { key } } } } }";

/** A token of a person, for some of what they hold. */
async function personalToken(id: string, permissions: Permission[]): Promise<{ id: string; secret: string }> {
  const secret = await tokenOf(file.gateway, id);
  const { value: token } = await file.gateway.database.write(someCause, (tx) =>
    tx.sql
      .updateTable("service_token")
      .set({ permissions })
      .where("hash", "=", hashOfSecret(secret))
      .returning("id")
      .executeTakeFirstOrThrow(),
  );
  return { id: publicId("ServiceToken", token.id), secret };
}

/** Two units, each with a template, and somebody who was made in the first. */
async function scene(more: object = {}) {
  const [from, to] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
  const [old, fresh, both, byHand] = [
    await makeRole(file.gateway, ["USER_READ"]),
    await makeRole(file.gateway, ["ORG_READ"]),
    await makeRole(file.gateway, []),
    await makeRole(file.gateway, []),
  ];
  const [club, team, own] = [
    await makeGroup(file.gateway),
    await makeGroup(file.gateway),
    await makeGroup(file.gateway),
  ];
  const ofOld = await template({
    filter: { orgUnit: { within: from.id } },
    defaults: { title: "Teller", location: "Basel", attributes: { badge: "blue", desk: 1 } },
    roles: [{ roleKey: old.key, reach: "OWN_UNIT" }, { roleKey: both.key }],
    groupIds: [club.id],
  });
  const ofNew = await template({
    filter: { orgUnit: { within: to.id } },
    defaults: { title: "Analyst", department: "Risk", attributes: { badge: "red" } },
    roles: [{ roleKey: fresh.key, reach: "OWN_UNIT" }, { roleKey: both.key }],
    groupIds: [team.id],
  });
  const id = await make({ orgUnitId: from.id, ...more });
  await grant(file.gateway, id, byHand.key);
  await add(file.gateway, own.id, [id]);
  return { id, from, to, old, fresh, both, byHand, club, team, own, ofOld, ofNew };
}

describe("Somebody who moves", () => {
  it("loses what came of templates that no longer fit, is given what those that fit have, and keeps what was given by hand, as the preview shows", async () => {
    const { id, from, to, old, fresh, both, byHand, club, team, own } = await scene();
    const before = await person(id);
    expect(before).toMatchObject({ title: "Teller", location: "Basel", attributes: { badge: "blue", desk: 1 } });
    const managerId = (await makeUser(file.gateway)).id;
    const input = { id, orgUnitId: to.id, managerId, expectedVersion: before.version };
    const shown = await preview(input);
    expect(await person(id)).toEqual(before);
    expect(shown).toEqual({
      fields: [
        { field: "attributes.badge", before: "blue", after: "red" },
        { field: "attributes.desk", before: 1, after: null },
        { field: "department", before: null, after: "Risk" },
        { field: "location", before: "Basel", after: null },
        { field: "title", before: "Teller", after: "Analyst" },
      ],
      rolesGranted: [{ roleKey: fresh.key, unitId: to.id }],
      rolesEnded: [{ roleKey: old.key, unitId: from.id }],
      groupsJoined: [{ key: team.key }],
      groupsLeft: [{ key: club.key }],
    });
    const done = await transfer(input);
    expect(done.changes).toEqual(shown);
    expect(done.consequences).toEqual(
      ["GRANTS_ENDED", "GROUPS_LEFT", "ROLES_GRANTED", "GROUPS_JOINED"].map((kind) => ({ kind, count: 1 })),
    );
    expect(await person(id)).toMatchObject({
      title: "Analyst",
      location: null,
      department: "Risk",
      attributes: { badge: "red" },
      orgUnit: { id: to.id },
      manager: { id: managerId },
      groupKeys: [team.key, own.key].sort(),
    });
    expect(await grantsOf(id)).toEqual([`${fresh.key}@${to.id}`, `${both.key}@`, `${byHand.key}@`].sort());
    // Nothing is left to do: a move to where they are is none.
    expect(await preview({ id, orgUnitId: to.id })).toEqual({
      fields: [],
      rolesGranted: [],
      rolesEnded: [],
      groupsJoined: [],
      groupsLeft: [],
    });
    await expect(transfer({ id, expectedVersion: 1 })).rejects.toThrow();
  });

  it("keeps what somebody else wrote since, what the move says, and what the mover does not take of the offers", async () => {
    const { id, to } = await scene();
    const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
    await file.gateway.run(UPDATE, { input: { id, location: "Bern", attributes: { desk: 7 } } });
    const move = { id, orgUnitId: to.id, title: "Head", attributes: { floor: 3 } };
    expect((await preview(move)).fields.map(({ field }: Any) => field)).toEqual(["attributes.badge", "department"]);
    const done = await transfer({ ...move, fill: ["attributes.badge"] });
    expect(done.changes.fields).toEqual([{ field: "attributes.badge", before: "blue", after: "red" }]);
    expect(await person(id)).toMatchObject({
      title: "Head",
      location: "Bern",
      department: null,
      attributes: { badge: "red", desk: 7, floor: 3 },
    });
    // What was not taken is offered again.
    expect((await preview({ id })).fields).toEqual([{ field: "department", before: null, after: "Risk" }]);
  });

  it("is brought to what a template says that was changed under them, or is gone, and nothing happens to them before", async () => {
    const { id, from, old, both, byHand, club, own, ofOld } = await scene();
    const other = await makeRole(file.gateway, []);
    await file.gateway.run(EDIT, {
      input: { id: ofOld, defaults: { title: "Cashier" }, roles: [{ roleKey: other.key }], groupIds: [] },
    });
    expect(await person(id)).toMatchObject({ title: "Teller", groupKeys: [club.key, own.key].sort() });
    const { changes } = await transfer({ id, location: "Chur" });
    expect(changes).toMatchObject({
      rolesGranted: [{ roleKey: other.key, unitId: null }],
      rolesEnded: [
        { roleKey: old.key, unitId: from.id },
        { roleKey: both.key, unitId: null },
      ].sort((a, b) => (a.roleKey < b.roleKey ? -1 : 1)),
      groupsLeft: [{ key: club.key }],
    });
    expect(changes.fields).toContainEqual({ field: "title", before: "Teller", after: "Cashier" });
    await file.gateway.run(
      "mutation ($input: DeleteProfileTemplateInput!) { deleteProfileTemplate(input: $input) { position } }",
      { input: { id: ofOld } },
    );
    expect(await grantsOf(id)).toEqual([`${other.key}@`, `${byHand.key}@`].sort());
    await transfer({ id });
    expect(await grantsOf(id)).toEqual([`${byHand.key}@`]);
    expect(await person(id)).toMatchObject({ title: null, location: "Chur" });
  });

  it("has in the end what they would be given if they were made with what was said of them, whatever the templates and the moves", async () => {
    const random = seeded("transfers");
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const some = <T>(list: readonly T[]): T[] => list.filter(() => random() < 0.5);
    const tag = unique("seeded");
    const units = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const roles = [
      await makeRole(file.gateway, []),
      await makeRole(file.gateway, []),
      await makeRole(file.gateway, []),
    ];
    const groups = [await makeGroup(file.gateway), await makeGroup(file.gateway)];
    const titles = ["Clerk", "Chief"];
    const departments = ["Sales", "Legal"];
    const asking = () =>
      pick([
        { orgUnit: { within: pick(units).id } },
        { title: { eq: pick(titles) } },
        { department: { eq: pick(departments) } },
        { location: { eq: "Olten" } },
      ]);
    const drawn = () => ({
      priority: Math.floor(random() * 3),
      filter: { and: [{ tags: { any: [tag] } }, asking()] },
      defaults: {
        ...(random() < 0.5 ? { location: pick(["Olten", "Thun"]) } : {}),
        ...(random() < 0.5 ? { department: pick(departments) } : {}),
        ...(random() < 0.5 ? { attributes: { shift: pick(["day", "night"]) } } : {}),
      },
      roles: some(roles).map(({ key }) => ({ roleKey: key, reach: pick(["EVERYWHERE", "OWN_UNIT"]) })),
      groupIds: some(groups).map(({ id }) => id),
    });
    const templates: string[] = [];
    for (let made = 0; made < 6; made += 1) templates.push(await template(drawn()));
    const given: Record<string, unknown> = { tags: [tag], orgUnitId: pick(units).id, title: pick(titles) };
    const id = await make(given);
    const sorted = (list: Any[]) => list.map((one) => JSON.stringify(one)).sort();
    for (let round = 0; round < rounds(12, 100); round += 1) {
      if (random() < 0.3) await file.gateway.run(EDIT, { input: { id: pick(templates), ...drawn() } });
      const move = pick<Record<string, unknown>>([
        { orgUnitId: pick(units).id },
        { title: pick(titles) },
        { title: pick(titles), orgUnitId: pick(units).id },
        { department: pick(departments) },
      ]);
      Object.assign(given, move);
      const shown = await preview({ id, ...move });
      expect((await transfer({ id, ...move })).changes).toEqual(shown);
      const twin = { ...given, username: unique("twin"), startsOn: "2001-01-01" };
      const { changes } = (await file.gateway.run(ONBOARDING, { input: twin })).previewOnboarding;
      const now = await person(id);
      expect(sorted(changes.rolesGranted)).toEqual(
        sorted(now.roleGrants.map(({ role, scope }: Any) => ({ roleKey: role.key, unitId: scope?.id ?? null }))),
      );
      expect(changes.groupsJoined.map(({ key }: Any) => key)).toEqual(now.groupKeys);
      for (const { field, after } of changes.fields)
        expect([field, field.startsWith("attributes.") ? now.attributes[field.slice(11)] : now[field]]).toEqual([
          field,
          after,
        ]);
      const filled = new Set(changes.fields.map(({ field }: Any) => field));
      for (const field of ["location", "department"])
        if (!filled.has(field)) expect([field, now[field]]).toEqual([field, given[field] ?? null]);
    }
  });
});

describe("A move that is scheduled", () => {
  it("is made as its date begins where they are, also two days late, with what templates say by then", async () => {
    const { id, to, fresh, team, ofNew } = await scene({ timezone: "Pacific/Kiritimati" });
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const { transition, changes, consequences, user } = await transfer({ id, orgUnitId: to.id, effectiveOn });
    expect(transition).toMatchObject({ operation: "TRANSFER", state: "SCHEDULED", effectiveOn });
    expect(transition.effectiveAt).toBe(
      new Date(Date.parse(`${effectiveOn}T00:00:00Z`) - 14 * 3_600_000).toISOString(),
    );
    expect([changes, consequences]).toEqual([null, [{ kind: "STEPS_SCHEDULED", count: 1 }]]);
    expect(user.title).toBe("Teller");
    // What a template fills is its word of that day, and not of when the move was planned.
    await file.gateway.run(EDIT, { input: { id: ofNew, defaults: { title: "Senior analyst", location: "Genf" } } });
    await on.run(`${24 * 7} hours`);
    const done = await on.read(transition.id);
    expect(done).toMatchObject({ state: "DONE", effectiveAt: transition.effectiveAt });
    expect(done.consequences.map(({ kind }: Any) => kind)).toEqual([
      "GRANTS_ENDED",
      "GROUPS_LEFT",
      "ROLES_GRANTED",
      "GROUPS_JOINED",
    ]);
    expect(await person(id)).toMatchObject({ title: "Senior analyst", location: "Genf", orgUnit: { id: to.id } });
    expect((await person(id)).groupKeys).toContain(team.key);
    expect(await on.after(`${24 * 7} hours`, () => grantsOf(id))).toContain(`${fresh.key}@${to.id}`);
  });

  it("shows what it will write to whoever sees the step, of the fields that they may read and the units in their sight", async () => {
    const { id, from, to } = await scene();
    const key = unique("secret").replaceAll("-", "_");
    await file.gateway.run(
      "mutation ($input: CreateAttributeDefinitionInput!) { createAttributeDefinition(input: $input) { definition { id } } }",
      { input: { key, name: "Secret", type: "STRING", readPermission: "AUDIT_READ" } },
    );
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const attributes = { floor: 3, [key]: "hidden" };
    const move = { id, orgUnitId: to.id, managerId: null, title: "Chief", attributes, fill: [], effectiveOn };
    const { transition } = await transfer(move);
    const shown = async (token?: string) =>
      (
        await file.gateway.run(
          "query ($id: ID!) { node(id: $id) { ... on ScheduledTransition { move { values { field value } fill } } } }",
          { id: transition.id },
          token,
        )
      ).node;
    const open = [
      { field: "attributes.floor", value: 3 },
      { field: "managerId", value: null },
      { field: "title", value: "Chief" },
    ];
    const all = [...open, { field: `attributes.${key}`, value: "hidden" }, { field: "orgUnitId", value: to.id }];
    const byField = (a: Any, b: Any) => (a.field < b.field ? -1 : 1);
    expect(await shown()).toEqual({ move: { values: all.sort(byField), fill: [] } });
    const local = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE", "ORG_READ"], from.id);
    expect(await shown(local.token)).toEqual({ move: { values: open, fill: [] } });
    const seer = await makeHolder(file.gateway, ["USER_READ", "USER_UPDATE"]);
    expect(await shown(seer.token)).toBeNull();
    await on.cancel({ id: transition.id });
  });

  it("fails visibly and wholly where its values or its author no longer hold, and goes with whoever leaves", async () => {
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const gone = await scene();
    const target = await makeUnit(file.gateway);
    const toNowhere = await transfer({ id: gone.id, orgUnitId: target.id, title: "Chief", effectiveOn });
    await file.gateway.run("mutation ($input: DeleteOrgUnitInput!) { deleteOrgUnit(input: $input) { deletedId } }", {
      input: { id: target.id },
    });
    const weak = await scene();
    const clerk = await makeHolder(file.gateway, MOVING);
    const giver = await makeRole(file.gateway, GIVING);
    const giving = await grant(file.gateway, clerk.id, giver.key);
    const byClerk = await transfer({ id: weak.id, orgUnitId: weak.to.id, effectiveOn }, clerk.token);
    await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: giving },
    });
    const left = await scene();
    const ofLeaver = await transfer({ id: left.id, orgUnitId: left.to.id, effectiveOn });
    await file.gateway.run("mutation ($input: OffboardInput!) { offboard(input: $input) { position } }", {
      input: { id: left.id },
    });
    const before = [await person(gone.id), await person(weak.id)];
    await on.run(`${24 * 7} hours`);
    expect(await on.read(toNowhere.transition.id)).toMatchObject({ state: "FAILED", failure: { code: "NOT_FOUND" } });
    expect(await on.read(byClerk.transition.id)).toMatchObject({
      state: "FAILED",
      failure: { code: "FORBIDDEN", permission: "ROLE_READ" },
    });
    expect(await on.read(ofLeaver.transition.id)).toMatchObject({ state: "CANCELLED" });
    expect([await person(gone.id), await person(weak.id)]).toEqual(before);
  });

  it("asks when it is scheduled for all that making it needs, and lends no more on its day than what its author could use by their token", async () => {
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const { id, from, to, old, fresh } = await scene();
    const person = await makeHolder(file.gateway, [...MOVING, ...GIVING]);
    const narrowed = await personalToken(person.id, MOVING);
    const move = { id, orgUnitId: to.id, effectiveOn };
    expect(await refusalOfSchedule(move, narrowed.secret)).toMatchObject({
      code: "FORBIDDEN",
      permission: "ROLE_READ",
    });
    // Nothing is to be given when this is scheduled, and all of it is by then.
    const { transition } = await transfer({ id, title: "Chief", effectiveOn }, narrowed.secret);
    const held = (await file.gateway.run(HELD, { id })).node.roleGrants.filter(({ role }: Any) => role.key === old.key);
    await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: held[0].id },
    });
    await on.run(`${24 * 7} hours`);
    expect(await on.read(transition.id)).toMatchObject({
      state: "FAILED",
      failure: { code: "FORBIDDEN", permission: "ROLE_GRANT" },
    });
    // The same by the whole person is made.
    const whole = await transfer({ id, title: "Chief", effectiveOn }, person.token);
    await on.run(`${24 * 7} hours`);
    expect((await on.read(whole.transition.id)).state).toBe("DONE");
    expect(await on.after(`${24 * 7} hours`, () => grantsOf(id))).toContain(`${old.key}@${from.id}`);
    // A token that was revoked lends nothing.
    const wide = await personalToken(person.id, [...MOVING, ...GIVING]);
    const revoked = await transfer(move, wide.secret);
    await file.gateway.run(
      "mutation ($input: RevokeServiceTokenInput!) { revokeServiceToken(input: $input) { position } }",
      {
        input: { id: wide.id },
      },
    );
    await on.run(`${24 * 7} hours`);
    expect(await on.read(revoked.transition.id)).toMatchObject({
      state: "FAILED",
      failure: { code: "AUTHOR_INACTIVE" },
    });
    expect(await on.after(`${24 * 7} hours`, () => grantsOf(id))).not.toContain(`${fresh.key}@${to.id}`);
  });

  it("gives nothing that templates did not want to give when it was scheduled, whoever made the person fit since", async () => {
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const { id } = await scene();
    const [team, privileged, group] = [
      unique("team"),
      await makeRole(file.gateway, ["AUDIT_READ"]),
      await makeGroup(file.gateway),
    ];
    await template({
      filter: { attributes: [{ key: "team", string: { eq: team } }] },
      roles: [{ roleKey: privileged.key }],
      groupIds: [group.id],
    });
    const { transition } = await transfer({ id, title: "Chief", effectiveOn });
    const desk = await makeHolder(file.gateway, ["USER_READ", "USER_UPDATE"]);
    await file.gateway.run(
      "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }",
      { input: { id, attributes: { team } } },
      desk.token,
    );
    const before = await person(id);
    await on.run(`${24 * 7} hours`);
    const { state, failure } = await on.read(transition.id);
    expect([state, failure.code]).toEqual(["FAILED", "CONFLICT"]);
    expect(failure.message).toContain(privileged.key);
    expect(failure.message).toContain(group.key);
    expect(await person(id)).toEqual(before);
  });

  it("stays its author's when somebody else puts it off, who lends it nothing", async () => {
    const { id, to, fresh } = await scene();
    const author = await makeHolder(file.gateway, [...MOVING, ...GIVING]);
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    const { transition } = await transfer({ id, orgUnitId: to.id, effectiveOn }, author.token);
    const clerk = await makeHolder(file.gateway, MOVING);
    const later = await on.change(
      { id: transition.id, effectiveOn: (await on.hence(24 * 6)).slice(0, 10) },
      clerk.token,
    );
    expect(later.scheduledBy).toEqual((await on.read(transition.id)).scheduledBy);
    await on.run(`${24 * 8} hours`);
    expect((await on.read(transition.id)).state).toBe("DONE");
    expect(await on.after(`${24 * 8} hours`, () => grantsOf(id))).toContain(`${fresh.key}@${to.id}`);
    const second = await scene();
    const again = await transfer({ id: second.id, orgUnitId: second.to.id, effectiveOn }, author.token);
    await file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id: author.id },
    });
    // The administrator puts it off, and it is not theirs by that.
    await on.change({ id: again.transition.id, effectiveOn: (await on.hence(24 * 6)).slice(0, 10) });
    await on.run(`${24 * 8} hours`);
    expect(await on.read(again.transition.id)).toMatchObject({ state: "FAILED", failure: { code: "AUTHOR_INACTIVE" } });
  });

  it("is refused with a date that has begun, with values that nobody could write, and can be changed and cancelled by who holds what it needs", async () => {
    const { id, to } = await scene();
    expect(await refusalOfSchedule({ id, effectiveOn: "2001-01-01" })).toMatchObject({
      inputPath: "input.effectiveOn",
    });
    const effectiveOn = (await on.hence(24 * 5)).slice(0, 10);
    expect(await refusalOfSchedule({ id, managerId: id, effectiveOn })).toMatchObject({ inputPath: "input.managerId" });
    const { transition } = await transfer({ id, orgUnitId: to.id, effectiveOn });
    const half = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"]);
    expect((await on.refusedCancel({ id: transition.id }, half.token)).extensions).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_UPDATE",
    });
    await on.cancel({ id: transition.id });
    await on.run(`${24 * 7} hours`);
    expect((await person(id)).title).toBe("Teller");
    const scheduled = await file.gateway.refusal(
      "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { position } }",
      { input: { id, operation: "TRANSFER", effectiveOn } },
    );
    expect(scheduled.extensions.code).toBe("INVALID_INPUT");
  });
});

const refusalOfSchedule = async (input: object, token?: string) =>
  (await file.gateway.refusal(TRANSFER, { input }, token)).extensions;

describe("A move is refused wholly", () => {
  it("where the mover gives more than they hold, ends what they may not end, or does not manage a group", async () => {
    const { id, to, team } = await scene();
    const before = await person(id);
    const moving = ["USER_READ", "USER_LIFECYCLE", "USER_UPDATE"] as const;
    const holding = [...moving, "ORG_READ", "ROLE_READ", "ROLE_GRANT"] as const;
    for (const [permissions, permission] of [
      [["USER_READ", "USER_LIFECYCLE"], "USER_UPDATE"],
      [["USER_READ", "USER_UPDATE"], "USER_LIFECYCLE"],
      [[...moving, "ROLE_READ", "GROUP_MANAGE"], "ROLE_GRANT"],
      [[...moving, "ROLE_READ", "ROLE_GRANT", "GROUP_MANAGE"], "ORG_READ"],
      [holding, "GROUP_MANAGE"],
    ] as const) {
      const mover = await makeHolder(file.gateway, [...permissions]);
      expect(await refusal({ id, orgUnitId: to.id }, mover.token)).toMatchObject({ code: "FORBIDDEN", permission });
    }
    expect(await person(id)).toEqual(before);
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    await grant(file.gateway, team.id, strong.key);
    const all = await makeHolder(file.gateway, [...holding, "GROUP_MANAGE"]);
    expect(await refusal({ id, orgUnitId: to.id }, all.token)).toMatchObject({
      code: "FORBIDDEN",
      permission: "AUDIT_READ",
    });
    expect(await person(id)).toEqual(before);
    // Whoever is out of sight is not there; and nobody moves what is theirs to where they hold more.
    const local = await makeHolder(file.gateway, [...holding, "GROUP_MANAGE"], to.id);
    expect(await refusal({ id, orgUnitId: to.id }, local.token)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("where it takes ROLE_MANAGE from the last who holds it, of whoever is INACTIVE, and with what is no field", async () => {
    const department = unique("dept");
    const manage = await makeRole(file.gateway, ["ROLE_MANAGE"]);
    await template({ filter: { department: { eq: department } }, roles: [{ roleKey: manage.key }] });
    const id = await make({ department });
    const before = await person(id);
    expect(await refusal({ id, department: "Another" })).toMatchObject({ code: "CONFLICT", permission: "ROLE_MANAGE" });
    expect(await person(id)).toEqual(before);
    const other = await make({});
    await file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id: other },
    });
    expect(await refusal({ id: other, title: "x" })).toMatchObject({ code: "ILLEGAL_TRANSITION", from: "INACTIVE" });
    expect(await refusal({ id, fill: ["manager", "attributes.", "title"] })).toMatchObject({
      violations: [{ path: "input.fill[0]" }, { path: "input.fill[1]" }],
    });
    expect(await refusal({ id, attributes: null })).toMatchObject({ inputPath: "input.attributes" });
  });
});
