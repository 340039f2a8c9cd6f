import { createReadStream } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import type { Tx } from "../../../src/database/transaction.ts";
import { measuring } from "../../../src/features/bulk/safety-limit.written.ts";
import { importPeople } from "../../../src/features/imports/import.service.ts";
import { freshDatabase, someCause } from "../../support/database.ts";
import {
  DEPARTMENTS,
  DEPARTMENTS_HEADER,
  departments,
  EMPLOYEES,
  EMPLOYEES_HEADER,
  employees,
  emptyDirectory,
  everythingIn,
  type Files,
  file,
  importFiles,
  peopleIn,
  problemsOf,
  unitsIn,
} from "./support.ts";

describe("A bad row", () => {
  let database: Database;
  let before: unknown;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await freshDatabase());
    before = await everythingIn(database);
  });
  afterAll(() => close());

  const inEmployees: [string, string, string, RegExp][] = [
    ["without a number", ",A,B,,,,,,", "employee_number", /^must not be empty/],
    ["with a number that is too long", `${"9".repeat(65)},A,B,,,,,,`, "employee_number", /at most 64 characters/],
    ["with a name that is too long", `1,${"x".repeat(129)},B,,,,,,`, "given_name", /at most 128 characters/],
    ["without any name", "1, ,,,,,,,", "given_name", /must not be empty where the family name is empty too/],
    ["with control characters", "1,A\u0007,B,,,,,,", "given_name", /control characters/],
    ["with an address that is none", "1,A,B,a.b.example.com,,,,,", "email", /must be an e-mail address/],
    ["with a department that is nowhere", "1,A,B,,,Magic,,,", "department", /name or the code of a department/],
    ["with a manager who is nowhere", "1,A,B,,,,999,,", "manager_employee_number", /number of somebody/],
    ["with themselves as the manager", "1,A,B,,,,1,,", "manager_employee_number", /must be somebody else/],
    [
      "with a date that does not exist",
      "1,A,B,,,,,2023-02-29,",
      "hire_date",
      /must be a date that exists, as YYYY-MM-DD/,
    ],
    ["with a date in another form", "1,A,B,,,,,,31.12.2020", "termination_date", /YYYY-MM-DD/],
    ["that ends before it begins", "1,A,B,,,,,2020-01-02,2020-01-01", "termination_date", /before the date of hire/],
    ["with too few cells", "1,A,B,,,,", "hire_date", /must have 9 cells.*it has 7/],
    ["with too many cells", "1,A,B,,,,,,,", "J", /must have 9 cells.*it has 10/],
  ];
  it.each(inEmployees)("%s is reported by line and column, and nothing is applied", async (_, row, column, message) => {
    const report = await importFiles(database, { employees: `${EMPLOYEES}\n${row}` });
    expect(report.applied).toBe(false);
    expect(report.problems).toMatchObject([
      { file: "employees.csv", line: 6, column, message: expect.stringMatching(message) },
    ]);
    expect(await everythingIn(database)).toEqual(before);
  });

  const inDepartments: [string, string, string, RegExp][] = [
    ["without a code", ",Magic,,", "code", /must not be empty/],
    ["with a code that is too long", `${"c".repeat(65)},Magic,,`, "code", /at most 64 characters/],
    ["without a name", "d9,,,", "name", /must not be empty/],
    ["with a parent that is nowhere", "d9,Magic,d8,", "parent_code", /code of a department/],
    ["with itself as the parent", "d9,Magic,d9,", "parent_code", /lead back here/],
    ["with a head who is nowhere", "d9,Magic,,999", "manager_employee_number", /number of somebody/],
    ["with a code that is there already", "D1,Magic,,", "code", /unique.*line 3/],
    ["with too few cells", "d9,Magic", "parent_code", /must have 4 cells/],
  ];
  it.each(inDepartments)(
    "of a department %s is reported by line and column, and nothing is applied",
    async (_, row, column, message) => {
      const report = await importFiles(database, { departments: `${DEPARTMENTS}\n${row}` });
      expect(report.applied).toBe(false);
      expect(report.problems).toMatchObject([
        { file: "departments.csv", line: 5, column, message: expect.stringMatching(message) },
      ]);
      expect(await everythingIn(database)).toEqual(before);
    },
  );

  it("never shows what it holds", async () => {
    const secret = "s3cr3t-v4lue";
    const row = `${secret},${secret}\u0007,B,${secret},,${secret},${secret}x,${secret},${secret}`;
    const report = await importFiles(database, { employees: employees(row) });
    expect(report.problems.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(report.problems)).not.toContain(secret);
  });

  it("is counted from the line on which it begins, after blank lines and cells of several lines", async () => {
    const rows = ['1,"A\r\nB","say ""hi"", ok",,,,,,', "", "2,A,B,nobody,,,,,", '3,"x\ny\nz",B,,,,,,yesterday'];
    const report = await importFiles(database, {
      departments: departments(),
      employees: [EMPLOYEES_HEADER, ...rows].join("\r\n"),
    });
    expect(problemsOf(report).map((problem) => problem.split(": ")[0])).toEqual([
      "employees.csv:2 given_name",
      "employees.csv:5 email",
      "employees.csv:6 given_name",
      "employees.csv:6 termination_date",
    ]);
  });

  it("that repeats a number or an address names the line that has it", async () => {
    const report = await importFiles(database, {
      departments: departments(),
      employees: employees("a1,A,A,a@example.com,,,,,", "A1,B,B,,,,,,", "b1,C,C,A@EXAMPLE.com,,,,,"),
    });
    expect(problemsOf(report)).toEqual([
      "employees.csv:3 employee_number: must be unique in the file, without regard to case; it stands on line 2 as well.",
      "employees.csv:4 email: must be unique in the file, without regard to case; it stands on line 2 as well.",
    ]);
  });
});

describe("Who is in the directory already", () => {
  it("keeps their address: whoever else brings it is a bad row", async () => {
    const database = await emptyDirectory();
    await importFiles(database, { departments: departments(), employees: employees("1,A,A,a@example.com,,,,,") });
    const report = await importFiles(database, {
      departments: departments(),
      employees: employees("2,B,B,A@example.com,,,,,"),
    });
    expect(report.applied).toBe(false);
    expect(problemsOf(report)).toEqual(["employees.csv:2 email: belongs to another person in the directory."]);
  });

  it("keeps the number that they were imported under", async () => {
    const database = await emptyDirectory();
    await importFiles(database, { departments: departments(), employees: employees("1,A,A,,,,,,") });
    await database.write(someCause, (tx) =>
      tx.sql.updateTable("user_account").set({ employee_number: "77" }).execute(),
    );
    const report = await importFiles(database, { departments: departments(), employees: employees("1,B,B,,,,,,") });
    expect(problemsOf(report)).toEqual([
      "employees.csv:2 employee_number: belongs to another person in the directory.",
    ]);
  });

  it("can be the manager, the head and the unit of whom the files bring", async () => {
    const database = await emptyDirectory();
    await importFiles(database);
    const report = await importFiles(database, {
      departments: departments("d3,Labs,d1,103"),
      employees: employees("200,Eve,East,,,Sales,102,,"),
    });
    expect(report).toMatchObject({ applied: true, counts: { unitsCreated: 1, peopleCreated: 1 } });
    const people = await peopleIn(database);
    const units = await unitsIn(database);
    expect(people.get("200")).toMatchObject({
      manager_id: people.get("102")?.user_id,
      org_unit_id: units.get("d2")?.id,
    });
    expect(units.get("d3")).toMatchObject({ parent_id: units.get("d1")?.id, head_id: people.get("103")?.user_id });
  });
});

describe("Where bad rows are skipped", () => {
  it("the others are applied, and what depends on bad ones is skipped or cut loose, and reported", async () => {
    const database = await emptyDirectory();
    const report = await importFiles(
      database,
      {
        departments: departments("d0,Company,,1", ",Nameless,,", "d2,,d0,", "d3,Below,d2,", "d4,Fine,d0,404"),
        employees: employees("1,A,A,,,d0,,not a date,", "2,B,B,,,Company,1,,", "3,C,C,,,d3,,,", "4,D,D,,,Fine,3,,"),
      },
      { skipBadRows: true },
    );
    expect(report.applied).toBe(true);
    expect(
      report.problems.map(({ file: name, line, column, effect, dependent }) => [
        name.slice(0, 1),
        line,
        column,
        effect,
        dependent,
      ]),
    ).toEqual([
      ["d", 3, "code", "SKIPPED", false],
      ["d", 4, "name", "SKIPPED", false],
      ["d", 6, "manager_employee_number", "WITHOUT_HEAD", false],
      ["e", 2, "hire_date", "SKIPPED", false],
      ["d", 2, "manager_employee_number", "WITHOUT_HEAD", true],
      ["d", 5, "parent_code", "SKIPPED", true],
      ["e", 3, "manager_employee_number", "WITHOUT_MANAGER", true],
      ["e", 4, "department", "SKIPPED", true],
      ["e", 5, "manager_employee_number", "WITHOUT_MANAGER", true],
    ]);
    expect([...(await peopleIn(database)).keys()]).toEqual(["2", "4"]);
    expect([...(await unitsIn(database)).keys()].sort()).toEqual(["d0", "d4"]);
  });

  it("somebody whose row is bad stays as they are", async () => {
    const database = await emptyDirectory();
    await importFiles(database);
    const before = (await peopleIn(database)).get("100");
    const report = await importFiles(
      database,
      { employees: EMPLOYEES.replace("Head,Research,,2010-01-01", "Boss,Research,,soon") },
      { skipBadRows: true },
    );
    expect(report).toMatchObject({ applied: true, counts: { peopleUnchanged: 3, peopleUpdated: 0 } });
    expect((await peopleIn(database)).get("100")).toEqual(before);
  });

  it("an address is not taken from whoever keeps it because their row is bad", async () => {
    const database = await emptyDirectory();
    await importFiles(database, {
      departments: departments(),
      employees: employees("1,A,A,a@example.com,,,,,", "2,B,B,b@example.com,,,,,", "3,C,C,c@example.com,,,,,"),
    });
    const swapped = employees("1,A,A,b@example.com,,,,,", "2,B,B,c@example.com,,,,,", "3,C,C,a@example.com,,,,never,");
    const report = await importFiles(
      database,
      { departments: departments(), employees: swapped },
      { skipBadRows: true },
    );
    expect(problemsOf(report).map((problem) => problem.split(": ")[0])).toEqual([
      "employees.csv:2 email",
      "employees.csv:3 email",
      "employees.csv:4 hire_date",
    ]);
    expect(report.counts).toMatchObject({ peopleUpdated: 0, peopleUnchanged: 0 });
  });
});

it("Above a safety limit nothing is imported, and it is said by which plan it can be", async () => {
  const database = await emptyDirectory();
  await importFiles(database);
  await database.write(someCause, (tx) =>
    sql`INSERT INTO safety_limit (id, name, max_people, share_of, aspects, created_at, updated_at)
      VALUES (gen_random_uuid(), 'Nobody', 0, 'DIRECTORY', '{PROFILE}', ${tx.now}, ${tx.now})`.execute(tx.sql),
  );
  const bounded = { measuring: (tx: Tx) => measuring(tx, { now: tx.now, today: "2026-01-01" }) };
  expect((await importFiles(database, {}, bounded)).applied).toBe(true);
  const changed = { employees: EMPLOYEES.replace("Engineer", "Fellow") };
  const before = await everythingIn(database);
  await expect(importFiles(database, changed, bounded)).rejects.toThrow(/Nobody \(1 of 4 people\).*by a plan/s);
  expect(await everythingIn(database)).toEqual(before);
});

describe("A dry run", () => {
  it("says what would be and leaves nothing", async () => {
    const database = await emptyDirectory();
    const before = await everythingIn(database);
    const report = await importFiles(database, {}, { dryRun: true });
    expect(report).toMatchObject({ applied: false, problems: [], counts: { unitsCreated: 3, peopleCreated: 4 } });
    expect(report.position).toBeUndefined();
    expect(await everythingIn(database)).toEqual(before);
    expect((await importFiles(database)).counts).toEqual(report.counts);
  });
});

describe("A file that cannot be used", () => {
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ database, close } = await freshDatabase());
  });
  afterAll(() => close());

  const cases: [string, Files, RegExp][] = [
    ["is empty", { employees: "" }, /^employees.csv:1: is empty/],
    ["holds nothing but blank lines", { departments: "\n\n" }, /^departments.csv:1: is empty/],
    [
      "is not in UTF-8",
      { employees: Buffer.concat([Buffer.from(`${EMPLOYEES}\n9,`), Buffer.from([0xe9]), Buffer.from(",B,,,,,,\n")]) },
      /^employees.csv:6: .*UTF-8/,
    ],
    [
      "is in UTF-16 and does not say so",
      { departments: Buffer.from(DEPARTMENTS, "utf16le") },
      /^departments.csv:1: .*UTF-8/,
    ],
    [
      "lacks a column",
      { employees: EMPLOYEES.replace(",hire_date", "").replaceAll(/,\d{4}-\d\d-\d\d,/g, ",") },
      /^employees.csv:1: missing: hire_date/,
    ],
    [
      "lacks a column of departments",
      { departments: "code,name\nd0,Company" },
      /^departments.csv:1: .*parent_code, manager_employee_number are missing/,
    ],
    [
      "has a column twice",
      { departments: "code,name,parent_code,name" },
      /^departments.csv:1: the column "name" stands there twice/,
    ],
    [
      "has a column without a name",
      { employees: EMPLOYEES_HEADER.replace("email", "") },
      /^employees.csv:1: the column D has no name/,
    ],
    [
      "has a column that is not known",
      { employees: `${EMPLOYEES_HEADER},Shoe size` },
      /^employees.csv:1: the column "Shoe size" is not known; accepted are employee_number, .* mapping/,
    ],
    [
      "has an unknown column of departments",
      { departments: `${DEPARTMENTS_HEADER},size` },
      /^departments.csv:1: the column "size" is not known; accepted are code/,
    ],
    ["leaves a quote open", { employees: `${EMPLOYEES}\n9,"A,B,,,,,,\n10,C,D,,,,,,` }, /^employees.csv:6: .*closing/],
    [
      "goes on behind a closing quote",
      { employees: `${EMPLOYEES}\n9,"A"x,B,,,,,,` },
      /^employees.csv:6: .*closing quote/,
    ],
    [
      "has a quote inside a cell",
      { employees: `${EMPLOYEES}\n9,A"x",B,,,,,,` },
      /^employees.csv:6: .*whole cell is quoted/,
    ],
    [
      "has a record without an end",
      { employees: `${EMPLOYEES}\n9,"${"x\n".repeat(600_000)}` },
      /^employees.csv:6: .*1048576 bytes/,
    ],
    [
      "has a line without an end",
      { employees: `${EMPLOYEES}\n9,${"x".repeat(1_100_000)}` },
      /^employees.csv:6: .*1048576 bytes/,
    ],
  ];
  it.each(cases)("because it %s is refused in one line that names the place", async (_, files, message) => {
    const failure = await importFiles(database, files).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toContain("\n");
  });

  it("because it is not there, or is a directory, is refused in one line", async () => {
    for (const [path, code] of [
      ["/nowhere/at/all.csv", "ENOENT"],
      ["/", "EISDIR"],
    ] as const) {
      const source = {
        departments: { name: "departments.csv", open: () => createReadStream(path) },
        employees: file("employees.csv", EMPLOYEES),
      };
      await expect(importPeople(database, source, { timezone: "UTC" })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: `departments.csv: cannot be read (${code}).`,
      });
    }
  });
});
