import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Mailbox, tokenIn } from "../../support/mail.ts";
import { PASSWORD, SIGN_IN } from "../../support/sign-in.ts";
import { Schedules } from "../schedules/support.ts";

const file = gatewayForFile();
const mailbox = new Mailbox();
let on: Schedules;
beforeAll(() => {
  on = new Schedules(file.gateway);
});

const CHANGES =
  "changes { fields { field before after } rolesGranted { roleKey unitId } rolesEnded { roleKey } groupsJoined { key } groupsLeft { key } }";
const ONBOARD = `mutation ($input: OnboardInput!) { onboard(input: $input) {
  user { id status hiredOn title manager { id } orgUnit { id } } transition { id operation state effectiveAt timezone }
  invitation { id operation state effectiveAt } ${CHANGES} consequences { kind count } position } }`;
const PREVIEW = `query ($input: OnboardInput!) { previewOnboarding(input: $input) { startsAtOnce ${CHANGES} } }`;
const ACCEPT =
  "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { username startsAt position } }";
const INVITE = "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { expiresAt } }";
const TEMPLATE =
  "mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { template { id } } }";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const onboard = async (input: object, token?: string): Promise<Any> =>
  (await file.gateway.run(ONBOARD, { input: { username: unique("joiner"), ...input } }, token)).onboard;
const refusal = async (input: object, token?: string) =>
  (await file.gateway.refusal(ONBOARD, { input: { username: unique("joiner"), ...input } }, token)).extensions;
const accept = async (email: string) => {
  const token = tokenIn((await mailbox.collect(file.gateway, email))[0] as never);
  return () => file.gateway.run(ACCEPT, { input: { token, newPassword: PASSWORD } });
};
const day = async (hours: number) => (await on.hence(hours)).slice(0, 10);
const dateThere = (instant: number, timeZone: string) =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(instant);

/** The second Sunday of March to come, when clocks in Havana go from midnight to one. */
async function dayWithoutMidnight(): Promise<string> {
  const year = Number((await day(0)).slice(0, 4)) + 1;
  const first = new Date(Date.UTC(year, 2, 1)).getUTCDay();
  return `${year}-03-${String(8 + ((7 - first) % 7)).padStart(2, "0")}`;
}

describe("Somebody who joins", () => {
  it("is there before their first day with all that was said of them and what templates give, as the preview had shown", async () => {
    const unit = await makeUnit(file.gateway);
    const managerId = (await makeUser(file.gateway)).id;
    const role = await makeRole(file.gateway, ["USER_READ"]);
    const template = {
      name: "Joiners",
      filter: { orgUnit: { within: unit.id } },
      defaults: { title: "Engineer", attributes: { badge: "blue" } },
      roles: [{ roleKey: role.key, reach: "OWN_UNIT" }],
    };
    await file.gateway.run(TEMPLATE, { input: template });
    const startsOn = await day(24 * 20);
    const input = { username: unique("joiner"), orgUnitId: unit.id, managerId, startsOn };
    const preview = (await file.gateway.run(PREVIEW, { input })).previewOnboarding;
    const done = await onboard(input);
    expect(done).toMatchObject({
      user: { status: "PENDING", hiredOn: startsOn, title: "Engineer", manager: { id: managerId } },
      transition: { operation: "ACTIVATE", state: "SCHEDULED" },
      invitation: null,
      changes: {
        fields: [
          { field: "attributes.badge", before: null, after: "blue" },
          { field: "title", before: null, after: "Engineer" },
        ],
        rolesGranted: [{ roleKey: role.key, unitId: unit.id }],
      },
    });
    expect(done.consequences).toEqual([
      { kind: "ROLES_GRANTED", count: 1 },
      { kind: "STEPS_SCHEDULED", count: 1 },
    ]);
    expect(preview).toEqual({ startsAtOnce: false, changes: done.changes });
    await on.run(`${24 * 21} hours`);
    expect(await on.status(done.user.id)).toBe("ACTIVE");
  });

  it("begins as the day begins where they are: at clocks that skip midnight, across the date line, and two days late without a gateway", async () => {
    for (const [timezone, startsOn] of [
      ["America/Havana", await dayWithoutMidnight()],
      ["Pacific/Kiritimati", await day(24 * 3)],
      ["Pacific/Pago_Pago", await day(24 * 3)],
    ] as const) {
      const { user, transition } = await onboard({ timezone, startsOn });
      const begins = Date.parse(transition.effectiveAt);
      expect([timezone, dateThere(begins, timezone), transition.timezone]).toEqual([timezone, startsOn, timezone]);
      expect(dateThere(begins - 1, timezone) < startsOn).toBe(true);
      const hours = (begins - (await file.gateway.database.now()).getTime()) / 3_600_000;
      await on.run(`${Math.floor(hours * 60) - 2} minutes`);
      expect(await on.status(user.id)).toBe("PENDING");
      await on.run(`${Math.ceil(hours) + 48} hours`);
      expect(await on.status(user.id)).toBe("ACTIVE");
      expect(await on.read(transition.id)).toMatchObject({ state: "DONE", effectiveAt: transition.effectiveAt });
    }
  });

  it("is active at once where the day has begun there, though it has not everywhere", async () => {
    const now = (await file.gateway.database.now()).getTime();
    const startsOn = dateThere(now, "Pacific/Kiritimati");
    const there = await onboard({ timezone: "Pacific/Kiritimati", startsOn });
    expect(there).toMatchObject({ user: { status: "ACTIVE" }, transition: null, consequences: [] });
    const behind = await onboard({ timezone: "Pacific/Pago_Pago", startsOn });
    expect(behind.user.status).toBe("PENDING");
    expect((await onboard({ startsOn: "2001-01-01" })).user.status).toBe("ACTIVE");
  });

  it("may choose a password before their start, is told when that is, and signs in from then on", async () => {
    const username = unique("joiner");
    const email = `${username}@example.org`;
    const { user, transition, consequences } = await onboard({
      username,
      email,
      startsOn: await day(24 * 10),
      invite: true,
    });
    expect(consequences).toContainEqual({ kind: "INVITATION_SENT", count: 1 });
    const { acceptInvitation } = await (await accept(email))();
    expect(acceptInvitation).toMatchObject({ username, startsAt: transition.effectiveAt });
    expect(await on.status(user.id)).toBe("PENDING");
    const signIn = { input: { name: username, password: PASSWORD } };
    expect((await file.gateway.refusal(SIGN_IN, signIn, null)).extensions.code).toBe("UNAUTHENTICATED");
    await on.run(`${24 * 12} hours`);
    expect((await file.gateway.run(SIGN_IN, signIn)).signIn.position).toBeTruthy();
  });

  it("is invited on the day that was chosen, as that begins where they are", async () => {
    const username = unique("joiner");
    const email = `${username}@example.org`;
    const dates = { startsOn: await day(24 * 10), inviteOn: await day(24 * 4) };
    const { user, invitation } = await onboard({ username, email, invite: true, ...dates });
    expect(invitation).toMatchObject({ operation: "INVITE", state: "SCHEDULED" });
    expect(await mailbox.collect(file.gateway, email)).toEqual([]);
    await on.run(`${24 * 5} hours`);
    expect(await on.read(invitation.id)).toMatchObject({
      state: "DONE",
      consequences: [{ kind: "INVITATION_SENT", subjectIds: [user.id] }],
    });
    const done = await on.after(`${24 * 5} hours`, async () => (await accept(email))());
    expect(done.acceptInvitation.startsAt).not.toBeNull();
    expect(await on.status(user.id)).toBe("PENDING");
    await on.run(`${24 * 12} hours`);
    expect(await on.status(user.id)).toBe("ACTIVE");
  });
});

describe("An onboarding", () => {
  it("that is called off leaves nothing active, whichever way it is, also with an invitation that was sent or waits", async () => {
    const ways: ((user: string, step: string) => Promise<unknown>)[] = [
      (_, step) => on.cancel({ id: step }),
      (id) =>
        file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
          input: { id },
        }),
      (id) =>
        file.gateway.run("mutation ($input: ArchiveUserInput!) { archiveUser(input: $input) { position } }", {
          input: { id },
        }),
      (id) =>
        file.gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
          input: { id },
        }),
    ];
    for (const callOff of ways)
      for (const waits of [false, true]) {
        const username = unique("joiner");
        const email = `${username}@example.org`;
        const startsOn = await day(24 * 10);
        const inviteOn = waits ? await day(24 * 4) : null;
        const { user, transition, invitation } = await onboard({ username, email, startsOn, invite: true, inviteOn });
        const use = waits ? undefined : await accept(email);
        await callOff(user.id, transition.id);
        if (use) await expect(use()).rejects.toThrow();
        await on.run(`${24 * 30} hours`);
        const mail = await on.after(`${24 * 30} hours`, () => mailbox.collect(file.gateway, email));
        if (waits) expect(mail).toEqual([]);
        expect(await on.read(transition.id)).toMatchObject({ state: "CANCELLED" });
        if (waits) expect(await on.read(invitation.id)).toMatchObject({ state: "CANCELLED" });
        expect(await on.status(user.id)).not.toBe("ACTIVE");
      }
  });

  it("is put off by changing its step, and invites nobody whose start was called off until it is scheduled anew", async () => {
    const username = unique("joiner");
    const email = `${username}@example.org`;
    const { user, transition } = await onboard({ username, email, startsOn: await day(24 * 5) });
    const later = await on.change({ id: transition.id, effectiveOn: await day(24 * 15) });
    // The first day, and the day of hire that was taken from it, are the step's.
    const dates = async () =>
      (
        await sql<{ hired: string; starts: string }>`
          SELECT a.hired_on::text AS hired, o.starts_on::text AS starts FROM onboarding o JOIN user_account a ON a.id = o.user_id
          WHERE a.id = ${uuid(user.id)}`.execute(file.gateway.database.reader)
      ).rows[0];
    expect(await dates()).toEqual({ hired: await day(24 * 15), starts: await day(24 * 15) });
    const there = `${await day(24 * 16)}T23:30:00.000Z`;
    await on.change({ id: transition.id, effectiveAt: there });
    expect(await dates()).toEqual({ hired: await day(24 * 16), starts: await day(24 * 16) });
    await on.change({ id: transition.id, effectiveOn: await day(24 * 15) });
    await on.run(`${24 * 8} hours`);
    expect(await on.status(user.id)).toBe("PENDING");
    await on.cancel({ id: later.id });
    const refused = await file.gateway.refusal(INVITE, { input: { id: user.id } });
    expect(refused.extensions).toMatchObject({ code: "CONFLICT", field: "status" });
    await on.schedule({ id: user.id, operation: "ACTIVATE", effectiveOn: await day(24 * 6) });
    await file.gateway.run(INVITE, { input: { id: user.id } });
    expect((await (await accept(email))()).acceptInvitation.startsAt).not.toBeNull();
    await on.run(`${24 * 8} hours`);
    expect(await on.status(user.id)).toBe("ACTIVE");
  });

  it("is refused wholly: without the permissions, with more than one holds, with days that do not fit, and where a consequence fails", async () => {
    const unit = await makeUnit(file.gateway);
    const startsOn = await day(24 * 5);
    const seer = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"]);
    expect(await refusal({ startsOn }, seer.token)).toMatchObject({ code: "FORBIDDEN", permission: "USER_CREATE" });
    const maker = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE"]);
    expect(await refusal({ startsOn }, maker.token)).toMatchObject({ code: "FORBIDDEN", permission: "USER_LIFECYCLE" });
    const local = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE", "USER_LIFECYCLE"], unit.id);
    expect(await refusal({ startsOn }, local.token)).toMatchObject({ code: "FORBIDDEN" });
    expect((await onboard({ startsOn, orgUnitId: unit.id }, local.token)).user.status).toBe("PENDING");

    const department = unique("dept");
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    const template = { name: "Strong", filter: { department: { eq: department } }, roles: [{ roleKey: strong.key }] };
    await file.gateway.run(TEMPLATE, { input: template });
    const clerk = await makeHolder(file.gateway, [
      "USER_READ",
      "USER_CREATE",
      "USER_LIFECYCLE",
      "ROLE_READ",
      "ROLE_GRANT",
    ]);
    const username = unique("joiner");
    const gain = await refusal({ username, startsOn, department }, clerk.token);
    expect(gain).toMatchObject({ code: "FORBIDDEN", inputPath: "input.applyTemplates" });
    const previewed = await file.gateway.refusal(PREVIEW, { input: { username, startsOn, department } }, clerk.token);
    expect(previewed.extensions).toMatchObject(gain);
    // Nothing of it stays: the name is free.
    await onboard({ username, startsOn, department, applyTemplates: false }, clerk.token);

    // What only the end of a transaction finds is found by the preview too.
    const email = `${unique("taken")}@example.org`;
    await onboard({ startsOn, email });
    const again = { username: unique("joiner"), startsOn, email };
    expect(await refusal(again)).toMatchObject({ code: "CONFLICT" });
    expect((await file.gateway.refusal(PREVIEW, { input: again })).extensions).toMatchObject({ code: "CONFLICT" });
    expect(await refusal({ startsOn, invite: true })).toMatchObject({ inputPath: "input.email" });
    const late = { startsOn, email: `${unique("late")}@example.org`, inviteOn: await day(24 * 9) };
    expect(await refusal({ ...late, invite: true })).toMatchObject({ inputPath: "input.inviteOn" });
    expect(await refusal(late)).toMatchObject({ violations: [{ path: "input.inviteOn" }, { path: "input.inviteOn" }] });
    expect(await refusal({ startsOn: "2999-01-01" })).toMatchObject({ inputPath: "input.startsOn" });
  });

  it("invites on its day only where whoever made it holds by then what the person was given", async () => {
    const inviter = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE", "USER_LIFECYCLE", "USER_READ_CONTACT"]);
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    const dates = { startsOn: await day(24 * 10), inviteOn: await day(24 * 4) };
    for (const [given, state] of [
      [false, "DONE"],
      [true, "FAILED"],
    ] as const) {
      const email = `${unique("mail")}@example.org`;
      const { user, invitation } = await onboard({ ...dates, email, invite: true }, inviter.token);
      if (given) await grant(file.gateway, user.id, strong.key);
      await on.run(`${24 * 5} hours`);
      const taken = await on.read(invitation.id);
      expect([taken.state, taken.failure?.permission ?? null]).toEqual([state, given ? "AUDIT_READ" : null]);
      const mail = await on.after(`${24 * 5} hours`, () => mailbox.collect(file.gateway, email));
      expect(mail).toHaveLength(given ? 0 : 1);
    }
  });

  it("keeps an invitation that waits as long as one of its starts does", async () => {
    const email = `${unique("joiner")}@example.org`;
    const dates = { startsOn: await day(24 * 10), inviteOn: await day(24 * 4) };
    const { user, transition, invitation } = await onboard({ email, invite: true, ...dates });
    const other = await on.schedule({ id: user.id, operation: "ACTIVATE", effectiveOn: await day(24 * 12) });
    await on.cancel({ id: transition.id });
    expect((await on.read(invitation.id)).state).toBe("SCHEDULED");
    await on.cancel({ id: other.id });
    expect((await on.read(invitation.id)).state).toBe("CANCELLED");
  });
});
