import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tx } from "../../src/database/transaction.ts";
import { newId } from "../../src/kernel/ids.ts";
import { type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { emailRow, grantRow, identityRow, roleRow, unitRow, userRow } from "../support/rows.ts";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase({ poolSize: 4 });
});
afterAll(() => fresh.close());

const write = (work: (tx: Tx) => Promise<unknown>) => fresh.database.write(someCause, work);
const conflictOn = (field: string) =>
  expect.objectContaining({ name: "RollcallError", code: "CONFLICT", details: { field } });

/** Runs both at once; on a server both are in their transaction before either commits. Gives the errors. */
async function atOnce(...works: ((tx: Tx) => Promise<unknown>)[]): Promise<unknown[]> {
  let arrived = 0;
  const all = Promise.withResolvers<void>();
  const meet = async () => {
    if (++arrived >= works.length) all.resolve();
    if (fresh.config.kind === "postgres") await all.promise;
  };
  const results = await Promise.allSettled(
    works.map((work) =>
      write(async (tx) => {
        await work(tx);
        await meet();
      }),
    ),
  );
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
}

async function people(count: number): Promise<string[]> {
  const rows = Array.from({ length: count }, () => userRow());
  await write((tx) => tx.sql.insertInto("user_account").values(rows).execute());
  return rows.map((row) => row.id);
}

const setManager = (id: string, manager: string) => (tx: Tx) =>
  tx.sql.updateTable("user_account").set({ manager_id: manager }).where("id", "=", id).execute();
const setParent = (id: string, parent: string) => (tx: Tx) =>
  tx.sql.updateTable("org_unit").set({ parent_id: parent }).where("id", "=", id).execute();
const inherit = (role_id: string, inherits_id: string) => (tx: Tx) =>
  tx.sql.insertInto("role_inheritance").values({ id: newId(), role_id, inherits_id }).execute();
const addEmail = (id: string, value: string) => (tx: Tx) =>
  tx.sql.insertInto("user_email").values(emailRow(id, { value })).execute();

describe("A cycle is refused", () => {
  it("among managers, at any distance and at none", async () => {
    const [a, b, c] = (await people(3)) as [string, string, string];
    await write(setManager(b, a));
    await write(setManager(c, b));
    await expect(write(setManager(a, c))).rejects.toEqual(conflictOn("manager"));
    await expect(write(setManager(a, a))).rejects.toEqual(conflictOn("manager"));
  });

  it("among managers, where two transactions each make half of it", async () => {
    const [a, b] = (await people(2)) as [string, string];
    expect(await atOnce(setManager(a, b), setManager(b, a))).toEqual([conflictOn("manager")]);
  });

  it("among org units, at once or by halves", async () => {
    const [a, b, c] = [unitRow(), unitRow(), unitRow()];
    await write(async (tx) => {
      await tx.sql
        .insertInto("org_unit")
        .values([a, { ...b, parent_id: a.id }])
        .execute();
      await tx.sql.insertInto("org_unit").values(c).execute();
    });
    await expect(write(setParent(a.id, b.id))).rejects.toEqual(conflictOn("parent"));
    await expect(write(setParent(a.id, a.id))).rejects.toEqual(conflictOn("parent"));
    expect(await atOnce(setParent(c.id, b.id), setParent(a.id, c.id))).toEqual([conflictOn("parent")]);
  });

  it("among roles, at once or by halves", async () => {
    const [a, b, c] = [roleRow(), roleRow(), roleRow()];
    await write((tx) => tx.sql.insertInto("role").values([a, b, c]).execute());
    await write(inherit(a.id, b.id));
    await expect(write(inherit(b.id, a.id))).rejects.toEqual(conflictOn("inherits"));
    await expect(write(inherit(a.id, a.id))).rejects.toEqual(conflictOn("inherits"));
    expect(await atOnce(inherit(b.id, c.id), inherit(c.id, a.id))).toEqual([conflictOn("inherits")]);
  });

  it("but an order turned round within one transaction is none", async () => {
    const [a, b] = (await people(2)) as [string, string];
    await write(setManager(b, a));
    await write(async (tx) => {
      await setManager(a, b)(tx);
      await tx.sql.updateTable("user_account").set({ manager_id: null }).where("id", "=", b).execute();
    });
  });
});

describe("A value that must be unique is refused a second time, whatever its case", () => {
  it("as a primary e-mail address", async () => {
    const [a, b] = (await people(2)) as [string, string];
    await write(addEmail(a, "Straße@Example.org"));
    await expect(write(addEmail(b, "STRAßE@example.ORG"))).rejects.toEqual(conflictOn("email"));
  });

  it("as a primary e-mail address, where two transactions take it at once", async () => {
    const [a, b] = (await people(2)) as [string, string];
    expect(await atOnce(addEmail(a, "twin@example.org"), addEmail(b, "Twin@example.org"))).toEqual([
      conflictOn("email"),
    ]);
  });

  it("as an identity of the same source and issuer, where two transactions take it at once", async () => {
    const [a, b] = (await people(2)) as [string, string];
    const add = (id: string, external_id: string, issuer: string | null) => (tx: Tx) =>
      tx.sql.insertInto("user_identity").values(identityRow(id, { external_id, issuer })).execute();
    expect(await atOnce(add(a, "E-1", null), add(b, "e-1", null))).toEqual([conflictOn("identities")]);
    await write(add(a, "e-1", "https://issuer.example"));
    await expect(write(add(b, "E-1", "HTTPS://issuer.example"))).rejects.toEqual(conflictOn("identities"));
  });

  it("as a username, an employee number, a code or a key", async () => {
    const user = userRow({ employee_number: "E1" });
    const [unit, role] = [unitRow(), roleRow()];
    await write(async (tx) => {
      await tx.sql.insertInto("user_account").values(user).execute();
      await tx.sql.insertInto("org_unit").values(unit).execute();
      await tx.sql.insertInto("role").values(role).execute();
    });
    const refused = (work: (tx: Tx) => Promise<unknown>, field: string) =>
      expect(write(work)).rejects.toEqual(conflictOn(field));
    const username = user.username.toUpperCase();
    await refused((tx) => tx.sql.insertInto("user_account").values(userRow({ username })).execute(), "username");
    await refused(
      (tx) =>
        tx.sql
          .insertInto("user_account")
          .values(userRow({ employee_number: "e1" }))
          .execute(),
      "employeeNumber",
    );
    await refused(
      (tx) =>
        tx.sql
          .insertInto("org_unit")
          .values(unitRow({ code: unit.code.toLowerCase() }))
          .execute(),
      "code",
    );
    await refused(
      (tx) =>
        tx.sql
          .insertInto("role")
          .values(roleRow({ key: role.key.toUpperCase() }))
          .execute(),
      "key",
    );
  });

  it("as a grant of the same role over the same scope", async () => {
    const [user] = (await people(1)) as [string];
    const role = roleRow();
    await write((tx) => tx.sql.insertInto("role").values(role).execute());
    const grant = (tx: Tx) => tx.sql.insertInto("role_grant").values(grantRow(user, role.id)).execute();
    await write(grant);
    await expect(write(grant)).rejects.toEqual(conflictOn("role"));
  });
});

describe("A value is free again", () => {
  it("when its holder is deleted, and taken when they would return", async () => {
    const [a, b] = (await people(2)) as [string, string];
    await write(addEmail(a, "leaver@example.org"));
    const setStatus = (status: string) => (tx: Tx) =>
      tx.sql
        .updateTable("user_account")
        .set({ status, deleted_at: status === "DELETED" ? tx.now : null })
        .where("id", "=", a)
        .execute();
    await write(setStatus("DELETED"));
    await write(addEmail(b, "leaver@example.org"));
    await expect(write(setStatus("INACTIVE"))).rejects.toEqual(conflictOn("email"));
  });

  it("when it is only another address of somebody else", async () => {
    const [a, b] = (await people(2)) as [string, string];
    const value = "team@example.org";
    await write((tx) =>
      tx.sql
        .insertInto("user_email")
        .values(emailRow(a, { value, is_primary: false }))
        .execute(),
    );
    await write(addEmail(b, value));
  });

  it("within the transaction that moves it from one person to another", async () => {
    const [a, b] = (await people(2)) as [string, string];
    await write(addEmail(a, "moved@example.org"));
    await write(async (tx) => {
      await addEmail(b, "moved@example.org")(tx);
      await tx.sql.deleteFrom("user_email").where("user_id", "=", a).execute();
    });
  });
});

it("A reference to a record that is not there is refused as a conflict", async () => {
  await expect(
    write((tx) =>
      tx.sql
        .insertInto("user_account")
        .values(userRow({ org_unit_id: newId() }))
        .execute(),
    ),
  ).rejects.toMatchObject({
    code: "CONFLICT",
  });
});
