import { addressOf, columnLetters, EMPTY_CELL, type TableCell } from "./table.cell.ts";
import type { RawRow } from "./table.header.ts";
import type { TableLimits } from "./table.limits.ts";
import { tableFault } from "./table.source.ts";
import { type CellElement, cellOf } from "./xlsx.cell.ts";
import { partReader, SPREADSHEET } from "./xlsx.package.ts";
import { RichText } from "./xlsx.texts.ts";
import type { Sheet, Workbook } from "./xlsx.workbook.ts";
import type { XmlVisitor } from "./xml.reader.ts";
import type { ZipArchive } from "./zip.archive.ts";

/** What a sheet of the standard's programs has at most. */
const LAST_ROW = 1_048_576;
const LAST_COLUMN = 16_384;
const MOST_MERGED = 10_000;
const REFERENCE = /^([A-Z]{1,3})([1-9]\d{0,6})$/;
const RANGE = /^([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})$/;

/** Cells that are shown as one: rows counted from 1, columns from 0. */
export interface Merged {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

const columnOf = (letters: string): number =>
  [...letters].reduce((sum, one) => sum * 26 + one.charCodeAt(0) - 64, 0) - 1;

/** Makes rows of a sheet's elements, as they come. */
export class SheetRows implements XmlVisitor {
  /** Complete rows that nobody has taken yet. */
  rows: RawRow[] = [];
  readonly merged: Merged[] = [];
  #row = 0;
  #column = -1;
  #cells: TableCell[] = [];
  #characters = 0;
  #element: CellElement | undefined;
  #inValue = false;
  readonly #rich: RichText;
  readonly #name: string;

  constructor(
    readonly archive: ZipArchive,
    readonly sheet: Sheet,
    readonly workbook: Workbook,
    readonly limits: TableLimits,
  ) {
    this.#name = sheet.name;
    this.#rich = new RichText(limits.cellCharacters, () => this.#tooLong());
  }

  open(element: string, attributes: Readonly<Record<string, string>>): void {
    const cell = this.#element;
    if (cell) {
      if (element === "v") this.#inValue = true;
      else if (element === "f") cell.hasFormula = true;
      else this.#rich.open(element);
    } else if (element === "c") this.#beginCell(attributes);
    else if (element === "row") this.#beginRow(attributes);
    else if (element === "mergeCell") this.#merge(attributes.ref ?? "");
  }

  text(text: string): void {
    const cell = this.#element;
    if (!cell) return;
    if (!this.#inValue) {
      this.#rich.take(text);
      return;
    }
    cell.value = (cell.value ?? "") + text;
    if (cell.value.length > this.limits.cellCharacters * 7) throw this.#tooLong();
  }

  close(element: string): void {
    if (this.#element) {
      if (element === "c") this.#endCell(this.#element);
      else if (element === "v") this.#endValue(this.#element);
      else this.#rich.close(element);
    } else if (element === "row") this.#endRow();
  }

  #endValue(cell: CellElement): void {
    this.#inValue = false;
    // An element without text is a text without characters.
    cell.value ??= "";
  }

  #beginRow({ r }: Readonly<Record<string, string>>): void {
    const number = r === undefined ? this.#row + 1 : /^[1-9]\d{0,6}$/.test(r) ? Number(r) : Number.NaN;
    if (!(number > this.#row && number <= LAST_ROW))
      throw this.#fault(this.#row + 1, `rows must be numbered upwards, to ${LAST_ROW} at most.`, LAST_ROW);
    this.#row = number;
    this.#column = -1;
    this.#cells = [];
    this.#characters = 0;
  }

  #beginCell({ r, s = "0", t = "n" }: Readonly<Record<string, string>>): void {
    const [, letters, row] = (r === undefined ? undefined : REFERENCE.exec(r)) ?? [];
    const column = r === undefined ? this.#column + 1 : letters === undefined ? Number.NaN : columnOf(letters);
    const isPlaced = column > this.#column && column < LAST_COLUMN && (r === undefined || Number(row) === this.#row);
    if (!isPlaced || this.#row === 0)
      throw this.#fault(
        this.#row,
        `cells must stand in their rows from left to right, in ${LAST_COLUMN} columns at most.`,
      );
    this.#column = column;
    this.#element = { type: t, style: Number(s), value: undefined, inline: "", hasFormula: false };
    this.#rich.begin();
  }

  #endCell(element: CellElement): void {
    this.#element = undefined;
    element.inline = this.#rich.end();
    const cell = cellOf(element, this.workbook);
    if (!cell) throw this.#fault(this.#row, "is damaged: the cell's value is not what its type says.");
    if (cell.kind === "empty") return;
    if (this.#column >= this.limits.columns)
      throw this.#fault(this.#row, `a row may have at most ${this.limits.columns} cells.`, this.limits.columns);
    while (this.#cells.length < this.#column) this.#cells.push(EMPTY_CELL);
    this.#cells.push(cell);
    if (cell.kind !== "text") return;
    if (cell.text.length > this.limits.cellCharacters) throw this.#tooLong();
    this.#characters += cell.text.length;
    if (this.#characters > this.limits.rowCharacters) {
      const limit = this.limits.rowCharacters;
      throw this.#fault(this.#row, `a row may have at most ${limit} characters.`, limit);
    }
  }

  #endRow(): void {
    if (this.#cells.length > 0) this.rows.push({ number: this.#row, cells: this.#cells });
    this.#cells = [];
  }

  #merge(ref: string): void {
    const [, left = "", top, right = "", bottom] = RANGE.exec(ref) ?? [];
    if (this.merged.length === MOST_MERGED)
      throw this.#fault(this.#row, `at most ${MOST_MERGED} ranges of cells may be merged.`, MOST_MERGED);
    if (top !== undefined)
      this.merged.push({ top: Number(top), left: columnOf(left), bottom: Number(bottom), right: columnOf(right) });
  }

  #tooLong() {
    const limit = this.limits.cellCharacters;
    return this.#fault(this.#row, `a cell may have at most ${limit} characters.`, limit);
  }

  #fault(row: number, message: string, limit?: number) {
    const place = addressOf(this.#name, Math.max(row, 1), columnLetters(Math.max(this.#column, 0)));
    return tableFault(this.archive.source, place, message, limit === undefined ? {} : { limit });
  }
}

/** The rows of a sheet that hold something, in bounded memory. What the sheet says of its own size is not asked. */
export async function* sheetRows(rows: SheetRows): AsyncGenerator<RawRow> {
  const { archive, sheet } = rows;
  const reader = partReader(archive, sheet.part, SPREADSHEET, rows);
  for await (const chunk of archive.read(sheet.part)) {
    reader.write(chunk);
    const complete = rows.rows;
    rows.rows = [];
    yield* complete;
  }
  reader.close();
  yield* rows.rows;
}
