import { CivilDate, type TableCell } from "./table.cell.ts";

/** The last column of a corrected file, which says what is wrong with each row; a file that has it is read as if it had not. */
export const ERRORS_COLUMN = "Errors";

/** A cell as a file is given it again: what was read from it is what it will be read as. What cannot be used is left out. */
export function writtenAgain(cell: TableCell): string | number | boolean | CivilDate | null {
  switch (cell.kind) {
    case "text":
      return cell.text;
    case "number":
      // Leading zeros are those of a format, which the file is not given again.
      return /^0\d/.test(cell.text) ? cell.text : cell.value;
    case "boolean":
      return cell.value;
    case "date":
      return new CivilDate(cell.date, cell.time);
    case "time":
      return cell.time;
    default:
      return null;
  }
}
