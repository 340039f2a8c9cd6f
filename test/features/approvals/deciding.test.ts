import { sql } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import type { Tx } from "../../../src/database/transaction.ts";
import type { Decider } from "../../../src/features/approvals/approval-request.entity.ts";
import { hashOfSecret } from "../../../src/features/auth/token.secret.ts";
import { RollcallError } from "../../../src/kernel/errors.ts";
import type { Permission } from "../../../src/kernel/permissions.ts";
import { parsePosition } from "../../../src/kernel/position.ts";
import { databaseKind, someCause } from "../../support/database.ts";
import {
  grant,
  machineToken,
  makeHolder,
  makeRole,
  makeUnit,
  makeUser,
  tokenOf,
  unique,
  uuid,
} from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { ERASE } from "../erasure/support.ts";
import { APPROVE, approve, ask, CANCEL, decide, listed, MANAGER, REJECT, setManager, UNIT_HEAD } from "./support.ts";

const file = gatewayForFile();

interface Person {
  id: string;
  token: string;
}

let unit: string;
let ann: Person;
let boss: Person;

async function person(unitId: string | null = null): Promise<Person> {
  const { id } = await makeUser(file.gateway, { orgUnitId: unitId });
  return { id, token: await tokenOf(file.gateway, id) };
}

const nickOf = async (id: string) =>
  (await file.gateway.run("query ($id: ID!) { user(by: { id: $id }) { nickName } }", { id })).user.nickName;
const stateOf = async (id: string) =>
  (await file.gateway.run("query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state } } }", { id })).node
    .state;

const narrowTo = (token: string, permissions: Permission[]) =>
  file.gateway.database.write(someCause, (tx) =>
    tx.sql.updateTable("service_token").set({ permissions }).where("hash", "=", hashOfSecret(token)).execute(),
  );

beforeEach(async () => {
  unit = (await makeUnit(file.gateway)).id;
  ann = await person(unit);
  boss = await person();
  await setManager(file.gateway, ann.id, boss.id);
});

describe("A request", () => {
  it("is carried out with the approval of its one step, by the manager of the person it concerns", async () => {
    const id = await ask(file.gateway, ann.id, [[MANAGER]]);
    expect(await listed(file.gateway, boss.token, { mine: "TO_DECIDE" })).toEqual([id]);
    expect(await approve(file.gateway, id, boss.token)).toBe("APPROVED");
    expect(await nickOf(ann.id)).toBe("Ace");
    expect(await listed(file.gateway, boss.token, { mine: "TO_DECIDE" })).toEqual([]);
    expect(await listed(file.gateway, boss.token, { mine: "DECIDED", state: ["APPROVED"] })).toEqual([id]);
  });

  it("is not carried out where it is rejected or taken back, and nobody decides it after", async () => {
    const [rejected, cancelled] = [
      await ask(file.gateway, ann.id, [[MANAGER]]),
      await ask(file.gateway, ann.id, [[MANAGER]]),
    ];
    expect(await decide(file.gateway, REJECT, rejected, boss.token)).toBe("REJECTED");
    expect(await decide(file.gateway, CANCEL, cancelled, boss.token)).toBe("FORBIDDEN");
    expect(await decide(file.gateway, CANCEL, cancelled, ann.token)).toBe("CANCELLED");
    for (const id of [rejected, cancelled])
      expect(await approve(file.gateway, id, boss.token)).toBe("ILLEGAL_TRANSITION");
    expect(await nickOf(ann.id)).toBeNull();
  });

  it("is decided as it was seen: another version is refused", async () => {
    const id = await ask(file.gateway, ann.id, [[MANAGER]]);
    const { extensions } = await file.gateway.refusal(APPROVE, { input: { id, expectedVersion: 7 } }, boss.token);
    expect(extensions).toMatchObject({ code: "STALE_VERSION", currentVersion: 1 });
    expect(await stateOf(id)).toBe("PENDING");
  });

  it("has one effect and one answer under an idempotency key", async () => {
    const id = await ask(file.gateway, ann.id, [[MANAGER]]);
    const input = { id, idempotencyKey: "once", comment: "Fine." };
    const first = await file.gateway.run(APPROVE, { input }, boss.token);
    expect(await file.gateway.run(APPROVE, { input }, boss.token)).toEqual(first);
    expect(first.approve.approvalRequest.steps[0]).toMatchObject({ decision: "APPROVED", comment: "Fine." });
  });
});

describe("Nobody approves", () => {
  it("their own request, whatever they hold, nor one about themselves", async () => {
    const admin = await makeHolder(file.gateway, ["USER_UPDATE", "USER_READ", "AUDIT_READ"]);
    const anybody: Decider = { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" };
    const own = await ask(file.gateway, admin.id, [[anybody]], { subjectId: ann.id });
    const about = await ask(file.gateway, ann.id, [[anybody]], { subjectId: admin.id });
    expect(await approve(file.gateway, own, admin.token)).toBe("FORBIDDEN");
    expect(await approve(file.gateway, about, admin.token)).toBe("FORBIDDEN");
    expect(await listed(file.gateway, admin.token, { mine: "TO_DECIDE" })).toEqual([]);
    const other = await makeHolder(file.gateway, ["USER_UPDATE"]);
    expect(await approve(file.gateway, own, other.token)).toBe("APPROVED");
  });

  it("as a machine, and a token that is narrowed to permissions is nobody's manager", async () => {
    const anybody: Decider = { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" };
    const id = await ask(file.gateway, ann.id, [[anybody, MANAGER]]);
    expect(await approve(file.gateway, id, await machineToken(file.gateway, ["USER_UPDATE", "AUDIT_READ"]))).toBe(
      "FORBIDDEN",
    );
    const narrowed = await tokenOf(file.gateway, boss.id);
    await narrowTo(narrowed, ["USER_READ"]);
    expect(await approve(file.gateway, id, narrowed)).toBe("NOT_FOUND");
    expect(await approve(file.gateway, id, boss.token)).toBe("APPROVED");
  });

  it("with a role, a permission, a headship or reports that they have lost since", async () => {
    const { gateway } = file;
    const { key, id: roleId } = await makeRole(gateway, []);
    const clerk = await person();
    const grantId = await grant(gateway, clerk.id, key, { scopeId: unit });
    const updater = await makeHolder(gateway, ["USER_UPDATE"], unit);
    const head = await person(unit);
    const setHead = (headId: string | null) =>
      gateway.run("mutation ($input: UpdateOrgUnitInput!) { updateOrgUnit(input: $input) { position } }", {
        input: { id: unit, headId },
      });
    await setHead(head.id);
    const id = await ask(gateway, ann.id, [
      [
        MANAGER,
        UNIT_HEAD,
        { by: "ROLE", roleId: uuid(roleId) },
        { by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" },
      ],
    ]);
    const deciders = [clerk, updater, head, boss];
    for (const { token } of deciders) expect(await listed(gateway, token, { mine: "TO_DECIDE" })).toEqual([id]);
    const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";
    for (const one of [grantId, updater.grantId]) await gateway.run(REVOKE, { input: { grantId: one } });
    await setHead(null);
    await setManager(gateway, ann.id, null);
    for (const { token } of deciders) {
      expect(await approve(gateway, id, token)).toBe("NOT_FOUND");
      expect(await listed(gateway, token)).toEqual([]);
    }
    expect(await stateOf(id)).toBe("PENDING");
  });

  it("two steps of one request, and no step before its turn", async () => {
    const { gateway } = file;
    const second = await makeHolder(gateway, ["USER_UPDATE"]);
    const { key } = await makeRole(gateway, ["USER_UPDATE"]);
    await grant(gateway, boss.id, key);
    const id = await ask(gateway, ann.id, [
      [MANAGER],
      [{ by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" }],
    ]);
    expect(await approve(gateway, id, second.token)).toBe("NOT_FOUND");
    expect(await approve(gateway, id, boss.token)).toBe("PENDING");
    expect(await approve(gateway, id, boss.token)).toBe("FORBIDDEN");
    expect(await nickOf(ann.id)).toBeNull();
    expect(await approve(gateway, id, second.token)).toBe("APPROVED");
    expect(await nickOf(ann.id)).toBe("Ace");
  });
});

describe("What a machine asks for", () => {
  const ALL = ["SETTINGS_MANAGE", "USER_ERASE", "USER_READ"] as const;
  const secretOf = (mutation: string, payload: string, token: string) => async (input: object) => {
    const data = await file.gateway.run(
      `mutation ($input: ${mutation}Input!) { ${payload}(input: $input) { secret serviceToken { id } } }`,
      { input },
      token,
    );
    return data[payload] as { secret: string; serviceToken: { id: string } };
  };
  const make = (token: string, permissions: readonly string[] = ["USER_ERASE", "USER_READ"]) =>
    secretOf("CreateServiceToken", "createServiceToken", token)({ kind: "ORGANISATION", name: "machine", permissions });
  const asks = async (token: string): Promise<string> => {
    const { id } = await makeUser(file.gateway);
    const { eraseUser } = await file.gateway.run(ERASE, { input: { id, ground: "OBJECTION" } }, token);
    return eraseUser.approvalRequest.id;
  };

  it("is decided by nobody who was told a secret of it: who made it, rotated it, or made the machine that did", async () => {
    const { gateway } = file;
    const [maker, rotator, other] = [
      await makeHolder(gateway, ALL),
      await makeHolder(gateway, ALL),
      await makeHolder(gateway, ALL),
    ];
    const first = await make(maker.token, ALL);
    const child = await make(first.secret);
    for (const secret of [first.secret, child.secret]) {
      const id = await asks(secret);
      expect(await approve(gateway, id, maker.token)).toBe("FORBIDDEN");
      expect(await listed(gateway, maker.token, { mine: "TO_DECIDE" })).not.toContain(id);
      expect(await approve(gateway, id, other.token)).toBe("APPROVED");
    }
    const rotated = await secretOf(
      "RotateServiceToken",
      "rotateServiceToken",
      rotator.token,
    )({ id: child.serviceToken.id });
    const id = await asks(rotated.secret);
    for (const { token } of [maker, rotator]) expect(await approve(gateway, id, token)).toBe("FORBIDDEN");
    expect(await approve(gateway, id, other.token)).toBe("APPROVED");
  });

  it("with a token of which nobody knows who made it, is decided by nobody who makes tokens, by whatever token they ask", async () => {
    const { gateway } = file;
    const id = await asks(await machineToken(gateway, ["USER_ERASE", "USER_READ"]));
    const settings = await makeHolder(gateway, ALL);
    expect(await approve(gateway, id, settings.token)).toBe("FORBIDDEN");
    await narrowTo(settings.token, ["USER_ERASE", "USER_READ"]);
    expect(await approve(gateway, id, settings.token)).toBe("FORBIDDEN");
    const eraser = await makeHolder(gateway, ["USER_ERASE", "USER_READ"]);
    expect(await approve(gateway, id, eraser.token)).toBe("APPROVED");
  });
});

describe("Two approvals at the same moment", () => {
  it("carry a request out once", async () => {
    const { gateway } = file;
    const others = await Promise.all([1, 2, 3].map(() => makeHolder(gateway, ["USER_UPDATE"])));
    const id = await ask(gateway, ann.id, [[{ by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" }]]);
    const versionOf = async () =>
      (await gateway.run("query ($id: ID!) { user(by: { id: $id }) { version } }", { id: ann.id })).user.version;
    const before = await versionOf();
    const answers = await Promise.all(others.map(({ token }) => approve(gateway, id, token)));
    expect(answers.sort()).toEqual(["APPROVED", "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"]);
    expect(await versionOf()).toBe(before + 1);
  });
});

/** A transaction of somebody else's that is under way, has done this work and will take it back. */
async function holding(work: (tx: Tx) => Promise<unknown>): Promise<{ release(): Promise<void> }> {
  const told = { begun: () => {}, free: () => {} };
  const begun = new Promise<void>((resolve) => {
    told.begun = resolve;
  });
  const free = new Promise<void>((resolve) => {
    told.free = resolve;
  });
  const over = file.gateway.database
    .write(someCause, async (tx) => {
      await work(tx);
      told.begun();
      await free;
      throw new RollcallError("CONFLICT", "Taken back.");
    })
    .catch(() => undefined);
  await begun;
  return {
    async release() {
      told.free();
      await over;
    },
  };
}

// The embedded database takes one transaction behind another: there nothing interleaves.
describe.skipIf(databaseKind === "embedded")("Whoever loses their role at the instant at which they approve", () => {
  const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";

  /** Somebody who may decide by a role, and a request for another address that waits for that role. */
  async function scene() {
    const { gateway } = file;
    const { key, id: roleId } = await makeRole(gateway, []);
    const clerk = await person();
    const grantId = await grant(gateway, clerk.id, key, { scopeId: unit });
    const after = `${unique("ann")}@example.com`;
    const id = await ask(gateway, ann.id, [[{ by: "ROLE", roleId: uuid(roleId) }]], { field: "email", after });
    return { gateway, clerk, grantId, id };
  }
  const settled = (one: Promise<unknown>, ms: number) =>
    Promise.race([one.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, ms, false))]);

  it("is refused where the loss was committed while the approval waited for the person", async () => {
    const { gateway, clerk, grantId, id } = await scene();
    const held = await holding((tx) =>
      sql`SELECT FROM user_account WHERE id = ${uuid(ann.id)} FOR UPDATE`.execute(tx.sql),
    );
    const approval = approve(gateway, id, clerk.token);
    expect(await settled(approval, 300)).toBe(false);
    await gateway.run(REVOKE, { input: { grantId } });
    await held.release();
    expect(await approval).toBe("NOT_FOUND");
    expect(await stateOf(id)).toBe("PENDING");
  });

  it("loses it behind the approval where that had begun to be carried out", async () => {
    const { gateway, clerk, grantId, id } = await scene();
    // Carrying the request out writes an address, and waits for whoever keeps everybody from writing one.
    const held = await holding((tx) => sql`LOCK TABLE user_email IN SHARE MODE`.execute(tx.sql));
    const approval = gateway.run(APPROVE, { input: { id } }, clerk.token);
    expect(await settled(approval, 300)).toBe(false);
    const loss = gateway.run(REVOKE, { input: { grantId } });
    expect(await settled(loss, 300)).toBe(false);
    await held.release();
    const [approved, lost] = await Promise.all([approval, loss]);
    expect(approved.approve.approvalRequest.state).toBe("APPROVED");
    const [first, second] = [approved.approve.position, lost.revokeRole.position].map(
      (one) => parsePosition(one).commit,
    );
    expect(second).toBeGreaterThan(first as bigint);
  });
});

describe("What cannot be carried out", () => {
  it("leaves the request FAILED with its reason, and nothing done", async () => {
    const { gateway } = file;
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    await gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id: ann.id, nickName: "Annie" },
    });
    const { approve: answer } = await gateway.run(APPROVE, { input: { id } }, boss.token);
    expect(answer.approvalRequest).toMatchObject({
      state: "FAILED",
      failure: { code: "CONFLICT" },
      steps: [{ decision: "APPROVED" }],
    });
    expect(await nickOf(ann.id)).toBe("Annie");
  });
});

describe("A request out of sight", () => {
  it("is answered like one that never was", async () => {
    const { gateway } = file;
    const stranger = await makeHolder(gateway, ["USER_READ"]);
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    const never = "approval_01jd8m5k3tf0vbq2z7y6x4w9ra";
    for (const mutation of [APPROVE, REJECT, CANCEL]) {
      const [hidden, absent] = [id, never].map((one) =>
        gateway.refusal(mutation, { input: { id: one } }, stranger.token),
      );
      const { path: _, ...told } = (await hidden) as NonNullable<Awaited<typeof hidden>>;
      expect(await absent).toMatchObject({
        message: told.message,
        extensions: { code: "NOT_FOUND", inputPath: "input.id" },
      });
    }
    const QUERY = "query ($id: ID!) { node(id: $id) { id } }";
    expect((await gateway.run(QUERY, { id }, stranger.token)).node).toBeNull();
    expect(await listed(gateway, stranger.token)).toEqual([]);
  });

  it("is told of to readers of the audit log without its values", async () => {
    const { gateway } = file;
    const auditor = await makeHolder(gateway, ["AUDIT_READ"], unit);
    const elsewhere = await makeHolder(gateway, ["AUDIT_READ"], (await makeUnit(gateway)).id);
    const id = await ask(gateway, ann.id, [[MANAGER]]);
    const SEEN =
      "query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state reason subjectName subjectId viewerMayDecide changes { field before after redacted } } } }";
    const seenBy = async (token: string) => (await gateway.run(SEEN, { id }, token)).node;
    expect(await seenBy(auditor.token)).toEqual({
      state: "PENDING",
      reason: null,
      subjectName: null,
      subjectId: ann.id,
      viewerMayDecide: false,
      changes: [{ field: "nickName", before: null, after: null, redacted: true }],
    });
    expect(await seenBy(elsewhere.token)).toBeNull();
    for (const [token, mayDecide] of [
      [boss.token, true],
      [ann.token, false],
    ] as const)
      expect(await seenBy(token)).toMatchObject({
        reason: "They call me so.",
        viewerMayDecide: mayDecide,
        changes: [{ field: "nickName", before: null, after: "Ace", redacted: false }],
      });
  });
});
