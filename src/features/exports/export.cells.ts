import { CivilDate } from "../tables/table.cell.ts";

/** A value of a file. */
export type Cell = string | number | boolean | Date | null | readonly unknown[] | object;

/** What of a column a format needs. */
export interface HeadedColumn {
  name: string;
  /** A civil date, which the database gives as text. */
  isDate: boolean;
  /** For JSON Lines: what stands in its cells is written in JSON already. */
  isJson?: boolean | undefined;
}

/** A file's rows, in parts. */
export type Rows = AsyncIterable<readonly (readonly Cell[])[]>;

/** A value as text: instants in ISO 8601, lists with `; ` between their values, anything deeper as JSON. */
export function textOf(cell: Cell): string {
  if (cell === null) return "";
  if (cell instanceof Date) return cell.toISOString();
  if (cell instanceof CivilDate) return cell.toString();
  if (Array.isArray(cell)) return cell.map((one) => textOf(one as Cell)).join("; ");
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
