import { beforeEach, describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUser, tokenOf, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { approve, listed, setManager } from "../approvals/support.ts";

const file = gatewayForFile();

interface Person {
  id: string;
  token: string;
}

let ann: Person;
let boss: Person;

async function person(input: Parameters<typeof makeUser>[1] = {}): Promise<Person> {
  const { id } = await makeUser(file.gateway, input);
  return { id, token: await tokenOf(file.gateway, id) };
}

beforeEach(async () => {
  [ann, boss] = [
    await person({ givenName: "Ann", familyName: "Arbor", email: `${unique("ann")}@example.com` }),
    await person(),
  ];
  await setManager(file.gateway, ann.id, boss.id);
});

const PROFILE = "version givenName familyName nickName email phone phones { value type primary } timezone";
const UPDATE = `mutation ($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { user { ${PROFILE} }
  approvalRequest { id state changes { field before after redacted } steps { deciders { by permission } } } position } }`;
const update = async (input: object, token = ann.token) =>
  (await file.gateway.run(UPDATE, { input }, token)).updateMyProfile;
const read = async () =>
  (await file.gateway.run(`query ($id: ID!) { user(by: { id: $id }) { ${PROFILE} } }`, { id: ann.id })).user;
const requestOf = async (id: string) =>
  (
    await file.gateway.run("query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state failure { code } } } }", {
      id,
    })
  ).node;

describe("One's own profile", () => {
  it("is changed at once in what is one's own to edit, without any permission", async () => {
    const phones = [{ value: "+41 44 123 45 67", type: "work" }];
    const { user, approvalRequest } = await update({ nickName: "Annie", timezone: "Europe/Zurich", phones });
    expect(approvalRequest).toBeNull();
    expect(user).toMatchObject({
      nickName: "Annie",
      timezone: "Europe/Zurich",
      phones: [{ value: "+41 44 123 45 67", type: "work", primary: true }],
    });
    expect(await update({ nickName: "Annie", phones })).toMatchObject({ user: { version: user.version } });
    expect((await update({ nickName: null })).user.nickName).toBeNull();
  });

  it("is not changed in anything else: every such field is named, with what may be changed, and nothing is done", async () => {
    const { extensions } = await file.gateway.refusal(
      UPDATE,
      { input: { nickName: "Annie", title: "CEO", managerId: null, tags: ["vip"], attributes: { level: 9 } } },
      ann.token,
    );
    const violations = extensions.violations as { path: string; allowed: string[] }[];
    expect(extensions.code).toBe("INVALID_INPUT");
    expect(violations.map(({ path }) => path).sort()).toEqual([
      "input.attributes.level",
      "input.managerId",
      "input.tags",
      "input.title",
    ]);
    expect(violations[0]?.allowed).toContain("nickName");
    expect((await read()).nickName).toBeNull();
  });

  it("is told by viewer: what may be changed, and what is held, for whoever holds nothing", async () => {
    const { key } = await makeRole(file.gateway, ["USER_READ", "SAVED_SEARCH_SHARE"]);
    const grantId = await grant(file.gateway, ann.id, key);
    const SAVE = "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { position } }";
    await file.gateway.run(SAVE, { input: { name: "Mine", filter: {} } }, ann.token);
    await file.gateway.run(SAVE, { input: { name: "Everybody's", visibility: "SHARED", filter: {} } });
    const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";
    await file.gateway.run(REVOKE, { input: { grantId } });
    await update({ nickName: "Annie" });
    const { viewer } = await file.gateway.run(
      `{ viewer { editableProfileFields { name sensitive }
        user { ${PROFILE} identities { externalId } addresses { locality } roleGrants { id } sessions { id } factors { id } manager { id } }
        savedSearches(first: 10) { totalCount nodes { name } }
        auditEvents(first: 10) { totalCount nodes { action changes { field after redacted } } } } }`,
      {},
      ann.token,
    );
    expect(viewer.editableProfileFields).toContainEqual({ name: "nickName", sensitive: false });
    expect(viewer.editableProfileFields).toContainEqual({ name: "familyName", sensitive: true });
    expect(viewer.user).toMatchObject({ nickName: "Annie", sessions: [], factors: [], manager: null });
    expect(viewer.savedSearches).toEqual({ totalCount: 1, nodes: [{ name: "Mine" }] });
    expect(viewer.auditEvents.nodes[0]).toEqual({
      action: "user.self_updated",
      changes: [{ field: "nickName", after: "Annie", redacted: false }],
    });
    expect(
      (await file.gateway.run("{ viewer { editableProfileFields { name } auditEvents { totalCount } } }")).viewer,
    ).toEqual({
      editableProfileFields: [],
      auditEvents: null,
    });
  });
});

describe("Custom attributes", () => {
  it("are one's own to edit where their definition says so, and wait where it says that they are sensitive", async () => {
    const DEFINE =
      "mutation ($input: CreateAttributeDefinitionInput!) { createAttributeDefinition(input: $input) { position } }";
    const define = (key: string, more: object) =>
      file.gateway.run(DEFINE, { input: { key, name: key, type: "STRING", ...more } });
    await define("shirt", { selfEditable: true });
    await define("pronouns", { selfEditable: true, sensitive: true });
    await define("badge", {});
    await define("clearance", {
      type: "NUMBER",
      selfEditable: true,
      sensitive: true,
      readPermission: "USER_READ_SECURITY",
    });
    // What could never be carried out does not wait.
    const wrong = await file.gateway.refusal(UPDATE, { input: { attributes: { clearance: "high" } } }, ann.token);
    expect(wrong.extensions).toMatchObject({
      code: "INVALID_INPUT",
      violations: [{ path: "input.attributes.clearance" }],
    });
    // And a manager is not shown what they may not read.
    const asked = (await update({ attributes: { clearance: 3 } })).approvalRequest;
    expect(asked.changes).toMatchObject([{ after: 3, redacted: false }]);
    const shown = `query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { changes { field before after redacted } } } }`;
    expect((await file.gateway.run(shown, { id: asked.id }, boss.token)).node.changes).toEqual([
      { field: "attributes.clearance", before: null, after: null, redacted: true },
    ]);
    const attributesOf = async () =>
      (await file.gateway.run("query ($id: ID!) { user(by: { id: $id }) { attributes } }", { id: ann.id })).user
        .attributes;
    await update({ attributes: { shirt: "M" } });
    expect(await attributesOf()).toEqual({ shirt: "M" });
    const { approvalRequest } = await update({ attributes: { pronouns: "they" } });
    expect(approvalRequest.changes).toEqual([
      { field: "attributes.pronouns", before: null, after: "they", redacted: false },
    ]);
    expect(await approve(file.gateway, approvalRequest.id, boss.token)).toBe("APPROVED");
    expect(await attributesOf()).toEqual({ pronouns: "they", shirt: "M" });
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { attributes: { badge: "7" } } }, ann.token);
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.attributes.badge" });
    await update({ attributes: { shirt: null } });
    expect(await attributesOf()).toEqual({ pronouns: "they" });
  });
});

describe("A sensitive change", () => {
  it("waits whole for the manager, who is shown before and after, and nobody else sees it", async () => {
    const stranger = await makeHolder(file.gateway, ["USER_READ", "USER_READ_CONTACT"]);
    const { user, approvalRequest } = await update({ familyName: "Zephyr", nickName: "Zed", reason: "Married." });
    expect(user).toMatchObject({ familyName: "Arbor", nickName: null });
    expect(approvalRequest).toMatchObject({
      state: "PENDING",
      changes: [
        { field: "familyName", before: "Arbor", after: "Zephyr", redacted: false },
        { field: "nickName", before: null, after: "Zed", redacted: false },
      ],
      steps: [{ deciders: [{ by: "MANAGER" }, { by: "PERMISSION", permission: "USER_UPDATE" }] }],
    });
    const { id } = approvalRequest;
    expect(await listed(file.gateway, boss.token, { mine: "TO_DECIDE" })).toEqual([id]);
    expect(await listed(file.gateway, stranger.token)).toEqual([]);
    expect(await approve(file.gateway, id, ann.token)).toBe("FORBIDDEN");
    expect(await approve(file.gateway, id, stranger.token)).toBe("NOT_FOUND");
    expect(await approve(file.gateway, id, boss.token)).toBe("APPROVED");
    expect(await read()).toMatchObject({ familyName: "Zephyr", nickName: "Zed" });
  });

  it("leaves its values out of the audit log until it is carried out", async () => {
    const auditor = await makeHolder(file.gateway, [
      "AUDIT_READ",
      "USER_READ",
      "USER_READ_CONTACT",
      "USER_READ_SECURITY",
    ]);
    const LOG = `query ($id: ID!) { user(by: { id: $id }) { auditEvents(first: 50) { nodes { action changes { field after } cause { reason } } } } }`;
    const { approvalRequest } = await update({ familyName: "Quixote" });
    expect(JSON.stringify(await file.gateway.run(LOG, { id: ann.id }, auditor.token))).not.toContain("Quixote");
    await approve(file.gateway, approvalRequest.id, boss.token);
    const log = JSON.stringify(await file.gateway.run(LOG, { id: ann.id }, auditor.token));
    expect(log).toContain("Quixote");
    expect(log).toContain("approval.approved");
  });

  it("of the address changes the primary one, with approval, and fails where another person has it by then", async () => {
    const taken = `${unique("taken")}@example.com`;
    const first = (await update({ email: `${unique("new")}@example.com` })).approvalRequest.id;
    const second = (await update({ email: taken })).approvalRequest.id;
    // A newer wish for the same field takes the place of the older one.
    expect(await requestOf(first)).toMatchObject({ state: "CANCELLED" });
    await makeUser(file.gateway, { email: taken });
    expect(await approve(file.gateway, second, boss.token)).toBe("FAILED");
    expect(await requestOf(second)).toEqual({ state: "FAILED", failure: { code: "CONFLICT" } });
    const third = (await update({ email: "third@example.com" })).approvalRequest.id;
    expect(await approve(file.gateway, third, boss.token)).toBe("APPROVED");
    expect((await read()).email).toBe("third@example.com");
  });

  it("ends in CONFLICT where the person was changed in one of its fields since, and not where they were changed in others", async () => {
    const UPDATE_USER = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
    const first = (await update({ familyName: "Zephyr" })).approvalRequest.id;
    await file.gateway.run(UPDATE_USER, { input: { id: ann.id, familyName: "Corrected" } });
    expect(await approve(file.gateway, first, boss.token)).toBe("FAILED");
    expect(await requestOf(first)).toEqual({ state: "FAILED", failure: { code: "CONFLICT" } });
    expect((await read()).familyName).toBe("Corrected");
    const second = (await update({ familyName: "Zephyr" })).approvalRequest.id;
    await file.gateway.run(UPDATE_USER, { input: { id: ann.id, title: "Engineer" } });
    expect(await approve(file.gateway, second, boss.token)).toBe("APPROVED");
  });
});
