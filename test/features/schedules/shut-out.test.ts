import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../../src/features/users/user.lifecycle.ts";
import { makeRole, makeUnit, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { repeat, seeded } from "../../support/random.ts";
import { rounds } from "../../support/rounds.ts";
import { givePassword, PASSWORD, SIGN_IN } from "../../support/sign-in.ts";
import { Schedules } from "./support.ts";

const file = gatewayForFile();
const random = seeded("shut-out");
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

interface World {
  people: { id: string; username: string }[];
  roles: string[];
  unit: string;
  /** Whatever anybody got to act with, and whose it is. */
  keys: { token: string; id: string }[];
  hours: number;
}

let on: Schedules;
let world: World;

beforeAll(async () => {
  on = new Schedules(file.gateway);
  const people = [];
  for (let n = 0; n < 5; n++) people.push(await makeUser(file.gateway, { status: n === 0 ? "PENDING" : "ACTIVE" }));
  for (const { id } of people) await givePassword(file.gateway, id);
  const base = await makeRole(file.gateway, ["USER_READ"]);
  const roles = [base.key, (await makeRole(file.gateway, ["ORG_READ"], [base.key])).key];
  world = { people, roles, unit: (await makeUnit(file.gateway)).id, keys: [], hours: 0 };
});

const hence = (hours: number) => on.hence(hours);
const perhaps = async (hours: number): Promise<string | null> =>
  random() < 0.5 ? await hence(1 + below(hours)) : null;

/** Everything that can befall somebody. Refusals are part of it: which they are, other tests say. */
const EVENTS: readonly (() => Promise<unknown>)[] = [
  async function step() {
    const operation = pick(OPERATIONS);
    const until = operation === "lock" || operation === "suspend" ? { until: await perhaps(10) } : {};
    const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
    const moved = `mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`;
    await file.gateway.ask(moved, { input: { id: pick(world.people).id, ...until } });
  },
  async function comeBack() {
    const id = pick(world.people).id;
    for (const operation of ["restore", "activate", "unlock", "reinstate"]) {
      const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
      const moved = `mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`;
      await file.gateway.ask(moved, { input: { id } });
    }
  },
  async function retain() {
    const [status, action] = pick([
      ["INACTIVE", "ARCHIVE"],
      ["SUSPENDED", "ARCHIVE"],
      ["PENDING", "DELETE"],
      ["ARCHIVED", "DELETE"],
    ] as const);
    const made =
      "mutation ($input: CreateRetentionPolicyInput!) { createRetentionPolicy(input: $input) { policy { id } } }";
    const ended =
      "mutation ($input: DeleteRetentionPolicyInput!) { deleteRetentionPolicy(input: $input) { position } }";
    const input = { name: "Any age", status, action, days: 1, enabled: true, maxPeople: 1_000 };
    const { id } = (await file.gateway.run(made, { input })).createRetentionPolicy.policy;
    const begun = "mutation ($input: RunRetentionInput!) { runRetention(input: $input) { position } }";
    await file.gateway.ask(begun, { input: { policyId: id } });
    await file.gateway.retention.worker.run();
    await file.gateway.run(ended, { input: { id } });
  },
  async function schedule() {
    const operation = pick(OPERATIONS);
    const effectiveAt = await hence(1 + below(10));
    const ends = operation === "lock" || operation === "suspend";
    const until = ends && random() < 0.5 ? await hence(12 + below(10)) : null;
    const scheduled = "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { position } }";
    const input = { id: pick(world.people).id, operation: operation.toUpperCase(), effectiveAt, until };
    await file.gateway.ask(scheduled, { input });
  },
  async function grant() {
    const startsAt = random() < 0.3 ? await hence(1 + below(5)) : null;
    const expiresAt = random() < 0.5 ? await hence(6 + below(20)) : null;
    const scopeId = random() < 0.5 ? world.unit : null;
    const granted = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }";
    const input = { granteeId: pick(world.people).id, roleKey: pick(world.roles), scopeId, startsAt, expiresAt };
    await file.gateway.ask(granted, { input });
  },
  async function signIn() {
    const { id, username } = pick(world.people);
    const { data } = await file.gateway.ask(SIGN_IN, { input: { name: username, password: PASSWORD } }, null);
    const token = data?.signIn?.accessToken;
    if (token) world.keys.push({ token, id });
  },
  async function issue() {
    const { id } = pick(world.people);
    const token = await tokenOf(file.gateway, id).catch(() => undefined);
    if (token) world.keys.push({ token, id });
  },
  async function onboard() {
    if (world.people.length > 7) return;
    const username = unique("joiner");
    const startsOn = (await hence(below(20))).slice(0, 10);
    const joined = "mutation ($input: OnboardInput!) { onboard(input: $input) { user { id } } }";
    const { id } = (await file.gateway.run(joined, { input: { username, startsOn } })).onboard.user;
    await givePassword(file.gateway, id);
    world.people.push({ id, username });
  },
  async function transfer() {
    const effectiveOn = (await perhaps(30))?.slice(0, 10) ?? null;
    const input = { id: pick(world.people).id, orgUnitId: world.unit, effectiveOn };
    await file.gateway.ask("mutation ($input: TransferInput!) { transfer(input: $input) { position } }", { input });
  },
  async function offboard() {
    const lastDay = (await perhaps(30))?.slice(0, 10) ?? null;
    const input = { id: pick(world.people).id, successorId: pick(world.people).id, lastDay };
    await file.gateway.ask("mutation ($input: OffboardInput!) { offboard(input: $input) { position } }", { input });
  },
  async function timePasses() {
    world.hours += 1 + below(6);
    file.gateway.database.moveClock(`${world.hours} hours`);
    await sql`SELECT pass_time()`.execute(file.gateway.database.reader);
    await file.gateway.schedules.due.run();
  },
];

const SHOWN = `status roles { key } permissions roleGrants { id } all: roleGrants(includeInactive: true) { active }`;

/** What people who are not ACTIVE still have. */
async function left(): Promise<unknown[]> {
  const { rows } = await sql<{ what: string; status: string }>`
    SELECT held.what, u.status FROM user_account u CROSS JOIN LATERAL (
      SELECT 'a session' FROM session s WHERE s.user_id = u.id AND s.ended_at IS NULL
      UNION ALL SELECT 'a token' FROM service_token t WHERE t.user_id = u.id AND t.revoked_at IS NULL
      UNION ALL SELECT 'a role of the search row' FROM user_search s WHERE s.user_id = u.id AND (s.role_keys <> '{}' OR s.permissions <> '{}')
      UNION ALL SELECT 'a grant behind the end' FROM role_grant g WHERE g.user_id = u.id AND g.revoked_at IS NULL
        AND (g.expires_at IS NULL OR g.expires_at > rollcall_now()) AND u.status IN ('ARCHIVED', 'DELETED')) held (what)
    WHERE u.status <> 'ACTIVE'`.execute(file.gateway.database.reader);
  return rows;
}

async function statuses(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { id } of world.people) {
    const { node } = await file.gateway.run(`query ($id: ID!) { node(id: $id) { ... on User { ${SHOWN} } } }`, { id });
    found.set(id, node.status);
    if (node.status === "ACTIVE") continue;
    const none = { roles: [], permissions: [], roleGrants: [] };
    expect(node).toMatchObject(none);
    expect(node.all.filter(({ active }: { active: boolean }) => active)).toEqual([]);
  }
  return found;
}

describe("Nobody who is not ACTIVE", () => {
  it("holds a session, a token or a grant in force, or can use what they held, whatever happened before", async () => {
    const seen = { resting: 0, usable: 0 };
    for (let n = 0; n < rounds(60, 1_500); n++) {
      const event = pick(EVENTS);
      await event();
      expect(await left(), `after event ${n}, ${event.name}. ${repeat}`).toEqual([]);
      if (n % 6 !== 0) continue;
      const status = await statuses();
      for (const { token, id } of world.keys) {
        const { data } = await file.gateway.ask("{ viewer { user { id } } }", {}, token);
        const usable = data?.viewer?.user?.id === id;
        if (status.get(id) === "ACTIVE") seen.usable += Number(usable);
        else expect(usable, repeat).toBe(false);
      }
      seen.resting += [...status.values()].filter((one) => one !== "ACTIVE").length;
    }
    // Enough happened for the test to say something.
    expect(Math.min(seen.resting, seen.usable)).toBeGreaterThan(5);
  }, 120_000);
});

describe("Whoever is archived", () => {
  it("is granted nothing and joins no group", async () => {
    const { id } = await makeUser(file.gateway);
    await file.gateway.run("mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { position } }", {
      input: { id },
    });
    await file.gateway.run("mutation ($input: ArchiveUserInput!) { archiveUser(input: $input) { position } }", {
      input: { id },
    });
    const granted = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }";
    const input = { granteeId: id, roleKey: world.roles[0] };
    expect((await file.gateway.refusal(granted, { input })).extensions).toMatchObject({
      code: "CONFLICT",
      inputPath: "input.granteeId",
    });
    const made = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }";
    const key = unique("club");
    const { group } = (await file.gateway.run(made, { input: { key, name: key } })).createGroup;
    const joined = `mutation ($input: GroupMembersInput!) { addGroupMembers(input: $input) { outcomes { outcome } } }`;
    const { addGroupMembers } = await file.gateway.run(joined, { input: { groupId: group.id, userIds: [id] } });
    expect(addGroupMembers.outcomes).toEqual([{ outcome: "NOT_FOUND" }]);
    expect(await left()).toEqual([]);
  });
});

describe("A grant of somebody who is suspended", () => {
  it("rests: it is not in force, is found among grants, and comes back with the status", async () => {
    const { id, username } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    await file.gateway.run("mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }", {
      input: { granteeId: id, roleKey: key },
    });
    const found = async (filter: object) =>
      (
        await file.gateway.run("query ($filter: UserFilter) { users(filter: $filter) { nodes { username } } }", {
          filter,
        })
      ).users.nodes.length;
    const move = (operation: string) => {
      const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
      return file.gateway.run(`mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`, {
        input: { id },
      });
    };
    const read = async () =>
      (await file.gateway.run(`query ($id: ID!) { node(id: $id) { ... on User { username ${SHOWN} } } }`, { id })).node;
    const held = { roles: { any: [key] } };
    await move("suspend");
    expect(await read()).toMatchObject({
      username,
      roles: [],
      permissions: [],
      roleGrants: [],
      all: [{ active: false }],
    });
    expect(await found(held)).toBe(0);
    expect(await found({ status: { eq: "SUSPENDED" }, roleGrants: { some: { role: { eq: key } } } })).toBe(1);
    await move("reinstate");
    expect(await read()).toMatchObject({ roles: [{ key }], permissions: ["USER_READ"], all: [{ active: true }] });
    expect(await found(held)).toBe(1);
  });
});
