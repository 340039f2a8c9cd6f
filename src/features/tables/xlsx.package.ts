import { tableFault } from "./table.source.ts";
import { XmlReader, type XmlVisitor } from "./xml.reader.ts";
import type { ZipArchive } from "./zip.archive.ts";

/*
 * The package of a workbook (ECMA-376, part 2): parts, what each is, and which relates to which. Nothing that lies outside of the file is ever
 * looked at.
 */

const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const CONTENT_TYPES = [`${PACKAGE}/content-types`];
const RELATIONSHIPS = [`${PACKAGE}/relationships`];
/** How the kinds of relations begin, in the transitional and the strict form of the standard. */
const RELATION_KINDS = [
  "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
  "http://purl.oclc.org/ooxml/officeDocument/relationships/",
];
/** The namespaces of workbooks and sheets, in both forms. */
export const SPREADSHEET = [
  "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
  "http://purl.oclc.org/ooxml/spreadsheetml/main",
];
const WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
/** Where a file says in which program's format it is that is no workbook's. */
const OPEN_DOCUMENT = "mimetype";
const MOST_RELATIONS = 10_000;

/** One relation of a part to another one. */
export interface Relation {
  id: string;
  /** The last word of its kind: `worksheet`, `styles`, …; empty where the standard has no such kind. */
  kind: string;
  /** The name of the other part; undefined where it lies outside of the file. */
  target: string | undefined;
}

/** Has a part of XML visited; INVALID_INPUT, by the part's name, where it is not sound. */
export async function visitPart(
  archive: ZipArchive,
  part: string,
  namespaces: readonly string[],
  visitor: XmlVisitor,
): Promise<void> {
  const reader = partReader(archive, part, namespaces, visitor);
  for await (const chunk of archive.read(part)) reader.write(chunk);
  reader.close();
}

export const partReader = (
  archive: ZipArchive,
  part: string,
  namespaces: readonly string[],
  visitor: XmlVisitor,
): XmlReader =>
  new XmlReader(visitor, namespaces, (message) =>
    tableFault(archive.source, undefined, `its part ${part.slice(0, 200)} ${message}`),
  );

/** The name of the part that is the workbook; INVALID_INPUT where the file is something else. */
export async function workbookPart(archive: ZipArchive): Promise<string> {
  const { source } = archive;
  if (!archive.has("[Content_Types].xml"))
    throw tableFault(
      source,
      undefined,
      archive.has(OPEN_DOCUMENT)
        ? "is an OpenDocument file or one like it: save it as .xlsx, or as CSV."
        : "is an archive, and no workbook (XLSX): save the table as .xlsx, or as CSV.",
    );
  const main = (await relationsOf(archive, "")).find(({ kind }) => kind === "officeDocument")?.target;
  const type = main === undefined ? undefined : await contentTypeOf(archive, main);
  if (main === undefined || type !== WORKBOOK_TYPE)
    throw tableFault(
      source,
      undefined,
      /macroEnabled/i.test(type ?? "")
        ? "has macros: save it as .xlsx, which has none."
        : "is no workbook (XLSX): save the table as .xlsx, or as CSV.",
    );
  return main;
}

async function contentTypeOf(archive: ZipArchive, part: string): Promise<string | undefined> {
  let [found, byExtension]: (string | undefined)[] = [];
  const name = `/${part}`.toLowerCase();
  const open: XmlVisitor["open"] = (element, { PartName = "", Extension = "", ContentType }) => {
    if (element === "Override" && PartName.toLowerCase() === name) found ??= ContentType;
    if (element === "Default" && name.endsWith(`.${Extension.toLowerCase()}`)) byExtension ??= ContentType;
  };
  await visitPart(archive, "[Content_Types].xml", CONTENT_TYPES, { open });
  return found ?? byExtension;
}

/** What a part (the package itself where its name is empty) relates to. */
export async function relationsOf(archive: ZipArchive, part: string): Promise<Relation[]> {
  const end = part.lastIndexOf("/") + 1;
  const name = `${part.slice(0, end)}_rels/${part.slice(end)}.rels`;
  if (!archive.has(name)) return [];
  const relations: Relation[] = [];
  const open: XmlVisitor["open"] = (element, { Id = "", Type = "", Target = "", TargetMode }) => {
    if (element !== "Relationship") return;
    if (relations.length === MOST_RELATIONS)
      throw tableFault(
        archive.source,
        undefined,
        `its part ${name.slice(0, 200)} has more than ${MOST_RELATIONS} relations.`,
      );
    const prefix = RELATION_KINDS.find((one) => Type.startsWith(one));
    const target = TargetMode === "External" ? undefined : resolved(part, Target);
    relations.push({ id: Id, kind: prefix ? Type.slice(prefix.length) : "", target });
  };
  await visitPart(archive, name, RELATIONSHIPS, { open });
  return relations;
}

/** The name of a part that another one refers to; undefined where that lies outside of the package. */
function resolved(from: string, target: string): string | undefined {
  try {
    const url = new URL(target, `http://package/${from}`);
    return url.host === "package" ? decodeURIComponent(url.pathname.slice(1)) : undefined;
  } catch {
    return undefined;
  }
}
