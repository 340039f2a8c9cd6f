import { describe, expect, it } from "vitest";
import { importPeople } from "../../../src/features/imports/import.service.ts";
import { someCause } from "../../support/database.ts";
import {
  DEPARTMENTS,
  departments,
  EMPLOYEES,
  employees,
  emptyDirectory,
  everythingIn,
  file,
  importFiles,
  peopleIn,
  unitsIn,
} from "./support.ts";

describe("An import", () => {
  it("makes departments into units, employees into users, and links them", async () => {
    const database = await emptyDirectory();
    const report = await importFiles(database);
    expect(report).toMatchObject({
      applied: true,
      problems: [],
      counts: { unitsCreated: 3, peopleCreated: 4, createdInactive: 1 },
    });

    const units = await unitsIn(database);
    const people = await peopleIn(database);
    const [company, research, sales] = ["d0", "d1", "d2"].map((code) => units.get(code));
    const [ada, bo, cy, di] = ["100", "101", "102", "103"].map((number) => people.get(number));
    expect(company).toMatchObject({ kind: "COMPANY", name: "Company", parent_id: null, head_id: null, version: 1 });
    expect(research).toMatchObject({ kind: "DEPARTMENT", parent_id: company?.id, head_id: ada?.user_id, version: 1 });
    expect(ada).toMatchObject({
      given_name: "Ada",
      family_name: "Abel",
      display_name: "Ada Abel",
      username: "ada.abel",
      email: "ada.abel@example.com",
      title: "Head",
      department: "Research",
      hired_on: "2010-01-01",
      terminates_on: null,
      status: "ACTIVE",
      source: "IMPORT",
      external_id: "100",
      version: 1,
      unit_path: [company?.id, research?.id],
      manager_id: null,
      direct_report_count: 2,
    });
    expect(bo).toMatchObject({ manager_id: ada?.user_id, manager_chain: [ada?.user_id] });
    expect(cy).toMatchObject({ status: "INACTIVE", terminates_on: "2019-12-31" });
    expect(di).toMatchObject({
      department: "Sales",
      org_unit_id: sales?.id,
      email: null,
      username: "di.diaz",
      status: "ACTIVE",
      terminates_on: "2999-01-01",
      manager_chain: [bo?.user_id, ada?.user_id],
    });
  });

  it("is one commit, whose cause tells of it", async () => {
    const database = await emptyDirectory();
    const report = await importFiles(database, {}, { actorName: "olga (import)", reason: "The new year." });
    const commits = await database.reader.selectFrom("commit").selectAll().execute();
    expect(commits).toHaveLength(1);
    expect(commits[0]).toMatchObject({
      number: report.position?.commit,
      kind: "IMPORT",
      action: "import.applied",
      actor_kind: "SYSTEM",
      actor_name: "olga (import)",
      reason: "The new year.",
      operation_id: expect.stringMatching(/./),
    });
  });

  it("of the same files again changes nothing at all", async () => {
    const database = await emptyDirectory();
    const files = {
      employees: EMPLOYEES.split("\n")
        .map((line, place) => `${line},${place === 0 ? "Badge" : place % 2 ? 7.5 : ""}`)
        .join("\n"),
      mapping: { columns: { Badge: { attribute: "badge", type: "number" } } },
    };
    await importFiles(database, files);
    const before = await everythingIn(database);
    const report = await importFiles(database, files);
    expect(report).toMatchObject({
      applied: true,
      counts: { unitsUnchanged: 3, peopleUnchanged: 4, unitsCreated: 0, peopleCreated: 0, peopleUpdated: 0 },
    });
    expect(await everythingIn(database)).toEqual(before);
  });

  it("changes only what differs, and only whom it concerns", async () => {
    const database = await emptyDirectory();
    await importFiles(database);
    const before = await peopleIn(database);
    const report = await importFiles(database, {
      departments: DEPARTMENTS.replace("d2,Sales,d0,", "d2,Sales,d1,103"),
      employees: EMPLOYEES.replace(
        "Bo,Berg,bo.berg@example.com,Engineer,Research",
        "Bo,Bergman,bo.bergman@example.com,Engineer,d2",
      ),
    });
    expect(report.counts).toMatchObject({ unitsUpdated: 1, unitsUnchanged: 2, peopleUpdated: 1, peopleUnchanged: 3 });
    const after = await peopleIn(database);
    const units = await unitsIn(database);
    expect(after.get("101")).toMatchObject({
      version: 2,
      family_name: "Bergman",
      display_name: "Bo Bergman",
      username: "bo.berg",
      email: "bo.bergman@example.com",
      department: "Sales",
      unit_path: [units.get("d0")?.id, units.get("d1")?.id, units.get("d2")?.id],
    });
    expect(units.get("d2")).toMatchObject({ version: 2, head_id: after.get("103")?.user_id });
    expect(units.get("d1")).toMatchObject({ version: 1 });
    for (const number of ["100", "102", "103"]) expect(after.get(number)?.version).toBe(before.get(number)?.version);
  });

  it("knows people by their number without regard to case, and leaves whom it does not name alone", async () => {
    const database = await emptyDirectory();
    const row = (number: string, title: string) => employees(`${number},Ann,Arbor,,${title},,,,`);
    await importFiles(database, { departments: departments(), employees: row("x-1", "Clerk") });
    const report = await importFiles(database, { departments: departments(), employees: row("X-1", "Chief") });
    expect(report.counts).toMatchObject({ peopleUpdated: 1, peopleCreated: 0 });
    await importFiles(database, { departments: departments(), employees: employees("x-2,Bea,Brook,,,,,,") });
    expect([...(await peopleIn(database)).values()]).toMatchObject([
      { employee_number: "X-1", title: "Chief", version: 2 },
      { employee_number: "x-2" },
    ]);
  });

  it("empties what its columns leave empty, and keeps what it has no column for", async () => {
    const database = await emptyDirectory();
    await importFiles(database);
    await database.write(someCause, (tx) =>
      tx.sql
        .updateTable("user_account")
        .set({ nick_name: "Bobo", title: "Guru", display_name: "The Bo", attributes: { desk: "4" } })
        .where("employee_number", "=", "101")
        .execute(),
    );
    await importFiles(database, { employees: EMPLOYEES.replace("bo.berg@example.com,Engineer,Research,100", ",,,") });
    expect((await peopleIn(database)).get("101")).toMatchObject({
      nick_name: "Bobo",
      display_name: "The Bo",
      attributes: { desk: "4" },
      title: null,
      email: null,
      department: null,
      org_unit_id: null,
      manager_id: null,
    });
  });

  it("passes addresses from one person to another in one go", async () => {
    const database = await emptyDirectory();
    const rows = (first: string, second: string) =>
      employees(`1,A,A,${first}@example.com,,,,,`, `2,B,B,${second}@example.com,,,,,`);
    await importFiles(database, { departments: departments(), employees: rows("one", "two") });
    const report = await importFiles(database, { departments: departments(), employees: rows("TWO", "one") });
    expect(report).toMatchObject({ applied: true, counts: { peopleUpdated: 2 } });
    const people = await peopleIn(database);
    expect([people.get("1")?.email, people.get("2")?.email]).toEqual(["TWO@example.com", "one@example.com"]);
  });

  it("keeps a person's other addresses, and takes one of them as the primary one where the file says so", async () => {
    const database = await emptyDirectory();
    const row = (email: string) => employees(`1,A,A,${email},,,,,`);
    await importFiles(database, { departments: departments(), employees: row("main@example.com") });
    const id = (await peopleIn(database)).get("1")?.user_id as string;
    const address = {
      id: crypto.randomUUID(),
      user_id: id,
      place: 1,
      value: "other@example.com",
      type: "home",
      is_primary: false,
      verified: true,
    };
    await database.write(someCause, (tx) => tx.sql.insertInto("user_email").values(address).execute());
    const addresses = () =>
      database.reader
        .selectFrom("user_email")
        .select(["value", "is_primary", "verified", "place"])
        .orderBy("place")
        .execute();
    await importFiles(database, { departments: departments(), employees: row("new@example.com") });
    expect(await addresses()).toEqual([
      { value: "new@example.com", is_primary: true, verified: false, place: 0 },
      { value: "other@example.com", is_primary: false, verified: true, place: 1 },
    ]);
    await importFiles(database, { departments: departments(), employees: row("other@example.com") });
    expect(await addresses()).toEqual([{ value: "other@example.com", is_primary: true, verified: true, place: 0 }]);
  });

  it("gives usernames that differ, from addresses, names and numbers", async () => {
    const database = await emptyDirectory();
    await importFiles(database, {
      departments: departments(),
      employees: employees(
        "1,Kim,Lee,kim@one.example,,,,,",
        "2,Kim,Lee,KIM@two.example,,,,,",
        "3,Kim,Le Roy,,,,,,",
        "4,Kim,Le Roy,,,,,,",
        "5,,Łukasz,,,,,,",
      ),
    });
    const names = [...(await peopleIn(database)).values()].map(({ username }) => username);
    expect(names).toEqual(["kim", "kim.2", "kim.le.roy", "kim.le.roy.4", "łukasz"]);
  });

  it("tells how far it is, to the end", async () => {
    const database = await emptyDirectory();
    const seen: string[] = [];
    const source = { departments: file("departments.csv", DEPARTMENTS), employees: file("employees.csv", EMPLOYEES) };
    const report = await importPeople(database, source, { timezone: "UTC" }, ({ stage, done, total }) => {
      if (seen.at(-1) !== stage) seen.push(stage);
      expect(done).toBeLessThanOrEqual(total ?? done);
    });
    expect(report.applied).toBe(true);
    expect(seen).toEqual(["READING_DEPARTMENTS", "READING_EMPLOYEES", "WRITING", "COMMITTING"]);
  });
});
