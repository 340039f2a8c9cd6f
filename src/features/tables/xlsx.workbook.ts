import { builtInKind, kindOfCode, type NumberKind } from "./number.format.ts";
import type { TableLimits } from "./table.limits.ts";
import { tableFault } from "./table.source.ts";
import type { TextStore } from "./text.store.ts";
import { type Relation, relationsOf, SPREADSHEET, visitPart, workbookPart } from "./xlsx.package.ts";
import { sharedTexts } from "./xlsx.texts.ts";
import type { ZipArchive } from "./zip.archive.ts";

/** What the cells of a sheet are read by. */
export interface Workbook {
  /** Which day is the first. */
  epoch: 1900 | 1904;
  /** What the format of each style makes of numbers. */
  styles: readonly NumberKind[];
  texts: TextStore | undefined;
}

/** One sheet of a workbook. */
export interface Sheet {
  name: string;
  hidden: boolean;
  part: string;
}

const MOST_STYLES = 65_536;
/** Relations of a workbook to what would have to be asked for elsewhere. */
const ELSEWHERE = ["externalLink", "connections", "oleObject", "vbaProject", "attachedToolbars"];
const NAMED_IN_ERRORS = 20;

/** Reads what a workbook says of its sheets, and chooses one: the one of this name, or the first that is not hidden. */
export async function openWorkbook(
  archive: ZipArchive,
  wanted: string | undefined,
  limits: TableLimits,
): Promise<{ sheet: Sheet; sheets: readonly Sheet[]; workbook: Workbook }> {
  const part = await workbookPart(archive);
  const relations = await relationsOf(archive, part);
  requireAlone(archive, relations);
  const { sheets, epoch } = await sheetsOf(archive, part, relations, limits);
  const sheet = chosen(archive, sheets, wanted);
  requireAlone(archive, await relationsOf(archive, sheet.part));
  const partOf = (kind: string) => relations.find((one) => one.kind === kind)?.target;
  const [styles, texts] = [partOf("styles"), partOf("sharedStrings")];
  return {
    sheet,
    sheets,
    workbook: {
      epoch,
      styles: styles === undefined ? [] : await stylesOf(archive, styles),
      texts: texts === undefined ? undefined : await sharedTexts(archive, texts, limits),
    },
  };
}

/** INVALID_INPUT where a part relates to another file, other than by a link that people may click. */
function requireAlone({ source }: ZipArchive, relations: readonly Relation[]): void {
  const { kind } =
    relations.find((one) => ELSEWHERE.includes(one.kind) || (one.target === undefined && one.kind !== "hyperlink")) ??
    {};
  if (kind !== undefined)
    throw tableFault(
      source,
      undefined,
      `refers to other files (${kind || "unknown"}), which are not read: save the values alone in a new workbook.`,
    );
}

async function sheetsOf(
  archive: ZipArchive,
  part: string,
  relations: readonly Relation[],
  limits: TableLimits,
): Promise<{ sheets: Sheet[]; epoch: 1900 | 1904 }> {
  const sheets: Sheet[] = [];
  let [count, epoch]: [number, 1900 | 1904] = [0, 1900];
  await visitPart(archive, part, SPREADSHEET, {
    open: (element, attributes) => {
      if (element === "workbookPr") epoch = ["1", "true"].includes(attributes.date1904 ?? "") ? 1904 : 1900;
      if (element !== "sheet") return;
      if (++count > limits.sheets)
        throw tableFault(archive.source, undefined, `may have at most ${limits.sheets} sheets.`, {
          limit: limits.sheets,
        });
      const id = Object.entries(attributes).find(([name]) => name.endsWith(":id"))?.[1];
      const { kind, target } = relations.find((one) => one.id === id) ?? {};
      // A sheet may be a chart.
      if (kind !== "worksheet" || target === undefined) return;
      const { name = "", state = "visible" } = attributes;
      sheets.push({ name: name.slice(0, 255), hidden: state !== "visible", part: target });
    },
  });
  return { sheets, epoch };
}

function chosen({ source }: ZipArchive, sheets: readonly Sheet[], wanted: string | undefined): Sheet {
  const sheet =
    wanted === undefined
      ? sheets.find(({ hidden }) => !hidden)
      : sheets.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (sheet) return sheet;
  const visible = sheets.filter(({ hidden }) => !hidden).map(({ name }) => name);
  throw tableFault(
    source,
    undefined,
    wanted === undefined ? "has no sheet that is not hidden." : "has no sheet of the name that was declared.",
    { allowed: visible.slice(0, NAMED_IN_ERRORS) },
  );
}

async function stylesOf(archive: ZipArchive, part: string): Promise<NumberKind[]> {
  const codes = new Map<number, NumberKind>();
  const styles: NumberKind[] = [];
  let inFormats = false;
  await visitPart(archive, part, SPREADSHEET, {
    open: (element, { numFmtId, formatCode = "" }) => {
      const id = Number(numFmtId ?? 0);
      if (element === "numFmt") codes.set(id, kindOfCode(formatCode));
      else if (element === "cellXfs") inFormats = true;
      else if (element === "xf" && inFormats) styles.push(codes.get(id) ?? builtInKind(id));
      if (styles.length > MOST_STYLES || codes.size > MOST_STYLES)
        throw tableFault(archive.source, undefined, `may have at most ${MOST_STYLES} styles.`, { limit: MOST_STYLES });
    },
    close: (element) => {
      if (element === "cellXfs") inFormats = false;
    },
  });
  return styles;
}
