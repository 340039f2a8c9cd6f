import { beforeAll, describe, expect, it } from "vitest";
import { makeHolder } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { CREATE, CREATE_USER, DELETE, define, person, UPDATE, UPDATE_USER, violationsOf } from "./support.ts";

const file = gatewayForFile();

/** Attributes of every type, each with every rule that its type has. */
beforeAll(async () => {
  const { gateway } = file;
  await define(gateway, { key: "badge", type: "STRING", pattern: "[A-Z]{2}-\\d{3}", minLength: 6, maxLength: 6 });
  await define(gateway, { key: "nick", type: "STRING", minLength: 2, maxLength: 4 });
  await define(gateway, { key: "shoe", type: "NUMBER", minimum: 30, maximum: 50 });
  await define(gateway, { key: "parking", type: "BOOLEAN" });
  await define(gateway, { key: "checked", type: "DATE", earliest: "2020-01-01", latest: "2030-12-31" });
  const choices = ["red", "green"].map((value) => ({ value, label: value.toUpperCase() }));
  await define(gateway, { key: "badgeColour", type: "CHOICE", choices });
  await define(gateway, { key: "colours", type: "SET", choices });
  await define(gateway, { key: "skills", type: "SET", pattern: "[a-z]+", maxLength: 5 });
});

const refused = async (attributes: object) =>
  violationsOf(await file.gateway.refusal(CREATE_USER, { input: { username: "refused", attributes } }));

describe("A person's attributes", () => {
  it("are accepted where each fits its definition, and where nothing is defined of them", async () => {
    const attributes = {
      badge: "AB-123",
      nick: "Bo",
      shoe: 42.5,
      parking: false,
      checked: "2026-02-28",
      badgeColour: "red",
      colours: ["green", "red"],
      skills: [],
      anythingElse: [" ", "free"],
    };
    const id = await person(file.gateway, attributes);
    const { node } = await file.gateway.run("query ($id: ID!) { node(id: $id) { ... on User { attributes } } }", {
      id,
    });
    expect(node.attributes).toEqual(attributes);
  });

  it("are refused with everything that is wrong, each at its path, saying what would be accepted", async () => {
    const wrong = {
      badge: "AB-1234",
      nick: "B",
      shoe: 51,
      parking: "yes",
      checked: "2026-02-30",
      badgeColour: "blue",
      colours: ["red", "blue"],
      skills: ["far-too-long"],
    };
    expect(await refused(wrong)).toEqual([
      "input.attributes.badge: must have at most 6 characters.",
      "input.attributes.badgeColour: must be one of the choices.",
      "input.attributes.checked: must be a date such as 2026-03-31.",
      "input.attributes.colours: must hold choices of the attribute alone.",
      "input.attributes.nick: must have at least 2 characters.",
      "input.attributes.parking: must be true or false.",
      "input.attributes.shoe: must be at most 50.",
      "input.attributes.skills: must hold texts that have at most 5 characters.",
    ]);
    const { extensions } = await file.gateway.refusal(CREATE_USER, {
      input: { username: "refused", attributes: { badgeColour: "blue" } },
    });
    expect(extensions).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "input.attributes.badgeColour",
      violations: [{ allowed: ["red", "green"] }],
    });
  });

  it.each([
    [{ badge: "ab-123" }, "badge: must match the pattern [A-Z]{2}-\\d{3}."],
    [{ badge: 7 }, "badge: must be text."],
    [{ nick: "Berta" }, "nick: must have at most 4 characters."],
    [{ shoe: 29.9 }, "shoe: must be at least 30."],
    [{ shoe: "42" }, "shoe: must be a number."],
    [{ checked: "2019-12-31" }, "checked: must not be before 2020-01-01."],
    [{ checked: "2031-01-01" }, "checked: must not be after 2030-12-31."],
    [{ badgeColour: ["red"] }, "badgeColour: must be one of the choices."],
    [{ colours: "red" }, "colours: must be a list of texts."],
    [{ skills: ["ok", "No"] }, "skills: must hold texts that match the pattern [a-z]+."],
  ])("are refused: %j", async (attributes, message) => {
    expect(await refused(attributes)).toEqual([`input.attributes.${message}`]);
  });

  it("are held to their definitions in changes too, and an unfit one applies nothing", async () => {
    const id = await person(file.gateway, { shoe: 40 });
    const answer = await file.gateway.refusal(UPDATE_USER, {
      input: { id, nickName: "New", attributes: { shoe: 60, nick: null, badge: "x" } },
    });
    expect(violationsOf(answer).map((text) => text.split(":")[0])).toEqual([
      "input.attributes.badge",
      "input.attributes.shoe",
    ]);
    const { node } = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { version nickName attributes } } }",
      { id },
    );
    expect(node).toEqual({ version: 1, nickName: null, attributes: { shoe: 40 } });
  });

  it("are matched in time that grows with the text, whatever the pattern", async () => {
    await define(file.gateway, { key: "evil", type: "STRING", pattern: "(?:(?:a+)+)+b" });
    expect(await refused({ evil: "a".repeat(1024) })).toEqual([
      "input.attributes.evil: must match the pattern (?:(?:a+)+)+b.",
    ]);
  });
});

describe("A required attribute", () => {
  it("is asked for where a person is made, and where any of their attributes changes, and nowhere else", async () => {
    const { gateway } = file;
    const early = await person(gateway, { nick: "Bo" });
    const id = await define(gateway, { key: "desk", type: "STRING", required: true, acceptInvalid: true });
    const missing = ["input.attributes.desk: must have a value: the attribute is required."];
    expect(await refused({})).toEqual(missing);
    expect(await refused({ desk: "  " })).toEqual(missing);
    await gateway.run(UPDATE_USER, { input: { id: early, nickName: "Still" } });
    const change = (attributes: object | null) => gateway.refusal(UPDATE_USER, { input: { id: early, attributes } });
    expect(violationsOf(await change({ nick: "Bob" }))).toEqual(missing);
    await gateway.run(UPDATE_USER, { input: { id: early, attributes: { nick: "Bo" } } }); // As it was.
    await gateway.run(UPDATE_USER, { input: { id: early, attributes: { nick: "Bob", desk: "4" } } });
    expect(violationsOf(await change({ desk: null }))).toEqual(missing);
    expect(violationsOf(await change(null))).toEqual(missing);
    await gateway.run(UPDATE, { input: { id, state: "DEPRECATED" } });
    await gateway.run(UPDATE_USER, { input: { id: early, attributes: { desk: null } } });
  });
});

describe("A unique attribute", () => {
  it("is held by one person at a time, without regard to case; who is deleted holds none", async () => {
    const { gateway } = file;
    await define(gateway, { key: "plate", type: "STRING", unique: true });
    const first = await person(gateway, { plate: "ZH 1" });
    const taken = await gateway.refusal(CREATE_USER, { input: { username: "second", attributes: { plate: "zh 1" } } });
    expect(taken.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.attributes.plate" });
    const second = await person(gateway, { plate: "ZH 2" });
    const swap = await gateway.refusal(UPDATE_USER, { input: { id: second, attributes: { plate: "ZH 1" } } });
    expect(swap.extensions.code).toBe("CONFLICT");
    await gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { user { id } } }", { id: first });
    await gateway.run(UPDATE_USER, { input: { id: second, attributes: { plate: "ZH 1" } } });
    const back = await gateway.refusal("mutation ($id: ID!) { restoreUser(input: { id: $id }) { user { id } } }", {
      id: first,
    });
    expect(back.extensions).toMatchObject({ code: "CONFLICT", field: "attributes" });
  });

  it("is held by one of two who are given it at the same time", async () => {
    const { gateway } = file;
    await define(gateway, { key: "locker", type: "NUMBER", unique: true });
    const people = await Promise.all([1, 2, 3, 4].map(() => person(gateway)));
    const answers = await Promise.all(
      people.map((id) => gateway.ask(UPDATE_USER, { input: { id, attributes: { locker: 7 } } })),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    expect(answers.flatMap(({ errors }) => errors?.[0]?.extensions.code ?? [])).toEqual(Array(3).fill("CONFLICT"));
  });

  it("cannot be made of one whose values are shared, and says how many share", async () => {
    const { gateway } = file;
    for (const team of ["a", "A", "b"]) await person(gateway, { team });
    const answer = await gateway.refusal(CREATE, {
      input: { key: "team", name: "Team", type: "STRING", unique: true, acceptInvalid: true },
    });
    expect(answer.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.unique", actual: 2 });
  });
});

describe("A definition", () => {
  it.each([
    [{ type: "NUMBER", pattern: "a" }, "pattern"],
    [{ type: "STRING", pattern: "(a" }, "pattern"],
    [{ type: "STRING", pattern: "(a)\\1" }, "pattern"],
    [{ type: "STRING", pattern: "(?=a)a" }, "pattern"],
    [{ type: "STRING", pattern: "^a$" }, "pattern"],
    [{ type: "STRING", pattern: "(a{200}){200}" }, "pattern"],
    [{ type: "STRING", pattern: "[z-a]" }, "pattern"],
    [{ type: "STRING", pattern: "***=a" }, "pattern"],
    [{ type: "STRING", choices: [{ value: "a", label: "A" }] }, "choices"],
    [{ type: "CHOICE" }, "choices"],
    [{ type: "CHOICE", choices: [] }, "choices"],
    [
      {
        type: "CHOICE",
        choices: [
          { value: "a", label: "A" },
          { value: "a", label: "B" },
        ],
      },
      "choices[1].value",
    ],
    [{ type: "BOOLEAN", unique: true }, "unique"],
    [{ type: "NUMBER", minimum: 2, maximum: 1 }, "maximum"],
    [{ type: "DATE", earliest: "2026-01-02", latest: "2026-01-01" }, "latest"],
    [{ type: "STRING", minLength: 3, maxLength: 2 }, "maxLength"],
    [{ type: "STRING", searchable: true, maxLength: 300 }, "maxLength"],
    [{ key: "1st", type: "STRING" }, "key"],
    [{ name: " ", type: "STRING" }, "name"],
  ])("is refused where it does not add up: %j", async (input, path) => {
    const answer = await file.gateway.refusal(CREATE, { input: { key: "unfit", name: "Unfit", ...input } });
    expect(answer.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: `input.${path}` });
  });

  it("is one a key; it is changed at the version last seen, and once under an idempotency key", async () => {
    const { gateway } = file;
    const input = { key: "floor", name: "Floor", type: "NUMBER", idempotencyKey: "floor", reason: "Building work" };
    const [one, again] = [await gateway.run(CREATE, { input }), await gateway.run(CREATE, { input })];
    expect(again).toEqual(one);
    const twice = await gateway.refusal(CREATE, { input: { key: "floor", name: "Floor", type: "STRING" } });
    expect(twice.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.key" });
    const { id } = one.createAttributeDefinition.definition;
    await gateway.run(UPDATE, { input: { id, expectedVersion: 1, minimum: 0 } });
    const stale = await gateway.refusal(UPDATE, { input: { id, expectedVersion: 1, minimum: 1 } });
    expect(stale.extensions).toMatchObject({ code: "STALE_VERSION", currentVersion: 2 });
  });

  it("is read by whoever may read people, by its id too, and changed by whoever holds SETTINGS_MANAGE everywhere", async () => {
    const { gateway } = file;
    const id = await define(gateway, { key: "shelf", type: "STRING" });
    const reader = await makeHolder(gateway, ["USER_READ"]);
    const nobody = await makeHolder(gateway, ["ROLE_READ"]);
    const LOOK = "query ($id: ID!) { node(id: $id) { id } attributeDefinitions { key } }";
    const seen = await gateway.run(LOOK, { id }, reader.token);
    expect([seen.node.id, seen.attributeDefinitions.map(({ key }: { key: string }) => key)]).toEqual([
      id,
      expect.arrayContaining(["badge", "shelf"]),
    ]);
    expect((await gateway.ask("query ($id: ID!) { node(id: $id) { id } }", { id }, nobody.token)).data.node).toBeNull();
    for (const [document, input] of [
      [CREATE, { key: "other", name: "Other", type: "STRING" }],
      [UPDATE, { id, name: "Other" }],
      [DELETE, { id }],
    ] as const)
      expect((await gateway.refusal(document, { input }, reader.token)).extensions).toMatchObject({
        code: "FORBIDDEN",
        permission: "SETTINGS_MANAGE",
      });
  });

  it("is told in the audit log, with what changed and why", async () => {
    const { gateway } = file;
    const id = await define(gateway, { key: "wing", type: "STRING" });
    await gateway.run(UPDATE, { input: { id, required: true, acceptInvalid: true, reason: "New building" } });
    await gateway.run(DELETE, { input: { id } });
    const { auditEvents } = await gateway.run(
      "query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id } }, first: 9) { nodes { action cause { reason } changes { field before after } } } }",
      { id },
    );
    const told = auditEvents.nodes.map(({ action }: { action: string }) => action).sort();
    expect(told).toEqual(["created", "deleted", "updated"].map((verb) => `attribute_definition.${verb}`));
    const updated = auditEvents.nodes.find(({ action }: { action: string }) => action.endsWith("updated"));
    expect(updated).toMatchObject({
      cause: { reason: "New building" },
      changes: [{ field: "required", before: false, after: true }],
    });
  });

  it("that is removed takes its values with it where that is asked for, refuses new ones, and can be taken up again", async () => {
    const { gateway } = file;
    const id = await define(gateway, { key: "gone", type: "STRING" });
    const holder = await person(gateway, { gone: "x", kept: "y" });
    const used = await gateway.refusal(DELETE, { input: { id } });
    expect(used.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.removeValues", actual: 1 });
    await gateway.run(DELETE, { input: { id, removeValues: true } });
    const { node } = await gateway.run("query ($id: ID!) { node(id: $id) { ... on User { version attributes } } }", {
      id: holder,
    });
    expect(node).toEqual({ version: 2, attributes: { kept: "y" } });
    expect(await refused({ gone: "x" })).toEqual([
      "input.attributes.gone: must not be given: the attribute was removed.",
    ]);
    await gateway.run(UPDATE, { input: { id, state: "ACTIVE" } });
    await gateway.run(UPDATE_USER, { input: { id: holder, attributes: { gone: "z" } } });
  });
});
