import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type IssueToken, ServiceTokenService } from "../../../src/features/auth/service-token.service.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { machineToken, makeUnit, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const service = () => new ServiceTokenService(file.gateway.database);
const everything = { permissions: ["USER_READ"], scopeIds: "everywhere" } as const;
const issue = (command: Partial<IssueToken>) =>
  service().issue(someCause, { name: "token", holder: everything, expiresAt: null, ...command });
const tokens = () => file.gateway.database.reader.selectFrom("service_token");
const stored = (secret: string) =>
  tokens().selectAll().where("hash", "=", createHash("sha256").update(secret).digest()).executeTakeFirst();
const lifecycle = (operation: string) => {
  const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
  return `mutation ($input: ${type}!) { change: ${operation}User(input: $input) { consequences { kind count subjectIds } } }`;
};

describe("A token", () => {
  it("has a secret of 256 random bits that is told once and kept nowhere, not in the log either", async () => {
    const { value } = await issue({ name: "nightly export" });
    expect(value.secret).toMatch(/^rcs_[\w-]{43}$/);
    expect((await issue({})).value.secret).not.toBe(value.secret);
    expect(await stored(value.secret)).toMatchObject({
      id: value.tokenId,
      name: "nightly export",
      permissions: ["USER_READ"],
    });
    const changes = await file.gateway.database.reader
      .selectFrom("change")
      .select(["before", "after", "hidden"])
      .where("row_id", "=", value.tokenId)
      .execute();
    expect(changes).toHaveLength(1);
    expect(changes[0]?.hidden).toEqual(["hash"]);
    const text = JSON.stringify(changes);
    const hash = createHash("sha256").update(value.secret).digest();
    for (const form of [value.secret, hash.toString("hex"), hash.toString("base64")]) expect(text).not.toContain(form);
  });

  it.each<[string, Partial<IssueToken>, string]>([
    ["without a name", { name: " " }, "INVALID_INPUT"],
    ["with too long a name", { name: "x".repeat(129) }, "INVALID_INPUT"],
    ["that has expired already", { expiresAt: new Date("2001-01-01T00:00:00Z") }, "INVALID_INPUT"],
    ["over no unit at all", { holder: { ...everything, scopeIds: [] } }, "INVALID_INPUT"],
    ["over a unit that does not exist", { holder: { ...everything, scopeIds: [newId()] } }, "NOT_FOUND"],
    ["of nobody", { holder: { userId: newId() } }, "NOT_FOUND"],
  ])("is not made %s", async (_, command, code) => {
    await expect(issue(command)).rejects.toMatchObject({ code });
  });

  it("is made for people who are active only", async () => {
    const { id } = await makeUser(file.gateway);
    await file.gateway.run(lifecycle("suspend"), { input: { id } });
    await expect(issue({ holder: { userId: uuid(id) } })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is revoked once", async () => {
    const { value } = await issue({});
    await service().revoke(someCause, value.tokenId);
    await expect(service().revoke(someCause, value.tokenId)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(service().revoke(someCause, newId())).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("Tokens follow people and units:", () => {
  it.each(["lock", "suspend", "deactivate", "delete"])(
    "those of a person are revoked for good by %sUser",
    async (operation) => {
      const { id } = await makeUser(file.gateway);
      const secrets = [await tokenOf(file.gateway, id), await tokenOf(file.gateway, id)];
      const { change } = await file.gateway.run(lifecycle(operation), { input: { id } });
      const ids = await Promise.all(
        secrets.map(async (secret) => publicId("ServiceToken", (await stored(secret))?.id as string)),
      );
      expect(change.consequences).toContainEqual({ kind: "TOKENS_REVOKED", count: 2, subjectIds: ids.sort() });
      for (const secret of secrets) expect((await stored(secret))?.revoked_at).toBeInstanceOf(Date);
    },
  );

  it("those of a person who stays active, and of machines, are left alone", async () => {
    const { id } = await makeUser(file.gateway);
    const other = await tokenOf(file.gateway, (await makeUser(file.gateway)).id);
    const machine = await machineToken(file.gateway, ["USER_READ"]);
    const { change } = await file.gateway.run(lifecycle("suspend"), { input: { id } });
    expect(change.consequences).toEqual([]);
    for (const secret of [other, machine]) expect((await stored(secret))?.revoked_at).toBeNull();
  });

  it("one that reached over a unit alone is revoked when the unit goes, one that reaches further is not", async () => {
    const [gone, stays] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const narrow = await machineToken(file.gateway, ["USER_READ"], [gone]);
    const wide = await machineToken(file.gateway, ["USER_READ"], [gone, stays]);
    const DELETE = "mutation ($input: DeleteOrgUnitInput!) { deleteOrgUnit(input: $input) { deletedId } }";
    await file.gateway.run(DELETE, { input: { id: gone } });
    expect((await stored(narrow))?.revoked_at).toBeInstanceOf(Date);
    expect(await stored(wide)).toMatchObject({ revoked_at: null, scope_ids: [uuid(stays)] });
    const { viewer } = await file.gateway.run("{ viewer { grants { scopes { id } } } }", {}, wide);
    expect(viewer.grants).toEqual([{ scopes: [{ id: stays }] }]);
  });
});
