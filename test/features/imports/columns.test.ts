import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../support/database.ts";
import { row, textCell, workbook } from "../tables/workbooks.ts";
import {
  DEPARTMENTS_HEADER,
  departments,
  EMPLOYEES_HEADER,
  emptyDirectory,
  type Files,
  importFiles,
  peopleIn,
  problemsOf,
} from "./support.ts";

const mapping = {
  columns: {
    "Cost centre": "costCenter",
    kind: "employeeType",
    login: "username",
    Shoe: { attribute: "shoeSize", type: "number" },
    Driver: { attribute: "driver", type: "boolean" },
    Since: { attribute: "badge.since", type: "date" },
    Note: { attribute: "note", type: "string" },
  },
};
const header = `${EMPLOYEES_HEADER},Cost centre,kind,login,Shoe,Driver,Since,Note`;
const files = (...rows: string[]): Files => ({
  departments: departments(),
  employees: [header, ...rows].join("\n"),
  mapping,
});

describe("Other columns", () => {
  it("become fields and custom attributes where a mapping names them", async () => {
    const database = await emptyDirectory();
    await importFiles(
      database,
      files(
        '1,A,A,a@example.com,,,,,,CC 7,contractor,anna,42.5,TRUE,2020-02-29,"likes, commas"',
        "2,B,B,,,,,,,,,bert,,,,",
      ),
    );
    const people = await peopleIn(database);
    expect(people.get("1")).toMatchObject({
      cost_center: "CC 7",
      employee_type: "CONTRACTOR",
      username: "anna",
      attributes: { shoeSize: 42.5, driver: true, "badge.since": "2020-02-29", note: "likes, commas" },
    });
    expect(people.get("2")).toMatchObject({ cost_center: null, employee_type: null, username: "bert", attributes: {} });
  });

  it("that are empty take the attribute away, and leave other ones", async () => {
    const database = await emptyDirectory();
    await importFiles(database, files("1,A,A,,,,,,,,,anna,42,true,,x"));
    await importFiles(database, files("1,A,A,,,,,,,,,anna,,false,,x"));
    expect((await peopleIn(database)).get("1")).toMatchObject({ attributes: { driver: false, note: "x" }, version: 2 });
  });

  it("that hold something else are bad rows", async () => {
    const database = await emptyDirectory();
    const report = await importFiles(
      database,
      files(
        "1,A,A,,,,,,,,boss,has space,large,yes,2021-02-29,x",
        "2,B,B,,,,,,,,,,1e999,,,",
        "3,C,C,,,,,,,,,ok,,,,",
        "4,D,D,,,,,,,,,OK,,,,",
      ),
    );
    expect(problemsOf(report)).toEqual([
      "employees.csv:2 kind: must be one of EMPLOYEE, CONTRACTOR, PARTNER, INTERN, SERVICE.",
      "employees.csv:2 login: must be 1 to 128 characters without white space.",
      "employees.csv:2 Shoe: must be a number, such as 12 or -0.5.",
      "employees.csv:2 Driver: must be true or false.",
      "employees.csv:2 Since: must be a date that exists, as YYYY-MM-DD.",
      "employees.csv:3 login: must not be empty.",
      "employees.csv:3 Shoe: must be a number, such as 12 or -0.5.",
      "employees.csv:5 login: must be unique in the file, without regard to case; it stands on line 4 as well.",
    ]);
  });

  it("may stand for the format's own", async () => {
    const database = await emptyDirectory();
    const own = EMPLOYEES_HEADER.replace("employee_number", "Nr").replace("title", "Job");
    await importFiles(database, {
      departments: departments(),
      employees: `${own}\n1,A,A,,Chief,,,,`,
      mapping: { columns: { Nr: "employeeNumber", Job: "title" } },
    });
    expect((await peopleIn(database)).get("1")).toMatchObject({ title: "Chief" });
  });

  const refused: [string, unknown, string, RegExp][] = [
    ["is not an object of columns", ["x"], "", /^mapping.json: must be an object/],
    [
      "names a field that is not there",
      { columns: { Extra: "shoe" } },
      ",Extra",
      /^mapping.json: columns.Extra: must be one of username, /,
    ],
    [
      "names no type",
      { columns: { Extra: { attribute: "a" } } },
      ",Extra",
      /^mapping.json: columns.Extra.type: must be one of string, number, boolean, date/,
    ],
    [
      "names an impossible attribute",
      { columns: { Extra: { attribute: "1 x", type: "date" } } },
      ",Extra",
      /^mapping.json: columns.Extra.attribute: must have keys/,
    ],
    [
      "names a column that the file lacks",
      { columns: { Extra: "nickName" } },
      "",
      /^employees.csv:1: the column "Extra", which mapping.json maps, is missing/,
    ],
    [
      "fills a field twice",
      { columns: { Extra: "title" } },
      ",Extra",
      /^employees.csv:1: the column "Extra" fills title, as another column does/,
    ],
  ];
  let shared: FreshDatabase;
  beforeAll(async () => {
    shared = await freshDatabase();
  });
  afterAll(() => shared.close());

  it.each(refused)("by a mapping that %s are refused in one line", async (_, bad, more, message) => {
    const attempt = async () =>
      importFiles(shared.database, { departments: departments(), employees: EMPLOYEES_HEADER + more, mapping: bad });
    await expect(attempt()).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(message) });
  });
});

describe("The form of a file", () => {
  it.each([
    ["with a byte order mark, CRLF and quotes", "\uFEFF", "\r\n", (cell: string) => `"${cell.replaceAll('"', '""')}"`],
    ["with LF and white space around cells", "", "\n", (cell: string) => ` ${cell} `],
    ["with blank lines and an end of line at the end", "", "\n\n", (cell: string) => cell],
  ])("may be %s", async (_, mark, end, quoted) => {
    const database = await emptyDirectory();
    const text = (rows: string[][]) => `${mark}${rows.map((cells) => cells.map(quoted).join(",")).join(end)}${end}`;
    const report = await importFiles(database, {
      departments: text([
        ["code", "name", "parent_code", "manager_employee_number"],
        ["d1", "Forschung Übersee", "", "1"],
      ]),
      employees: text([
        EMPLOYEES_HEADER.split(","),
        ["1", "Zoë", "Ødegård", "zoe@example.com", "研究員", "forschung übersee", "", "2020-01-01", ""],
      ]),
    });
    expect(report).toMatchObject({ applied: true, problems: [] });
    expect((await peopleIn(database)).get("1")).toMatchObject({
      given_name: "Zoë",
      family_name: "Ødegård",
      title: "研究員",
      department: "Forschung Übersee",
    });
  });

  it("may quote commas, quotes and ends of lines", async () => {
    const database = await emptyDirectory();
    const note = `${EMPLOYEES_HEADER},Note`;
    await importFiles(database, {
      departments: departments(),
      employees: `${note}\r\n1,"Anna ""Ace""","Berg, the elder",,,,,,,x`,
      mapping: { columns: { Note: { attribute: "note", type: "string" } } },
    });
    expect((await peopleIn(database)).get("1")).toMatchObject({
      given_name: 'Anna "Ace"',
      family_name: "Berg, the elder",
    });
  });

  it("may name a department by a code that is another one's name, and must not by a name of two", async () => {
    const database = await emptyDirectory();
    const units = departments("Sales,Shop,,", "d2,Sales,,", "d3,Twin,,", "d4,twin,,");
    const report = await importFiles(
      database,
      { departments: units, employees: `${EMPLOYEES_HEADER}\n1,A,A,,,sales,,,\n2,B,B,,,Twin,,,` },
      { skipBadRows: true },
    );
    expect(problemsOf(report)).toEqual([
      "employees.csv:3 department: several departments have this name: give the department's code.",
    ]);
    expect((await peopleIn(database)).get("1")).toMatchObject({ department: "Shop" });
  });
});

describe("A workbook", () => {
  it("is imported as CSV is, dates and numbers as they are", async () => {
    const database = await emptyDirectory();
    const cells = (...texts: string[]) => row(...texts.map((text) => textCell(text)));
    const employees = await workbook({
      rows: `${cells(...EMPLOYEES_HEADER.split(","))}${row("<c><v>100</v></c>", textCell("Ada"), textCell("Abel"), "<c/>", "<c/>", textCell("d0"), "<c/>", '<c s="1"><v>45292</v></c>')}`,
    });
    const departments = await workbook({ rows: `${cells(...DEPARTMENTS_HEADER.split(","))}${cells("d0", "Company")}` });
    expect((await importFiles(database, { departments, employees })).applied).toBe(true);
    expect((await peopleIn(database)).get("100")).toMatchObject({ given_name: "Ada", hired_on: "2024-01-01" });
    const broken = await importFiles(database, {
      departments,
      employees: await workbook({
        rows: `${cells(...EMPLOYEES_HEADER.split(","))}${row("<c><v>101</v></c>", '<c t="e"><v>#REF!</v></c>', textCell("B"))}`,
      }),
    });
    expect(problemsOf(broken)).toEqual(["employees.csv:2 given_name: must be a value; it holds the error #REF!."]);
  });
});
