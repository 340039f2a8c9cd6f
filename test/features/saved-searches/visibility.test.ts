import { describe, expect, it } from "vitest";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CREATE =
  "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id owner { id } } } }";
const UPDATE =
  "mutation ($input: UpdateSavedSearchInput!) { updateSavedSearch(input: $input) { savedSearch { id visibility } } }";
const DELETE = "mutation ($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) { deletedId } }";
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";
const READ = "query ($id: ID!) { savedSearch(id: $id) { name owner { id } } }";
const USERS = "query ($id: ID!) { savedSearch(id: $id) { users(first: 500) { totalCount nodes { id } } } }";
const LIST = `query ($search: String, $visibility: SavedSearchVisibility, $first: Int, $after: String) {
  savedSearches(search: $search, visibility: $visibility, first: $first, after: $after) {
    totalCount position pageInfo { hasNextPage endCursor } nodes { name } } }`;

type Input = Readonly<Record<string, unknown>>;

const create = async (input: Input, token?: string): Promise<string> =>
  (await file.gateway.run(CREATE, { input: { name: "Search", filter: {}, ...input } }, token)).createSavedSearch
    .savedSearch.id;
const read = async (id: string, token?: string) => (await file.gateway.run(READ, { id }, token)).savedSearch;
const codeOf = async (document: string, input: Input, token?: string) =>
  (await file.gateway.refusal(document, { input }, token)).extensions.code;
const found = async (id: string, token: string): Promise<string[]> =>
  (await file.gateway.run(USERS, { id }, token)).savedSearch.users.nodes.map((user: { id: string }) => user.id);

describe("Who sees a saved search", () => {
  it("is its owner alone where it is private: for everybody else it is absent, to change as well", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ"]);
    const other = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const id = await create({ name: "Mine" }, owner.token);
    expect(await read(id, owner.token)).toEqual({ name: "Mine", owner: { id: owner.id } });
    expect(await read(id, other.token)).toBeNull();
    expect(await codeOf(UPDATE, { id, name: "Theirs" }, other.token)).toBe("NOT_FOUND");
    expect(await codeOf(DELETE, { id }, other.token)).toBe("NOT_FOUND");
    const { savedSearches } = await file.gateway.run(LIST, { search: "mine" }, other.token);
    expect(savedSearches).toMatchObject({ totalCount: 0, nodes: [] });
  });

  it("is everybody who may search users where it is shared or a template, which needs SAVED_SEARCH_SHARE", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const reader = await makeHolder(file.gateway, ["USER_READ"]);
    for (const visibility of ["SHARED", "TEMPLATE"]) {
      const id = await create({ name: visibility, visibility }, owner.token);
      expect(await read(id, reader.token)).toMatchObject({ name: visibility });
      expect(await codeOf(CREATE, { name: "Search", filter: {}, visibility }, reader.token)).toBe("FORBIDDEN");
      expect(await codeOf(UPDATE, { id, name: "Theirs" }, reader.token)).toBe("FORBIDDEN");
      expect(await codeOf(DELETE, { id }, reader.token)).toBe("FORBIDDEN");
    }
    const own = await create({}, reader.token);
    expect(await codeOf(UPDATE, { id: own, visibility: "SHARED" }, reader.token)).toBe("FORBIDDEN");
  });

  it("can be narrowed again by an owner who may no longer share, and looked after by whoever shares everywhere", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const owner = await makeHolder(file.gateway, ["USER_READ"]);
    const sharing = await grant(file.gateway, owner.id, (await makeRole(file.gateway, ["SAVED_SEARCH_SHARE"])).key);
    const curator = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const local = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"], unit);
    const id = await create({ visibility: "SHARED" }, owner.token);
    const other = await create({ visibility: "SHARED" }, owner.token);
    expect(await codeOf(UPDATE, { id, name: "Local" }, local.token)).toBe("FORBIDDEN");
    const kept = await file.gateway.run(UPDATE, { input: { id, name: "Kept" } }, curator.token);
    expect(kept.updateSavedSearch.savedSearch.visibility).toBe("SHARED");
    await file.gateway.run(REVOKE, { input: { grantId: sharing } });
    expect(await codeOf(UPDATE, { id, name: "Again" }, owner.token)).toBe("FORBIDDEN");
    const narrowed = await file.gateway.run(UPDATE, { input: { id, visibility: "PRIVATE" } }, owner.token);
    expect(narrowed.updateSavedSearch.savedSearch).toEqual({ id, visibility: "PRIVATE" });
    const withdrawn = await file.gateway.run(UPDATE, { input: { id: other, visibility: "PRIVATE" } }, curator.token);
    expect(withdrawn.updateSavedSearch.savedSearch).toBeNull();
    expect(await codeOf(DELETE, { id: other }, curator.token)).toBe("NOT_FOUND");
    await file.gateway.run(DELETE, { input: { id: other } }, owner.token);
  });

  it("is the machine's token alone that saved it, where no person is behind the token", async () => {
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const other = await machineToken(file.gateway, ["USER_READ"]);
    const id = await create({ name: "Machine" }, token);
    expect(await read(id, token)).toEqual({ name: "Machine", owner: null });
    expect(await read(id, other)).toBeNull();
    await file.gateway.run(UPDATE, { input: { id, name: "Renamed" } }, token);
    expect(await codeOf(UPDATE, { id, name: "Theirs" }, other)).toBe("NOT_FOUND");
  });

  it("does not see the owner who is out of sight", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const owner = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const local = await makeHolder(file.gateway, ["USER_READ"], unit);
    const id = await create({ visibility: "SHARED" }, owner.token);
    expect(await read(id, local.token)).toMatchObject({ owner: null });
  });
});

describe("What a saved search finds", () => {
  it("is what its reader may see, not what its owner may", async () => {
    const [unit, elsewhere] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const [here, there] = [
      (await makeUser(file.gateway, { orgUnitId: unit })).id,
      (await makeUser(file.gateway, { orgUnitId: elsewhere })).id,
    ];
    const owner = await makeHolder(file.gateway, ["USER_READ", "ORG_READ", "SAVED_SEARCH_SHARE"]);
    const reader = await makeHolder(file.gateway, ["USER_READ", "ORG_READ"], unit);
    const filter = { orgUnit: { withinAny: [unit, elsewhere] } };
    const id = await create({ visibility: "SHARED", filter }, owner.token);
    expect(await found(id, owner.token)).toEqual(expect.arrayContaining([here, there, reader.id]));
    const refused = await file.gateway.refusal(USERS, { id }, reader.token);
    expect(refused.extensions).toMatchObject({ code: "FIELD_FORBIDDEN", inputPath: "filter.orgUnit.withinAny" });
    const bounded = await create({ visibility: "SHARED", filter: { orgUnit: { within: unit } } }, owner.token);
    expect((await found(bounded, reader.token)).sort()).toEqual([here, reader.id].sort());
    const plain = await create({ visibility: "SHARED", filter: { status: { eq: "ACTIVE" } } }, owner.token);
    expect((await found(plain, reader.token)).sort()).toEqual([here, reader.id].sort());
  });

  it("is refused, naming the field, from the moment that its owner may no longer read what it asks about", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ", "USER_READ_SECURITY"]);
    const id = await create({ filter: { mfaEnrolled: { eq: false } } }, owner.token);
    expect(await found(id, owner.token)).toContain(owner.id);
    await grant(file.gateway, owner.id, (await makeRole(file.gateway, ["USER_READ"])).key);
    await file.gateway.run(REVOKE, { input: { grantId: owner.grantId } });
    const { extensions } = await file.gateway.refusal(USERS, { id }, owner.token);
    expect(extensions).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "mfaEnrolled",
      inputPath: "filter.mfaEnrolled.eq",
    });
    expect(await read(id, owner.token)).not.toBeNull();
  });

  it("is sorted and paged as any search is", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const people = [
      (await makeUser(file.gateway, { orgUnitId: unit })).id,
      (await makeUser(file.gateway, { orgUnitId: unit })).id,
    ];
    const id = await create({ filter: { orgUnit: { eq: unit } } });
    const { savedSearch } = await file.gateway.run(
      `query ($id: ID!) { savedSearch(id: $id) { users(first: 1, orderBy: [{ field: USERNAME, direction: DESC }]) {
        totalCount nodes { id } pageInfo { hasNextPage } } } }`,
      { id },
    );
    expect(savedSearch.users).toEqual({
      totalCount: 2,
      nodes: [{ id: people[1] }],
      pageInfo: { hasNextPage: true },
    });
  });
});

describe("The list of saved searches", () => {
  it("has the viewer's own and what is shared, by name, in pages, and is narrowed by text and visibility", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    for (const [name, visibility] of [
      ["list b", "PRIVATE"],
      ["List a", "SHARED"],
      ["list 50%", "TEMPLATE"],
    ])
      await create({ name, visibility }, owner.token);
    await create({ name: "list of another" });
    const names = async (variables: Input, token = owner.token) =>
      (await file.gateway.run(LIST, variables, token)).savedSearches.nodes.map(({ name }: { name: string }) => name);
    expect(await names({ search: "LIST" })).toEqual(["list 50%", "List a", "list b"]);
    expect(await names({ search: "50%" })).toEqual(["list 50%"]);
    expect(await names({ search: "list", visibility: "PRIVATE" })).toEqual(["list b"]);
    const first = (await file.gateway.run(LIST, { search: "list", first: 2 }, owner.token)).savedSearches;
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(await names({ search: "list", first: 2, after: first.pageInfo.endCursor })).toEqual(["list b"]);
    for (const search of ["x".repeat(257), "nul\u0000"]) {
      const { extensions } = await file.gateway.refusal(LIST, { search }, owner.token);
      expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "search" });
    }
  });
});
