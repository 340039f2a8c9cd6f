import type { DefinedType } from "../../access/actor.ts";
import { isCivilDate } from "../../search/civil-date.ts";
import { emailProblem, PROFILE_TEXTS, type ProfileText, tagsProblem, textProblem } from "../users/user.profile.ts";
import { PHONE } from "../users/user-contact.inputs.ts";
import { attributeOf } from "./import.reading.ts";

/** A cell as a file has it: text, or what a workbook says that it is. Empty: null. */
export type CellValue = string | number | boolean | null;

/** A value as it is written, or what was expected in its place. */
export type Taken = { value: unknown } | { expected: string };

const EMPLOYEE_TYPES = ["EMPLOYEE", "CONTRACTOR", "PARTNER", "INTERN", "SERVICE"];
const DATE_EXPECTED = "must be a date that exists, written as it was declared, else as YYYY-MM-DD.";
const REFERENCE_LIMIT = 1_000;
const EXTERNAL_ID_LIMIT = 256;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** What stands between the values of a list, as exports write it. */
const BETWEEN = /\s*;\s*/;

const NEVER_EMPTY = new Set(["username", "displayName"]);

/** Whether an empty cell can clear what a column fills. */
export const isClearable = (target: string): boolean => !NEVER_EMPTY.has(target);

/** What a cell that is not empty says for a target; numbers and dates come as the file declares them, dates as YYYY-MM-DD. */
export function takeValue(target: string, cell: string | number | boolean, type: DefinedType | undefined): Taken {
  if (attributeOf(target) !== undefined) return attributeValue(cell, type);
  const text = String(cell).trim();
  if (target in PROFILE_TEXTS) return taken(text, textProblem(target as ProfileText, text));
  switch (target) {
    case "employeeType": {
      const known = EMPLOYEE_TYPES.includes(text.toUpperCase());
      return taken(text.toUpperCase(), known ? undefined : `must be one of ${EMPLOYEE_TYPES.join(", ")}`);
    }
    case "hiredOn":
    case "terminatesOn":
      return isCivilDate(text) ? { value: text } : { expected: DATE_EXPECTED };
    case "email":
      return taken(text, emailProblem(text));
    case "phone":
      return taken(text, PHONE[0].test(text) ? undefined : PHONE[1].message);
    case "externalId":
      return taken(text, lengthProblem(text, EXTERNAL_ID_LIMIT));
    case "tags": {
      const tags = [...new Set(text.split(BETWEEN).filter((tag) => tag !== ""))];
      return taken(tags, tagsProblem(tags));
    }
    default:
      return taken(text, lengthProblem(text, REFERENCE_LIMIT));
  }
}

const taken = (value: unknown, problem: string | undefined): Taken =>
  problem === undefined ? { value } : { expected: problem.endsWith(".") ? problem : `${problem}.` };

const lengthProblem = (text: string, limit: number): string | undefined =>
  text.length > limit || /\p{Cc}/u.test(text)
    ? `must have at most ${limit} characters and no control characters`
    : undefined;

/** An attribute's value as its definition has it; without one, as the file has it. What it may hold is asked when it is written. */
function attributeValue(cell: string | number | boolean, type: DefinedType | undefined): Taken {
  const text = String(cell).trim();
  switch (type) {
    case undefined:
      return typeof cell === "string" ? taken(text, lengthProblem(text, 1_024)) : { value: cell };
    case "NUMBER": {
      const value = typeof cell === "number" ? cell : NUMBER.test(text) ? Number(text) : Number.NaN;
      return Number.isFinite(value) ? { value } : { expected: "must be a number, such as 12 or -0.5." };
    }
    case "BOOLEAN": {
      const word = text.toLowerCase();
      return word === "true" || word === "false" ? { value: word === "true" } : { expected: "must be true or false." };
    }
    case "DATE":
      return isCivilDate(text) ? { value: text } : { expected: DATE_EXPECTED };
    case "SET":
      return { value: text.split(BETWEEN).filter((one) => one !== "") };
    default:
      return taken(text, lengthProblem(text, 1_024));
  }
}
