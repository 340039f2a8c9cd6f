import { expect, it } from "vitest";
import { gatewayForFile } from "../../support/gateway.ts";
import { EMPLOYEES_HEADER, importFiles, problemsOf } from "../imports/support.ts";
import { define, person } from "./support.ts";

const file = gatewayForFile();

const DEPARTMENTS = "code,name,parent_code,manager_employee_number\nd0,Company,,";
const mapping = {
  columns: {
    Badge: { attribute: "badge", type: "string" },
    Shoe: { attribute: "shoe", type: "number" },
    Plate: { attribute: "plate", type: "string" },
  },
};
const sheet = (...rows: string[]) =>
  [
    `${EMPLOYEES_HEADER},Badge,Shoe,Plate`,
    ...rows.map((row, i) => `20${i},Bo,Berg,,,Company,,2020-01-01,,${row}`),
  ].join("\n");
const load = (rows: string[], options = {}) =>
  importFiles(file.gateway.database, { departments: DEPARTMENTS, employees: sheet(...rows), mapping }, options);

it("An import says at which cell an attribute does not fit, and applies nothing; with bad rows skipped, the others", async () => {
  const { gateway } = file;
  await define(gateway, { key: "badge", type: "STRING", pattern: "[A-Z]-\\d" });
  await define(gateway, { key: "shoe", type: "NUMBER", maximum: 50 });
  await define(gateway, { key: "plate", type: "STRING", unique: true });
  await person(gateway, { plate: "ZH 9" });
  const rows = ["A-1,42,ZH 1", "A1,60,ZH 2", "B-2,40,zh 1", "C-3,41,zh 9", ",,"];
  const refused = await load(rows);
  expect(refused.applied).toBe(false);
  expect(problemsOf(refused)).toEqual([
    "employees.csv:3 Badge: must match the pattern [A-Z]-\\d.",
    "employees.csv:3 Shoe: must be at most 50.",
    "employees.csv:4 Plate: must be unique in the file, without regard to case; it stands on line 2 as well.",
    "employees.csv:5 Plate: must be unique, without regard to case: another person has this value.",
  ]);
  const skipped = await load(rows, { skipBadRows: true });
  expect([skipped.applied, skipped.counts.peopleCreated]).toEqual([true, 2]);
});

it("An import of people who were there before asks for a required attribute only where their attributes change", async () => {
  const { gateway } = file;
  await define(gateway, { key: "desk", type: "STRING", required: true, acceptInvalid: true });
  expect(problemsOf(await load(["A-1,42,ZH 1"]))).toEqual([]);
  expect(problemsOf(await load(["A-1,43,ZH 1"]))).toEqual([
    "employees.csv:2 attribute desk: must have a value: the attribute is required.",
  ]);
});
