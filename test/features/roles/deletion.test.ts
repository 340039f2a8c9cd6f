import { describe, expect, it } from "vitest";
import { grant, makeRole, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const DELETE = "mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { deletedId position } }";
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { grant { id } } }";
const READ = "query ($id: ID!) { role(by: { id: $id }) { id } }";

describe("Deleting a role", () => {
  it("leaves nothing of it, neither what it inherited nor grants that have ended", async () => {
    const base = await makeRole(file.gateway, []);
    const { id, key } = await makeRole(file.gateway, [], [base.key]);
    const { id: user } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, user, key);
    await file.gateway.run(REVOKE, { input: { grantId } });
    const { deleteRole } = await file.gateway.run(DELETE, { input: { id } });
    expect(deleteRole).toEqual({ deletedId: id, position: expect.any(String) });
    expect((await file.gateway.run(READ, { id })).role).toBeNull();
    expect((await file.gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id: grantId })).node).toBeNull();
    await file.gateway.run(DELETE, { input: { id: base.id } });
  });

  it("is refused while somebody holds it, now or from some time on", async () => {
    const { id, key } = await makeRole(file.gateway, []);
    const { id: user } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, user, key, { startsAt: "2999-01-01T00:00:00Z" });
    const { extensions } = await file.gateway.refusal(DELETE, { input: { id } });
    expect(extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.id", field: "grants" });
    await file.gateway.run(REVOKE, { input: { grantId } });
    await file.gateway.run(DELETE, { input: { id } });
  });

  it("is refused while another role inherits it", async () => {
    const { id, key } = await makeRole(file.gateway, []);
    await makeRole(file.gateway, [], [key]);
    const { extensions } = await file.gateway.refusal(DELETE, { input: { id } });
    expect(extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.id", field: "inherits" });
  });

  it("is refused for a role that is not there", async () => {
    const { id } = await makeRole(file.gateway, []);
    await file.gateway.run(DELETE, { input: { id } });
    const { extensions } = await file.gateway.refusal(DELETE, { input: { id } });
    expect(extensions).toMatchObject({ code: "NOT_FOUND", inputPath: "input.id" });
  });
});
