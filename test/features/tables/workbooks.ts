import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** A zip archive of these parts. */
export async function zipped(parts: Readonly<Record<string, string | Buffer>>, compress = true): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts))
    zip.addBuffer(Buffer.from(content as string), name, { compress });
  zip.end();
  return await buffer(zip.outputStream);
}

export const relationships = (...relations: [id: string, kind: string, target: string, mode?: string][]): string =>
  `${XML}<Relationships xmlns="${PACKAGE}/relationships">${relations
    .map(
      ([id, kind, target, mode]) =>
        `<Relationship Id="${id}" Type="${OFFICE}/${kind}" Target="${target}"${mode ? ` TargetMode="${mode}"` : ""}/>`,
    )
    .join("")}</Relationships>`;

export const contentTypes = (main = `${SHEET}.sheet.main+xml`): string =>
  `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${main}"/></Types>`;

export const worksheet = (rows: string, behind = ""): string =>
  `${XML}<worksheet xmlns="${MAIN}" xmlns:r="${OFFICE}"><dimension ref="A1:XFD1048576"/><sheetViews><sheetView workbookViewId="0"/></sheetViews><sheetData>${rows}</sheetData>${behind}</worksheet>`;

/** Formats 1 to 8: a date of Excel's own, one of a code, both and a time, a time, a number with leading zeros, a text, an escaped code, months. */
export const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="5"><numFmt numFmtId="164" formatCode="[$-407]dd\\.mm\\.yyyy;@"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/><numFmt numFmtId="166" formatCode="00000"/><numFmt numFmtId="167" formatCode="#,##0.00\\ &quot;days&quot;;[Red]\\-#,##0"/><numFmt numFmtId="168" formatCode="mmm"/></numFmts><cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="9"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="21"/><xf numFmtId="166"/><xf numFmtId="49"/><xf numFmtId="167"/><xf numFmtId="168"/></cellXfs></styleSheet>`;

/** A workbook of one sheet, which is the relation rId1. */
export const WORKBOOK = `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`;

export interface Book {
  /** The rows of the first sheet, as XML. */
  rows?: string;
  behind?: string;
  texts?: readonly string[];
  date1904?: boolean;
  /** Replaces or adds parts; null takes one away. */
  parts?: Readonly<Record<string, string | Buffer | null>>;
}

/** A workbook as Excel writes it: shared texts, styles, relations from the root of the package. */
export async function workbook({
  rows = "",
  behind = "",
  texts = [],
  date1904 = false,
  parts = {},
}: Book): Promise<Buffer> {
  const all = {
    "[Content_Types].xml": contentTypes(),
    "_rels/.rels": relationships(["rId1", "officeDocument", "xl/workbook.xml"]),
    "xl/workbook.xml": `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><workbookPr${date1904 ? ' date1904="1"' : ""}/><sheets><sheet name="Secret" sheetId="7" state="hidden" r:id="rId9"/><sheet name="Staff 2026" sheetId="1" r:id="rId1"/><sheet name="Chart" sheetId="2" r:id="rId5"/><sheet name="Other" sheetId="3" r:id="rId4"/></sheets><definedNames><definedName name="x">'Staff 2026'!$A$1</definedName></definedNames></workbook>`,
    "xl/_rels/workbook.xml.rels": relationships(
      ["rId1", "worksheet", "/xl/worksheets/sheet1.xml"],
      ["rId2", "styles", "/xl/styles.xml"],
      ["rId3", "sharedStrings", "sharedStrings.xml"],
      ["rId4", "worksheet", "worksheets/../worksheets/sheet%32.xml"],
      ["rId5", "chartsheet", "chartsheets/sheet1.xml"],
      ["rId9", "worksheet", "worksheets/sheet2.xml"],
    ),
    "xl/styles.xml": STYLES,
    "xl/sharedStrings.xml": `${XML}<sst xmlns="${MAIN}" count="9" uniqueCount="${texts.length}">${texts.map((one) => `<si>${one}</si>`).join("")}</sst>`,
    "xl/worksheets/sheet1.xml": worksheet(rows, behind),
    "xl/worksheets/sheet2.xml": worksheet('<row r="1"><c r="A1" t="inlineStr"><is><t>other</t></is></c></row>'),
    ...parts,
  };
  return await zipped(
    Object.fromEntries(Object.entries(all).filter(([, content]) => content !== null)) as Record<string, string>,
  );
}

export const textCell = (text: string, at = ""): string =>
  `<c${at ? ` r="${at}"` : ""} t="inlineStr"><is><t>${text}</t></is></c>`;
export const row = (...cells: readonly string[]): string => `<row>${cells.join("")}</row>`;
