import type { DefinedType } from "../../access/actor.ts";
import { isStorable } from "../../search/folding.ts";
import type { CellReading, CellValues } from "../tables/cell.values.ts";
import type { TableCell } from "../tables/table.cell.ts";
import { emailProblem, PROFILE_TEXTS, type ProfileText, tagsProblem, textProblem } from "../users/user.profile.ts";
import { PHONE } from "../users/user-contact.inputs.ts";
import { attributeOf } from "./import.reading.ts";

/** A value as it is written, or what was expected in its place. */
export type Taken = CellReading<unknown>;

const EMPLOYEE_TYPES = ["EMPLOYEE", "CONTRACTOR", "PARTNER", "INTERN", "SERVICE"];
const REFERENCE_LIMIT = 1_000;
const EXTERNAL_ID_LIMIT = 256;
const ATTRIBUTE_LIMIT = 1_024;

const NEVER_EMPTY = new Set(["username", "displayName"]);

/** Whether an empty cell can clear what a column fills. */
export const isClearable = (target: string): boolean => !NEVER_EMPTY.has(target);

/** What a cell says for a target: null where it is empty. `expected` never repeats the value. */
export function takeValue(target: string, cell: TableCell, type: DefinedType | undefined, values: CellValues): Taken {
  if (cell.kind === "text" && !isStorable(cell.text))
    return { expected: "must be a text without U+0000 and lone surrogates." };
  if (attributeOf(target) !== undefined) return attributeValue(cell, type, values);
  switch (target) {
    case "hiredOn":
    case "terminatesOn":
      return values.date(cell);
    case "tags":
      return checked(values.list(cell), (tags) => tagsProblem(tags));
    case "employeeType":
      return checked(upperCase(values.text(cell)), (text) =>
        EMPLOYEE_TYPES.includes(text) ? undefined : `must be one of ${EMPLOYEE_TYPES.join(", ")}`,
      );
    default:
      return checked(values.text(cell), (text) => textRule(target, text));
  }
}

const upperCase = (read: CellReading<string>): CellReading<string> =>
  "value" in read ? { value: read.value?.toUpperCase() ?? null } : read;

function textRule(target: string, text: string): string | undefined {
  if (target in PROFILE_TEXTS) return textProblem(target as ProfileText, text);
  if (target === "email") return emailProblem(text);
  if (target === "phone") return PHONE[0].test(text) ? undefined : PHONE[1].message;
  return lengthProblem(text, target === "externalId" ? EXTERNAL_ID_LIMIT : REFERENCE_LIMIT);
}

/** A reading whose value passes a rule. */
function checked<T>(read: CellReading<T>, problemOf: (value: T) => string | undefined): Taken {
  if ("expected" in read || read.value === null) return read;
  const problem = problemOf(read.value);
  return problem === undefined ? read : { expected: problem.endsWith(".") ? problem : `${problem}.` };
}

const lengthProblem = (text: string, limit: number): string | undefined =>
  text.length > limit || /\p{Cc}/u.test(text)
    ? `must have at most ${limit} characters and no control characters`
    : undefined;

/** An attribute's value as its definition has it; without one, as the file has it. What it may hold is asked when it is written. */
function attributeValue(cell: TableCell, type: DefinedType | undefined, values: CellValues): Taken {
  switch (type) {
    case "NUMBER":
      return values.decimal(cell);
    case "BOOLEAN":
      return values.boolean(cell);
    case "DATE":
      return values.date(cell);
    case "SET":
      return values.list(cell);
    case undefined:
      if (cell.kind === "number" || cell.kind === "boolean") return { value: cell.value };
      if (cell.kind === "date") return values.date(cell);
  }
  return checked(values.text(cell), (text) => lengthProblem(text, ATTRIBUTE_LIMIT));
}
