import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { erasePerson } from "../../../src/features/erasure/erasure.work.ts";
import { verifyChain } from "../../../src/feed/chain-verification.ts";
import { compareTables } from "../../../src/feed/table-comparison.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeHolder, makeUser, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { testOutbox } from "../../support/mail.ts";
import { sealAll } from "../../support/sealing.ts";
import { inFile } from "../../support/sockets.ts";
import { approve, ask, setManager, UNIT_HEAD } from "../approvals/support.ts";
import { follow, saveSearch } from "../saved-searches/support.ts";
import { actAs, ERASE, erase, erasers, plant, settle, tablesWith } from "./support.ts";

const file = gatewayForFile({});
const sockets = inFile();
let pair: Awaited<ReturnType<typeof erasers>>;

const SHOWN = `query ($id: ID!) { user(by: { id: $id }) { id username displayName status email manager { id } reports(first: 5) { nodes { id } } } }`;
const eventsByDay = async () =>
  (
    await sql<{ day: string; count: bigint }>`
      SELECT at::date::text AS day, count(*) FROM audit_log WHERE at < ${await file.gateway.database.now()} GROUP BY 1 ORDER BY 1`.execute(
      file.gateway.database.reader,
    )
  ).rows;

beforeAll(async () => {
  pair = await erasers(file.gateway);
});

describe("Erasing a person", () => {
  it("leaves a tombstone and nothing of their values in any table, the log and the names of actors included", async () => {
    const { gateway } = file;
    const mark = unique("zqxvalue");
    const id = await plant(gateway, mark);
    const other = await makeUser(gateway);
    await actAs(gateway, mark, id, other.id);
    await settle(gateway);
    expect(await tablesWith(gateway, mark)).toEqual(
      expect.arrayContaining(["change", "commit", "session", "user_account", "user_search", "user_version"]),
    );
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    expect(await tablesWith(gateway, mark)).toEqual([]);
    expect((await gateway.run(SHOWN, { id })).user).toMatchObject({
      id,
      displayName: "Erased person",
      status: "DELETED",
      email: null,
    });
  });

  it("keeps the chain and the counts by period, and tables agree with the log, before sealing and after", async () => {
    const { gateway } = file;
    const { database } = gateway;
    const id = await plant(gateway, unique("zqxchain"));
    await settle(gateway);
    const counted = await eventsByDay();
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await compareTables(database.reader, testCustody.keys)).toMatchObject({ discrepancies: [] });
    await settle(gateway);
    await sealAll(database, testCustody.keys);
    expect(await compareTables(database.reader, testCustody.keys)).toMatchObject({ discrepancies: [] });
    expect(await verifyChain(database.reader, testCustody.keys)).toMatchObject({ verified: true });
    const after = await eventsByDay();
    for (const [place, { day, count }] of counted.entries()) {
      expect(after[place]?.day).toBe(day);
      expect(after[place]?.count).toBeGreaterThanOrEqual(count);
    }
    const events = `query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id } }, first: 100) { nodes { action changes { before after redacted } cause { reason } } } }`;
    const { auditEvents } = await gateway.run(events, { id });
    const actions = auditEvents.nodes.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(["user.created", "user.erased", "user.email.removed"]));
    for (const { changes, cause } of auditEvents.nodes)
      expect(
        [
          cause.reason,
          ...changes.flatMap(({ before, after }: { before: unknown; after: unknown }) => [before, after]),
        ].every((value) => value === null),
      ).toBe(true);
  });

  it("tells followers of a search that the person left, without a value, also those who come back later", async () => {
    const { gateway } = file;
    const mark = unique("zqxleft");
    const id = await plant(gateway, mark);
    const search = await saveSearch(gateway, {
      filter: { department: { eq: `${mark}-department` } },
      watch: ["displayName"],
    });
    await settle(gateway);
    const live = await follow(gateway, sockets.keep, { id: search.id });
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    const [left] = await live.count(1);
    expect(left).toMatchObject({ userId: id });
    await settle(gateway);
    const late = await follow(gateway, sockets.keep, { id: search.id, after: search.position });
    const told = await late.count(1);
    expect(told.at(-1)).toMatchObject({ userId: id });
    expect(JSON.stringify([left, ...told])).not.toContain(mark);
  });

  it("keeps the links of their manager and their reports", async () => {
    const { gateway } = file;
    const [boss, report] = [await makeUser(gateway), await makeUser(gateway)];
    const id = await plant(gateway, unique("zqxlink"), { manager_id: uuid(boss.id) });
    await setManager(gateway, report.id, id);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    const shown = await gateway.run(SHOWN, { id });
    expect(shown.user).toMatchObject({ manager: { id: boss.id }, reports: { nodes: [{ id: report.id }] } });
    expect((await gateway.run(SHOWN, { id: report.id })).user.manager.id).toBe(id);
  });

  it("is asked for once, and asking again for who is erased does nothing", async () => {
    const { gateway } = file;
    const id = await plant(gateway, unique("zqxtwice"));
    const input = { id, ground: "OBJECTION" };
    const first = await gateway.run(ERASE, { input }, pair[0].token);
    const second = await gateway.run(ERASE, { input }, pair[1].token);
    expect(second.eraseUser.approvalRequest.id).toBe(first.eraseUser.approvalRequest.id);
    expect(await approve(gateway, first.eraseUser.approvalRequest.id, pair[1].token)).toBe("APPROVED");
    const third = await gateway.run(ERASE, { input }, pair[0].token);
    expect(third.eraseUser).toMatchObject({
      approvalRequest: null,
      erasure: { userId: id, ground: "OBJECTION", approvalRequestId: first.eraseUser.approvalRequest.id },
    });
    const update = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
    expect((await gateway.refusal(update, { input: { id, nickName: "Back" } })).extensions.code).toBe("CONFLICT");
    const restore = "mutation ($input: RestoreUserInput!) { restoreUser(input: $input) { position } }";
    expect((await gateway.refusal(restore, { input: { id } })).extensions.code).toBe("ILLEGAL_TRANSITION");
  });

  it("needs the permission, and a second person", async () => {
    const { gateway } = file;
    const id = await plant(gateway, unique("zqxsecond"));
    const { eraseUser } = await gateway.run(ERASE, { input: { id, ground: "LEGAL_DUTY" } }, pair[0].token);
    expect(eraseUser.approvalRequest).toMatchObject({ kind: "ERASURE", state: "PENDING" });
    expect(await approve(gateway, eraseUser.approvalRequest.id, pair[0].token)).toBe("FORBIDDEN");
    expect((await gateway.run(SHOWN, { id })).user.status).toBe("ACTIVE");
    const reader = await makeHolder(gateway, ["USER_READ", "USER_UPDATE"]);
    expect((await gateway.refusal(ERASE, { input: { id, ground: "LEGAL_DUTY" } }, reader.token)).extensions.code).toBe(
      "FORBIDDEN",
    );
    expect(await approve(gateway, eraseUser.approvalRequest.id, reader.token)).toBe("NOT_FOUND");
  });

  it("is a deletion first: the last who manages roles cannot be erased either", async () => {
    const { gateway } = file;
    const last = await makeHolder(gateway, ["ROLE_MANAGE"]);
    const { eraseUser } = await gateway.run(ERASE, { input: { id: last.id, ground: "OBJECTION" } }, pair[0].token);
    expect(await approve(gateway, eraseUser.approvalRequest.id, pair[1].token)).toBe("FAILED");
    expect((await gateway.run(SHOWN, { id: last.id })).user.status).toBe("ACTIVE");
  });

  it("fails where whoever asked may not erase the person any more", async () => {
    const { gateway } = file;
    const id = await plant(gateway, unique("zqxlost"));
    const asker = await makeHolder(gateway, ["USER_READ", "USER_ERASE"]);
    const { eraseUser } = await gateway.run(ERASE, { input: { id, ground: "OBJECTION" } }, asker.token);
    await gateway.database.write(someCause, async (tx) => {
      await sql`UPDATE role_grant SET revoked_at = ${tx.now} WHERE user_id = ${uuid(asker.id)}`.execute(tx.sql);
    });
    expect(await approve(gateway, eraseUser.approvalRequest.id, pair[1].token)).toBe("FAILED");
    expect((await gateway.run(SHOWN, { id })).user.status).toBe("ACTIVE");
  });

  it("leaves requests to be read, and what others asked for where the erased person only decided", async () => {
    const { gateway } = file;
    const [asker, decider] = [await makeUser(gateway), await makeHolder(gateway, ["USER_READ", "USER_UPDATE"])];
    const others = await ask(gateway, asker.id, [
      [{ by: "PERMISSION", permission: "USER_UPDATE", over: "SUBJECT" }],
      [UNIT_HEAD],
    ]);
    expect(await approve(gateway, others, decider.token)).toBe("PENDING");
    const ids = await gateway.database.write(someCause, async (tx) => {
      const requester = { kind: "USER" as const, id: uuid(decider.id), name: "Decider" };
      const asked = { requester, subjectId: null, reason: "Theirs.", payload: { some: "thing" } };
      const steps = [[{ by: "PERMISSION" as const, permission: "USER_ERASE" as const, over: "EVERYWHERE" as const }]];
      const made: string[] = [];
      for (const kind of ["PROFILE_CHANGE", "ERASURE", "RETENTION_POLICY"] as const)
        made.push(await gateway.approvals.approvals.request(tx, { ...asked, kind, steps }));
      return made;
    });
    expect(await erase(gateway, decider.id, pair)).toBe("APPROVED");
    const shown = `query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { state reason changes { field } } } }`;
    for (const id of ids.value)
      expect((await gateway.run(shown, { id: publicId("ApprovalRequest", id) })).node).toEqual({
        state: "CANCELLED",
        reason: null,
        changes: [],
      });
    const { rows } = await sql<{
      reason: string;
    }>`SELECT reason FROM approval_request WHERE id = ${uuid(others)}`.execute(gateway.database.reader);
    expect(rows).toEqual([{ reason: "They call me so." }]);
  });

  it("leaves all as it was where it fails in the middle", async () => {
    const { gateway } = file;
    const mark = unique("zqxcrash");
    const id = await plant(gateway, mark);
    const { eraseUser } = await gateway.run(ERASE, { input: { id, ground: "LEGAL_DUTY" } }, pair[0].token);
    await settle(gateway);
    const held = await tablesWith(gateway, mark);
    // All of it is written, and then the transaction does not come to its end.
    const broken = gateway.database.write(someCause, async (tx) => {
      await erasePerson(
        tx,
        { approvals: gateway.approvals.approvals, outbox: testOutbox, cascades: [] },
        {
          userId: uuid(id),
          ground: "LEGAL_DUTY",
          approvalRequestId: null,
        },
      );
      throw new Error("the process died");
    });
    await expect(broken).rejects.toThrow("the process died");
    expect(await tablesWith(gateway, mark)).toEqual(held);
    expect(await approve(gateway, eraseUser.approvalRequest.id, pair[1].token)).toBe("APPROVED");
    await settle(gateway);
    expect(await tablesWith(gateway, mark)).toEqual([]);
  });
});
