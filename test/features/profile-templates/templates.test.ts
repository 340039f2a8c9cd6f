import { describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CREATE = `mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) {
  template { id version priority filterText defaults roles { roleKey reach unitId } } } }`;
const UPDATE = `mutation ($input: UpdateProfileTemplateInput!) { updateProfileTemplate(input: $input) { template { version priority defaults roles { roleKey } } } }`;
const MAKE = `mutation ($input: CreateUserInput!) { createUser(input: $input) {
  user { id title location employeeType attributes roleGrants(includeInactive: true) { role { key } scope { id } } } consequences { kind count subjectIds } } }`;
const PREVIEW = `query ($id: ID!, $first: Int, $after: String) { previewTemplate(id: $id) { matchCount people(first: $first, after: $after) {
  totalCount pageInfo { endCursor hasNextPage } nodes { user { id } fields roleKeys } } } }`;

const makeTemplate = async (input: object, token?: string) =>
  (await file.gateway.run(CREATE, { input: { name: "Template", ...input } }, token)).createProfileTemplate.template;
const join = async (input: object, token?: string) =>
  (await file.gateway.run(MAKE, { input: { username: unique("joiner"), status: "ACTIVE", ...input } }, token))
    .createUser;
const department = (name: string) => ({ department: { eq: name } });

describe("A profile template", () => {
  it("fills what is empty and grants its roles when somebody joins, and says so", async () => {
    const unit = await makeUnit(file.gateway);
    const fixed = await makeUnit(file.gateway);
    const [plain, own, over] = [
      await makeRole(file.gateway, []),
      await makeRole(file.gateway, ["USER_READ"]),
      await makeRole(file.gateway, ["ORG_READ"]),
    ];
    const name = unique("dept");
    const made = await makeTemplate({
      filter: { and: [department(name), { orgUnit: { within: unit.id } }] },
      defaults: {
        title: "Engineer",
        location: "Basel",
        employeeType: "EMPLOYEE",
        attributes: { shift: "day", desk: 1 },
      },
      roles: [
        { roleKey: plain.key },
        { roleKey: own.key, reach: "OWN_UNIT" },
        { roleKey: over.key, reach: "UNIT", unitId: fixed.id },
      ],
    });
    expect(made.roles).toHaveLength(3);
    const { user, consequences } = await join({
      department: name,
      orgUnitId: unit.id,
      title: "Lead",
      location: null,
      attributes: { shift: "night" },
    });
    // What was given stays, and so does what was given as empty.
    expect(user).toMatchObject({
      title: "Lead",
      location: null,
      employeeType: "EMPLOYEE",
      attributes: { shift: "night", desk: 1 },
    });
    const grants = user.roleGrants.map(({ role, scope }: { role: { key: string }; scope: { id: string } | null }) => [
      role.key,
      scope?.id ?? null,
    ]);
    expect(grants.sort()).toEqual(
      [
        [plain.key, null],
        [own.key, unit.id],
        [over.key, fixed.id],
      ].sort(),
    );
    expect(consequences).toMatchObject([{ kind: "ROLES_GRANTED", count: 3 }]);
    const elsewhere = await join({ department: name });
    expect(elsewhere.user).toMatchObject({ title: null, roleGrants: [] });
    const without = await join({ department: name, orgUnitId: unit.id, applyTemplates: false });
    expect(without.user).toMatchObject({ title: null, roleGrants: [] });
  });

  it("yields to one of a higher priority field by field, and of equals to the older one; roles of all are granted", async () => {
    const name = unique("dept");
    const [low, high] = [await makeRole(file.gateway, []), await makeRole(file.gateway, [])];
    const filter = department(name);
    await makeTemplate({
      filter,
      priority: 1,
      defaults: { title: "Low", location: "Low" },
      roles: [{ roleKey: low.key }],
    });
    await makeTemplate({
      filter,
      priority: 5,
      defaults: { title: "High" },
      roles: [{ roleKey: high.key }, { roleKey: low.key }],
    });
    await makeTemplate({ filter, priority: 5, defaults: { title: "Younger", attributes: { a: "y" } } });
    const { user } = await join({ department: name });
    expect(user).toMatchObject({ title: "High", location: "Low", attributes: { a: "y" } });
    expect(user.roleGrants).toHaveLength(2);
  });

  it("reckons a date relative to now from the day that it is where somebody is, in its preview too", async () => {
    const name = unique("dept");
    const key = unique("since").replaceAll("-", "_");
    await file.gateway.run(
      "mutation ($input: CreateAttributeDefinitionInput!) { createAttributeDefinition(input: $input) { position } }",
      { input: { key, name: "Since", type: "DATE" } },
    );
    const now = (await file.gateway.database.now()).getTime();
    const dayIn = (timeZone: string) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(now);
    // Kiritimati is a day ahead of Pago Pago all day long but for an hour.
    const [east, west] = ["Pacific/Kiritimati", "Pacific/Pago_Pago"];
    const template = await makeTemplate({
      filter: { and: [department(name), { attributes: [{ key, date: { olderThan: "P9D" } }] }] },
      defaults: { title: "Settled" },
    });
    const tenDaysBefore = new Date(Date.parse(dayIn(east)) - 10 * 86_400_000).toISOString().slice(0, 10);
    const given = { department: name, attributes: { [key]: tenDaysBefore } };
    const joined = [];
    for (const timezone of [east, west]) joined.push((await join({ ...given, timezone })).user);
    expect(joined.map(({ title }) => title)).toEqual(["Settled", dayIn(east) === dayIn(west) ? "Settled" : null]);
    const { previewTemplate } = await file.gateway.run(PREVIEW, { id: template.id, first: 9 });
    expect(previewTemplate.matchCount).toBe(dayIn(east) === dayIn(west) ? 2 : 1);
  });

  it("that fills what a definition would not allow is told before the definition changes, which waits for it; nor is one made that does", async () => {
    const key = unique("level").replaceAll("-", "_");
    const DEFINE = `mutation ($input: CreateAttributeDefinitionInput!) { createAttributeDefinition(input: $input) { definition { id } } }`;
    const REDEFINE = `mutation ($input: UpdateAttributeDefinitionInput!) { updateAttributeDefinition(input: $input) { definition { maximum } } }`;
    const REMOVE =
      "mutation ($input: DeleteAttributeDefinitionInput!) { deleteAttributeDefinition(input: $input) { position } }";
    const LOOK = `query ($input: PreviewAttributeDefinitionInput!) { previewAttributeDefinition(input: $input) { invalidCount templates { id } } }`;
    const { definition } = (
      await file.gateway.run(DEFINE, { input: { key, name: "Level", type: "NUMBER", maximum: 9 } })
    ).createAttributeDefinition;
    const name = unique("dept");
    const made = { filter: department(name), defaults: { attributes: { [key]: 7 } } };
    const { extensions } = await file.gateway.refusal(CREATE, {
      input: { name: "Too much", ...made, defaults: { attributes: { [key]: 10, free: "x" } } },
    });
    expect(extensions).toMatchObject({ violations: [{ path: `input.defaults.attributes.${key}`, limit: 9 }] });
    const template = await makeTemplate(made);
    const input = { id: definition.id, maximum: 5 };
    const { previewAttributeDefinition } = await file.gateway.run(LOOK, { input });
    expect(previewAttributeDefinition).toEqual({ invalidCount: 0, templates: [{ id: template.id }] });
    for (const refused of [
      await file.gateway.refusal(REDEFINE, { input }),
      await file.gateway.refusal(REDEFINE, { input: { ...input, acceptInvalid: true } }),
      await file.gateway.refusal(REMOVE, { input: { id: definition.id } }),
    ])
      expect(refused.extensions).toMatchObject({ code: "CONFLICT", field: `attributes.${key}`, actual: 1 });
    expect((await join({ department: name })).user.attributes).toEqual({ [key]: 7 });
    await file.gateway.run(UPDATE, { input: { id: template.id, defaults: { attributes: { [key]: 4 } } } });
    await file.gateway.run(REDEFINE, { input: { ...input, acceptInvalid: true } });
    expect((await join({ department: name })).user.attributes).toEqual({ [key]: 4 });
  });

  it("is refused with a condition that a profile alone does not answer, and with values that do not fit", async () => {
    const asked = async (input: object) =>
      (await file.gateway.refusal(CREATE, { input: { name: "x", filter: {}, ...input } })).extensions;
    for (const filter of [
      { roles: { any: ["admin"] } },
      { status: { eq: "ACTIVE" } },
      { not: { manager: { isNull: true } } },
    ])
      expect(await asked({ filter })).toMatchObject({ code: "INVALID_INPUT" });
    expect(await asked({ defaults: { country: "switzerland", timezone: "Mars/Base" } })).toMatchObject({
      violations: [{ path: "input.defaults.country" }, { path: "input.defaults.timezone" }],
    });
    const unit = await makeUnit(file.gateway);
    expect(await asked({ roles: [{ roleKey: "x", unitId: unit.id }] })).toMatchObject({
      inputPath: "input.roles[0].unitId",
    });
    expect(await asked({ roles: [{ roleKey: "no-such-role" }] })).toMatchObject({ code: "NOT_FOUND" });
  });

  it("grants nobody what whoever makes it may not grant, nor what whoever applies it may not", async () => {
    const strong = await makeRole(file.gateway, ["AUDIT_READ"]);
    const maker = await makeHolder(file.gateway, ["SETTINGS_MANAGE", "ROLE_READ", "ROLE_GRANT", "USER_READ"]);
    const name = unique("dept");
    const input = { name: "x", filter: department(name), roles: [{ roleKey: strong.key }] };
    const gain = await file.gateway.refusal(CREATE, { input }, maker.token);
    expect(gain.extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
    const filling = await file.gateway.refusal(
      CREATE,
      { input: { name: "x", filter: {}, defaults: { title: "x" } } },
      maker.token,
    );
    expect(filling.extensions).toMatchObject({ code: "FORBIDDEN", permission: "USER_UPDATE" });
    // Whoever could not make it may not widen it either.
    const { id } = await makeTemplate(input);
    const widened = await file.gateway.refusal(UPDATE, { input: { id, filter: {} } }, maker.token);
    expect(widened.extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
    const clerk = await makeHolder(file.gateway, ["USER_READ", "USER_CREATE", "ROLE_READ", "ROLE_GRANT"]);
    const username = unique("joiner");
    const refused = await file.gateway.refusal(MAKE, { input: { username, department: name } }, clerk.token);
    expect(refused.extensions).toMatchObject({ code: "FORBIDDEN", inputPath: "input.applyTemplates" });
    // Nothing of it stays: the name is free.
    const made = await join({ username, department: name, applyTemplates: false }, clerk.token);
    expect(made.user.roleGrants).toEqual([]);
  });

  it("changes nobody by being changed, and its preview shows whom it would change, page by page", async () => {
    const name = unique("dept");
    const role = await makeRole(file.gateway, []);
    const template = await makeTemplate({ filter: department(name), defaults: { title: "Engineer" } });
    const people = [];
    for (let i = 0; i < 3; i += 1) people.push((await join({ department: name })).user.id);
    const done = (await makeUser(file.gateway, { department: name, location: "Bern" })).id;
    await grant(file.gateway, done, role.key);
    const input = {
      id: template.id,
      expectedVersion: 1,
      defaults: { title: "Other", location: "Bern" },
      roles: [{ roleKey: role.key }],
    };
    const { updateProfileTemplate } = await file.gateway.run(UPDATE, { input });
    expect(updateProfileTemplate.template).toMatchObject({
      version: 2,
      defaults: { title: "Other", location: "Bern" },
    });
    expect((await file.gateway.refusal(UPDATE, { input })).extensions.code).toBe("STALE_VERSION");
    const ask = async (after: string | null) =>
      (await file.gateway.run(PREVIEW, { id: template.id, first: 2, after })).previewTemplate;
    const first = await ask(null);
    expect(first).toMatchObject({ matchCount: 4, people: { totalCount: 3, pageInfo: { hasNextPage: true } } });
    const second = await ask(first.people.pageInfo.endCursor);
    const shown = [...first.people.nodes, ...second.people.nodes];
    expect(shown.map(({ user }) => user.id)).toEqual(people);
    for (const { fields, roleKeys } of shown) expect([fields, roleKeys]).toEqual([["location"], [role.key]]);
    // Whoever may not read roles is not told who lacks one.
    const keeper = await makeHolder(file.gateway, ["SETTINGS_MANAGE", "USER_READ"]);
    const told = (await file.gateway.run(PREVIEW, { id: template.id, first: 5 }, keeper.token)).previewTemplate;
    for (const { fields, roleKeys } of told.people.nodes) expect([fields, roleKeys]).toEqual([["location"], []]);
    const { node } = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { title location roleGrants(includeInactive: true) { id } } } }",
      {
        id: people[0],
      },
    );
    expect(node).toEqual({ title: "Engineer", location: null, roleGrants: [] });
  });

  it("goes without taking anything along, needs SETTINGS_MANAGE everywhere, and goes out of sight without it", async () => {
    const name = unique("dept");
    const role = await makeRole(file.gateway, []);
    const { id } = await makeTemplate({ filter: department(name), roles: [{ roleKey: role.key }] });
    const { user } = await join({ department: name, status: "ACTIVE" });
    const remove =
      "mutation ($input: DeleteProfileTemplateInput!) { deleteProfileTemplate(input: $input) { deletedId } }";
    const unit = await makeUnit(file.gateway);
    const local = await makeHolder(file.gateway, ["SETTINGS_MANAGE"], unit.id);
    expect((await file.gateway.refusal(remove, { input: { id } }, local.token)).extensions.code).toBe("FORBIDDEN");
    const node = "query ($id: ID!) { node(id: $id) { id } }";
    expect((await file.gateway.run(node, { id }, local.token)).node).toBeNull();
    expect((await file.gateway.run(node, { id })).node).toEqual({ id });
    await file.gateway.run(remove, { input: { id } });
    const kept = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { roleGrants { active } } } }",
      {
        id: user.id,
      },
    );
    expect(kept.node.roleGrants).toEqual([{ active: true }]);
    expect((await join({ department: name })).user.roleGrants).toEqual([]);
  });
});
