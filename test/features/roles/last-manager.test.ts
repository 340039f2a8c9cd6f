import { beforeEach, describe, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { grant { id } } }";
const UPDATE = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id } } }";

/** Ends what earlier cases left, in the database itself: the API would refuse it. */
beforeEach(async () => {
  await file.gateway.database.write(someCause, async (tx) => {
    await tx.sql.updateTable("role_grant").set({ revoked_at: tx.now }).where("revoked_at", "is", null).execute();
  });
});

const refused = async (query: string, input: object) => {
  const { errors } = await file.gateway.ask(query, { input });
  return errors?.[0]?.extensions;
};
const lastManager = (inputPath: string) => ({ code: "CONFLICT", permission: "ROLE_MANAGE", inputPath });
const lifecycle = (operation: string) => {
  const name = `${operation}User`;
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${name}(input: $input) { user { status } } }`;
};

describe("The last active person who manages roles everywhere", () => {
  it("keeps the grant that says so until somebody else has one", async () => {
    const { grantId } = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    expect(await refused(REVOKE, { grantId })).toMatchObject(lastManager("input.grantId"));
    await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    expect(await refused(REVOKE, { grantId })).toBeUndefined();
  });

  it("is not replaced by who manages them over a unit only, from tomorrow on, or is not active", async () => {
    const { grantId } = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const { key } = await makeRole(file.gateway, ["ROLE_MANAGE"]);
    await grant(file.gateway, (await makeUser(file.gateway)).id, key, { scopeId: (await makeUnit(file.gateway)).id });
    await grant(file.gateway, (await makeUser(file.gateway)).id, key, { startsAt: "2999-01-01T00:00:00Z" });
    const { id: suspended } = await makeUser(file.gateway);
    await grant(file.gateway, suspended, key);
    await file.gateway.run(lifecycle("suspend"), { input: { id: suspended } });
    expect(await refused(REVOKE, { grantId })).toMatchObject(lastManager("input.grantId"));
  });

  it("keeps the permission when a role is changed, also one that is inherited", async () => {
    const base = await makeRole(file.gateway, ["ROLE_MANAGE"]);
    const { id, key } = await makeRole(file.gateway, ["ROLE_READ"], [base.key]);
    await grant(file.gateway, (await makeUser(file.gateway)).id, key);
    expect(await refused(UPDATE, { id: base.id, permissions: [] })).toMatchObject(lastManager("input.id"));
    expect(await refused(UPDATE, { id, inheritKeys: [] })).toMatchObject(lastManager("input.id"));
    expect(await refused(UPDATE, { id, inheritKeys: [], permissions: ["ROLE_MANAGE"] })).toBeUndefined();
    expect(await refused(UPDATE, { id: base.id, permissions: [] })).toBeUndefined();
  });

  it.each(["deactivate", "delete", "lock", "suspend"])("cannot be moved by %sUser", async (operation) => {
    const { id } = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    expect(await refused(lifecycle(operation), { id })).toMatchObject(lastManager("input.id"));
    await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    expect(await refused(lifecycle(operation), { id })).toBeUndefined();
  });

  it("cannot be locked for a while either", async () => {
    const { id } = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await refused(lifecycle("lock"), { id, until })).toMatchObject(lastManager("input.id"));
  });

  it("is not replaced by whoever manages them until some day: that grant would end by itself", async () => {
    const { grantId, id } = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const { key } = await makeRole(file.gateway, ["ROLE_MANAGE"]);
    await grant(file.gateway, (await makeUser(file.gateway)).id, key, { expiresAt: "2999-01-01T00:00:00Z" });
    expect(await refused(REVOKE, { grantId })).toMatchObject(lastManager("input.grantId"));
    expect(await refused(lifecycle("suspend"), { id })).toMatchObject(lastManager("input.id"));
  });

  it("who holds it until some day stays while nobody else manages roles", async () => {
    const { key } = await makeRole(file.gateway, ["ROLE_MANAGE"]);
    const { id } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, id, key, { expiresAt: "2999-01-01T00:00:00Z" });
    expect(await refused(REVOKE, { grantId })).toMatchObject(lastManager("input.grantId"));
    expect(await refused(lifecycle("lock"), { id })).toMatchObject(lastManager("input.id"));
  });

  it("is not needed where there never was one", async () => {
    const { id, grantId } = await makeHolder(file.gateway, ["ROLE_READ"]);
    expect(await refused(REVOKE, { grantId })).toBeUndefined();
    expect(await refused(lifecycle("delete"), { id })).toBeUndefined();
  });

  it("remains when two people give it up at once", async () => {
    const first = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const second = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const answers = await Promise.all([first, second].map(({ grantId }) => refused(REVOKE, { grantId })));
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    const deletions = await Promise.all([first, second].map(({ id }) => refused(lifecycle("delete"), { id })));
    expect(deletions.filter((answer) => answer === undefined)).toHaveLength(1);
  });

  it("remains when two are shut out at once, each in another way", async () => {
    const first = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const second = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    const answers = await Promise.all([
      refused(lifecycle("lock"), { id: first.id }),
      refused(REVOKE, { grantId: second.grantId }),
    ]);
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  });
});
