import { holdsAnywhere, reachOf, type Viewer } from "../../access/actor.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { attributesProblem } from "../users/user.profile.ts";
import type { UserRow } from "../users/user.types.ts";
import type { Cell, HeadedColumn } from "./export.cells.ts";

/** A column of an export, as its viewer may read it. */
export interface ExportColumn extends HeadedColumn {
  /** The column of user_search that is read for it. */
  column: string;
  /** What it shows of somebody: null where the viewer may not read it of them. */
  of(row: UserRow): Cell;
}

/** Columns of one export; a file with more is made for nobody to read. */
export const COLUMNS_LIMIT = 200;

const ATTRIBUTE = "attributes.";
const ID_COLUMNS = { id: "User", orgUnit: "OrgUnit" } as const;

const SHOWN = [...userCatalogue.fields.values()].filter(({ show, kind }) => show !== false && kind !== "attributes");

/** What a column may be called, beside `attributes.` and a key. */
export const COLUMN_NAMES: readonly string[] = [...Object.keys(ID_COLUMNS), ...SHOWN.map(({ name }) => name)];

/**
 * The columns by their names. INVALID_INPUT for what is no column or is named twice; FIELD_FORBIDDEN for one that the viewer may read of
 * nobody but themselves.
 */
export function exportColumns(viewer: Viewer, names: readonly string[], path: string): ExportColumn[] {
  if (names.length === 0 || names.length > COLUMNS_LIMIT)
    throw invalidInput([{ path, message: `must name 1 to ${COLUMNS_LIMIT} columns.`, limit: COLUMNS_LIMIT }]);
  const problems = names.flatMap((name, place) => {
    const message = names.indexOf(name) < place ? "must be named once." : nameProblem(name);
    return message === undefined ? [] : [{ path: `${path}[${place}]`, message }];
  });
  if (problems.length > 0) throw invalidInput(problems);
  return names.map((name, place) => columnOf(viewer, name, `${path}[${place}]`));
}

function nameProblem(name: string): string | undefined {
  if (COLUMN_NAMES.includes(name)) return undefined;
  if (!name.startsWith(ATTRIBUTE))
    return `must be one of ${COLUMN_NAMES.join(", ")}, or ${ATTRIBUTE} and the key of a custom attribute.`;
  const problem = attributesProblem({ [name.slice(ATTRIBUTE.length)]: null });
  return problem && `${problem}.`;
}

function columnOf(viewer: Viewer, name: string, inputPath: string): ExportColumn {
  const key = name.startsWith(ATTRIBUTE) ? name.slice(ATTRIBUTE.length) : undefined;
  const declared = fieldOf(userCatalogue, key === undefined ? name : "attributes");
  const field = key === undefined ? declared : attributeField(viewer, declared, key);
  const permission = field.read.find((one) => !holdsAnywhere(viewer, one));
  if (permission)
    throw new RollcallError("FIELD_FORBIDDEN", `${field.name} may not be exported without ${permission}.`, {
      field: field.name,
      inputPath,
      permission,
    });
  const column = field.shownColumn ?? field.column;
  const read = key === undefined ? readerOf(field, column) : (row: UserRow) => attributeOf(row[column], key);
  const everywhere = field.read.every((one) => reachOf(viewer, one) === "everywhere");
  const of = everywhere
    ? read
    : (row: UserRow) => (mayReadField(viewer, field, row.user_id, row.unit_path, row.meets) ? read(row) : null);
  return { name, column, isDate: field.kind === "date", of };
}

function readerOf(field: Field, column: string): (row: UserRow) => Cell {
  const kind = Object.hasOwn(ID_COLUMNS, field.name) ? ID_COLUMNS[field.name as keyof typeof ID_COLUMNS] : undefined;
  if (kind) return (row) => (row[column] == null ? null : publicId(kind, row[column] as string));
  return (row) => (row[column] ?? null) as Cell;
}

const attributeOf = (attributes: unknown, key: string): Cell =>
  typeof attributes === "object" && attributes !== null && Object.hasOwn(attributes, key)
    ? ((Reflect.get(attributes, key) as Cell | undefined) ?? null)
    : null;
