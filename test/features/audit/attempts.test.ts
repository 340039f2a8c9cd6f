import { describe, expect, it } from "vitest";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { machineToken, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";

const file = gatewayForFile({});

const EVENTS = `query ($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 200) {
  nodes { action outcome subjectId cause { kind reason actor { kind name } } changes { field after } } } }`;
const SUSPEND = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";
const ACTIVATE = "mutation ($input: ActivateUserInput!) { activateUser(input: $input) { position } }";

interface Attempt {
  action: string;
  outcome: string;
  subjectId: string;
  changes: { field: string; after: unknown }[];
}

const attempts = async (filter: object): Promise<Attempt[]> =>
  (await file.gateway.run(EVENTS, { filter: { outcome: { ne: "SUCCESS" }, ...filter } })).auditEvents.nodes;
const told = ({ changes }: Attempt) => Object.fromEntries(changes.map(({ field, after }) => [field, after]));

describe("An attempt", () => {
  it("at a mutation that is denied is recorded with what it was and on whom, though nothing of it remains", async () => {
    const { id } = await makeUser(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"]);
    await file.gateway.refusal(SUSPEND, { input: { id, reason: "out of spite" } }, token);
    const [attempt, ...more] = await attempts({ subjectId: { eq: id } });
    expect(more).toEqual([]);
    expect(attempt).toMatchObject({
      action: "user.suspended",
      outcome: "DENIED",
      subjectId: id,
      cause: { kind: "MUTATION", reason: null, actor: { kind: "SERVICE" } },
    });
    expect(told(attempt as Attempt)).toEqual({ code: "FORBIDDEN", operation: "suspendUser", omitted: 0 });
  });

  it("over a user out of the actor's sight is answered as over nobody, and recorded as a denial, over nobody as a failure", async () => {
    const [here, there] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const { id } = await makeUser(file.gateway, { orgUnitId: there.id });
    const nobody = publicId("User", newId());
    const token = await machineToken(file.gateway, ["USER_LIFECYCLE"], [here.id]);
    const refused = await file.gateway.refusal(SUSPEND, { input: { id } }, token);
    expect(await file.gateway.refusal(SUSPEND, { input: { id: nobody } }, token)).toEqual(refused);
    expect(refused.extensions.code).toBe("NOT_FOUND");
    expect(await attempts({ subjectId: { eq: id } })).toMatchObject([{ action: "user.suspended", outcome: "DENIED" }]);
    expect(await attempts({ subjectId: { eq: nobody } })).toMatchObject([{ outcome: "FAILED" }]);
  });

  it("at a mutation whose name is a lone verb is recorded as the action that it is", async () => {
    const { id } = await makeUser(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"]);
    await file.gateway.refusal(
      "mutation ($input: OffboardInput!) { offboard(input: $input) { position } }",
      { input: { id, reason: "x" } },
      token,
    );
    expect(await attempts({ subjectId: { eq: id } })).toMatchObject([{ action: "user.offboarded", outcome: "DENIED" }]);
  });

  it("is a denial by what was not found, wherever the input names it", async () => {
    const [here, there] = [await makeUnit(file.gateway), await makeUnit(file.gateway)];
    const token = await machineToken(file.gateway, ["USER_CREATE", "USER_READ", "ORG_READ"], [here.id]);
    const create = (orgUnitId: string) =>
      file.gateway.refusal(
        "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }",
        { input: { username: unique("kept-out"), orgUnitId } },
        token,
      );
    expect(await create(there.id)).toEqual(await create(publicId("OrgUnit", newId())));
    const recorded = await attempts({ action: { eq: "user.created" } });
    expect(recorded.map(({ outcome }) => outcome)).toEqual(["FAILED", "DENIED"]);
  });

  it("that fails is recorded with the error's code, and never with the values of its input", async () => {
    const { id } = await makeUser(file.gateway);
    await file.gateway.refusal(ACTIVATE, { input: { id } });
    const [attempt] = await attempts({ subjectId: { eq: id } });
    expect(attempt).toMatchObject({ action: "user.activated", outcome: "FAILED" });
    expect(told(attempt as Attempt)).toMatchObject({ code: "ILLEGAL_TRANSITION" });
    const username = unique("taken");
    await makeUser(file.gateway, { username });
    const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }";
    await file.gateway.refusal(CREATE, { input: { username, title: "A telling title" } });
    const created = await attempts({ action: { eq: "user.created" } });
    expect(told(created[0] as Attempt)).toEqual({ code: "CONFLICT", operation: "createUser", omitted: 0 });
    expect(JSON.stringify(created)).not.toContain("telling");
    expect(JSON.stringify(created)).not.toContain(username);
  });

  it("to read is recorded where it is refused, at a root field and below", async () => {
    const unit = await makeUnit(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"], [unit.id]);
    await file.gateway.refusal("{ auditEvents { totalCount } }", {}, token);
    await file.gateway.refusal("{ users(filter: { riskScore: { gt: 50 } }) { totalCount } }", {}, token);
    await file.gateway.refusal("{ users { facets(by: [{ field: MFA_ENROLLED }]) { missingCount } } }", {}, token);
    const reads = (await attempts({ action: { endsWith: ".read" } })).map((attempt) => [
      attempt.action,
      attempt.outcome,
      told(attempt).code,
    ]);
    expect(reads).toEqual([
      ["user_connection.facets.read", "DENIED", "FIELD_FORBIDDEN"],
      ["users.read", "DENIED", "FIELD_FORBIDDEN"],
      ["audit_events.read", "DENIED", "FORBIDDEN"],
    ]);
    await file.gateway.refusal("{ users(filter: { username: { eq: null } }) { totalCount } }", {}, token);
    expect(await attempts({ action: { eq: "users.read" } })).toHaveLength(1);
  });

  it("of somebody who tries and tries fills the log no faster than it may, and the log says how many were left out", async () => {
    const { id } = await makeUser(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const targets = await Promise.all(Array.from({ length: 70 }, () => makeUser(file.gateway)));
    for (let i = 0; i < 5; i++) await file.gateway.refusal(SUSPEND, { input: { id } }, token);
    expect((await attempts({ subjectId: { eq: id } })).length).toBeLessThan(5);
    for (const target of targets) await file.gateway.refusal(SUSPEND, { input: { id: target.id } }, token);
    const recorded = (
      await attempts({ action: { eq: "user.suspended" }, subjectId: { in: [id, ...targets.map((one) => one.id)] } })
    ).length;
    expect(recorded).toBeLessThanOrEqual(60);
    expect(recorded).toBeGreaterThan(40);
    const other = await machineToken(file.gateway, ["USER_READ"]);
    await file.gateway.refusal(SUSPEND, { input: { id: (targets.at(-1) as { id: string }).id } }, other);
    expect(await attempts({ subjectId: { eq: (targets.at(-1) as { id: string }).id } })).toHaveLength(1);
  });

  it("by nobody is not recorded: the log says who did what", async () => {
    const { id } = await makeUser(file.gateway);
    await file.gateway.refusal(SUSPEND, { input: { id } }, null);
    expect(await attempts({ subjectId: { eq: id } })).toEqual([]);
  });

  it("at a subscription is recorded where it is refused", async () => {
    const unit = await makeUnit(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"], [unit.id]);
    const socket = await Socket.open(file.gateway.url, token);
    const events = socket.start("subscription { userEvents(filter: { riskScore: { gt: 50 } }) { __typename } }");
    expect((await events.refused()).extensions.code).toBe("FIELD_FORBIDDEN");
    socket.kill();
    const [attempt] = await attempts({ action: { eq: "user_events.read" } });
    expect(attempt).toMatchObject({ outcome: "DENIED", cause: { actor: { kind: "SERVICE" } } });
    expect(told(attempt as Attempt)).toMatchObject({ code: "FIELD_FORBIDDEN", operation: "userEvents" });
  });
});
