import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import type { Tx } from "../../../src/database/transaction.ts";
import { compareTables } from "../../../src/feed/table-comparison.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { databaseKind, someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { Socket } from "../../support/socket.ts";
import { inFile } from "../../support/sockets.ts";
import { ask, REJECT } from "../approvals/support.ts";
import { apply, plan, planOf } from "../bulk/support.ts";
import { csv, IMPORT, upload } from "../import-plans/support.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { Schedules } from "../schedules/support.ts";
import { erase, erasers, sealedWith, settle, tablesWith } from "./support.ts";

/* What was written about a person, in reasons and in texts of others, and what becomes of it when they are erased. */

const file = gatewayForFile({});
const sockets = inFile();
let pair: Awaited<ReturnType<typeof erasers>>;
beforeAll(async () => {
  pair = await erasers(file.gateway);
});

const PREVIEW = `query ($userId: ID!) { previewErasure(userId: $userId) {
  data { table rows fate columns why } namedIn { table id } erasure { gone namedIn { table id } } } }`;
const OFFBOARD = "mutation ($input: OffboardInput!) { offboard(input: $input) { position } }";
const REASONS = `query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id } }, first: 50) { nodes { action cause { reason } } } }`;
const FOLLOW = "subscription { userEvents { __typename ... on UserEvent { userId cause { reason } } } }";

const reasonsOf = async (id: string): Promise<(string | null)[]> =>
  (await file.gateway.run(REASONS, { id })).auditEvents.nodes.map(
    ({ cause }: { cause: { reason: string | null } }) => cause.reason,
  );

/** Somebody with a report and a shared search, and who takes both over. */
async function leaver() {
  const { gateway } = file;
  const { id } = await makeUser(gateway);
  const [report, successor] = [await makeUser(gateway, { managerId: id }), await makeUser(gateway)];
  await grant(gateway, id, (await makeRole(gateway, ["USER_READ", "SAVED_SEARCH_SHARE"])).key);
  const search = await saveSearch(gateway, { visibility: "SHARED" }, await tokenOf(gateway, id));
  return { id, reportId: report.id, successorId: successor.id, searchId: search.id };
}

describe("The reason of a step that somebody takes", () => {
  it.each([
    ["at once", false],
    ["behind their last day", true],
  ])("is told with what happened to them, and not with what that changed of others: %s", async (_, later) => {
    const { gateway } = file;
    const schedules = new Schedules(gateway);
    const due = later ? { lastDay: (await schedules.hence(48)).slice(0, 10) } : {};
    const reason = unique("zqxreason");
    const { id, reportId, successorId, searchId } = await leaver();
    const socket = sockets.keep(await Socket.open(gateway.url, gateway.admin));
    const events = socket.start(FOLLOW, {});
    await events.ready();
    await gateway.run(OFFBOARD, { input: { id, successorId, reason, ...due } });
    if (later) expect(await schedules.run("5 days")).toBe(1);
    const told = await events.until((all) => all.find((event) => event?.userId === reportId));
    expect(told.cause.reason).toBeNull();
    expect(await reasonsOf(id)).toContain(reason);
    for (const other of [reportId, searchId]) expect(await reasonsOf(other)).not.toContain(reason);
    await settle(gateway);
    expect(await reasonsOf(id)).toContain(reason);
    for (const other of [reportId, searchId]) expect(await reasonsOf(other)).not.toContain(reason);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    expect(await tablesWith(gateway, reason)).toEqual([]);
    expect(await sealedWith(gateway, reason)).toEqual({ subjects: [], actors: [] });
  });
});

describe("A plan for one person alone", () => {
  it("keeps that it was made, and neither why nor what it was to make of them", async () => {
    const { gateway } = file;
    const [reason, title] = [unique("zqxplanreason"), unique("zqxplantitle")];
    const { id } = await makeUser(gateway);
    const made = await plan(gateway, { userIds: [id] }, { set: { title } }, undefined, { reason });
    await apply(gateway, made.id);
    await settle(gateway);
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    for (const words of [reason, title]) {
      expect(await tablesWith(gateway, words)).toEqual([]);
      expect((await sealedWith(gateway, words)).subjects).toEqual([]);
    }
    expect((await planOf(gateway, made.id)).progress).toMatchObject({ changed: 1 });
  });
});

describe("Texts of others that name a person", () => {
  const REQUESTED = "query ($id: ID!) { node(id: $id) { ... on ApprovalRequest { reason steps { comment } } } }";

  it("lose the name where nothing follows from them any more, and are told of where something does", async () => {
    const { gateway } = file;
    const { database } = gateway;
    const name = unique("Zqx Person");
    const { id, username } = await makeUser(gateway, { displayName: name });
    const [other, asker] = [await makeUser(gateway), await makeUser(gateway)];
    const decider = await makeHolder(gateway, ["USER_READ", "USER_UPDATE"]);
    const steps = [[{ by: "PERMISSION" as const, permission: "USER_UPDATE" as const, over: "SUBJECT" as const }]];
    const asked = { subjectId: other.id, after: `as ${name}` };
    const [closed, waiting] = [await ask(gateway, asker.id, steps, asked), await ask(gateway, asker.id, steps, asked)];
    await gateway.run(
      REJECT,
      { input: { id: closed, comment: `No: ${name.toUpperCase()} is called so.` } },
      decider.token,
    );
    const target = { filter: { username: { in: [username, other.username] } } };
    const [done, planned] = [
      await plan(gateway, target, { set: { title: "Pair" } }, undefined, { reason: `With ${name}.` }),
      await plan(gateway, target, { set: { title: "Other pair" } }),
    ];
    await apply(gateway, done.id);
    const role = await makeRole(gateway, []);
    await database.write(someCause, (tx) =>
      sql`UPDATE role SET description = ${`Made for ${name}`} WHERE id = ${uuid(role.id)}`.execute(tx.sql),
    );
    await settle(gateway);
    const left = [
      { table: "approval_request", id: waiting },
      { table: "bulk_plan", id: planned.id },
      { table: "role", id: role.id },
    ];
    const { previewErasure } = await gateway.run(PREVIEW, { userId: id }, pair[0].token);
    expect(previewErasure.namedIn).toEqual(left);
    const told = previewErasure.data.filter(({ why }: { why: string | null }) => why?.startsWith("Texts of others"));
    expect(told).toMatchObject([
      { table: "approval_request", rows: 1, fate: "CLEARED" },
      { table: "bulk_plan", rows: 1, fate: "CLEARED" },
    ]);

    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    const after = (await gateway.run(PREVIEW, { userId: id }, pair[0].token)).previewErasure;
    expect(after.erasure.namedIn).toEqual(left);
    const ends = [closed, done.id].map(uuid);
    const { rows } = await sql<{ found: string }>`
      SELECT 'request' AS found FROM approval_request t WHERE t.id = ANY (${ends}::uuid[]) AND t::text ILIKE ${`%${name}%`}
      UNION ALL SELECT 'plan' FROM bulk_plan t WHERE t.id = ANY (${ends}::uuid[]) AND (t::text ILIKE ${`%${name}%`} OR t::text LIKE ${`%${username}%`})
      UNION ALL SELECT 'log' FROM change t WHERE t.row_id = ANY (${ends}::uuid[]) AND (t::text ILIKE ${`%${name}%`} OR t::text LIKE ${`%${username}%`})`.execute(
      database.reader,
    );
    expect(rows).toEqual([]);
    const request = (await gateway.run(REQUESTED, { id: closed }, decider.token)).node;
    expect(request.steps[0].comment).toBe("No: Erased person is called so.");
    expect(await compareTables(database.reader, testCustody.keys)).toMatchObject({ discrepancies: [] });
  });
});

describe("Files of others", () => {
  /** What a plan of a file leaves, in which the person is somebody's manager and nothing else. */
  const stage = async (tx: Tx, of: string, managerId: string): Promise<string> => {
    const [uploadId, planId] = [newId(), newId()];
    const later = new Date(tx.now.getTime() + 86_400_000);
    await sql`INSERT INTO import_upload (id, file_name, media_type, size, sha256, created_at, expires_at)
      VALUES (${uploadId}, 'people.csv', 'text/csv', 1, sha256(${uploadId}::text::bytea), ${tx.now}, ${later})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO bulk_plan (id, state, kind, target, planner_kind, planner_name, operation_id, limits_known, needs_approval, people, changing, unchanged, errors, created_at, expires_at, updated_at, preview, upload_id)
      VALUES (${planId}, 'PLANNED', 'IMPORT', '{}', 'SYSTEM', 'nobody', ${newId()}, '', false, 1, 1, 0, 0, ${tx.now}, ${later}, ${tx.now}, '{}', ${uploadId})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO bulk_item (plan_id, place, user_id, version, change, finding, before, after)
      VALUES (${planId}, 0, ${uuid(of)}, 1, ${JSON.stringify({ profile: { managerId: uuid(managerId) } })}::jsonb, 'UNCHANGED', '{}', '{}')`.execute(
      tx.sql,
    );
    return uploadId;
  };
  const standing = async (id: string) =>
    (await sql`SELECT FROM import_upload WHERE id = ${id}`.execute(file.gateway.database.reader)).rows.length;

  it("go with whoever they name as somebody's manager alone, and the preview says so", async () => {
    const { gateway } = file;
    const numbers = [unique("zqxnumber"), unique("zqxnumber")] as const;
    const { id } = await makeUser(gateway, { employeeNumber: numbers[0] });
    await makeUser(gateway, { employeeNumber: numbers[1], managerId: id });
    const uploadId = await upload(gateway, csv(["employeeNumber", "manager"], [numbers[1], numbers[0]]));
    const reading = { matchBy: "EMPLOYEE_NUMBER" };
    await gateway.run(IMPORT, { input: { uploadId, mode: "UPDATE", reading } });
    await gateway.imports.planner.run();
    const { previewErasure } = await gateway.run(PREVIEW, { userId: id }, pair[0].token);
    expect(previewErasure.data).toContainEqual(
      expect.objectContaining({ table: "import_upload", rows: 1, fate: "DELETED" }),
    );
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await standing(uuid(uploadId))).toBe(0);
    const { erasure } = (await gateway.run(PREVIEW, { userId: id }, pair[0].token)).previewErasure;
    expect(erasure.gone).toMatchObject({ import_upload: 1, import_upload_part: 1 });
    await settle(gateway);
  });

  it("go also where their plan was still being made when the person was erased", async () => {
    const { gateway } = file;
    const [{ id }, report] = [await makeUser(gateway), await makeUser(gateway)];
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    const { value } = await gateway.database.write(someCause, (tx) => stage(tx, report.id, id));
    expect(await settle(gateway)).toBe(1);
    expect(await standing(value)).toBe(0);
  });

  it.runIf(databaseKind === "postgres")("are waited for until whoever makes the plan has written it", async () => {
    const { gateway } = file;
    const [{ id }, report] = [await makeUser(gateway), await makeUser(gateway)];
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const making = gateway.database.write(someCause, async (tx) => {
      const uploadId = await stage(tx, report.id, id);
      begun.resolve();
      await ended.promise;
      return uploadId;
    });
    await begun.promise;
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(0);
    ended.resolve();
    const { value } = await making;
    expect(await settle(gateway)).toBe(1);
    expect(await standing(value)).toBe(0);
  });
});
