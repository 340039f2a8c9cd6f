import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { looksLikeFormula } from "../tables/formula.text.ts";
import { CivilDate } from "../tables/table.cell.ts";
import { type Cell, type HeadedColumn, type Rows, textOf } from "./export.cells.ts";

/*
 * A workbook of one sheet (ECMA-376, SpreadsheetML) whose texts stand in their cells and not in a table of shared strings, which would have
 * to be in memory as a whole. A text is never a formula here; one that looks like one is marked as quoted, so that it stays a text when it
 * is edited.
 */

/** What a sheet can hold. */
export const XLSX_ROWS = 1_048_576;
const TEXT_LIMIT = 32_767;
/** How hard it is compressed (zlib): a sheet repeats itself so much that more is hardly smaller, and takes several times as long. */
const COMPRESSION = 1;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml";

const PARTS: Readonly<Record<string, string>> = {
  "[Content_Types].xml": `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEET}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${SHEET}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${SHEET}.styles+xml"/></Types>`,
  "_rels/.rels": `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  "xl/workbook.xml": `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  "xl/styles.xml": `<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf xfId="0"/><xf xfId="0" quotePrefix="1"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`,
};
const STYLES = { quoted: 1, date: 2, instant: 3 } as const;

/** Makes a workbook of rows as they come; instants are in UTC. Throws where there are more than a sheet can hold. */
export async function* writeXlsx(columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  const zip = new ZipFile();
  const file = zip.outputStream as Readable;
  const sheet = Readable.from(sheetParts(columns, rows), { objectMode: false });
  zip.on("error", (error) => file.destroy(error));
  for (const [path, xml] of Object.entries(PARTS)) zip.addBuffer(Buffer.from(XML + xml), path);
  zip.addReadStream(sheet, "xl/worksheets/sheet1.xml", { compressionLevel: COMPRESSION });
  zip.end();
  try {
    for await (const chunk of file) yield chunk as Buffer;
  } finally {
    sheet.destroy();
  }
}

async function* sheetParts(columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  const none = columns.map(() => false);
  const head = rowXml(
    columns.map(({ name }) => name),
    none,
  );
  yield Buffer.from(`${XML}<worksheet xmlns="${MAIN}"><sheetData>${head}`);
  const dates = columns.map(({ isDate }) => isDate);
  let count = 1;
  for await (const part of rows) {
    count += part.length;
    if (count > XLSX_ROWS) throw new Error(`A sheet holds at most ${XLSX_ROWS} rows.`);
    let xml = "";
    for (const cells of part) xml += rowXml(cells, dates);
    yield Buffer.from(xml);
  }
  yield Buffer.from("</sheetData></worksheet>");
}

function rowXml(cells: readonly Cell[], dates: readonly boolean[]): string {
  let xml = "<row>";
  for (let place = 0; place < cells.length; place++) xml += cellXml(cells[place] ?? null, dates[place] === true);
  return `${xml}</row>`;
}

function cellXml(cell: Cell, isDate: boolean): string {
  if (cell === null) return "<c/>";
  if (!isDate && typeof cell === "string" && cell.length <= TEXT_LIMIT && PLAIN.test(cell))
    return `<c t="inlineStr"><is><t>${cell}</t></is></c>`;
  if (typeof cell === "number" && Number.isFinite(cell)) return `<c><v>${cell}</v></c>`;
  if (typeof cell === "boolean") return `<c t="b"><v>${cell ? 1 : 0}</v></c>`;
  const date = dateIn(cell, isDate);
  const serial = date && serialOf(date.at);
  if (serial !== undefined) return `<c s="${STYLES[date?.style ?? "date"]}"><v>${serial}</v></c>`;
  const text = textOf(cell);
  if (text.length > TEXT_LIMIT) throw new Error(`A cell holds at most ${TEXT_LIMIT} characters.`);
  const style = looksLikeFormula(text) ? ` s="${STYLES.quoted}"` : "";
  const space = SPACED.test(text) ? ' xml:space="preserve"' : "";
  return `<c${style} t="inlineStr"><is><t${space}>${escaped(text)}</t></is></c>`;
}

/** A text of letters that stands in XML as it is and looks like no formula, its words one space apart: nearly all are such. */
const PLAIN = /^(?![=+\-@])[!-%'-;=?-^`-~\u00a1-\u167f\u3001-\ud7ff]+(?: [!-%'-;=?-^`-~\u00a1-\u167f\u3001-\ud7ff]+)*$/;
/** White space that a reader of XML may take away. */
const SPACED = /^\s|\s$|[\r\n\t]|\s\s/;

/** What of a cell a sheet counts in days: an instant, a civil date of a column of them or of its own. */
function dateIn(cell: Cell, isDate: boolean): { at: Date; style: "date" | "instant" } | undefined {
  if (cell instanceof Date) return { at: cell, style: "instant" };
  if (cell instanceof CivilDate)
    return {
      at: new Date(`${cell.date}T${cell.time ?? "00:00:00"}Z`),
      style: cell.time === undefined ? "date" : "instant",
    };
  return isDate ? { at: new Date(`${cell}T00:00:00Z`), style: "date" } : undefined;
}

const DAY_MS = 86_400_000;
/** Day 0; days before day 61 are not counted alike by all programs, because Lotus 1-2-3 took 1900 for a leap year. */
const DAY_ZERO = Date.UTC(1899, 11, 30);
const FIRST_SERIAL = 61;
const LAST_SERIAL = 2_958_466;

/** The days since day 0; undefined where a sheet has no such day. */
function serialOf(date: Date): number | undefined {
  const serial = (date.getTime() - DAY_ZERO) / DAY_MS;
  return serial >= FIRST_SERIAL && serial < LAST_SERIAL ? serial : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
/** What XML cannot say at all, and what reads as the way in which SpreadsheetML says it (ST_Xstring). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNSAYABLE = /[\x00-\x08\x0b-\x1f\ufffe\uffff]|\p{Cs}|_(?=x[\da-fA-F]{4}_)/gu;

/** What may need one or the other; nearly no text does. */
const UNSAFE = /[&<>_\ud800-\udfff\ufffe\uffff]|[^\t\n -\uffff]/;

const escaped = (text: string): string => (UNSAFE.test(text) ? said(text) : text);

const said = (text: string): string =>
  text
    .replace(UNSAYABLE, (one) => `_x${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`)
    .replace(/[&<>]/g, (one) => ENTITIES[one] as string);
