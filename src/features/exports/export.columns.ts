import { type RawBuilder, sql } from "kysely";
import { holdsAnywhere, reachOf, type Standing, type Viewer } from "../../access/actor.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { attributesProblem } from "../users/user.profile.ts";
import type { Cell, HeadedColumn } from "./export.cells.ts";

/** Somebody in an export, as far as it decides what is shown of them. */
export type Exported = Standing & { userId: string };

/** A column of an export, as its viewer may read it. */
export interface ExportColumn extends HeadedColumn {
  /** What is read for it of the search row `u`. */
  value: RawBuilder<unknown>;
  /** What it shows of that, as JSON has it; undefined: just that. */
  show: ((value: unknown) => Cell) | undefined;
  /** Whether the text that is shown in JSON is the one that is read. */
  isJson: boolean;
  /** Whether the viewer may read it of somebody; undefined: of everybody. */
  mayRead: ((person: Exported) => boolean) | undefined;
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
  const everywhere = field.read.every((one) => reachOf(viewer, one) === "everywhere");
  const mayRead = everywhere
    ? undefined
    : ({ userId, unitPath, meets }: Exported) => mayReadField(viewer, field, userId, unitPath, meets);
  return { name, isDate: field.kind === "date", mayRead, ...readingOf(field, key) };
}

/** How a field is read; of attributes the one with this key. */
function readingOf(field: Field, key: string | undefined): Pick<ExportColumn, "value" | "show" | "isJson"> {
  const column = sql.ref(`u.${field.shownColumn ?? field.column}`);
  if (key !== undefined) return { value: sql`${column} -> ${key}::text`, show: undefined, isJson: true };
  if (field.kind === "instant")
    return { value: sql`instant_text(${column})`, show: unlessNull((text) => new Date(text)), isJson: true };
  const kind = Object.hasOwn(ID_COLUMNS, field.name) ? ID_COLUMNS[field.name as keyof typeof ID_COLUMNS] : undefined;
  if (kind) return { value: column, show: unlessNull((id) => publicId(kind, id)), isJson: false };
  return { value: column, show: undefined, isJson: true };
}

const unlessNull = (show: (text: string) => Cell) => (value: unknown) =>
  value === null ? null : show(value as string);
