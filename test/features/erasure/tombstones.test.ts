import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { grant, makeRole, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Mailbox } from "../../support/mail.ts";
import { apply, byPerson, plan } from "../bulk/support.ts";
import { makeGroup } from "../groups/support.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { erase, erasers, plant, settle, tablesWith } from "./support.ts";

const file = gatewayForFile();
let pair: Awaited<ReturnType<typeof erasers>>;

beforeAll(async () => {
  pair = await erasers(file.gateway);
});

const codes = async (operations: Readonly<Record<string, object>>): Promise<Record<string, string | undefined>> => {
  const found: Record<string, string | undefined> = {};
  for (const [name, input] of Object.entries(operations)) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const { errors } = await file.gateway.ask(`mutation ($input: ${type}!) { ${name}(input: $input) { position } }`, {
      input,
    });
    found[name] = errors?.[0]?.extensions.code;
  }
  return found;
};

describe("A tombstone", () => {
  it("is refused by every mutation that would change it, with a code that says why", async () => {
    const { id } = await makeUser(file.gateway);
    await erase(file.gateway, id, pair);
    const { key } = await makeRole(file.gateway, []);
    expect(
      await codes({
        updateUser: { id, title: "Again" },
        restoreUser: { id },
        activateUser: { id },
        deleteUser: { id },
        archiveUser: { id },
        grantRole: { granteeId: id, roleKey: key },
        placeLegalHold: { userId: id, reason: "Late" },
        scheduleTransition: { id, operation: "RESTORE", effectiveAt: "2040-01-01T00:00:00Z", reason: "Late" },
        transfer: { id, title: "Again", effectiveOn: "2040-01-01" },
      }),
    ).toEqual({
      updateUser: expect.stringMatching(/^(NOT_FOUND|CONFLICT|ILLEGAL_TRANSITION)$/),
      restoreUser: "ILLEGAL_TRANSITION",
      activateUser: "ILLEGAL_TRANSITION",
      deleteUser: "ILLEGAL_TRANSITION",
      archiveUser: "ILLEGAL_TRANSITION",
      grantRole: expect.stringMatching(/^(NOT_FOUND|CONFLICT)$/),
      placeLegalHold: "CONFLICT",
      scheduleTransition: "CONFLICT",
      transfer: "CONFLICT",
    });
    const write = file.gateway.database.write(someCause, (tx) =>
      sql`UPDATE user_account SET title = 'Again' WHERE id = ${uuid(id)}`.execute(tx.sql),
    );
    await expect(write).rejects.toMatchObject({ code: "CONFLICT", details: { field: "id" } });
  });

  it("is an error of its own in plans of many, and whoever was erased since a plan is a conflict of it", async () => {
    const { gateway } = file;
    const [gone, soon, stays] = await Promise.all([1, 2, 3].map(() => makeUser(gateway)));
    const ids = [gone, soon, stays].map((one) => one?.id as string) as [string, string, string];
    await erase(gateway, ids[0], pair);
    const restored = await plan(gateway, { userIds: ids }, { status: { operation: "RESTORE" } });
    expect(byPerson(restored).get(ids[0])).toMatchObject({ finding: "ERROR", problem: { code: "CONFLICT" } });
    const titled = await plan(gateway, { userIds: ids }, { set: { title: "Planned" } });
    expect(byPerson(titled).get(ids[0])).toMatchObject({ finding: "ERROR", problem: { code: "CONFLICT" } });
    await erase(gateway, ids[1], pair);
    expect((await apply(gateway, titled.id)).progress).toMatchObject({ changed: 1, conflicts: 1, failed: 0 });
  });
});

describe("Owners of saved searches", () => {
  it("are erased also where one of them makes a group: the group keeps it, and nothing of what they called it", async () => {
    const { gateway } = file;
    const mark = unique("zqxgroup");
    const id = await plant(gateway, mark);
    const filter = { department: { eq: unique("ops") } };
    const input = { name: `${mark}-kept`, description: `${mark}-described`, filter };
    const search = await saveSearch(gateway, input, await tokenOf(gateway, id));
    const group = await makeGroup(gateway);
    await gateway.database.write(someCause, (tx) =>
      sql`UPDATE user_group SET kind = 'DYNAMIC', saved_search_id = ${uuid(search.id)} WHERE id = ${uuid(group.id)}`.execute(
        tx.sql,
      ),
    );
    await settle(gateway);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    expect(await tablesWith(gateway, mark)).toEqual([]);
    const { rows } = await sql<{ owner_id: string; name: string }>`
      SELECT owner_id, name FROM saved_search WHERE owner_id = ${uuid(id)}`.execute(gateway.database.reader);
    expect(rows).toEqual([{ owner_id: uuid(id), name: "Erased person" }]);
  });

  it("are told by mail which of theirs name somebody who was erased, by a value or by the id, and by id alone", async () => {
    const { gateway } = file;
    const mark = unique("zqxnamed");
    const { id } = await makeUser(gateway, { username: mark });
    const owner = await makeUser(gateway, {});
    const address = `${unique("owner")}@example.org`;
    await gateway.database.write(someCause, (tx) =>
      sql`INSERT INTO user_email (id, user_id, place, value, is_primary) VALUES (gen_random_uuid(), ${uuid(owner.id)}, 0, ${address}, true)`.execute(
        tx.sql,
      ),
    );
    await grant(gateway, owner.id, (await makeRole(gateway, ["USER_READ"])).key);
    const token = await tokenOf(gateway, owner.id);
    const byName = await saveSearch(gateway, { name: `About ${mark}`, filter: { username: { eq: mark } } }, token);
    const byId = await saveSearch(gateway, { filter: { manager: { eq: id } } }, token);
    const other = await saveSearch(gateway, { filter: { username: { eq: "somebody.else" } } }, token);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    const mails = await new Mailbox().collect(gateway, address);
    expect(mails).toHaveLength(1);
    const text = mails[0]?.text ?? "";
    expect([byName, byId, other].map((search) => text.includes(search.id))).toEqual([true, true, false]);
    expect(JSON.stringify(mails)).not.toContain(mark);
    const { previewErasure } = await gateway.run(
      "query ($userId: ID!) { previewErasure(userId: $userId) { erasure { namedIn { table id } } } }",
      { userId: id },
    );
    const named = [byName, byId].map((search) => ({ table: "saved_search", id: search.id }));
    expect(previewErasure.erasure.namedIn).toEqual(expect.arrayContaining(named));
    expect(previewErasure.erasure.namedIn).toHaveLength(2);
  });
});
