import { describe, expect, it } from "vitest";
import { entities, userCascades } from "../../../src/assembly.ts";
import type { Database } from "../../../src/database/database.ts";
import { ServiceTokenService } from "../../../src/features/auth/service-token.service.ts";
import type { ImportOptions } from "../../../src/features/imports/import.service.ts";
import { databaseForTest, someCause } from "../../support/database.ts";
import { departments, employees, emptyDirectory, importFiles, peopleIn } from "./support.ts";

const importLeaver = (database: Database, terminatesOn: string, options: Partial<ImportOptions> = {}) =>
  importFiles(
    database,
    { departments: departments(), employees: employees(`1,A,A,,,,,,${terminatesOn}`, "2,B,B,,,,1,,") },
    options,
  );

const DAY = 86_400_000;
const day = (now: Date, days: number) => new Date(now.getTime() + days * DAY).toISOString().slice(0, 10);

describe("Whoever leaves", () => {
  it("is INACTIVE from the day itself on, and ACTIVE before", async () => {
    const database = await emptyDirectory();
    const now = await database.now();
    await importLeaver(database, day(now, 1));
    expect((await peopleIn(database)).get("1")).toMatchObject({ status: "ACTIVE", terminates_on: day(now, 1) });
    const report = await importLeaver(database, day(now, 0));
    expect(report.counts).toMatchObject({ peopleDeactivated: 1, peopleUpdated: 0, peopleUnchanged: 1 });
    expect(report.absentManagers).toEqual([{ employeeNumber: "1", activeReports: 1, headOf: [] }]);
    expect((await peopleIn(database)).get("1")).toMatchObject({ status: "INACTIVE", version: 2 });
  });

  it("is INACTIVE by the same files once the day has come", async () => {
    const database = await emptyDirectory();
    const date = day(await database.now(), 20);
    await importLeaver(database, date);
    expect((await importLeaver(database, date)).counts).toMatchObject({ peopleUnchanged: 2 });
    database.moveClock("21 days");
    expect((await importLeaver(database, date)).counts).toMatchObject({ peopleDeactivated: 1, peopleUnchanged: 1 });
    expect((await importLeaver(database, date)).counts).toMatchObject({ peopleUnchanged: 2 });
  });

  it("decides the day by the organisation's time zone", async () => {
    const database = await emptyDirectory();
    const now = await database.now();
    const today = (timeZone: string) => new Intl.DateTimeFormat("sv-SE", { timeZone }).format(now);
    // At any instant at least one of these two zones is in another day than the other.
    await importLeaver(database, today("Pacific/Kiritimati"), { timezone: "Pacific/Pago_Pago" });
    expect((await peopleIn(database)).get("1")?.status).toBe("ACTIVE");
    await importLeaver(database, today("Pacific/Kiritimati"), { timezone: "Pacific/Kiritimati" });
    expect((await peopleIn(database)).get("1")?.status).toBe("INACTIVE");
  });

  it("becomes ACTIVE again where the file takes it back, but not where somebody else deactivated them", async () => {
    const database = await emptyDirectory();
    await importLeaver(database, "2020-01-01");
    await database.write(someCause, (tx) =>
      tx.sql.updateTable("user_account").set({ status: "INACTIVE" }).where("employee_number", "=", "2").execute(),
    );
    const report = await importLeaver(database, "");
    expect(report.counts).toMatchObject({ peopleReactivated: 1, peopleUnchanged: 1 });
    const people = await peopleIn(database);
    expect(people.get("1")).toMatchObject({ status: "ACTIVE", terminates_on: null });
    expect(people.get("2")).toMatchObject({ status: "INACTIVE" });
  });

  it("is left alone where they are archived, and brought back by nothing where they are deleted", async () => {
    const database = await emptyDirectory();
    await importLeaver(database, "2020-01-01");
    const status = (value: string, deletedAt: Date | null) =>
      database.write(someCause, (tx) =>
        tx.sql
          .updateTable("user_account")
          .set({ status: value, deleted_at: deletedAt })
          .where("employee_number", "=", "1")
          .execute(),
      );
    await status("ARCHIVED", null);
    expect((await importLeaver(database, "2020-01-01")).counts).toMatchObject({ peopleUnchanged: 2 });
    await status("DELETED", await database.now());
    expect((await importLeaver(database, "2020-01-01")).counts).toMatchObject({ peopleCreated: 1 });
    const accounts = await database.reader
      .selectFrom("user_account")
      .select(["status"])
      .where("employee_number", "=", "1")
      .orderBy("created_at")
      .execute();
    expect(accounts.map((account) => account.status)).toEqual(["DELETED", "INACTIVE"]);
  });

  it("stays as they were, with everybody of the file, where a consequence fails", async () => {
    const { database } = await databaseForTest({ entities });
    await importLeaver(database, "");
    const before = await peopleIn(database);
    const userId = before.get("1")?.user_id as string;
    await new ServiceTokenService(database).issue(someCause, { name: "own", holder: { userId }, expiresAt: null });
    const failing = { follows: { REPORT_REPORTS: () => Promise.reject(new Error("the last thing failed")) } };
    const cascades = [...userCascades, failing];
    await expect(importLeaver(database, "2020-01-01", { cascades })).rejects.toThrow("the last thing failed");
    expect(await peopleIn(database)).toEqual(before);
    const tokens = await database.reader.selectFrom("service_token").select("revoked_at").execute();
    expect(tokens).toEqual([{ revoked_at: null }]);
  });

  it("loses what anybody loses who is deactivated", async () => {
    const { database } = await databaseForTest({ entities });
    await importLeaver(database, "");
    const userId = (await peopleIn(database)).get("1")?.user_id as string;
    await new ServiceTokenService(database).issue(someCause, { name: "own", holder: { userId }, expiresAt: null });
    const report = await importLeaver(database, "2020-01-01", { cascades: userCascades });
    expect(report.consequences).toMatchObject([
      { kind: "TOKENS_REVOKED", count: 1 },
      { kind: "REPORTS_ORPHANED", count: 1 },
    ]);
    const tokens = await database.reader.selectFrom("service_token").select("revoked_at").execute();
    expect(tokens).toEqual([{ revoked_at: expect.any(Date) }]);
  });
});
