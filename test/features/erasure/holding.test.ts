import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { hashOfSecret } from "../../../src/features/auth/token.secret.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeHolder, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { approve } from "../approvals/support.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { actAs, ERASE, erase, erasers, plant, settle } from "./support.ts";

const file = gatewayForFile();
let pair: Awaited<ReturnType<typeof erasers>>;

const HOLD =
  "mutation ($input: PlaceLegalHoldInput!) { placeLegalHold(input: $input) { hold { id reason releasedAt } position } }";
const RELEASE =
  "mutation ($input: ReleaseLegalHoldInput!) { releaseLegalHold(input: $input) { hold { id releasedAt } position } }";
const PREVIEW = `query ($userId: ID!) { previewErasure(userId: $userId) { userId erasable holds { reason }
  data { table rows fate columns why } namedIn { table id } erasure { id } } }`;
const EXPORT =
  "mutation ($input: ExportPersonalDataInput!) { exportPersonalData(input: $input) { document position } }";

beforeAll(async () => {
  pair = await erasers(file.gateway);
});

describe("A legal hold", () => {
  it("blocks asking, and what waits for its approval, until it is released", async () => {
    const { gateway } = file;
    const id = await plant(gateway, unique("zqxhold"));
    const { eraseUser } = await gateway.run(ERASE, { input: { id, ground: "OBJECTION" } }, pair[0].token);
    const { placeLegalHold } = await gateway.run(HOLD, { input: { userId: id, reason: "A lawsuit." } }, pair[1].token);
    expect(await approve(gateway, eraseUser.approvalRequest.id, pair[1].token)).toBe("FAILED");
    const refused = await gateway.refusal(ERASE, { input: { id, ground: "OBJECTION" } }, pair[0].token);
    expect(refused.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.id" });
    expect((await gateway.run(PREVIEW, { userId: id }, pair[0].token)).previewErasure).toMatchObject({
      erasable: false,
      holds: [{ reason: "A lawsuit." }],
    });
    const release = { input: { id: placeLegalHold.hold.id } };
    expect((await gateway.run(RELEASE, release, pair[0].token)).releaseLegalHold.hold.releasedAt).not.toBeNull();
    expect((await gateway.refusal(RELEASE, release, pair[0].token)).extensions.code).toBe("CONFLICT");
    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(
      (await gateway.refusal(HOLD, { input: { userId: id, reason: "Late." } }, pair[0].token)).extensions.code,
    ).toBe("CONFLICT");
  });

  it("is kept from the person themself, and its words from whoever may not erase them", async () => {
    const { gateway } = file;
    const { id } = await makeUser(gateway);
    const token = await tokenOf(gateway, id);
    const auditor = await makeHolder(gateway, ["USER_READ", "USER_READ_SECURITY", "AUDIT_READ"]);
    const successor = await makeUser(gateway);
    await gateway.run(HOLD, { input: { userId: id, reason: "zqxheldfor fraud" } }, pair[0].token);
    await gateway.run("mutation ($input: OffboardInput!) { offboard(input: $input) { position } }", {
      input: { id, successorId: successor.id, lastDay: "2035-12-31", reason: "zqxleavefor redundancy" },
    });
    const events = "action cause { reason } changes { field after }";
    const { viewer } = await gateway.run(
      `{ viewer { auditEvents(first: 100) { nodes { ${events} } totalCount } } }`,
      {},
      token,
    );
    expect(viewer.auditEvents.nodes.length).toBe(viewer.auditEvents.totalCount);
    expect(viewer.auditEvents.nodes.length).toBeGreaterThan(0);
    const { document } = (await gateway.run(EXPORT, { input: { userId: id } }, token)).exportPersonalData;
    for (const told of [viewer, document]) {
      expect(JSON.stringify(told)).not.toMatch(/zqxheldfor|zqxleavefor|legal_hold|offboarding_scheduled|LEGAL_HOLD/);
    }
    const { auditEvents } = await gateway.run(
      `query ($id: ID!) { auditEvents(first: 100, filter: { subjectId: { eq: $id } }) { nodes { ${events} } } }`,
      { id },
      auditor.token,
    );
    expect(auditEvents.nodes.map(({ action }: { action: string }) => action)).toContain("legal_hold.placed");
    expect(JSON.stringify(auditEvents)).not.toMatch(/zqxheldfor|zqxleavefor/);
  });

  it("is absent for whoever may not erase the person, as the preview is", async () => {
    const { gateway } = file;
    const { id } = await makeUser(gateway);
    const { placeLegalHold } = await gateway.run(HOLD, { input: { userId: id, reason: "A lawsuit." } }, pair[0].token);
    const reader = await makeHolder(gateway, ["USER_READ"]);
    expect(
      (await gateway.run("query ($id: ID!) { node(id: $id) { id } }", { id: placeLegalHold.hold.id }, reader.token))
        .node,
    ).toBeNull();
    expect((await gateway.refusal(PREVIEW, { userId: id }, reader.token)).extensions.code).toBe("FORBIDDEN");
    const nobody = await gateway.refusal(
      HOLD,
      { input: { userId: publicId("User", "01900000-0000-7000-8000-000000000000"), reason: "x" } },
      pair[0].token,
    );
    expect(nobody.extensions).toMatchObject({ code: "NOT_FOUND", inputPath: "input.userId" });
  });
});

describe("A preview", () => {
  it("says what would go, what stays and why, and which texts of others name the person", async () => {
    const { gateway } = file;
    const mark = unique("zqxpreview");
    const id = await plant(gateway, mark);
    const other = await saveSearch(gateway, { filter: { email: { eq: `${mark}@example.org` } } });
    await settle(gateway);
    const { previewErasure } = await gateway.run(PREVIEW, { userId: id }, pair[0].token);
    expect(previewErasure).toMatchObject({
      userId: id,
      erasable: true,
      holds: [],
      erasure: null,
      namedIn: [{ table: "saved_search", id: other.id }],
    });
    // What is the person's comes before what of others holds them too.
    const byTable = Object.fromEntries(
      previewErasure.data.toReversed().map((one: { table: string }) => [one.table, one]),
    );
    for (const [table, fate] of [
      ["import_upload_part", "DELETED"],
      ["approval_request", "CLEARED"],
      ["idempotency_key", "DELETED"],
      ["change", "LOG"],
    ] as const)
      expect(byTable[table], table).toMatchObject({ fate, rows: expect.any(Number) });
    const others = previewErasure.data.filter(({ table }: { table: string }) => table === "import_upload");
    expect(others).toMatchObject([
      { rows: 1, fate: "DELETED" },
      { rows: 1, fate: "DELETED", why: expect.any(String) },
    ]);
    expect(byTable.user_email).toMatchObject({ rows: 1, fate: "DELETED" });
    expect(byTable.user_account.columns).toEqual(expect.arrayContaining(["username", "given_name"]));
    for (const { fate, why } of previewErasure.data) if (fate === "STAYS") expect(why).toMatch(/\.$/);
  });
});

describe("An export", () => {
  it("gives people everything that is held about them, without secrets and without others' names", async () => {
    const { gateway } = file;
    const mark = unique("zqxexport");
    const [id, other] = [await plant(gateway, mark), await plant(gateway, unique("zqxother"))];
    await actAs(gateway, "zqxothername", other, id);
    const { document } = (await gateway.run(EXPORT, { input: { userId: id } }, await tokenOf(gateway, id)))
      .exportPersonalData;
    expect(document).toMatchObject({ format: "rollcall-personal-data/1", subject: id });
    for (const value of [
      "username",
      "phone",
      "street",
      "external",
      "session-ip",
      "agent",
      "fact-ip",
      "token",
      "attribute",
      "tag",
      "status_reason",
      "moved",
    ])
      expect(JSON.stringify(document.data), value).toContain(`${mark}-${value}`);
    for (const value of ["zqxother", "hash", `${mark}-requester`, `${mark}-planned`, "2099-12-31"])
      expect(JSON.stringify(document.data), value).not.toContain(value.includes("hash") ? `${mark}-hash` : value);
  });

  it("holds what hangs from their rows and what they wrote; what they wrote about others is for them alone", async () => {
    const { gateway } = file;
    const mark = unique("zqxown");
    const id = await plant(gateway, mark);
    const other = await makeUser(gateway, { managerId: id });
    await gateway.database.write(someCause, async (tx) => {
      await sql`INSERT INTO session_use (session_id, last_seen_at, family_hash, turn_hash)
        SELECT id, '2031-05-06T07:08:09Z', sha256('f'), sha256('t') FROM session WHERE user_id = ${uuid(id)}`.execute(
        tx.sql,
      );
      const requester = { kind: "USER" as const, id: uuid(id), name: `${mark}-name` };
      const steps = [[{ by: "PERMISSION" as const, permission: "USER_UPDATE" as const, over: "SUBJECT" as const }]];
      const asked = { kind: "PROFILE_CHANGE" as const, requester, subjectId: other.id, reason: `${mark}-asked`, steps };
      const made = await gateway.approvals.approvals.request(tx, {
        ...asked,
        payload: { changes: [{ after: "zqxtheirs" }] },
      });
      await sql`UPDATE approval_request SET steps = jsonb_set(steps, '{0}', steps->0 || ${JSON.stringify({ by: uuid(id), decision: "APPROVED", comment: `${mark}-decided` })}::jsonb)
        WHERE id = ${made}`.execute(tx.sql);
    });
    await settle(gateway);
    const exportBy = async (token?: string) =>
      (await gateway.run(EXPORT, { input: { userId: id } }, token)).exportPersonalData.document;
    const own = await exportBy(await tokenOf(gateway, id));
    expect(own.data.session_use).toMatchObject([{ last_seen_at: "2031-05-06T07:08:09+00:00" }]);
    const text = JSON.stringify(own.data);
    for (const words of ["why", "payload", "asked", "decided", "plan", "key"])
      expect(text, words).toContain(`${mark}-${words}`);
    for (const kept of ["zqxtheirs", `${mark}-comment`, `${mark}-content`]) expect(text, kept).not.toContain(kept);
    expect(own.data.reports).toEqual([{ id: uuid(other.id) }]);
    expect(own.data.acts).toContainEqual(expect.objectContaining({ events: expect.any(Number) }));
    const given = JSON.stringify((await exportBy(pair[0].token)).data);
    expect(given).toContain(`${mark}-why`);
    for (const words of ["asked", "decided", "plan"]) expect(given, words).not.toContain(`${mark}-${words}"`);
  });

  it("is for the person themselves and whoever may erase them, and is noted in the audit log", async () => {
    const { gateway } = file;
    const id = await plant(gateway, unique("zqxnote"));
    const reader = await makeHolder(gateway, ["USER_READ", "USER_READ_CONTACT", "AUDIT_READ"]);
    expect((await gateway.refusal(EXPORT, { input: { userId: id } }, reader.token)).extensions.code).toBe("FORBIDDEN");
    const narrowed = await tokenOf(gateway, id);
    await gateway.database.write(someCause, (tx) =>
      tx.sql
        .updateTable("service_token")
        .set({ permissions: ["USER_READ"] })
        .where("hash", "=", hashOfSecret(narrowed))
        .execute(),
    );
    expect((await gateway.refusal(EXPORT, { input: { userId: id } }, narrowed)).extensions.code).toBe("FORBIDDEN");
    await gateway.run(EXPORT, { input: { userId: id, reason: "Their letter." } }, pair[0].token);
    const { auditEvents } = await gateway.run(
      `query ($id: ID!) { auditEvents(filter: { subjectId: { eq: $id }, action: { eq: "personal_export.given" } }, first: 5) { nodes { outcome cause { actor { user { id } } } } } }`,
      { id },
    );
    expect(auditEvents.nodes).toMatchObject([
      { outcome: "SUCCESS", cause: { actor: { user: { id: pair[0].id } } } },
      { outcome: "DENIED", cause: { actor: { user: { id } } } },
      { outcome: "DENIED", cause: { actor: { user: { id: reader.id } } } },
    ]);
  });
});
