import { describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUnit, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { makeGroup, membersOf } from "../groups/support.ts";

const file = gatewayForFile();

const CREATE = `mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { template { id groups { groupId key } } } }`;
const UPDATE = `mutation ($input: UpdateProfileTemplateInput!) { updateProfileTemplate(input: $input) { template { id groups { key } } } }`;
const TEMPLATE = "query ($id: ID!) { node(id: $id) { ... on ProfileTemplate { groups { key } } } }";
const MAKE =
  "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id groupKeys } consequences { kind count subjectIds } } }";
const PREVIEW =
  "query ($id: ID!) { previewTemplate(id: $id) { people(first: 50) { nodes { user { id } groupKeys } } } }";

const template = async (input: object, token?: string) =>
  (await file.gateway.run(CREATE, { input: { name: "Template", ...input } }, token)).createProfileTemplate.template;
const refusal = async (input: object, token?: string) =>
  (await file.gateway.refusal(CREATE, { input: { name: "Template", filter: {}, ...input } }, token)).extensions;
const join = async (input: object, token?: string) =>
  (await file.gateway.run(MAKE, { input: { username: unique("joiner"), status: "ACTIVE", ...input } }, token))
    .createUser;

describe("A profile template with groups", () => {
  it("puts whoever joins into them, each once, and shows who is not in one", async () => {
    const department = unique("dept");
    const filter = { department: { eq: department } };
    const [one, other] = [await makeGroup(file.gateway), await makeGroup(file.gateway)];
    const early = await join({ department });
    const made = await template({ filter, groupIds: [one.id, one.id] });
    expect(made.groups).toEqual([{ groupId: one.id, key: one.key }]);
    await template({ filter, groupIds: [one.id, other.id] });
    const late = await join({ department });
    expect(late.user.groupKeys).toEqual([one.key, other.key].sort());
    expect(late.consequences).toEqual([
      { kind: "GROUPS_JOINED", count: 2, subjectIds: expect.arrayContaining([one.id, other.id]) },
    ]);
    expect(await membersOf(file.gateway, one.id)).toEqual([late.user.id]);
    const { people } = (await file.gateway.run(PREVIEW, { id: made.id })).previewTemplate;
    expect(people.nodes).toEqual([{ user: { id: early.user.id }, groupKeys: [one.key] }]);
  });

  it("loses a group that is deleted, and all that an update does not name", async () => {
    const [one, other] = [await makeGroup(file.gateway), await makeGroup(file.gateway)];
    const department = unique("dept");
    const { id } = await template({ filter: { department: { eq: department } }, groupIds: [one.id, other.id] });
    await file.gateway.run("mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { deletedId } }", {
      input: { id: one.id },
    });
    expect((await file.gateway.run(TEMPLATE, { id })).node.groups).toEqual([{ key: other.key }]);
    await file.gateway.run(UPDATE, { input: { id, name: "Renamed" } });
    expect((await file.gateway.run(TEMPLATE, { id })).node.groups).toEqual([{ key: other.key }]);
    await file.gateway.run(UPDATE, { input: { id, groupIds: null } });
    expect((await join({ department })).user.groupKeys).toEqual([]);
  });

  it("is refused with a dynamic group, with one out of sight or out of reach, and with more than its maker holds", async () => {
    const { createSavedSearch } = await file.gateway.run(
      `mutation { createSavedSearch(input: { name: "Everybody", filter: { status: { eq: ACTIVE } } }) { savedSearch { id } } }`,
    );
    const dynamic = await makeGroup(file.gateway, { savedSearchId: createSavedSearch.savedSearch.id });
    expect(await refusal({ groupIds: [dynamic.id] })).toMatchObject({
      code: "CONFLICT",
      inputPath: "input.groupIds[0]",
      field: "kind",
    });
    const unit = await makeUnit(file.gateway);
    const [outside, inside] = [await makeGroup(file.gateway), await makeGroup(file.gateway, { orgUnitId: unit.id })];
    const blind = await makeHolder(file.gateway, ["SETTINGS_MANAGE", "USER_READ"]);
    expect(await refusal({ groupIds: [outside.id] }, blind.token)).toMatchObject({ code: "NOT_FOUND" });
    const seeing = await makeHolder(file.gateway, ["SETTINGS_MANAGE", "USER_READ", "ROLE_READ"]);
    expect(await refusal({ groupIds: [outside.id] }, seeing.token)).toMatchObject({
      code: "FORBIDDEN",
      permission: "GROUP_MANAGE",
    });
    const { key } = await makeRole(file.gateway, ["GROUP_MANAGE"]);
    await grant(file.gateway, seeing.id, key, { scopeId: unit.id });
    const filter = { department: { eq: unique("dept") } };
    expect((await template({ filter, groupIds: [inside.id] }, seeing.token)).groups).toHaveLength(1);
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    await grant(file.gateway, inside.id, strong.key);
    expect(await refusal({ groupIds: [inside.id] }, seeing.token)).toMatchObject({
      code: "FORBIDDEN",
      permission: "AUDIT_READ",
    });
  });

  it("gives nobody more than whoever applies it could give by hand, and then nothing at all", async () => {
    const department = unique("dept");
    const group = await makeGroup(file.gateway);
    await template({ filter: { department: { eq: department } }, groupIds: [group.id] });
    const username = unique("joiner");
    const refused = async (token: string) =>
      (await file.gateway.refusal(MAKE, { input: { username, department } }, token)).extensions;
    const blind = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE"]);
    expect(await refused(blind.token)).toMatchObject({
      code: "FORBIDDEN",
      permission: "ROLE_READ",
      inputPath: "input.applyTemplates",
    });
    const clerk = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE", "ROLE_READ"]);
    expect(await refused(clerk.token)).toMatchObject({ code: "FORBIDDEN", permission: "GROUP_MANAGE" });
    const manager = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE", "ROLE_READ", "GROUP_MANAGE"]);
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    await grant(file.gateway, group.id, strong.key);
    expect(await refused(manager.token)).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
    expect(await membersOf(file.gateway, group.id)).toEqual([]);
    expect((await join({ username, department, applyTemplates: false }, manager.token)).user.groupKeys).toEqual([]);
  });
});
