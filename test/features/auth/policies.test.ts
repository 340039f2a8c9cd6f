import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { generate } from "otplib";
import { describe, expect, it } from "vitest";
import { STEP_UP } from "../../../src/graphql/step-up.ts";
import { grant, makeHolder, makeRole, makeUnit } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { makeMember, makeSignedIn, PASSWORD, signIn } from "../../support/sign-in.ts";

const file = gatewayForFile({
  times: {
    signIn: { addressAttempts: 1_000_000, sessionSeconds: 86_400, idleSeconds: 86_400, accessTokenSeconds: 86_400 },
  },
});

const CREATE =
  "mutation ($input: CreateSignInPolicyInput!) { createSignInPolicy(input: $input) { policy { id version name filterText require graceDays } } }";
const UPDATE =
  "mutation ($input: UpdateSignInPolicyInput!) { updateSignInPolicy(input: $input) { policy { version graceDays filterText } } }";
const DELETE = "mutation ($input: DeleteSignInPolicyInput!) { deleteSignInPolicy(input: $input) { deletedId } }";
const BEGIN = "mutation ($input: BeginTotpEnrolmentInput!) { beginTotpEnrolment(input: $input) { id secret } }";
const CONFIRM =
  "mutation ($input: ConfirmTotpEnrolmentInput!) { confirmTotpEnrolment(input: $input) { factor { id } } }";
const REAUTHENTICATE =
  "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { authenticatedAt factors } } }";
const MINE = "{ viewer { grants { permission } session { enrolmentOnly mfa } } }";

/** Asks whoever the filter finds for a factor while the work runs. */
async function under(policy: object, work: () => Promise<void>): Promise<void> {
  const { createSignInPolicy } = await file.gateway.run(CREATE, { input: { name: "Test", require: "MFA", ...policy } });
  try {
    await work();
  } finally {
    await file.gateway.run(DELETE, { input: { id: createSignInPolicy.policy.id } });
  }
}

async function enrol(token: string): Promise<string> {
  const { id, secret } = (await file.gateway.run(BEGIN, { input: { name: "Phone" } }, token)).beginTotpEnrolment;
  await file.gateway.run(CONFIRM, { input: { id, code: await generate({ secret }) } }, token);
  return secret;
}

/** Mutations that a session of any age may ask for, by the reason. */
const ANY_AGE: Readonly<Record<string, readonly string[]>> = {
  "is how one authenticates, or asks for a proof of its own": [
    "acceptInvitation",
    "beginPasskeySignIn",
    "beginPasskeyUse",
    "changePassword",
    "completeSignIn",
    "confirmTotpEnrolment",
    "reauthenticate",
    "refreshSession",
    "requestPasswordReset",
    "resetPassword",
    "signIn",
  ],
  "keeps somebody out, or takes back what was let in: that must not wait, and can be undone": [
    "archiveUser",
    "cancelApprovalRequest",
    "cancelBulk",
    "deactivateUser",
    "endDelegation",
    "lockUser",
    "placeLegalHold",
    "reject",
    "revokeServiceToken",
    "revokeSession",
    "revokeUserSessions",
    "signOut",
    "suspendUser",
  ],
  "changes nothing yet: what does asks": ["planBulk", "planImport", "planRevert"],
  "reads what the viewer may read": ["createExport", "createImportCorrection", "exportPersonalData"],
  "is everyday work on what gives nobody anything": [
    "createAttributeDefinition",
    "createGroup",
    "createImportTemplate",
    "createOrgUnit",
    "createSavedSearch",
    "deleteImportTemplate",
    "deleteSavedSearch",
    "updateImportTemplate",
    "updateMyProfile",
    "updateOrgUnit",
    "updateUser",
  ],
  "asks by itself where groups are made of the search": ["updateSavedSearch"],
};

const emitted = readFileSync(new URL("../../../schema/schema.graphql", import.meta.url), "utf8");

describe("A policy", () => {
  it("is a filter over users, written by whoever holds SETTINGS_MANAGE everywhere", async () => {
    const filter = {
      and: [{ roles: { any: ["administrator"] } }, { attributes: [{ key: "vpn", boolean: { eq: true } }] }],
    };
    const { policy } = (
      await file.gateway.run(CREATE, { input: { name: "Admins", filter, require: "PASSKEY", graceDays: 3 } })
    ).createSignInPolicy;
    expect(policy).toMatchObject({ version: 1, name: "Admins", require: "PASSKEY", graceDays: 3 });
    expect(policy.filterText).toContain("administrator");
    const input = { id: policy.id, expectedVersion: 1, graceDays: 0 };
    expect((await file.gateway.run(UPDATE, { input })).updateSignInPolicy.policy).toMatchObject({
      version: 2,
      graceDays: 0,
    });
    expect((await file.gateway.refusal(UPDATE, { input })).extensions.code).toBe("STALE_VERSION");
    const { signInPolicies, node } = await file.gateway.run(
      "query ($id: ID!) { signInPolicies { id } node(id: $id) { id } }",
      { id: policy.id },
    );
    expect([signInPolicies, node]).toEqual([[{ id: policy.id }], { id: policy.id }]);
    const local = await makeHolder(file.gateway, ["SETTINGS_MANAGE", "USER_READ"], (await makeUnit(file.gateway)).id);
    expect((await file.gateway.refusal("{ signInPolicies { id } }", {}, local.token)).extensions.code).toBe(
      "FORBIDDEN",
    );
    expect((await file.gateway.refusal(DELETE, { input: { id: policy.id } }, local.token)).extensions.code).toBe(
      "FORBIDDEN",
    );
    expect(
      (await file.gateway.refusal(CREATE, { input: { name: "x", require: "MFA", filter: { status: null } } }))
        .extensions.code,
    ).toBe("INVALID_INPUT");
    await file.gateway.run(DELETE, { input: { id: policy.id } });
    expect((await file.gateway.run("{ signInPolicies { id } }")).signInPolicies).toEqual([]);
  });

  it("lets whoever falls under it in for its days of grace, then for enrolling alone; enrolling lifts that at once", async () => {
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const { id, username } = await makeMember(file.gateway);
    await grant(file.gateway, id, key);
    const free = await makeMember(file.gateway);
    await under({ filter: { roles: { any: [key] } }, graceDays: 3 }, async () => {
      expect((await signIn(file.gateway, free.username)).enrolFactorBy).toBeNull();
      const first = await signIn(file.gateway, username);
      const days = (Date.parse(first.enrolFactorBy) - Date.parse(first.session.createdAt)) / 86_400_000;
      expect([days, first.session.enrolmentOnly]).toEqual([3, false]);
      file.gateway.database.moveClock("4 days");
      const late = await signIn(file.gateway, username);
      expect([late.session.enrolmentOnly, late.enrolFactorBy]).toEqual([true, null]);
      expect((await file.gateway.run(MINE, {}, late.accessToken)).viewer).toEqual({
        grants: [],
        session: { enrolmentOnly: true, mfa: false },
      });
      file.gateway.database.moveClock("0 days");
      await enrol((await signIn(file.gateway, username)).accessToken);
    });
    file.gateway.database.moveClock("0 days");
  });

  it("about an org unit without grace shuts at once, and enrolling in that session opens it", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { username } = await makeMember(file.gateway, unit);
    await under({ filter: { orgUnit: { within: unit } } }, async () => {
      const { session, accessToken } = await signIn(file.gateway, username);
      expect(session.enrolmentOnly).toBe(true);
      await enrol(accessToken);
      expect((await file.gateway.run(MINE, {}, accessToken)).viewer.session).toEqual({
        enrolmentOnly: false,
        mfa: true,
      });
      expect((await signIn(file.gateway, username)).challenge.methods).toEqual(["TOTP"]);
    });
  });

  it("that asks for a passkey is not met by a code", async () => {
    const person = await makeSignedIn(file.gateway);
    await under({ filter: { id: { eq: person.id } }, require: "PASSKEY" }, async () => {
      const { session, accessToken } = await signIn(file.gateway, person.username);
      expect(session.enrolmentOnly).toBe(true);
      await enrol(accessToken);
      expect((await file.gateway.run(MINE, {}, accessToken)).viewer.session).toEqual({
        enrolmentOnly: true,
        mfa: true,
      });
    });
  });
});

describe("A profile template that demands a second factor", () => {
  const MAKE = `mutation ($input: CreateProfileTemplateInput!) { createProfileTemplate(input: $input) { template { id requiredFactor graceDays } } }`;
  const CHANGE = `mutation ($input: UpdateProfileTemplateInput!) { updateProfileTemplate(input: $input) { template { requiredFactor graceDays } } }`;
  const DROP = "mutation ($input: DeleteProfileTemplateInput!) { deleteProfileTemplate(input: $input) { deletedId } }";
  const FACTOR = "changes { factor { before after } }";

  it("is a policy for whom it fits as they sign in, told when they join and move, and gone with the template", async () => {
    const { gateway } = file;
    const department = `Treasury ${performance.now()}`;
    const { template } = (
      await gateway.run(MAKE, {
        input: { name: "Treasury", filter: { department: { eq: department } }, requiredFactor: "MFA", graceDays: 3 },
      })
    ).createProfileTemplate;
    expect(template).toMatchObject({ requiredFactor: "MFA", graceDays: 3 });
    const { id, username } = await makeMember(gateway);
    expect((await signIn(gateway, username)).enrolFactorBy).toBeNull();
    const MOVE = `mutation ($input: TransferInput!) { transfer(input: $input) { ${FACTOR} } }`;
    const PREVIEW = `query ($input: TransferInput!) { previewTransfer(input: $input) { ${FACTOR} } }`;
    const input = { id, department };
    expect((await gateway.run(PREVIEW, { input })).previewTransfer.changes.factor).toEqual({
      before: null,
      after: "MFA",
    });
    expect((await gateway.run(MOVE, { input })).transfer.changes.factor).toEqual({ before: null, after: "MFA" });
    expect((await signIn(gateway, username)).enrolFactorBy).not.toBeNull();
    await gateway.run(CHANGE, { input: { id: template.id, requiredFactor: "PASSKEY", graceDays: 0 } });
    expect((await signIn(gateway, username)).session.enrolmentOnly).toBe(true);
    // A policy beside it is asked too; whoever leaves the department is free of the template's.
    await under({ filter: { id: { eq: id } } }, async () => {
      expect((await gateway.run(MOVE, { input: { id, department: "Elsewhere" } })).transfer.changes.factor).toEqual({
        before: "PASSKEY",
        after: null,
      });
      expect((await signIn(gateway, username)).session.enrolmentOnly).toBe(true);
    });
    expect((await signIn(gateway, username)).session.enrolmentOnly).toBe(false);
    const startsOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const joining = { username: `joins-${username}`, department, startsOn };
    const JOIN = `query ($input: OnboardInput!) { previewOnboarding(input: $input) { ${FACTOR} } }`;
    expect((await gateway.run(JOIN, { input: joining })).previewOnboarding.changes.factor).toEqual({
      before: null,
      after: "PASSKEY",
    });
    await gateway.run(CHANGE, { input: { id: template.id, requiredFactor: null } });
    expect((await gateway.run(JOIN, { input: joining })).previewOnboarding.changes.factor.after).toBeNull();
    await gateway.run(DROP, { input: { id: template.id } });
  });
});

describe("What wants a recent authentication", () => {
  it("is decided of every mutation: it asks, or there is a reason why it does not", () => {
    const mutations = Object.keys(buildSchema(emitted).getMutationType()?.getFields() ?? {});
    const decided = [...Object.keys(STEP_UP), ...Object.values(ANY_AGE).flat()];
    expect(decided.sort()).toEqual(mutations.sort());
  });

  it("is refused in a session that is not recent, with how recent it must be, until the person proves that it is them", async () => {
    const { key } = await makeRole(file.gateway, ["ROLE_MANAGE", "ROLE_READ"]);
    const person = await makeSignedIn(file.gateway);
    await grant(file.gateway, person.id, key);
    const input = () => ({
      key: `made-${Math.floor(performance.now() * 1000)}`,
      name: "Made",
      permissions: ["ROLE_READ"],
    });
    const MAKE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
    await file.gateway.run(MAKE, { input: input() }, person.token);
    file.gateway.database.moveClock("2 hours");
    const { extensions } = await file.gateway.refusal(MAKE, { input: input() }, person.token);
    expect(extensions).toEqual({ code: "FORBIDDEN", maxAuthenticationAgeSeconds: 3600 });
    const wrong = await file.gateway.refusal(REAUTHENTICATE, { input: { password: "not this one" } }, person.token);
    expect(wrong.extensions.code).toBe("UNAUTHENTICATED");
    await file.gateway.run(REAUTHENTICATE, { input: { password: PASSWORD } }, person.token);
    await file.gateway.run(MAKE, { input: input() }, person.token);
    file.gateway.database.moveClock("0 hours");
  });

  it("is proved by the second factor where there is one: a password is not enough then", async () => {
    const { token } = await makeSignedIn(file.gateway);
    const secret = await enrol(token);
    const refused = await file.gateway.refusal(REAUTHENTICATE, { input: { password: PASSWORD } }, token);
    expect(refused.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.proof" });
    const totpCode = await generate({ secret, epoch: Math.floor(Date.now() / 1000) + 30 });
    const { reauthenticate } = await file.gateway.run(REAUTHENTICATE, { input: { proof: { totpCode } } }, token);
    expect(reauthenticate.session.factors).toEqual(["PASSWORD", "TOTP"]);
  });
});
