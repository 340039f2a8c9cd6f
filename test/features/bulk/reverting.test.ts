import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { publicId } from "../../../src/kernel/ids.ts";
import { find, grant, makeHolder, makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, type TestGateway } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import { add, makeGroup, membersOf, remove } from "../groups/support.ts";
import { apply, byPerson, makePeople, type Plan, plan, REVERT, tagged } from "./support.ts";

const file = gatewayForFile();
const ROUNDS = rounds(6, 60);

/** A row of numbers that look random and come again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const revert = async (gateway: TestGateway, id: string): Promise<Plan> =>
  (await gateway.run(REVERT, { input: { id } })).planRevert.plan;

/** Everything reversible about people. */
async function peopleAsTheyAre(gateway: TestGateway, ids: readonly string[]): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT to_jsonb(u) - '{version,updated_at,status_changed_at,status_reason}'::text[] AS account,
      ARRAY(SELECT r.key || coalesce(g.scope_id::text, '') || coalesce(g.expires_at::text, '')
        || CASE WHEN g.starts_at > rollcall_now() THEN g.starts_at::text ELSE '' END FROM role_grant g JOIN role r ON r.id = g.role_id
        WHERE g.user_id = u.id AND g.revoked_at IS NULL ORDER BY 1) AS roles,
      ARRAY(SELECT m.group_id || coalesce(t.template_id::text, '') FROM group_member m LEFT JOIN profile_template_member t ON t.member_id = m.id
        WHERE m.user_id = u.id ORDER BY 1) AS groups,
      ARRAY(SELECT r.key || t.template_id FROM profile_template_grant t JOIN role_grant g ON g.id = t.grant_id JOIN role r ON r.id = g.role_id
        WHERE t.user_id = u.id AND g.revoked_at IS NULL ORDER BY 1) AS given,
      ARRAY(SELECT f.field || f.value || f.template_id FROM profile_template_fill f WHERE f.user_id = u.id ORDER BY 1) AS filled
    FROM user_account u WHERE u.id = ANY(${ids.map(uuid)}::uuid[]) ORDER BY u.id`.execute(gateway.database.reader);
  return rows;
}

describe("Taking back what a plan did", () => {
  it(`leaves everybody as they were, over ${ROUNDS} random changes of random people`, async () => {
    const { gateway } = file;
    const next = chance(4_711);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    const some = <T>(value: T): T | undefined => (next() < 0.5 ? value : undefined);
    const units = [await makeUnit(gateway), await makeUnit(gateway)];
    const bosses = [await makeUser(gateway), await makeUser(gateway)];
    const twice = await makeRole(gateway, ["GROUP_MANAGE"]);
    const roles = [await makeRole(gateway, ["ORG_READ"]), await makeRole(gateway, ["USER_READ"]), twice];
    const groups = [await makeGroup(gateway), await makeGroup(gateway)];
    for (const title of ["Clerk", "Head"])
      await gateway.run(
        "mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { position } }",
        {
          input: {
            name: title,
            filter: { title: { eq: title } },
            defaults: { location: `Where a ${title} works`, costCenter: title, attributes: { badge: title } },
            roles: [{ roleKey: pick(roles.slice(0, 2)).key, reach: "OWN_UNIT" }],
            groupIds: [pick(groups).id],
          },
        },
      );
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) {
      const { id } = await makeUser(gateway, {
        title: some("Clerk"),
        costCenter: some("7"),
        tags: some([unique("tag"), "old"]),
        attributes: some({ a: 1, b: "x", list: ["one", "two"] }),
        orgUnitId: some(pick(units).id),
        managerId: some(pick(bosses).id),
        hiredOn: some("2020-02-29"),
        roleKeys: some([pick(roles.slice(0, 2)).key]),
      });
      ids.push(id);
      if (n % 2 === 0) continue;
      await grant(gateway, id, twice.key, { expiresAt: "2900-01-01T00:00:00.000Z" });
      await grant(gateway, id, twice.key, { startsAt: "2990-01-01T00:00:00.000Z" });
    }
    for (let round = 0; round < ROUNDS; round++) {
      const title = pick(["Clerk", "Head", null]);
      // Whoever is without access is given nothing.
      const gives = round % 3 < 2;
      const steps = gives ? ["SUSPEND", "LOCK"] : ["SUSPEND", "LOCK", "DELETE", "DEACTIVATE"];
      const change = {
        set: {
          ...(title === null ? {} : { title }),
          attributes: pick([{ a: 1 }, { a: null, c: [`x${round}`] }, { b: false }]),
          ...(next() < 0.5 ? { orgUnitId: pick(units).id } : {}),
          ...(next() < 0.5 ? { managerId: pick(bosses).id } : {}),
          ...(next() < 0.3 ? { hiredOn: "2021-01-01" } : {}),
        },
        clear: next() < 0.5 ? ["costCenter"] : [],
        add: {
          tags: ["new"],
          roles: gives ? some([{ roleKey: pick(roles).key, expiresAt: some("2999-01-01T00:00:00.000Z") }]) : undefined,
          groupIds: gives ? some([groups[0]?.id]) : undefined,
          attributes: some({ list: ["three"] }),
        },
        remove: {
          tags: ["old"],
          roles: some([{ roleKey: pick(roles).key }]),
          groupIds: some([groups[1]?.id]),
          attributes: some({ list: ["one", "two"] }),
        },
        applyTemplates: gives ? {} : undefined,
        status: some({
          operation: pick(steps),
          until: steps.length === 2 ? some("2999-01-01T00:00:00.000Z") : undefined,
        }),
      };
      const before = await peopleAsTheyAre(gateway, ids);
      const target = { userIds: ids.filter(() => next() < 0.8) };
      const done = await apply(gateway, (await plan(gateway, target, change)).id);
      expect(done.progress).toMatchObject({ changed: done.changingCount });
      if (done.progress.changed === 0) continue;
      const taken = await apply(gateway, (await revert(gateway, done.id)).id);
      expect(taken).toMatchObject({ errorCount: 0, progress: { changed: done.progress.changed } });
      expect(await peopleAsTheyAre(gateway, ids), `round ${round}: ${JSON.stringify(change)}`).toEqual(before);
    }
  });

  it("leaves alone whoever has changed since, and names what stays", async () => {
    const { gateway } = file;
    const boss = await makeHolder(gateway, ["ORG_READ"]);
    const pending = await makeUser(gateway, { status: "PENDING" });
    const other = await makeUser(gateway);
    const suspended = await apply(
      gateway,
      (await plan(gateway, { userIds: [boss.id, other.id] }, { status: { operation: "SUSPEND" } })).id,
    );
    await gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id: other.id, title: "Since" },
    });
    const back = await revert(gateway, suspended.id);
    expect(back).toMatchObject({ kind: "REVERT", changingCount: 1, errorCount: 1 });
    expect(byPerson(back).get(other.id)).toMatchObject({ finding: "ERROR", problem: { code: "STALE_VERSION" } });
    expect(byPerson(back).get(boss.id)).toMatchObject({ finding: "CHANGE", notes: ["ENDED_STAYS_ENDED"] });
    const activated = await apply(
      gateway,
      (await plan(gateway, { userIds: [pending.id] }, { set: { title: "T" }, status: { operation: "ACTIVATE" } })).id,
    );
    expect(byPerson(activated).get(pending.id)?.notes).toEqual(["STATUS_NOT_REVERTIBLE"]);
    expect(byPerson(await revert(gateway, activated.id)).get(pending.id)).toMatchObject({
      notes: ["STATUS_STAYS"],
      changes: [{ field: "title", before: "T", after: null }],
    });
  });

  it("gives no role again whose time is over, and puts back everything else", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const [person, other] = [await makeUser(gateway, { title: "T" }), await makeUser(gateway)];
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    for (const { id } of [person, other]) await grant(gateway, id, key, { expiresAt: inAnHour });
    const change = { set: { title: "U" }, remove: { roles: [{ roleKey: key }] } };
    const done = await apply(gateway, (await plan(gateway, { userIds: [person.id, other.id] }, change)).id);
    onTestFinished(() => gateway.database.moveClock(""));
    gateway.database.moveClock("2 hours");
    const back = await revert(gateway, done.id);
    expect(back).toMatchObject({ changingCount: 2, errorCount: 0 });
    expect(byPerson(back).get(person.id)).toMatchObject({ notes: ["ROLE_IS_OVER"], changes: [{ field: "title" }] });
    expect(await apply(gateway, back.id)).toMatchObject({ state: "DONE", progress: { changed: 2 } });
  });

  it("takes what it gave and nothing that others gave since, and leaves alone whoever lost it since", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const group = await makeGroup(gateway);
    const [kept, revoked, left] = [await makeUser(gateway), await makeUser(gateway), await makeUser(gateway)];
    const people = [kept, revoked, left].map(({ id }) => id);
    const giving = { add: { roles: [{ roleKey: key, expiresAt: "2990-01-01T00:00:00.000Z" }], groupIds: [group.id] } };
    const done = await apply(gateway, (await plan(gateway, { userIds: people }, giving)).id);
    const since = await grant(gateway, kept.id, key, { startsAt: "2995-01-01T00:00:00.000Z" });
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM role_grant WHERE user_id = ${uuid(revoked.id)} AND revoked_at IS NULL`.execute(
      gateway.database.reader,
    );
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId: publicId("RoleGrant", rows[0]?.id ?? "") },
    });
    await grant(gateway, revoked.id, key, { expiresAt: "2990-01-01T00:00:00.000Z" });
    await remove(gateway, group.id, [left.id]);
    await add(gateway, group.id, [left.id]);
    const back = await revert(gateway, done.id);
    const found = byPerson(back);
    expect(people.map((id) => found.get(id)?.problem?.code)).toEqual([undefined, "STALE_VERSION", "STALE_VERSION"]);
    await apply(gateway, back.id);
    expect(await membersOf(gateway, group.id)).toEqual([revoked.id, left.id].sort());
    const { rows: held } = await sql<{ id: string }>`
      SELECT id FROM role_grant WHERE user_id = ${uuid(kept.id)} AND revoked_at IS NULL`.execute(
      gateway.database.reader,
    );
    expect(held).toEqual([{ id: uuid(since) }]);
  });

  it("names everybody's steps, grants and links that stay ended, and what a restore does not bring back", async () => {
    const { gateway } = file;
    const [waiting, invited, gone] = [
      await makeUser(gateway),
      await makeUser(gateway, { status: "PENDING" }),
      await makeHolder(gateway, ["ORG_READ"]),
    ];
    await gateway.run(
      "mutation ($input: ScheduleTransitionInput!) { scheduleTransition(input: $input) { position } }",
      {
        input: { id: waiting.id, operation: "SUSPEND", effectiveAt: new Date(Date.now() + 86_400_000).toISOString() },
      },
    );
    const target = { userIds: [waiting.id, invited.id] };
    const found = await plan(gateway, target, { status: { operation: "DEACTIVATE" } });
    expect(byPerson(found).get(waiting.id)?.notes).toEqual(["ACCESS_NOT_REVERTIBLE", "SCHEDULES_NOT_REVERTIBLE"]);
    expect(byPerson(found).get(invited.id)?.notes).toEqual(["STATUS_NOT_REVERTIBLE", "ACCESS_NOT_REVERTIBLE"]);
    const done = await apply(gateway, found.id);
    expect(byPerson(await revert(gateway, done.id)).get(waiting.id)?.notes).toEqual([
      "ENDED_STAYS_ENDED",
      "SCHEDULES_STAY_CANCELLED",
    ]);
    await gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: gone.id },
    });
    const restoring = await plan(gateway, { userIds: [gone.id] }, { status: { operation: "RESTORE" } });
    expect(byPerson(restoring).get(gone.id)?.notes).toContain("ENDED_STAYS_ENDED");
  });

  it("gives back what deletions ended to whom they ended something, among many of whom nothing follows", async () => {
    const { gateway } = file;
    const tag = await makePeople(gateway, 8);
    const found = await plan(gateway, { filter: tagged(tag) }, { status: { operation: "DELETE" } });
    const holder = found.items.nodes[5].userId;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    await grant(gateway, holder, key);
    const done = await apply(gateway, found.id);
    expect(done).toMatchObject({ state: "DONE", progress: { changed: 8 } });
    const { rows } = await sql<{ id: string; kinds: string[] }>`
      SELECT user_id AS id, ARRAY(SELECT c->>'kind' FROM jsonb_array_elements(consequences) c) AS kinds FROM user_deletion
      WHERE user_id = ANY (${found.items.nodes.map(({ userId }: Plan) => uuid(userId))}::uuid[])`.execute(
      gateway.database.reader,
    );
    expect(rows).toHaveLength(8);
    expect(rows.filter(({ kinds }) => kinds.length > 0)).toEqual([{ id: uuid(holder), kinds: ["GRANTS_ENDED"] }]);
    expect(await apply(gateway, (await revert(gateway, done.id)).id)).toMatchObject({ progress: { changed: 8 } });
    expect(await find(gateway, { and: [tagged(tag), { roles: { any: [key] } }] })).toHaveLength(1);
  });

  it("tells of each of several who are restored together what is theirs", async () => {
    const { gateway } = file;
    const boss = (await makeUser(gateway)).id;
    const [one, other] = [(await makeUser(gateway, { managerId: boss })).id, (await makeUser(gateway)).id];
    await makeUser(gateway, { managerId: one });
    const lost = await makeUser(gateway, { managerId: other });
    await grant(gateway, other, (await makeRole(gateway, ["ORG_READ"])).key);
    const deleting = await plan(gateway, { userIds: [one, other] }, { status: { operation: "DELETE" } });
    await apply(gateway, deleting.id);
    const input = { id: lost.id, managerId: boss };
    await gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", { input });
    await gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: boss },
    });
    const restoring = await revert(gateway, deleting.id);
    const left = ["MANAGER_LEFT", "REPORTS_STAY_AWAY"];
    const notesOf = (id: string) =>
      byPerson(restoring)
        .get(id)
        .notes.filter((note: string) => left.includes(note));
    expect([notesOf(one), notesOf(other)]).toEqual([["MANAGER_LEFT"], ["REPORTS_STAY_AWAY"]]);
    const counts = restoring.consequences.map(({ kind, count }: Plan) => [kind, count]).sort();
    expect(counts).toEqual([
      ["GRANTS_RESTORED", 1],
      ["REPORTS_RESTORED", 1],
    ]);
  });

  it("takes as many statements for four times as many people who are restored with what they held", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["ORG_READ"]);
    const statements = async (count: number): Promise<number> => {
      const tag = await makePeople(gateway, count);
      const change = { add: { roles: [{ roleKey: key }] } };
      await apply(gateway, (await plan(gateway, { filter: tagged(tag) }, change)).id);
      const deleting = await plan(gateway, { filter: tagged(tag) }, { status: { operation: "DELETE" } });
      await apply(gateway, deleting.id);
      let seen = 0;
      gateway.database.observe(() => {
        seen += 1;
      });
      const restoring = await revert(gateway, deleting.id);
      const all = seen;
      expect(restoring.consequences).toMatchObject([{ kind: "GRANTS_RESTORED", count }]);
      expect(await apply(gateway, restoring.id)).toMatchObject({ state: "DONE", progress: { changed: count } });
      return all;
    };
    const few = await statements(6);
    expect(await statements(24)).toBe(few);
  });

  it("leaves the status where what it would put back is over, and puts back everything else", async () => {
    const { gateway } = file;
    const { id } = await makeUser(gateway, { title: "T" });
    await gateway.run("mutation ($input: LockUserInput!) { lockUser(input: $input) { position } }", {
      input: { id, until: new Date(Date.now() + 3_600_000).toISOString() },
    });
    const change = { set: { title: "U" }, status: { operation: "UNLOCK" } };
    const done = await apply(gateway, (await plan(gateway, { userIds: [id] }, change)).id);
    onTestFinished(() => gateway.database.moveClock(""));
    gateway.database.moveClock("2 hours");
    const back = await revert(gateway, done.id);
    expect(byPerson(back).get(id)).toMatchObject({
      finding: "CHANGE",
      notes: ["STATUS_STAYS"],
      changes: [{ field: "title", before: "U", after: "T" }],
    });
  });

  it("puts the roles of all who manage roles back, as it let others take their place", async () => {
    const { gateway } = file;
    const [one, two] = [await makeRole(gateway, ["ROLE_MANAGE"]), await makeRole(gateway, ["ROLE_MANAGE"])];
    const [from, to] = [await makeGroup(gateway), await makeGroup(gateway)];
    await grant(gateway, from.id, one.key);
    await grant(gateway, to.id, two.key);
    const people = [await makeUser(gateway), await makeUser(gateway)].map(({ id }) => id);
    await add(gateway, from.id, people);
    const swap = { add: { groupIds: [to.id] }, remove: { groupIds: [from.id] } };
    const swapped = await apply(gateway, (await plan(gateway, { userIds: people }, swap)).id);
    expect(swapped).toMatchObject({ state: "DONE", progress: { changed: 2 } });
    const roles = { add: { roles: [{ roleKey: one.key }] }, remove: { groupIds: [to.id] } };
    expect(await apply(gateway, (await plan(gateway, { userIds: people }, roles)).id)).toMatchObject({
      progress: { changed: 2 },
    });
    const exchange = { add: { roles: [{ roleKey: two.key }] }, remove: { roles: [{ roleKey: one.key }] } };
    const exchanged = await apply(gateway, (await plan(gateway, { userIds: people }, exchange)).id);
    expect(exchanged).toMatchObject({ state: "DONE", progress: { changed: 2 } });
    expect(await revert(gateway, exchanged.id)).toMatchObject({ changingCount: 2, errorCount: 0 });
  });

  it("is refused for a plan that has not ended, or has changed nobody", async () => {
    const { gateway } = file;
    const person = await makeUser(gateway, { title: "T" });
    const unended = await plan(gateway, { userIds: [person.id] }, { set: { title: "U" } });
    const idle = await apply(gateway, (await plan(gateway, { userIds: [person.id] }, { set: { title: "T" } })).id);
    for (const { id } of [unended, idle])
      expect((await gateway.refusal(REVERT, { input: { id } })).extensions).toMatchObject({
        code: "CONFLICT",
        inputPath: "input.id",
      });
  });
});
