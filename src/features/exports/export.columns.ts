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
  /** What is read for it of the search row `u`, as a text. */
  value: RawBuilder<unknown>;
  /** What it shows of that text; undefined: just that. */
  show: ((text: string) => Cell) | undefined;
  /** Whether that text is JSON. */
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

type Reading = Pick<ExportColumn, "value" | "show" | "isJson">;

/** How a field is read; of attributes the one with this key. */
function readingOf(field: Field, key: string | undefined): Reading {
  const column = sql.ref(`u.${field.shownColumn ?? field.column}`);
  if (key !== undefined) return inJson(sql`(${column} -> ${key}::text)`);
  if (field.kind === "instant") return inJson(sql`instant_text(${column})`, (text) => new Date(JSON.parse(text)));
  const kind = Object.hasOwn(ID_COLUMNS, field.name) ? ID_COLUMNS[field.name as keyof typeof ID_COLUMNS] : undefined;
  if (kind) return { value: column, show: (id) => publicId(kind, id), isJson: false };
  if (field.kind === "text" || field.kind === "choice") return { value: column, show: undefined, isJson: false };
  return inJson(column);
}

const inJson = (value: RawBuilder<unknown>, show: (text: string) => Cell = JSON.parse): Reading => ({
  value: sql`to_json(${value})::text`,
  show,
  isJson: true,
});
