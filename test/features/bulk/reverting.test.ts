import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { makeHolder, makeRole, makeUnit, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, type TestGateway } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import { makeGroup } from "../groups/support.ts";
import { apply, byPerson, type Plan, plan, REVERT } from "./support.ts";

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
      ARRAY(SELECT r.key || coalesce(g.scope_id::text, '') || coalesce(g.expires_at::text, '') FROM role_grant g JOIN role r ON r.id = g.role_id
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
    const roles = [await makeRole(gateway, ["ORG_READ"]), await makeRole(gateway, ["USER_READ"])];
    const groups = [await makeGroup(gateway), await makeGroup(gateway)];
    for (const title of ["Clerk", "Head"])
      await gateway.run(
        "mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { position } }",
        {
          input: {
            name: title,
            filter: { title: { eq: title } },
            defaults: { location: `Where a ${title} works`, costCenter: title, attributes: { badge: title } },
            roles: [{ roleKey: pick(roles).key, reach: "OWN_UNIT" }],
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
        roleKeys: some([pick(roles).key]),
      });
      ids.push(id);
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
