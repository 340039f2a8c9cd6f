import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { makeHolder } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { CREATE, define, PREVIEW, person, UPDATE, UPDATE_USER } from "./support.ts";

const file = gatewayForFile();
const MANY = 10_000;

/** Ten thousand people at once; every tenth has a desk, every hundredth one of two letters. */
beforeAll(async () => {
  await file.gateway.database.write(someCause, (tx) =>
    sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, attributes, source, created_at, updated_at)
      SELECT gen_random_uuid(), 'many' || n, 'Many', 'ACTIVE', rollcall_now(),
        CASE WHEN n % 100 = 0 THEN '{"desk": "AA"}'::jsonb WHEN n % 10 = 0 THEN '{"desk": "A"}' ELSE '{}' END, 'LOCAL', rollcall_now(), rollcall_now()
      FROM generate_series(1, ${MANY}) n`.execute(tx.sql),
  );
});

describe("A required attribute that is added to ten thousand people", () => {
  it("is previewed to the person, refused with how many they are, accepted where that is said, and in nobody's way", async () => {
    const { gateway } = file;
    const input = { key: "desk", type: "STRING", required: true };
    const { previewAttributeDefinition: preview } = await gateway.run(PREVIEW, { input, first: 2 });
    expect(preview).toMatchObject({
      invalidCount: (MANY * 9) / 10,
      people: { totalCount: (MANY * 9) / 10, pageInfo: { hasNextPage: true } },
    });
    const refused = await gateway.refusal(CREATE, { input: { ...input, name: "Desk" } });
    expect(refused.extensions).toMatchObject({ code: "CONFLICT", actual: (MANY * 9) / 10 });
    const id = await define(gateway, { ...input, acceptInvalid: true });
    const LOOK = "query ($u: String!) { user(by: { username: $u }) { id attributeProblems { key problem message } } }";
    const { user } = await gateway.run(LOOK, { u: "many1" });
    expect(user.attributeProblems).toEqual([
      { key: "desk", problem: "REQUIRED", message: "must have a value: the attribute is required." },
    ]);
    expect((await gateway.run(LOOK, { u: "many10" })).user.attributeProblems).toEqual([]);
    await gateway.run(UPDATE_USER, { input: { id: user.id, displayName: "Renamed" } });
    await gateway.run(UPDATE, { input: { id, name: "The desk" } }); // Who is invalid already does not stand in the way.
  });

  it("then narrowed, counts whom the change makes invalid and nobody who was", async () => {
    const { gateway } = file;
    const { attributeDefinitions } = await gateway.run("{ attributeDefinitions { id key } }");
    const { id } = attributeDefinitions.find(({ key }: { key: string }) => key === "desk");
    const { previewAttributeDefinition: preview } = await gateway.run(PREVIEW, {
      input: { id, pattern: "[A-Z]" },
      first: 1,
    });
    expect([preview.invalidCount, preview.people.nodes[0].problem]).toEqual([MANY / 100, "PATTERN"]);
    const refused = await gateway.refusal(UPDATE, { input: { id, pattern: "[A-Z]" } });
    expect(refused.extensions).toMatchObject({ code: "CONFLICT", actual: MANY / 100 });
    await gateway.run(UPDATE, { input: { id, state: "DEPRECATED" } }); // So that the cases below can make people.
  });
});

describe("A preview", () => {
  it("pages through those in sight, and counts all", async () => {
    const { gateway } = file;
    for (const shoe of [1, 2, 99]) await person(gateway, { shoe });
    const input = { key: "shoe", type: "NUMBER", maximum: 1.5 };
    const one = (await gateway.run(PREVIEW, { input, first: 1 })).previewAttributeDefinition;
    const two = (await gateway.run(PREVIEW, { input, first: 1, after: one.people.pageInfo.endCursor }))
      .previewAttributeDefinition;
    expect([one.invalidCount, one.people.totalCount, two.people.pageInfo.hasNextPage]).toEqual([2, 2, false]);
    expect(new Set([...one.people.nodes, ...two.people.nodes].map(({ user }) => user.username)).size).toBe(2);
    expect(one.people.nodes[0]).toMatchObject({ problem: "TOO_LARGE", message: "must be at most 1.5." });
  });

  it("is for whoever may define the attribute, and read it of everybody", async () => {
    const { gateway } = file;
    const reader = await makeHolder(gateway, ["USER_READ"]);
    const settings = await makeHolder(gateway, ["USER_READ", "SETTINGS_MANAGE"]);
    const id = await define(gateway, { key: "grade", type: "NUMBER", readPermission: "USER_READ_SECURITY" });
    const of = (token: string, input: object) => gateway.refusal(PREVIEW, { input }, token);
    expect((await of(reader.token, { id })).extensions).toMatchObject({ permission: "SETTINGS_MANAGE" });
    for (const input of [
      { id, maximum: 3 },
      { id, readPermission: null },
      { key: "x", type: "STRING", readPermission: "AUDIT_READ" },
    ])
      expect((await of(settings.token, input)).extensions.code).toBe("FORBIDDEN");
    const loosened = await gateway.refusal(UPDATE, { input: { id, readPermission: null } }, settings.token);
    expect(loosened.extensions).toMatchObject({ code: "FORBIDDEN", permission: "USER_READ_SECURITY" });
  });
});
