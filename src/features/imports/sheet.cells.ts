import { isCivilDate } from "../../search/civil-date.ts";
import type { TableCell } from "../tables/table.cell.ts";

/** What a custom attribute's cells hold. */
export const ATTRIBUTE_TYPES = ["string", "number", "boolean", "date"] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

export const DATE_EXPECTED = "must be a date that exists, as YYYY-MM-DD.";
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A cell as CSV would have it, dates as YYYY-MM-DD; what was expected where it holds nothing that can be used. */
export function cellText(cell: TableCell): { text: string } | { expected: string } {
  switch (cell.kind) {
    case "empty":
      return { text: "" };
    case "date":
      return { text: cell.time === undefined ? cell.date : `${cell.date} ${cell.time}` };
    case "boolean":
      return { text: String(cell.value) };
    case "time":
      return { text: cell.time };
    case "unusable":
      return { expected: `must be a value; it holds ${cell.why}.` };
    default:
      return { text: cell.text.trim() };
  }
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
