import { describe, expect, it } from "vitest";
import { newId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeRole, makeUnit, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { grantRow, userRow } from "../../support/rows.ts";

const file = gatewayForFile();

/** How many statements an operation takes. */
async function statements(query: string): Promise<number> {
  let count = 0;
  file.gateway.database.observe(() => {
    count++;
  });
  await file.gateway.run(query);
  file.gateway.database.observe(() => undefined);
  return count;
}

describe("A page of 100 users", () => {
  it("shows their roles, grants and permissions without a statement more", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const top = await makeRole(file.gateway, ["ORG_READ"]);
    const roles = [
      await makeRole(file.gateway, ["USER_READ"], [top.key]),
      await makeRole(file.gateway, ["AUDIT_READ"]),
    ];
    await file.gateway.database.write(someCause, async (tx) => {
      const users = Array.from({ length: 100 }, () => userRow());
      const grants = users.flatMap(({ id }, place) =>
        roles.map((role) => grantRow(id, uuid(role.id), { id: newId(), scope_id: place % 2 ? uuid(unit) : null })),
      );
      await tx.sql.insertInto("user_account").values(users).execute();
      await tx.sql.insertInto("role_grant").values(grants).execute();
    });
    const page = (fields: string) => `{ users(first: 100) { nodes { id ${fields} } } }`;
    const alone = await statements(page(""));
    const inForce = "roles { key inherits { key } } roleGrants { active role { key inherits { key } } } permissions";
    expect((await statements(page(inForce))) - alone).toBe(0);
    const { users } = await file.gateway.run(page("roles { key } permissions"));
    expect(users.nodes).toHaveLength(100);
    for (const user of users.nodes) {
      expect(user.roles.map(({ key }: { key: string }) => key)).toEqual([top, ...roles].map(({ key }) => key).sort());
      expect(user.permissions).toEqual(["USER_READ", "ORG_READ", "AUDIT_READ"]);
    }
    expect((await statements(page(`${inForce} roleGrants { scope { code } }`))) - alone).toBe(0);
  });
});
