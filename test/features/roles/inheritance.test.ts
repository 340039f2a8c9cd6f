import { describe, expect, it } from "vitest";
import { grant, makeRole, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const UPDATE =
  "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { version inherits { key } } } }";
const HELD = "query ($id: ID!) { user(by: { id: $id }) { roles { key } permissions } }";
const MEMBERS = "query ($key: String!) { role(by: { key: $key }) { members { nodes { id } totalCount } } }";

describe("Inheritance among roles", () => {
  it("gives holders everything that is inherited, at any distance, as it is now", async () => {
    const top = await makeRole(file.gateway, ["AUDIT_READ"]);
    const middle = await makeRole(file.gateway, ["ORG_READ"], [top.key]);
    const bottom = await makeRole(file.gateway, ["USER_READ"], [middle.key]);
    const { id } = await makeUser(file.gateway);
    await grant(file.gateway, id, bottom.key);
    const held = (await file.gateway.run(HELD, { id })).user;
    expect(held.roles.map(({ key }: { key: string }) => key)).toEqual(
      [top, middle, bottom].map(({ key }) => key).sort(),
    );
    expect(held.permissions).toEqual(["USER_READ", "ORG_READ", "AUDIT_READ"]);
    await file.gateway.run(UPDATE, { input: { id: middle.id, inheritKeys: [] } });
    expect((await file.gateway.run(HELD, { id })).user.permissions).toEqual(["USER_READ", "ORG_READ"]);
  });

  it("makes holders members of what they inherit", async () => {
    const inherited = await makeRole(file.gateway, []);
    const granted = await makeRole(file.gateway, [], [inherited.key]);
    const { id } = await makeUser(file.gateway);
    await grant(file.gateway, id, granted.key);
    for (const { key } of [inherited, granted]) {
      expect((await file.gateway.run(MEMBERS, { key })).role.members).toEqual({ nodes: [{ id }], totalCount: 1 });
    }
  });

  it("is listed by key", async () => {
    const parents = [
      await makeRole(file.gateway, []),
      await makeRole(file.gateway, []),
      await makeRole(file.gateway, []),
    ];
    const keys = parents.map(({ key }) => key).sort();
    const { id } = await makeRole(file.gateway, []);
    const { updateRole } = await file.gateway.run(UPDATE, { input: { id, inheritKeys: keys.toReversed() } });
    expect(updateRole.role.inherits).toEqual(keys.map((key) => ({ key })));
  });

  it("never leads back to where it began, and the refusal shows the way round", async () => {
    const first = await makeRole(file.gateway, []);
    const second = await makeRole(file.gateway, [], [first.key]);
    const third = await makeRole(file.gateway, [], [second.key]);
    const { message, extensions } = await file.gateway.refusal(UPDATE, {
      input: { id: first.id, inheritKeys: [third.key] },
    });
    expect(extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.inheritKeys", field: "inherits" });
    expect(message).toContain([first, third, second, first].map(({ key }) => key).join(" → "));
    const self = await file.gateway.refusal(UPDATE, { input: { id: first.id, inheritKeys: [first.key] } });
    expect(self.extensions.code).toBe("CONFLICT");
  });

  it("is refused from a role that does not exist, at its place in the list", async () => {
    const { id, key } = await makeRole(file.gateway, []);
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, inheritKeys: [key, "nobody.has-this"] } });
    expect(extensions).toMatchObject({ code: "NOT_FOUND", inputPath: "input.inheritKeys[1]" });
  });

  it("stays free of circles when two changes that each are right meet", async () => {
    const a = await makeRole(file.gateway, []);
    const b = await makeRole(file.gateway, []);
    const answers = await Promise.all([
      file.gateway.ask(UPDATE, { input: { id: a.id, inheritKeys: [b.key] } }),
      file.gateway.ask(UPDATE, { input: { id: b.id, inheritKeys: [a.key] } }),
    ]);
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code ?? "done").sort()).toEqual(["CONFLICT", "done"]);
  });
});
