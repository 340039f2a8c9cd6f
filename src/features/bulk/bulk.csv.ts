import type { FieldChange } from "../../graphql/field-change.ts";
import { markedText } from "../tables/formula.text.ts";
import type { BulkItem } from "./bulk-item.types.ts";

const HEADER = ["user_id", "username", "display_name", "finding", "outcome", "code", "message", "changes"];

function cell(value: string): string {
  const text = markedText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (cells: readonly string[]): string => `${cells.map(cell).join(",")}\r\n`;

const text = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

const told = ({ field, before, after, redacted }: FieldChange): string =>
  redacted ? `${field}: redacted` : `${field}: ${text(before)} → ${text(after)}`;

/** People of a plan as lines of CSV; the header stands in front of the first. */
export function csvOf(items: readonly BulkItem[], withHeader: boolean): string {
  const lines = items.map(({ userId, username, displayName, finding, outcome, problem, outcomeProblem, changes }) => {
    const why = outcomeProblem ?? problem;
    const cells = [userId, username, displayName, finding, outcome ?? "", why?.code ?? "", why?.message ?? ""];
    return line([...cells, changes.map(told).join("; ")]);
  });
  return [...(withHeader ? [line(HEADER)] : []), ...lines].join("");
}
