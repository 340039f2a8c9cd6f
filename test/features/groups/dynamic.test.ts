import { describe, expect, it } from "vitest";
import { grant, makeRole, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { ADD, makeGroup, membersOf, REMOVE, settle } from "./support.ts";

const file = gatewayForFile();

const CREATE = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { position } }";
const EDIT = "mutation ($input: UpdateSavedSearchInput!) { updateSavedSearch(input: $input) { position } }";
const DROP = "mutation ($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) { position } }";
const UPDATE_USER = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const SHOWN = "query ($id: ID!) { group(by: { id: $id }) { kind paused followedTo savedSearch { id } } }";

const inDepartment = (department: string) => ({ filter: { department: { eq: department } } });
const move = (id: string, department: string | null) => file.gateway.run(UPDATE_USER, { input: { id, department } });

describe("The members of a dynamic group", () => {
  it("are those whom the search finds when it is made, and whoever joins and leaves it from then on", async () => {
    const { gateway } = file;
    const [ann, bob] = [await makeUser(gateway, { department: "Ops" }), await makeUser(gateway)];
    const search = await saveSearch(gateway, inDepartment("Ops"));
    const { id } = await makeGroup(gateway, { savedSearchId: search.id });
    const before = (await gateway.run(SHOWN, { id })).group;
    expect(before).toEqual({ kind: "DYNAMIC", paused: false, followedTo: null, savedSearch: { id: search.id } });
    await settle(gateway);
    expect(await membersOf(gateway, id)).toEqual([ann.id]);
    await move(bob.id, "Ops");
    await move(ann.id, null);
    await settle(gateway);
    expect(await membersOf(gateway, id)).toEqual([bob.id]);
    expect((await gateway.run(SHOWN, { id })).group.followedTo).toEqual(expect.any(String));
  });

  it("hold what the group was granted behind the follower, and no more when they left", async () => {
    const { gateway } = file;
    const ann = await makeUser(gateway, { department: "Audit" });
    const token = await tokenOf(gateway, ann.id);
    const search = await saveSearch(gateway, inDepartment("Audit"));
    const { id } = await makeGroup(gateway, { savedSearchId: search.id });
    const { key } = await makeRole(gateway, ["AUDIT_READ"]);
    await grant(gateway, id, key);
    const held = async () => (await gateway.run("{ viewer { grants { permission } } }", {}, token)).viewer.grants;
    expect(await held()).toEqual([]);
    await settle(gateway);
    expect(await held()).toEqual([{ permission: "AUDIT_READ" }]);
    await move(ann.id, "Sales");
    await settle(gateway);
    expect(await held()).toEqual([]);
  });

  it("follow an edited search, another search, and time that passes", async () => {
    const { gateway } = file;
    const [ann, bob] = [
      await makeUser(gateway, { department: "A" }),
      await makeUser(gateway, { department: "B", hiredOn: "2020-01-01" }),
    ];
    const [one, other] = [await saveSearch(gateway, inDepartment("A")), await saveSearch(gateway, inDepartment("A"))];
    const { id } = await makeGroup(gateway, { savedSearchId: one.id });
    await settle(gateway);
    await gateway.run(EDIT, { input: { id: one.id, ...inDepartment("B") } });
    await settle(gateway);
    expect(await membersOf(gateway, id)).toEqual([bob.id]);
    await gateway.run("mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { position } }", {
      input: { id, savedSearchId: other.id },
    });
    await settle(gateway);
    expect(await membersOf(gateway, id)).toEqual([ann.id]);
    const stay = { and: [{ department: { eq: "A" } }, { statusChangedAt: { withinLast: "P30D" } }] };
    await gateway.run(EDIT, { input: { id: other.id, filter: stay } });
    await settle(gateway);
    expect(await membersOf(gateway, id)).toEqual([ann.id]);
    gateway.database.moveClock("31 days");
    await makeUser(gateway); // Any commit lets time pass before it.
    await settle(gateway);
    gateway.database.moveClock("0 days");
    expect(await membersOf(gateway, id)).toEqual([]);
  });

  it("are nobody's to add or remove, and leave the search when they are deleted", async () => {
    const { gateway } = file;
    const ann = await makeUser(gateway, { department: "Gone" });
    const search = await saveSearch(gateway, inDepartment("Gone"));
    const { id } = await makeGroup(gateway, { savedSearchId: search.id });
    await settle(gateway);
    for (const document of [ADD, REMOVE])
      expect((await gateway.refusal(document, { input: { groupId: id, userIds: [ann.id] } })).extensions).toMatchObject(
        {
          code: "CONFLICT",
          inputPath: "input.groupId",
        },
      );
    await gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: ann.id },
    });
    await settle(gateway);
    expect(
      await gateway.database.reader
        .selectFrom("group_member")
        .select("id")
        .where("user_id", "=", ann.id)
        .execute()
        .catch(() => []),
    ).toEqual([]);
    expect(await membersOf(gateway, id)).toEqual([]);
  });
});

describe("A search that makes a group", () => {
  it.each([
    { roles: { any: ["admin"] } },
    { permissions: { any: ["USER_READ"] } },
    { not: { roleGrants: { some: {} } } },
    { groupKeys: { any: ["x"] } },
    { or: [{ groups: { isEmpty: true } }] },
  ])("cannot ask about %o, whichever comes first", async (filter) => {
    const { gateway } = file;
    const circular = await saveSearch(gateway, { filter });
    const refused = await gateway.refusal(CREATE, {
      input: { key: "circle", name: "Circle", savedSearchId: circular.id },
    });
    expect(refused.extensions).toMatchObject({ code: "INVALID_INPUT", violations: [{ path: "input.savedSearchId" }] });
    const search = await saveSearch(gateway, inDepartment("Circle"));
    await makeGroup(gateway, { savedSearchId: search.id });
    const edit = await gateway.refusal(EDIT, { input: { id: search.id, filter } });
    expect(edit.extensions).toMatchObject({ code: "INVALID_INPUT", violations: [{ path: "input.filter" }] });
  });

  it("cannot be deleted while the group stands", async () => {
    const { gateway } = file;
    const search = await saveSearch(gateway, inDepartment("Kept"));
    const { id } = await makeGroup(gateway, { savedSearchId: search.id });
    expect((await gateway.refusal(DROP, { input: { id: search.id } })).extensions).toMatchObject({
      code: "CONFLICT",
      field: "groups",
    });
    await gateway.run("mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { position } }", {
      input: { id },
    });
    await gateway.run(DROP, { input: { id: search.id } });
  });

  it("makes its group stand still while its owner may not ask by it", async () => {
    const { gateway } = file;
    const { key } = await makeRole(gateway, ["USER_READ", "USER_READ_SECURITY", "GROUP_MANAGE", "ROLE_READ"]);
    const owner = await makeUser(gateway);
    const grantId = await grant(gateway, owner.id, key);
    const token = await tokenOf(gateway, owner.id);
    const filter = { department: { eq: "Still" }, failedLoginCount: { eq: 0 } };
    const search = await saveSearch(gateway, { filter }, token);
    const { id } = await makeGroup(gateway, { savedSearchId: search.id }, token);
    const ann = await makeUser(gateway, { department: "Still" });
    await settle(gateway);
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId },
    });
    await move(ann.id, "Moved");
    await settle(gateway);
    expect((await gateway.run(SHOWN, { id })).group.paused).toBe(true);
    expect(await membersOf(gateway, id)).toEqual([ann.id]);
    await grant(gateway, owner.id, key);
    await settle(gateway);
    expect((await gateway.run(SHOWN, { id })).group.paused).toBe(false);
    expect(await membersOf(gateway, id)).toEqual([]);
  });
});
