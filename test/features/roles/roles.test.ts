import { describe, expect, it } from "vitest";
import { makeRole } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CREATE = `mutation ($input: CreateRoleInput!) { createRole(input: $input) {
  role { id version key name description privileged permissions inherits { key } } position } }`;
const UPDATE = `mutation ($input: UpdateRoleInput!) { updateRole(input: $input) {
  role { version name description privileged permissions inherits { key } } position } }`;
const READ =
  "query ($by: RoleBy!) { role(by: $by) { id version key name description privileged permissions inherits { key } } }";

describe("A role", () => {
  it("is created with its permissions in their own order, each once, and read by id and by key in any case", async () => {
    const base = await makeRole(file.gateway, ["ORG_READ"]);
    const input = {
      key: "help.desk-1",
      name: "Help desk",
      description: "Unlocks people.",
      privileged: true,
      permissions: ["USER_LIFECYCLE", "USER_READ", "USER_READ"],
      inheritKeys: [base.key, base.key],
    };
    const { createRole } = await file.gateway.run(CREATE, { input });
    expect(createRole.role).toEqual({
      id: expect.stringMatching(/^role_/),
      version: 1,
      key: "help.desk-1",
      name: "Help desk",
      description: "Unlocks people.",
      privileged: true,
      permissions: ["USER_READ", "USER_LIFECYCLE"],
      inherits: [{ key: base.key }],
    });
    expect((await file.gateway.run(READ, { by: { id: createRole.role.id } })).role).toEqual(createRole.role);
    expect((await file.gateway.run(READ, { by: { key: "HELP.Desk-1" } })).role).toEqual(createRole.role);
    const { node } = await file.gateway.run("query ($id: ID!) { node(id: $id) { __typename ... on Role { key } } }", {
      id: createRole.role.id,
    });
    expect(node).toEqual({ __typename: "Role", key: "help.desk-1" });
  });

  it("is absent where no role has the id or the key", async () => {
    const { id } = await makeRole(file.gateway, []);
    const last = id.at(-1) === "0" ? "1" : "0";
    expect((await file.gateway.run(READ, { by: { id: id.slice(0, -1) + last } })).role).toBeNull();
    expect((await file.gateway.run(READ, { by: { key: "nobody.has-this" } })).role).toBeNull();
  });

  it("has a key of its own, without regard to case", async () => {
    const { key } = await makeRole(file.gateway, []);
    const { extensions } = await file.gateway.refusal(CREATE, { input: { key, name: "Again", permissions: [] } });
    expect(extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.key", field: "key" });
  });

  it.each(["a", "Admin", "1st", "with space", `a${"b".repeat(64)}`, "ümlaut", "a\n"])(
    "is refused with the key %j",
    async (key) => {
      const { extensions, message } = await file.gateway.refusal(CREATE, {
        input: { key, name: "Role", permissions: [] },
      });
      expect(extensions).toMatchObject({ code: "INVALID_INPUT", violations: [{ path: "input.key" }] });
      expect(message).not.toContain(key === "a" ? '"a"' : key);
    },
  );

  it("is changed only in what the update names, and its version follows", async () => {
    const { id } = await makeRole(file.gateway, ["USER_READ"]);
    const base = await makeRole(file.gateway, ["ORG_READ"]);
    const first = await file.gateway.run(UPDATE, {
      input: { id, description: "For reading.", inheritKeys: [base.key] },
    });
    expect(first.updateRole.role).toEqual({
      version: 2,
      name: "Role",
      description: "For reading.",
      privileged: false,
      permissions: ["USER_READ"],
      inherits: [{ key: base.key }],
    });
    const second = await file.gateway.run(UPDATE, {
      input: { id, name: "Reader", description: null, privileged: true, permissions: ["ORG_READ"], inheritKeys: null },
    });
    expect(second.updateRole.role).toEqual({
      version: 3,
      name: "Reader",
      description: null,
      privileged: true,
      permissions: ["ORG_READ"],
      inherits: [],
    });
  });

  it("keeps its version where an update changes nothing", async () => {
    const base = await makeRole(file.gateway, []);
    const { id } = await makeRole(file.gateway, ["USER_READ"], [base.key]);
    const input = { id, name: "Role", permissions: ["USER_READ"], inheritKeys: [base.key] };
    expect((await file.gateway.run(UPDATE, { input })).updateRole.role.version).toBe(1);
  });

  it("tells apart a description that was cleared and one that says null", async () => {
    const { id } = await makeRole(file.gateway, []);
    const { updateRole } = await file.gateway.run(UPDATE, { input: { id, description: "null" } });
    expect(updateRole.role.description).toBe("null");
  });

  it.each([["name"], ["privileged"], ["permissions"]])("refuses to clear %s", async (field) => {
    const { id } = await makeRole(file.gateway, []);
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, [field]: null } });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: `input.${field}` });
  });

  it("refuses an update that was made from an older version", async () => {
    const { id } = await makeRole(file.gateway, []);
    await file.gateway.run(UPDATE, { input: { id, expectedVersion: 1, name: "Second" } });
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, expectedVersion: 1, name: "Third" } });
    expect(extensions).toMatchObject({ code: "STALE_VERSION", currentVersion: 2 });
  });

  it("is created once under an idempotency key, and the repeat is given the first answer", async () => {
    const input = { key: "once-only", name: "Once", permissions: [], idempotencyKey: "create-once-only" };
    const first = await file.gateway.run(CREATE, { input });
    expect(await file.gateway.run(CREATE, { input })).toEqual(first);
    const { extensions } = await file.gateway.refusal(CREATE, { input: { ...input, name: "Other" } });
    expect(extensions.code).toBe("CONFLICT");
  });

  it("keeps the reason of a change in the log", async () => {
    const { id } = await makeRole(file.gateway, []);
    await file.gateway.run(UPDATE, { input: { id, name: "Renamed", reason: "Board decision 12" } });
    const commit = await file.gateway.database.reader
      .selectFrom("commit")
      .select(["action", "reason", "actor_name"])
      .orderBy("number", "desc")
      .limit(1)
      .executeTakeFirst();
    expect(commit).toEqual({ action: "role.updated", reason: "Board decision 12", actor_name: "bootstrap" });
  });
});

describe("The list of roles", () => {
  const LIST = `query ($search: String, $privileged: Boolean, $first: Int, $after: String, $last: Int, $before: String) {
    roles(search: $search, privileged: $privileged, first: $first, after: $after, last: $last, before: $before) {
      nodes { key } totalCount position pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const keys = (page: { nodes: { key: string }[] }) => page.nodes.map(({ key }) => key);
  const create = (key: string, name: string, privileged: boolean) =>
    file.gateway.run(CREATE, { input: { key, name, privileged, permissions: [] } });

  it("is sorted by key, searched by key and name, and paged both ways", async () => {
    await create("zoo-a", "Keeper_1", false);
    await create("zoo-c", "Vet", true);
    await create("zoo-b", "Keeper 2", true);
    await create("guest", "ZOO guest", false);
    const all = (await file.gateway.run(LIST, { search: "zoo" })).roles;
    expect(keys(all)).toEqual(["guest", "zoo-a", "zoo-b", "zoo-c"]);
    expect(all.totalCount).toBe(4);
    expect(keys((await file.gateway.run(LIST, { search: "zoo", privileged: true })).roles)).toEqual(["zoo-b", "zoo-c"]);
    expect(keys((await file.gateway.run(LIST, { search: "zoo", privileged: false })).roles)).toEqual([
      "guest",
      "zoo-a",
    ]);
    expect(keys((await file.gateway.run(LIST, { search: "keeper_" })).roles)).toEqual(["zoo-a"]);
    const first = (await file.gateway.run(LIST, { search: "zoo", first: 2 })).roles;
    expect(keys(first)).toEqual(["guest", "zoo-a"]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = (await file.gateway.run(LIST, { search: "zoo", first: 2, after: first.pageInfo.endCursor })).roles;
    expect(keys(second)).toEqual(["zoo-b", "zoo-c"]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const back = (await file.gateway.run(LIST, { search: "zoo", last: 1, before: second.pageInfo.startCursor })).roles;
    expect(keys(back)).toEqual(["zoo-a"]);
  });

  it("refuses a search that is too long", async () => {
    const { extensions } = await file.gateway.refusal(LIST, { search: "x".repeat(257) });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT" });
  });
});
