import { describe, expect, test } from "vitest";
import { forgetAnswers } from "../../../src/database/idempotency.ts";
import { makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { position user {
  id version displayName status email phone emails { value type primary verified } phones { value primary }
  addresses { locality primary } identities { source issuer externalId } externalId tags attributes } } }`;
const UPDATE = CREATE.replaceAll("createUser", "updateUser").replace("CreateUserInput", "UpdateUserInput");

const create = async (input: object) =>
  (await file.gateway.run(CREATE, { input: { username: unique("profile"), ...input } })).createUser;
const update = async (input: object) => (await file.gateway.run(UPDATE, { input })).updateUser;

describe("a profile", () => {
  test("is made with one primary entry of every list, and a display name where none was given", async () => {
    const { user } = await create({
      givenName: "Ada",
      familyName: "Love",
      emails: [{ value: "a@example.com" }, { value: "b@example.com", primary: true, type: "work" }],
      phones: [{ value: "+41 44 123 45 67" }],
      addresses: [{ locality: "Bern" }],
      identities: [{ source: "LDAP", issuer: "ldap://x", externalId: "42" }],
      tags: ["x", "x", "y"],
      attributes: { size: "L", gone: null },
    });
    expect(user).toMatchObject({
      version: 1,
      displayName: "Ada Love",
      status: "PENDING",
      email: "b@example.com",
      phone: "+41 44 123 45 67",
      emails: [
        { value: "a@example.com", primary: false },
        { value: "b@example.com", type: "work", primary: true, verified: false },
      ],
      addresses: [{ locality: "Bern", primary: true }],
      identities: [{ source: "LDAP", issuer: "ldap://x", externalId: "42" }],
      externalId: "42",
      tags: ["x", "y"],
      attributes: { size: "L" },
    });
  });

  test("keeps what is absent, clears what is null, replaces lists and merges attributes", async () => {
    const { user } = await create({
      email: `${unique("m")}@example.com`,
      phones: [{ value: "0041441" }],
      tags: ["a"],
      attributes: { a: 1, b: 2 },
    });
    const again = await update({ id: user.id, phone: null, tags: ["b"], attributes: { b: null, c: true } });
    expect(again.user).toMatchObject({
      version: 2,
      email: user.email,
      phone: null,
      phones: [],
      tags: ["b"],
      attributes: { a: 1, c: true },
    });
    const changed = await update({ id: user.id, email: `${unique("n")}@example.com` });
    expect(changed.user.emails).toHaveLength(1);
  });

  test("moves the primary mark from one address to another without losing either", async () => {
    const [one, two] = [`${unique("one")}@example.com`, `${unique("two")}@example.com`];
    const { user } = await create({ emails: [{ value: one, primary: true }, { value: two }] });
    const swapped = await update({ id: user.id, emails: [{ value: two, primary: true }, { value: one }] });
    expect(swapped.user.emails).toMatchObject([
      { value: two, primary: true },
      { value: one, primary: false },
    ]);
    expect(swapped.user.email).toBe(two);
  });

  test("stays at its version and position where a change changes nothing", async () => {
    const { user, position } = await create({ title: "Baker", emails: [{ value: `${unique("s")}@example.com` }] });
    const same = await update({
      id: user.id,
      title: "Baker",
      emails: user.emails.map(({ value, type }: { value: string; type: string }) => ({ value, type })),
    });
    expect(same.user.version).toBe(1);
    expect(same.position).toBe(position);
  });

  test("reports every violation at its path, and repeats no value", async () => {
    const error = await file.gateway.refusal(CREATE, {
      input: {
        username: "has secret space",
        country: "secret",
        locale: "no_SUCH locale",
        timezone: "Mars/Secret",
        tags: [""],
        attributes: { "9secret": 1 },
        emails: [{ value: "a@example.com", type: "s".repeat(33) }],
        phone: "secret",
      },
    });
    expect(error.extensions.code).toBe("INVALID_INPUT");
    expect((error.extensions.violations as { path: string }[]).map(({ path }) => path).sort()).toEqual(
      ["attributes", "country", "emails[0].type", "locale", "phone", "tags", "timezone", "username"].map(
        (name) => `input.${name}`,
      ),
    );
    expect(JSON.stringify(error)).not.toMatch(/secret space|Mars|"secret"/);
  });

  test.each([
    ["username", (name: string) => ({ username: name.toUpperCase() }), (name: string) => ({ username: name })],
    [
      "email",
      (name: string) => ({ email: `${name}@EXAMPLE.com` }),
      (name: string) => ({ email: `${name}@example.com` }),
    ],
    [
      "employeeNumber",
      (name: string) => ({ employeeNumber: name.toUpperCase() }),
      (name: string) => ({ employeeNumber: name }),
    ],
    [
      "identities",
      (name: string) => ({ identities: [{ source: "OIDC", issuer: "https://i", externalId: name }] }),
      (name: string) => ({ identities: [{ source: "OIDC", issuer: "https://i", externalId: name.toUpperCase() }] }),
    ],
  ])("holds %s unique without regard to case, and frees it by deletion", async (_, first, second) => {
    const name = unique("taken");
    const { user } = await create(first(name));
    const error = await file.gateway.refusal(CREATE, { input: { username: unique("other"), ...second(name) } });
    expect(error.extensions.code).toBe("CONFLICT");
    await file.gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id: user.id });
    await create(second(name));
  });

  test("refuses managers in a circle, a manager or unit that is not there, and ids of another kind", async () => {
    const top = await makeUser(file.gateway);
    const below = await makeUser(file.gateway, { managerId: top.id });
    const unit = await makeUnit(file.gateway);
    const refused = async (input: object) =>
      (await file.gateway.refusal(UPDATE, { input: { id: top.id, ...input } })).extensions;
    expect(await refused({ managerId: below.id })).toMatchObject({ code: "CONFLICT", inputPath: "input.managerId" });
    expect(await refused({ managerId: top.id })).toMatchObject({ code: "CONFLICT", inputPath: "input.managerId" });
    expect(await refused({ managerId: "user_01jd8m5k3tf0vbq2z7y6x4w9ra" })).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.managerId",
    });
    expect(await refused({ orgUnitId: "unit_01jd8m5k3tf0vbq2z7y6x4w9ra" })).toMatchObject({
      code: "NOT_FOUND",
      inputPath: "input.orgUnitId",
    });
    expect(await refused({ managerId: unit.id })).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "input.managerId",
    });
    expect(await refused({ username: null })).toMatchObject({ code: "INVALID_INPUT" });
  });

  test("gives the first answer to a repeat with the same idempotencyKey, also to thirty at once", async () => {
    const input = { username: unique("once"), idempotencyKey: unique("key") };
    const answers = await Promise.all(Array.from({ length: 30 }, () => file.gateway.run(CREATE, { input })));
    expect(new Set(answers.map(({ createUser }) => `${createUser.user.id} ${createUser.position}`)).size).toBe(1);
    const other = await file.gateway.refusal(CREATE, { input: { ...input, username: unique("other") } });
    expect(other.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.idempotencyKey" });
    file.gateway.database.moveClock("25 hours");
    try {
      await forgetAnswers(file.gateway.database);
      const kept = await file.gateway.database.reader.selectFrom("idempotency_key").select("key").execute();
      expect(kept).toEqual([]);
      const late = await file.gateway.refusal(CREATE, { input });
      expect(late.extensions).toMatchObject({ code: "CONFLICT", field: "username" });
    } finally {
      file.gateway.database.moveClock("");
    }
  });
});
