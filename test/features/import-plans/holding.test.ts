import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { Tx } from "../../../src/database/transaction.ts";
import { AttributeChecks } from "../../../src/features/attributes/attribute.checks.ts";
import { BulkWorker } from "../../../src/features/bulk/bulk.worker.ts";
import { databaseKind, someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { APPLY, apply, batches, CANCEL, planOf, workerParts } from "../bulk/support.ts";
import { workbook, worksheet } from "../tables/workbooks.ts";
import { csv, IMPORT, planFile, upload, XLSX } from "./support.ts";

/* What stands while a plan is made and applied: rights that are lost, files that the database refuses, people who are erased, and cancelling. */

const file = gatewayForFile();
const RUN = ["IMPORT_RUN", "BULK_RUN"] as const;
const NUMBER = { matchBy: "EMPLOYEE_NUMBER" };
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }";

/** Begins a plan that is not made yet; gives its id. */
async function begin(content: string): Promise<string> {
  const { gateway } = file;
  const input = { uploadId: await upload(gateway, content), mode: "BOTH", reading: NUMBER };
  return (await gateway.run(IMPORT, { input })).planImport.plan.id;
}

const nothing = async () => undefined;

/** Holds somebody whom a planner waits for, having matched them, does something meanwhile, and lets it go on; gives the plan's id. */
async function whileMatched(
  { id }: { id: string },
  content: string,
  {
    meanwhile = nothing,
    holding = nothing,
  }: { meanwhile?: (planId: string) => unknown; holding?: (tx: Tx) => unknown },
): Promise<string> {
  const { database, imports } = file.gateway;
  const planId = await begin(content);
  const [held, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holder = database.write(someCause, async (tx) => {
    await sql`SELECT FROM user_account WHERE id = ${uuid(id)} FOR UPDATE`.execute(tx.sql);
    held.resolve();
    await told.promise;
    await holding(tx);
  });
  await held.promise;
  const made = imports.planner.run();
  try {
    const waits = async () =>
      (
        await sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
          database.reader,
        )
      ).rows.length;
    await expect.poll(waits, { timeout: 10_000 }).toBeGreaterThan(0);
    await meanwhile(planId);
  } finally {
    told.resolve();
    await Promise.all([holder, made]);
  }
  return planId;
}

describe.runIf(databaseKind === "postgres")("A plan that is being made", () => {
  it("holds nobody who is in its file for nothing", async () => {
    const { gateway } = file;
    const [same, other] = [unique("n"), unique("n")];
    const kept = await makeUser(gateway, { employeeNumber: same, title: "T", attributes: { desk: "D1", badge: 7 } });
    const changed = await makeUser(gateway, { employeeNumber: other });
    const rows = [
      [same, "T", "D1"],
      [other, "New", ""],
    ];
    const id = await whileMatched(changed, csv(["employeeNumber", "title", "attributes.desk"], ...rows), {
      // As signing in does it.
      meanwhile: () =>
        gateway.database.write(someCause, (tx) =>
          sql`SELECT FROM user_account WHERE id = ${uuid(kept.id)} FOR SHARE NOWAIT`.execute(tx.sql),
        ),
    });
    expect(await planOf(gateway, id)).toMatchObject({ state: "PLANNED", unchangedCount: 1, changingCount: 1 });
  });

  it("can be cancelled at once, and stays so", async () => {
    const { gateway } = file;
    const n = unique("n");
    const person = await makeUser(gateway, { employeeNumber: n });
    const id = await whileMatched(person, csv(["employeeNumber", "title"], [n, "New"]), {
      meanwhile: async (planId) =>
        expect((await gateway.run(CANCEL, { input: { id: planId } })).cancelBulk.plan.state).toBe("CANCELLED"),
    });
    expect(await planOf(gateway, id)).toMatchObject({ state: "CANCELLED", peopleCount: 0 });
    expect((await gateway.refusal(APPLY, { input: { id } })).extensions.code).toBe("CONFLICT");
  });
});

describe("An import", () => {
  it("takes the right to run imports until its last batch", async () => {
    const { gateway } = file;
    const holder = await makeHolder(gateway, ["BULK_RUN", "USER_CREATE", "USER_UPDATE", "USER_READ"]);
    const { key } = await makeRole(gateway, ["IMPORT_RUN"]);
    const grantId = await grant(gateway, holder.id, key);
    const [first, second] = [unique("n"), unique("n")];
    const rows = (number: string) => csv(["employeeNumber"], [number]);
    const plan = await planFile(gateway, rows(first), {}, { token: holder.token });
    const other = await planFile(gateway, rows(second), {}, { token: holder.token });
    await gateway.run(APPLY, { input: { id: plan.id } }, holder.token);
    await gateway.run(REVOKE, { input: { grantId } });
    await gateway.bulk.worker.run();
    expect(await planOf(gateway, plan.id)).toMatchObject({ state: "FAILED", progress: { changed: 0, skipped: 1 } });
    expect((await gateway.refusal(APPLY, { input: { id: other.id } }, holder.token)).extensions).toMatchObject({
      code: "FORBIDDEN",
      permission: "IMPORT_RUN",
    });
  });

  it("keeps texts with separators of lines that are none of JSON", async () => {
    const { gateway } = file;
    const n = unique("n");
    const plan = await planFile(gateway, csv(["employeeNumber", "title"], [n, "a\u2028b\u2029c"]));
    expect(plan).toMatchObject({ state: "PLANNED", creatingCount: 1 });
    expect(await apply(gateway, plan.id)).toMatchObject({ state: "DONE", progress: { changed: 1 } });
    const again = await planFile(gateway, csv(["employeeNumber", "title"], [n, "b"]));
    expect(again).toMatchObject({ state: "PLANNED", changingCount: 1 });
  });

  it("of a text that the database cannot keep says where it stands", async () => {
    const { gateway } = file;
    const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
    const book = async (header: string, value: string) =>
      workbook({
        parts: {
          "xl/worksheets/sheet1.xml": worksheet(
            `<row>${cell("employeeNumber")}${cell(header)}</row><row>${cell(unique("n"))}${cell(value)}</row>`,
          ),
        },
      });
    const as = { type: XLSX, name: "people.xlsx" };
    const inRow = await planFile(gateway, await book("title", "_xD800_"), {}, as);
    expect(inRow.state).toBe("FAILED");
    expect(inRow.problems.nodes).toMatchObject([
      { row: 2, column: "title", message: expect.stringContaining("surrogate") },
    ]);
    const inHeader = await planFile(gateway, await book("_xDC00_", "x"), {}, as);
    expect(inHeader).toMatchObject({
      state: "FAILED",
      problem: expect.stringContaining("the column B must have a name"),
    });
  });

  it("whose making never comes to an end is given up, and holds up no other; one whose file is gone says so", async () => {
    const { gateway } = file;
    const [poison, gone, good] = [
      await begin("employeeNumber\r\nx1"),
      await begin("employeeNumber\r\nx2"),
      await begin("employeeNumber\r\nx3"),
    ];
    await gateway.database.write(someCause, async (tx) => {
      await sql`INSERT INTO import_attempt VALUES (${uuid(poison)}, 5, ${tx.now}::timestamptz - interval '1 day')`.execute(
        tx.sql,
      );
      await sql`DELETE FROM import_upload WHERE id = (SELECT upload_id FROM bulk_plan WHERE id = ${uuid(gone)})`.execute(
        tx.sql,
      );
    });
    await gateway.imports.planner.run();
    expect(await planOf(gateway, poison)).toMatchObject({
      state: "FAILED",
      problem: expect.stringContaining("failed 5 times"),
    });
    expect(await planOf(gateway, gone)).toMatchObject({
      state: "FAILED",
      problem: expect.stringContaining("no longer kept"),
    });
    expect(await planOf(gateway, good)).toMatchObject({ state: "PLANNED" });
  });

  it("deactivates nobody whom the planner cannot match, and nobody where a row has too many cells", async () => {
    const { gateway } = file;
    const [near, far] = [(await makeUnit(gateway)).id, (await makeUnit(gateway)).id];
    const holder = await makeHolder(gateway, [
      ...RUN,
      "ORG_READ",
      "USER_READ",
      "USER_UPDATE",
      "USER_LIFECYCLE",
      "USER_CREATE",
    ]);
    const { key } = await makeRole(gateway, ["USER_READ_CONTACT"]);
    await grant(gateway, holder.id, key, { scopeId: near });
    const token = await tokenOf(gateway, holder.id);
    const [here, there] = [`${unique("e")}@x.example`, `${unique("e")}@x.example`];
    for (const [email, orgUnitId] of [
      [here, near],
      [there, far],
    ] as const)
      await makeUser(gateway, { email, orgUnitId, status: "ACTIVE" });
    const missing = { action: "DEACTIVATE", scope: { orgUnit: { withinAny: [near, far] } } };
    const all = { skipErrors: true, missing, mode: "UPDATE" };
    const byEmail = { ...all, reading: { matchBy: "EMAIL" } };
    const plan = await planFile(gateway, csv(["email"], [here], [there]), byEmail, { token });
    expect(plan).toMatchObject({ state: "PLANNED", missingCount: 0, unchangedCount: 1 });
    const n = unique("n");
    await makeUser(gateway, { employeeNumber: n, orgUnitId: near, status: "ACTIVE" });
    const shifted = await planFile(gateway, `familyName,employeeNumber\r\nMuster, Anna,${n}\r\n`, all);
    expect(shifted).toMatchObject({
      state: "FAILED",
      problem: expect.stringContaining("Nobody can be said to be missing"),
    });
  });

  it("with a hundred managers above each other is refused as a whole", async () => {
    const { gateway } = file;
    const n = unique("n");
    const chain = (length: number) =>
      csv(
        ["employeeNumber", "manager"],
        ...Array.from({ length }, (_, place) => [`${n}-${place}`, place === 0 ? "" : `${n}-${place - 1}`]),
      );
    const deep = await planFile(gateway, chain(150));
    expect(deep).toMatchObject({ state: "FAILED", problem: expect.stringContaining("down to row 102") });
    expect(await planFile(gateway, chain(4))).toMatchObject({ state: "PLANNED", creatingCount: 4 });
  });

  it("gives nobody a username that a later row names", async () => {
    const { gateway } = file;
    const n = unique("n");
    const content = csv(
      ["employeeNumber", "givenName", "familyName", "username", "manager"],
      [`${n}-1`, n, "Muster", "", ""],
      [`${n}-2`, "Somebody", "Else", `${n}.muster`, `${n}-1`],
    );
    const plan = await planFile(gateway, content);
    expect(plan).toMatchObject({ state: "PLANNED", creatingCount: 2, errorCount: 0 });
  });

  it("makes everybody once, whoever has the same name and reports to whom, and however many gateways apply it at once", async () => {
    const { gateway } = file;
    const n = unique("n");
    const people = Array.from({ length: 9 }, (_, place) => [`${n}-${place}`, n, "Muster", place === 0 ? "" : `${n}-0`]);
    const content = csv(["employeeNumber", "givenName", "familyName", "manager"], ...people);
    const { id, state, creatingCount } = await planFile(gateway, content);
    expect({ state, creatingCount }).toEqual({ state: "PLANNED", creatingCount: 9 });
    await gateway.run(APPLY, { input: { id } });
    await Promise.all([1, 2].map(() => batches(gateway, 3, 1_000)));
    expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 9, refused: 0, failed: 0 } });
    const { rows } = await sql<{ people: bigint; usernames: bigint; reports: number; changes: bigint }>`
      SELECT count(*) AS people, count(DISTINCT username) AS usernames, max(direct_report_count) AS reports,
        (SELECT count(*) FROM change c WHERE c.table_name = 'user_account' AND c.after->>'given_name' = ${n}) AS changes
      FROM user_search WHERE given_name = ${n}`.execute(gateway.database.reader);
    expect(rows[0]).toEqual({ people: 9n, usernames: 9n, reports: 8, changes: 9n });
  });

  it.runIf(databaseKind === "postgres")(
    "overlaps batches behind those alone that make people and change nobody",
    async () => {
      const { gateway } = file;
      const n = unique("n");
      await makeUser(gateway, { employeeNumber: `${n}-0` });
      const rows = Array.from({ length: 8 }, (_, place) => [`${n}-${place}`, "New"]);
      const { id, creatingCount } = await planFile(gateway, csv(["employeeNumber", "title"], ...rows));
      expect(creatingCount).toBe(7);
      await gateway.run(APPLY, { input: { id } });
      let open = 0;
      const overlaps: boolean[] = [];
      const { database } = gateway;
      const slow = {
        reader: database.reader,
        now: () => database.now(),
        write: async (cause: typeof someCause, work: (tx: Tx) => Promise<unknown>) =>
          database.write(cause, async (tx) => {
            overlaps.push(open++ > 0);
            const written = await work(tx);
            await sleep(200);
            open -= 1;
            return written;
          }),
      };
      await new BulkWorker(workerParts(gateway, {}, slow), 2).run();
      expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 8 } });
      expect(overlaps).toEqual([false, false, true, true]);
    },
  );

  it.runIf(databaseKind === "postgres")(
    "keeps what another gateway has done meanwhile, however long this one stood still",
    async () => {
      const { gateway } = file;
      const n = unique("n");
      const rows = Array.from({ length: 6 }, (_, place) => [`${n}-${place}`]);
      const { id } = await planFile(gateway, csv(["employeeNumber"], ...rows));
      await gateway.run(APPLY, { input: { id } });
      const [stalled, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let asked = 0;
      class Stalling extends AttributeChecks {
        override async share(tx: Tx): Promise<void> {
          asked += 1;
          // The second batch has read whom it is to make.
          if (asked === 2) {
            stalled.resolve();
            await told.promise;
          }
          await super.share(tx);
        }
      }
      const standing = new BulkWorker(workerParts(gateway, { attributes: new Stalling() }), 2).run();
      await stalled.promise;
      // The first is committed meanwhile, and the second too, elsewhere.
      await expect.poll(async () => (await planOf(gateway, id)).progress.done, { timeout: 10_000 }).toBe(2);
      await batches(gateway, 2, 1);
      expect((await planOf(gateway, id)).progress.done).toBe(4);
      told.resolve();
      await standing;
      await gateway.bulk.worker.run();
      expect(await planOf(gateway, id)).toMatchObject({ state: "DONE", progress: { changed: 6, conflicts: 0 } });
    },
  );

  it("is refused in whom it would make with an address that somebody has, also where it changes nobody", async () => {
    const { gateway } = file;
    const [n, email] = [unique("n"), `${unique("mail")}@rollcall.example`];
    await makeUser(gateway, { email });
    const content = csv(["employeeNumber", "email", "manager"], [`${n}-1`, email, ""], [`${n}-2`, "", `${n}-1`]);
    const plan = await planFile(gateway, content, { skipErrors: true });
    expect(plan).toMatchObject({ state: "PLANNED", creatingCount: 0, errorCount: 2 });
    expect(plan.problems.nodes).toEqual([
      {
        row: 2,
        column: "email",
        address: "B2",
        message: "Another person has this primary e-mail address or identity.",
      },
      { row: 3, column: "manager", address: "C3", message: expect.stringContaining("user") },
    ]);
  });
});

it.runIf(databaseKind === "postgres")("Of somebody who is erased while a plan is made it keeps nothing", async () => {
  const { gateway } = file;
  const n = unique("n");
  const person = await makeUser(gateway, { employeeNumber: n });
  const content = csv(["employeeNumber", "title"], [n, "Secret words"]);
  const holding = async (tx: Tx) => {
    const { now } = tx;
    await sql`UPDATE user_account SET status = 'DELETED', deleted_at = ${now} WHERE id = ${uuid(person.id)}`.execute(
      tx.sql,
    );
    await sql`
      UPDATE user_account SET username = 'erased-' || id, display_name = 'Erased person', employee_number = NULL, erased_at = ${now}
      WHERE id = ${uuid(person.id)}`.execute(tx.sql);
  };
  const id = await whileMatched(person, content, { holding });
  const { rows } = await sql<{ change: unknown; user_id: string }>`
    SELECT user_id, change FROM bulk_item WHERE plan_id = ${uuid(id)}`.execute(gateway.database.reader);
  expect(rows).toEqual([{ user_id: uuid(person.id), change: null }]);
});
