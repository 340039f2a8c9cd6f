import { describe, expect, it } from "vitest";
import { departments, employees, emptyDirectory, importFiles, peopleIn, problemsOf } from "./support.ts";

const row = (number: string, manager: string, left = "") => `${number},N${number},F,,,,${manager},,${left}`;

describe("Managers", () => {
  it("may stand behind whoever reports to them, over many levels and in another case", async () => {
    const database = await emptyDirectory();
    const depth = 30;
    const rows = Array.from({ length: depth }, (_, place) =>
      row(`e${place}`, place === depth - 1 ? "" : `E${place + 1}`),
    );
    expect(await importFiles(database, { departments: departments(), employees: employees(...rows) })).toMatchObject({
      applied: true,
      problems: [],
    });
    const people = await peopleIn(database);
    expect(people.get("e0")?.manager_chain).toEqual(
      Array.from({ length: depth - 1 }, (_, place) => people.get(`e${place + 1}`)?.user_id),
    );
  });

  it("are many more than one statement writes at a time, in any order", async () => {
    const database = await emptyDirectory();
    // Everybody's manager stands anywhere in the file: half as large a number, shuffled.
    const rows = Array.from({ length: 1_100 }, (_, place) => ((place * 7_919) % 1_100) + 1).map((number) =>
      row(`${number}`, number === 1 ? "" : `${number >> 1}`),
    );
    const report = await importFiles(database, { departments: departments(), employees: employees(...rows) });
    expect(report).toMatchObject({ applied: true, counts: { peopleCreated: 1_100 } });
    const people = await peopleIn(database);
    for (const number of [2, 3, 999, 1_000, 1_099, 1_100])
      expect(people.get(`${number}`)?.manager_id).toBe(people.get(`${number >> 1}`)?.user_id);
    expect(people.get("1100")?.manager_chain).toHaveLength(10);
  });

  it("in a cycle are all bad rows, which name each other's lines; who stands below the cycle is not", async () => {
    const database = await emptyDirectory();
    const files = {
      departments: departments(),
      employees: employees(row("1", "2"), row("2", "3"), row("3", "1"), row("4", "1"), row("5", "")),
    };
    const report = await importFiles(database, files);
    expect(report.applied).toBe(false);
    const message = "manager_employee_number: the managers from here lead back here, by line 2, 3, 4.";
    expect(problemsOf(report)).toEqual([2, 3, 4].map((line) => `employees.csv:${line} ${message}`));
  });

  it("in a cycle are imported without managers where bad rows are skipped, and the same again changes nothing", async () => {
    const database = await emptyDirectory();
    const files = { departments: departments(), employees: employees(row("1", "2"), row("2", "1"), row("3", "1")) };
    const report = await importFiles(database, files, { skipBadRows: true });
    expect(report).toMatchObject({ applied: true, counts: { peopleCreated: 3 } });
    expect(report.problems.map(({ line, effect }) => [line, effect])).toEqual([
      [2, "WITHOUT_MANAGER"],
      [3, "WITHOUT_MANAGER"],
    ]);
    const people = await peopleIn(database);
    expect(["1", "2", "3"].map((number) => people.get(number)?.manager_id)).toEqual([
      null,
      null,
      people.get("1")?.user_id,
    ]);
    expect((await importFiles(database, files, { skipBadRows: true })).counts).toMatchObject({ peopleUnchanged: 3 });
    expect(await database.head()).toEqual(report.position);
  });

  it("may not come full circle through people who are only in the directory", async () => {
    const database = await emptyDirectory();
    await importFiles(database, {
      departments: departments(),
      employees: employees(row("1", "2"), row("2", "3"), row("3", "")),
    });
    const report = await importFiles(database, { departments: departments(), employees: employees(row("3", "1")) });
    expect(report.applied).toBe(false);
    expect(problemsOf(report)).toEqual([
      "employees.csv:2 manager_employee_number: the managers from here lead back here, by line 2.",
    ]);
  });

  it("may change places with whoever reports to them", async () => {
    const database = await emptyDirectory();
    await importFiles(database, { departments: departments(), employees: employees(row("1", ""), row("2", "1")) });
    expect(
      await importFiles(database, { departments: departments(), employees: employees(row("1", "2"), row("2", "")) }),
    ).toMatchObject({ applied: true });
    const people = await peopleIn(database);
    expect(people.get("1")?.manager_id).toBe(people.get("2")?.user_id);
    expect(people.get("2")?.manager_id).toBeNull();
  });

  it("who have left are kept, and reported with those who still report to them", async () => {
    const database = await emptyDirectory();
    const report = await importFiles(database, {
      departments: departments("d1,Research,,1"),
      employees: employees(
        row("1", "", "2020-01-01"),
        row("2", "1"),
        row("3", "1"),
        row("4", "1", "2020-01-01"),
        row("5", "4", "2020-01-01"),
      ),
    });
    expect(report.absentManagers).toEqual([{ employeeNumber: "1", activeReports: 2, headOf: ["d1"] }]);
    const people = await peopleIn(database);
    expect(people.get("2")).toMatchObject({ manager_id: people.get("1")?.user_id, manager_status: "INACTIVE" });
  });
});
