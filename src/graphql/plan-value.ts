import { keysByPermission } from "../access/attribute-policy.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { Catalogue, Field } from "../search/field.ts";
import { Parameter, type PlanText, plan, verbatim } from "./plan-text.ts";
import type { AskedField, FieldPlan, Row } from "./plan-type.ts";
import type { Planning } from "./planning.ts";

/*
 * Values as JSON text, each the very text that its scalar's `serialize` and JSON.stringify give: what PostgreSQL escapes in a
 * text is what JavaScript escapes.
 */

const orNull = (text: PlanText, nullable: boolean): PlanText => (nullable ? plan`coalesce(${text}, 'null')` : text);

/** Text, a list of texts, and what else PostgreSQL's JSON writes as JavaScript does. */
export const jsonOf = (value: PlanText, nullable = true): PlanText => orNull(plan`to_json(${value})::text`, nullable);

/** Whole numbers and truth values, whose own text is their JSON. */
export const plainOf = (value: PlanText, nullable = true): PlanText => orNull(plan`${value}::text`, nullable);

/** A text that needs no escapes: an enum's value, a civil date. */
export const quoted = (value: PlanText, nullable = true): PlanText => orNull(plan`'"' || ${value} || '"'`, nullable);

/** An instant as DateTime writes it: in UTC, with milliseconds. */
export const instantOf = (value: PlanText, nullable = true): PlanText =>
  quoted(plan`to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`, nullable);

/** The value of a column as it is in JavaScript, where PostgreSQL keeps what JavaScript does not: the order of keys, digits of numbers. */
export const rewritten = (planning: Planning, json: PlanText): PlanText =>
  planning.marks.around(plan`${json}::text`, (text) => JSON.stringify(JSON.parse(text)));

/** Plans of a type's fields that are columns of its rows. */
export const columns = {
  json:
    (column: string, nullable = true): FieldPlan =>
    ({ row }) =>
      jsonOf(row.at(column), nullable),
  plain:
    (column: string, nullable = true): FieldPlan =>
    ({ row }) =>
      plainOf(row.at(column), nullable),
  quoted:
    (column: string, nullable = true): FieldPlan =>
    ({ row }) =>
      quoted(row.at(column), nullable),
  instant:
    (column: string, nullable = true): FieldPlan =>
    ({ row }) =>
      instantOf(row.at(column), nullable),
};

/** What must hold of a row for the viewer to read what needs these permissions; true or false where no row decides it. */
export type HeldOver = (planning: Planning, row: Row, permissions: readonly Permission[]) => PlanText | boolean;

/** The plans of a catalogue's fields that are shown: each a column as its kind is written, null where the viewer may not read it. */
export function catalogueFields(catalogue: Catalogue, heldOver: HeldOver): Record<string, FieldPlan> {
  const shown = [...catalogue.fields.values()].filter((field) => field.show !== false);
  return Object.fromEntries(
    shown.map((field): [string, FieldPlan] => [
      field.name,
      ({ planning, row }: AskedField) => {
        const open = heldOver(planning, row, field.read);
        if (open === false) return verbatim("'null'");
        const value =
          field.kind === "attributes" ? attributesText(planning, row, { field, heldOver }) : columnText(field, row);
        return open === true ? value : plan`CASE WHEN ${open} THEN ${value} ELSE 'null' END`;
      },
    ]),
  );
}

/** The attributes without those whose definitions ask for a permission that the viewer does not hold over the person. */
function attributesText(
  planning: Planning,
  row: Row,
  { field, heldOver }: { field: Field; heldOver: HeldOver },
): PlanText {
  const keysIn = planning.keep(({ viewer }) => keysByPermission(viewer.defined));
  const asked = planning.decide((run) => [...keysIn(run).keys()].sort().join());
  const shown = (asked === "" ? [] : asked.split(",")).reduce((value, name) => {
    const permission = name as Permission;
    const open = heldOver(planning, row, [permission]);
    if (open === true) return value;
    const keys = plan`${new Parameter((run) => keysIn(run).get(permission))}::text[]`;
    const hidden = open === false ? keys : plan`CASE WHEN ${open} THEN '{}' ELSE ${keys} END`;
    return plan`(${value} - ${hidden})`;
  }, row.at(field.column));
  return rewritten(planning, shown);
}

function columnText(field: Field, row: Row): PlanText {
  const column = row.at(field.shownColumn ?? field.column);
  const nullable = field.nullable && !field.always;
  if (field.kind === "instant") return instantOf(column, nullable);
  if (field.kind === "date" || field.kind === "choice") return quoted(plan`${column}::text`, nullable);
  if (field.kind === "int" || field.kind === "boolean") return plainOf(column, nullable);
  // The column that is shown may be another than the one of which it is known that it has a value.
  return jsonOf(column, nullable || field.shownColumn !== undefined);
}
