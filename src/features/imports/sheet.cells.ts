import { isCivilDate } from "../../search/civil-date.ts";

/** What a custom attribute's cells hold. */
export const ATTRIBUTE_TYPES = ["string", "number", "boolean", "date"] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

export const DATE_EXPECTED = "must be a date that exists, as YYYY-MM-DD.";
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** What is wrong with the number of a record's cells, and the column where it shows; undefined where nothing is. */
export function cellProblem(
  headers: readonly string[],
  cells: readonly string[],
): { column: string; message: string } | undefined {
  if (cells.length === headers.length) return undefined;
  const column = headers[cells.length] ?? `${headers.length + 1}`;
  return { column, message: `the row must have ${headers.length} cells, as line 1 has; it has ${cells.length}.` };
}

/** An attribute's value as it is stored; what was expected where the cell does not hold one. */
export function attributeValue(type: AttributeType, cell: string): { value: unknown } | { expected: string } {
  switch (type) {
    case "string":
      return cell.length <= 1024 && !/\p{Cc}/u.test(cell)
        ? { value: cell }
        : { expected: "must have at most 1,024 characters and no control characters." };
    case "number": {
      const value = NUMBER.test(cell) ? Number(cell) : Number.NaN;
      return Number.isFinite(value) ? { value } : { expected: "must be a number, such as 12 or -0.5." };
    }
    case "boolean": {
      const word = cell.toLowerCase();
      return word === "true" || word === "false" ? { value: word === "true" } : { expected: "must be true or false." };
    }
    case "date":
      return isCivilDate(cell) ? { value: cell } : { expected: DATE_EXPECTED };
  }
}
