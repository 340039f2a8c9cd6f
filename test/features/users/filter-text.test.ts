import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { filtersOf } from "../../search/support/filters.ts";
import { find, machineToken, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const PARSE = "query ($text: String!) { parseFilter(text: $text) { filter text hash } }";
const FORMAT = "query ($filter: UserFilter!) { formatFilter(filter: $filter) { filter text hash } }";

interface Forms {
  filter: Record<string, unknown>;
  text: string;
  hash: string;
}

const parse = async (text: string, token?: string): Promise<Forms> =>
  (await file.gateway.run(PARSE, { text }, token)).parseFilter;
const format = async (filter: object): Promise<Forms> => (await file.gateway.run(FORMAT, { filter })).formatFilter;
const refused = async (text: string, token?: string) => (await file.gateway.refusal(PARSE, { text }, token)).extensions;

let world: { emea: string; apac: string; team: string; ann: string; bob: string };

beforeAll(async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway, { kind: "COMPANY" });
  const emea = await makeUnit(gateway, { parentId: root.id, code: "EMEA" });
  const apac = await makeUnit(gateway, { parentId: root.id, code: "APAC" });
  const team = await makeUnit(gateway, { parentId: emea.id, code: "Ünit 1" });
  const bob = await makeUser(gateway, { username: "bob", orgUnitId: apac.id });
  const ann = await makeUser(gateway, { username: "ann", orgUnitId: team.id, managerId: bob.id, title: "Engineer" });
  await makeUser(gateway, { username: "eve", orgUnitId: apac.id, status: "PENDING", managerId: ann.id });
  world = { emea: emea.id, apac: apac.id, team: team.id, ann: ann.id, bob: bob.id };
});

describe("A filter as text", () => {
  test("becomes a filter that is ready to be searched by", async () => {
    const { filter, text } = await parse('status in (ACTIVE, LOCKED) and orgUnit within "EMEA" and not mfaEnrolled');
    expect(filter).toEqual({
      status: { in: ["ACTIVE", "LOCKED"] },
      orgUnit: { within: world.emea },
      not: { mfaEnrolled: { eq: true } },
    });
    expect(text).toBe(`status in (ACTIVE, LOCKED) and orgUnit within ${world.emea} and not mfaEnrolled`);
    expect(await find(file.gateway, filter)).toEqual(["ann"]);
    expect(await find(file.gateway, (await parse('manager reports to "BOB" or username = "bob"')).filter)).toEqual([
      "ann",
      "bob",
      "eve",
    ]);
  });

  test("is the inverse of a filter's text, with one hash for both, for any filter", async () => {
    await fc.assert(
      fc.asyncProperty(filtersOf(userCatalogue, 2), async (filter) => {
        const formatted = await format(filter);
        expect(await parse(formatted.text)).toEqual(formatted);
        const again = await format(formatted.filter);
        expect(again.hash).toBe(formatted.hash);
        await file.gateway.run("query ($filter: UserFilter) { users(filter: $filter, first: 1) { nodes { id } } }", {
          filter: formatted.filter,
        });
      }),
      { numRuns: 60 },
    );
  });

  test("has the hash of every other spelling", async () => {
    const { hash } = await parse('not (title = "Staff" or status != ACTIVE)');
    expect((await parse('status in (ACTIVE) and title not in ("STAFF", staff)')).hash).toBe(hash);
    expect((await format({ status: { eq: "ACTIVE" }, title: { ne: "sTAFF" } })).hash).toBe(hash);
  });

  test("takes codes and usernames without regard to case, and prefers whoever is not deleted", async () => {
    const { gateway } = file;
    const { team, ann } = world;
    expect((await parse('orgUnit in ("üNIT 1") and manager = "ANN"')).filter).toEqual({
      orgUnit: { in: [team] },
      manager: { eq: ann },
    });
    const first = await makeUser(gateway, { username: "twice" });
    await gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id: first.id });
    expect((await parse('id = "twice"')).filter).toEqual({ id: { eq: first.id } });
    const second = await makeUser(gateway, { username: "Twice" });
    expect((await parse('id = "twice"')).filter).toEqual({ id: { eq: second.id } });
  });
});

describe("A text that cannot be read", () => {
  test("is refused with the column and what would be accepted, and without what was written", async () => {
    const error = await file.gateway.refusal(PARSE, { text: 'title = "secret" and status = SECRET' });
    expect(error.message).toBe("text: column 31: must be one of the values allowed.");
    expect(error.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "text", column: 31 });
    expect(error.extensions.violations).toMatchObject([
      { path: "text", column: 31, allowed: expect.arrayContaining(["ACTIVE"]) },
    ]);
    expect(JSON.stringify(error).toLowerCase()).not.toContain("secret");
    expect(await refused("a".repeat(300))).toMatchObject({ code: "INVALID_INPUT", column: 1 });
    expect(await refused(`title = "${"a".repeat(257)}"`)).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      limit: 256,
      actual: 257,
    });
  });

  test("says the same of names that are absent and of those out of sight", async () => {
    const { emea } = world;
    const reader = await machineToken(file.gateway, ["USER_READ", "ORG_READ"], [emea]);
    const people = await machineToken(file.gateway, ["USER_READ"], [emea]);
    expect((await parse('orgUnit within "emea" and manager = "ann"', reader)).text).toContain(emea);
    const hidden = await file.gateway.refusal(PARSE, { text: 'orgUnit within "APAC"' }, reader);
    const absent = await file.gateway.refusal(PARSE, { text: 'orgUnit within "ASIA"' }, reader);
    expect(hidden).toEqual(absent);
    expect(hidden.extensions).toMatchObject({ code: "INVALID_INPUT", column: 16 });
    expect(await refused('orgUnit within "EMEA"', people)).toMatchObject({ column: 16 });
    const someone = await file.gateway.refusal(PARSE, { text: 'manager = "bob"' }, reader);
    expect(someone).toEqual(await file.gateway.refusal(PARSE, { text: 'manager = "nob"' }, reader));
    expect((await file.gateway.refusal(PARSE, { text: "true" }, null as unknown as string)).extensions.code).toBe(
      "UNAUTHENTICATED",
    );
  });
});
