import { expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { grant, makeRole, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const SHOWN = `query ($id: ID!, $filter: UserFilter) {
  user(by: { id: $id }) { roles { key } permissions }
  users(filter: $filter) { nodes { roles { key } permissions } }
}`;

it("Roles that are shown are those that filters find, also when time alone has given or taken one", async () => {
  const { id } = await makeUser(file.gateway);
  const lasting = await makeRole(file.gateway, ["USER_READ"]);
  const below = await makeRole(file.gateway, ["ORG_READ"]);
  const passing = await makeRole(file.gateway, ["AUDIT_READ"], [below.key]);
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  await grant(file.gateway, id, lasting.key);
  await grant(file.gateway, id, passing.key, { startsAt: inDays(2), expiresAt: inDays(4) });
  const seen: unknown[] = [];
  for (const offset of ["0 days", "3 days", "5 days"]) {
    file.gateway.database.moveClock(offset);
    await passTime(file.gateway.database);
    const { user, users } = await file.gateway.run(SHOWN, { id, filter: { roles: { any: [passing.key] } } });
    seen.push([user.permissions, users.nodes]);
    expect(users.nodes).toEqual(user.roles.some(({ key }: { key: string }) => key === passing.key) ? [user] : []);
  }
  expect(seen).toEqual([
    [["USER_READ"], []],
    [["USER_READ", "ORG_READ", "AUDIT_READ"], [expect.anything()]],
    [["USER_READ"], []],
  ]);
});
