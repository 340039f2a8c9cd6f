import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { makeHolder, makeUnit, makeUser, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { Socket, type Started } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { FOLLOW_FILTER, follow } from "./support.ts";

const file = gatewayForFile({ times: { checkpointMs: 60_000, holdingMs: 60_000 } });
const sockets = inFile();

const FIELDS = `id version name description visibility filter filterText filterHash watch createdAt updatedAt owner { id }`;
const CREATE = `mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { ${FIELDS} } position } }`;
const UPDATE = `mutation ($input: UpdateSavedSearchInput!) { updateSavedSearch(input: $input) { savedSearch { ${FIELDS} } position } }`;
const DELETE = "mutation ($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) { deletedId position } }";
const READ = `query ($id: ID!) { savedSearch(id: $id) { ${FIELDS} } }`;
const USERS = "query ($id: ID!) { savedSearch(id: $id) { users(first: 500) { totalCount nodes { id } } } }";

type Input = Readonly<Record<string, unknown>>;

const create = async (input: Input, token?: string) =>
  (await file.gateway.run(CREATE, { input: { name: "Search", filter: {}, ...input } }, token)).createSavedSearch
    .savedSearch;
const update = async (input: Input, token?: string) =>
  (await file.gateway.run(UPDATE, { input }, token)).updateSavedSearch.savedSearch;
const read = async (id: string, token?: string) => (await file.gateway.run(READ, { id }, token)).savedSearch;

const found = async (id: string, token?: string): Promise<string[]> =>
  (await file.gateway.run(USERS, { id }, token)).savedSearch.users.nodes.map((user: { id: string }) => user.id);

/** A subscription to a filter, which may be refused. */
async function opened(variables: object): Promise<Started> {
  const { url, admin } = file.gateway;
  return sockets.keep(await Socket.open(url, admin)).start(FOLLOW_FILTER, { ...variables });
}

describe("A saved search", () => {
  it("is kept with its filter in canonical form, its hash and what is watched, and read again as it is", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ"]);
    const created = await create(
      {
        name: "Locked staff",
        description: "To look at on Mondays.",
        filter: { or: [{ status: { eq: "LOCKED" } }, { status: { eq: "ACTIVE" } }], title: { contains: "Staff" } },
        watch: ["title", "status", "title"],
      },
      owner.token,
    );
    expect(created).toEqual({
      id: expect.stringMatching(/^search_/),
      version: 1,
      name: "Locked staff",
      description: "To look at on Mondays.",
      visibility: "PRIVATE",
      filter: { status: { in: ["ACTIVE", "LOCKED"] }, title: { contains: "staff" } },
      filterText: 'status in (ACTIVE, LOCKED) and title contains "staff"',
      filterHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      watch: ["title", "status"],
      createdAt: expect.any(String),
      updatedAt: created.createdAt,
      owner: { id: owner.id },
    });
    expect(await read(created.id, owner.token)).toEqual(created);
    const { node } = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { __typename ... on SavedSearch { name } } }",
      { id: created.id },
      owner.token,
    );
    expect(node).toEqual({ __typename: "SavedSearch", name: "Locked staff" });
  });

  it("gives back a filter that can be passed to a search as it is, and has the hash of every spelling", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id: member } = await makeUser(file.gateway, { orgUnitId: unit });
    const filter = {
      not: { or: [{ orgUnit: { isNull: true } }, { not: { orgUnit: { within: unit } } }] },
      roleGrants: { none: { role: { eq: "Nobody" } } },
      attributes: [{ key: "badge", exists: false }],
      manager: { isNull: true },
      hiredOn: { isNull: true },
      text: "user",
    };
    const first = await create({ filter });
    const again = await create({ filter: first.filter });
    expect(again.filter).toEqual(first.filter);
    expect(again.filterHash).toBe(first.filterHash);
    const { users } = await file.gateway.run(
      "query ($filter: UserFilter) { users(filter: $filter) { nodes { id } } }",
      {
        filter: first.filter,
      },
    );
    expect(users.nodes).toEqual([{ id: member }]);
    expect(await found(first.id)).toEqual([member]);
  });

  it("gives back a filter within the limits also where its canonical form is not", async () => {
    let deep: object = { title: { ne: "x" } };
    for (let depth = 1; depth < 12; depth++)
      deep = { [depth % 2 ? "or" : "and"]: [deep, { phone: { eq: `${depth}` } }] };
    for (const filter of [deep, { title: { eq: "İ".repeat(256) } }]) {
      const saved = await create({ filter });
      await found(saved.id);
      const again = await create({ filter: saved.filter });
      expect(again.filterHash).toBe(saved.filterHash);
    }
  });

  it("is changed only in what the update names, and its version follows", async () => {
    const { id, filterHash, createdAt } = await create({ description: "First.", filter: { status: { eq: "LOCKED" } } });
    const renamed = await update({ id, expectedVersion: 1, name: "Renamed" });
    expect(renamed).toMatchObject({ version: 2, name: "Renamed", description: "First.", filterHash, createdAt });
    const respelt = await update({ id, filter: { status: { in: ["LOCKED", "LOCKED"] } } });
    expect(respelt).toMatchObject({ version: 2, filterHash });
    const changed = await update({ id, filter: { status: { ne: "LOCKED" } }, description: null, watch: ["title"] });
    expect(changed).toMatchObject({
      version: 3,
      description: null,
      filter: { not: { status: { eq: "LOCKED" } } },
      watch: ["title"],
    });
    expect(changed.filterHash).not.toBe(filterHash);
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, expectedVersion: 1, name: "Late" } });
    expect(extensions).toMatchObject({ code: "STALE_VERSION", currentVersion: 3 });
  });

  it("is deleted once, and is absent then", async () => {
    const { id } = await create({});
    expect((await file.gateway.run(DELETE, { input: { id } })).deleteSavedSearch.deletedId).toBe(id);
    expect(await read(id)).toBeNull();
    expect((await file.gateway.refusal(DELETE, { input: { id } })).extensions).toMatchObject({ code: "NOT_FOUND" });
    expect((await file.gateway.refusal(UPDATE, { input: { id, name: "x" } })).extensions).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("is saved once where the same idempotencyKey comes again", async () => {
    const input = { name: "Once", filter: { title: { eq: "Once" } }, idempotencyKey: "once" };
    const first = await file.gateway.run(CREATE, { input });
    expect(await file.gateway.run(CREATE, { input })).toEqual(first);
    const other = await file.gateway.refusal(CREATE, { input: { ...input, filter: { title: { eq: "Twice" } } } });
    expect(other.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.idempotencyKey" });
  });

  it("is in the audit log with its cause", async () => {
    const { id } = await create({ name: "Audited", reason: "Quarterly review." });
    await update({ id, name: "Audited again" });
    const { auditEvents } = await file.gateway.run(
      `query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id } }) { nodes { action cause { reason } subject { id } } } }`,
      { id },
    );
    expect(auditEvents.nodes.map((event: { action: string }) => event.action).sort()).toEqual([
      "saved_search.created",
      "saved_search.updated",
    ]);
    expect(auditEvents.nodes).toContainEqual({
      action: "saved_search.created",
      cause: { reason: "Quarterly review." },
      subject: { id },
    });
  });
});

describe("What is refused", () => {
  it.each([
    ["an empty name", { name: "" }, "input.name"],
    ["a name of white space", { name: " \t" }, "input.name"],
    ["a name of 201 characters", { name: "n".repeat(201) }, "input.name"],
    ["a text that cannot be stored", { description: "nul\u0000" }, "input.description"],
    ["more than 50 fields to watch", { watch: Array(51).fill("title") }, "input.watch"],
    ["a field that nobody has", { watch: ["title", "shoeSize"] }, "input.watch[1]"],
    ["a field that is not shown", { watch: ["activeSessionCount"] }, "input.watch[0]"],
    ["a criterion that asks nothing", { filter: { and: [{ status: {} }] } }, "input.filter.and[0].status"],
  ])("%s, at its place", async (_, input, path) => {
    const { extensions } = await file.gateway.refusal(CREATE, { input: { name: "Search", filter: {}, ...input } });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: path });
  });

  it.each(["name", "visibility", "filter"])("null for %s in an update", async (field) => {
    const { id } = await create({});
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, [field]: null } });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: `input.${field}` });
  });

  it("a filter over the published limits", async () => {
    const { extensions } = await file.gateway.refusal(CREATE, {
      input: { name: "Search", filter: { title: { in: Array(1001).fill("x") } } },
    });
    expect(extensions).toMatchObject({ code: "FILTER_TOO_COMPLEX", inputPath: "input.filter.title.in" });
  });

  it("asking about, or watching, what the author may not read", async () => {
    const { token } = await makeHolder(file.gateway, ["USER_READ"]);
    const refusal = (input: Input) =>
      file.gateway.refusal(CREATE, { input: { name: "Search", filter: {}, ...input } }, token);
    expect((await refusal({ filter: { mfaEnrolled: { eq: false } } })).extensions).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "mfaEnrolled",
      inputPath: "input.filter.mfaEnrolled.eq",
    });
    expect((await refusal({ watch: ["title", "riskScore"] })).extensions).toMatchObject({
      code: "FIELD_FORBIDDEN",
      field: "riskScore",
      inputPath: "input.watch[1]",
      permission: "USER_READ_SECURITY",
    });
    const { id } = await create({}, token);
    const edited = await file.gateway.refusal(UPDATE, { input: { id, filter: { email: { eq: "a@b.c" } } } }, token);
    expect(edited.extensions).toMatchObject({ code: "FIELD_FORBIDDEN", field: "email" });
  });

  it("everything, to whoever may not search users", async () => {
    const { token } = await makeHolder(file.gateway, ["ORG_READ"]);
    const { id } = await create({ visibility: "SHARED" });
    const refusals = await Promise.all([
      file.gateway.refusal(CREATE, { input: { name: "Search", filter: {} } }, token),
      file.gateway.refusal(READ, { id }, token),
      file.gateway.refusal("{ savedSearches { nodes { id } } }", {}, token),
    ]);
    expect(refusals.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
    const { node } = await file.gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id }, token);
    expect(node).toBeNull();
  });

  it("the search beyond the thousandth of one owner, and no other owner's", async () => {
    const owner = await makeHolder(file.gateway, ["USER_READ"]);
    const cause = JSON.stringify({ kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", name: "test" } });
    await file.gateway.database.reader.transaction().execute(async (tx) => {
      await sql`SELECT set_config('rollcall.cause', ${cause}, true)`.execute(tx);
      await sql`INSERT INTO saved_search (id, name, owner_id, visibility, filter, filter_hash, created_at, updated_at)
        SELECT gen_random_uuid(), 'Search ' || n, ${uuid(owner.id)}, 'PRIVATE', '{"kind": "and", "of": []}', '', now(), now()
        FROM generate_series(1, 999) n`.execute(tx);
    });
    const last = await create({}, owner.token);
    const { extensions } = await file.gateway.refusal(CREATE, { input: { name: "Search", filter: {} } }, owner.token);
    expect(extensions).toMatchObject({ code: "CONFLICT", limit: 1000 });
    await file.gateway.run(DELETE, { input: { id: last.id } }, owner.token);
    await create({}, owner.token);
    await create({});
  });

  it("one more distance from now than are followed of all searches, and none that is followed already", async () => {
    const { gateway } = file;
    const quiet = (days: number) => ({ filter: { lastLoginAt: { olderThan: `P${days}D` } } });
    const dated = { filter: { lastLoginAt: { lt: "2026-01-01T00:00:00Z" } } };
    await create(quiet(1));
    await asOwner(
      gateway.database.connectionConfig.owner,
      `INSERT INTO time_edge (field, key, months, rest, filters, since)
      SELECT 'lastLoginAt', '', 0, -n * 86400000::bigint, 1, now() FROM generate_series(2, 1000) n`,
    );
    const refusal = await gateway.refusal(CREATE, { input: { name: "Search", ...quiet(1001) } });
    expect(refusal.extensions).toMatchObject({ code: "CONFLICT", limit: 1000 });
    expect((await (await opened(quiet(1001))).refused()).extensions).toMatchObject({ code: "CONFLICT", limit: 1000 });
    await follow(gateway, sockets.keep, quiet(1000));
    const known = await create(quiet(1000));
    await create(dated);
    const edited = await gateway.refusal(UPDATE, { input: { id: known.id, ...quiet(1001) } });
    expect(edited.extensions.code).toBe("CONFLICT");
    await asOwner(
      gateway.database.connectionConfig.owner,
      "DELETE FROM time_edge WHERE rest < -86400000 AND filters = 1",
    );
    await create(quiet(1001));
  });
});
