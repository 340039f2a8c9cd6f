import type { Permission } from "../kernel/permissions.ts";
import type { Arguments, PlanRun, Selection } from "./plan-run.ts";
import type { Shape } from "./plan-shape.ts";
import { type PlanText, plan, verbatim } from "./plan-text.ts";
import type { Planning } from "./planning.ts";

/** How a field is read by the database: SQL that gives its JSON text, never NULL. */
export type FieldPlan = (asked: AskedField) => PlanText;

/** How the objects of a type are read: its fields, over a row of it. What has no plan here is left to the resolvers. */
export interface TypePlan {
  fields: Readonly<Record<string, FieldPlan>>;
  /** What must hold for the viewer to hold these permissions over the row's object; for fields whose rule is `over`. */
  over?: (planning: Planning, row: Row, permissions: readonly Permission[]) => PlanText | boolean;
}

/** By the name of the GraphQL type. */
export type TypePlans = Readonly<Record<string, TypePlan>>;

/**
 * How often a row's record can stand in the answer: `single` at most once or a few times, `listed` once among many, `repeated`
 * as often as something refers to it from a list. What is dear is left to the resolvers on the last, whose loaders ask once.
 */
export type Occurrence = "single" | "listed" | "repeated";

/** A row that a part of the statement reads, under its alias. It knows which of its columns are used. */
export class Row {
  readonly columns = new Set<string>();

  constructor(
    readonly alias: string,
    readonly occurrence: Occurrence,
    /** The aliases of columns that stand in another table beside it. */
    private readonly elsewhere: Readonly<Record<string, string>> = {},
  ) {}

  at(column: string): PlanText {
    this.columns.add(column);
    return verbatim(`${this.elsewhere[column] ?? this.alias}.${column}`);
  }
}

/** Writes what a selection asks for of its object. Where its type is abstract, the object's own is named. */
export interface ObjectWriting {
  /** By the plans of the fields of its type. */
  object(selection: Selection, row: Row, typeName?: string): PlanText;
  /** By what is given for each field. */
  inside(selection: Selection, row: Row, text: (field: AskedField) => PlanText): PlanText;
  /** For values that the gateway itself has. */
  shape(selection: Selection): Shape;
}

/** A field that is asked for, over a row of its parent. */
export class AskedField {
  constructor(
    readonly planning: Planning,
    readonly selection: Selection,
    readonly row: Row,
    private readonly write: ObjectWriting,
  ) {}

  argumentsIn(run: PlanRun): Arguments {
    return run.argumentsOf(this.selection);
  }

  /** The JSON text of what is asked for of the object that a row is; of an abstract type, the type of the object is named. */
  object(row: Row, typeName?: string): PlanText {
    return this.write.object(this.selection, row, typeName);
  }

  /** The same for an object that is no record: `text` gives each of its fields. */
  objectOf(row: Row, text: (field: AskedField) => PlanText): PlanText {
    return this.write.inside(this.selection, row, text);
  }

  /** What is asked for of a value that the gateway itself has. */
  shape(): Shape {
    return this.write.shape(this.selection);
  }

  /** A row for a record that this row refers to. */
  referred(stem: string, elsewhere?: (alias: string) => Readonly<Record<string, string>>): Row {
    return this.#row(stem, this.row.occurrence === "single" ? "single" : "repeated", elsewhere);
  }

  /** A row for each of the records that belong to this row. */
  belonging(stem: string, elsewhere?: (alias: string) => Readonly<Record<string, string>>): Row {
    return this.#row(stem, this.row.occurrence === "repeated" ? "repeated" : "listed", elsewhere);
  }

  #row(stem: string, occurrence: Occurrence, elsewhere?: (alias: string) => Readonly<Record<string, string>>): Row {
    const alias = this.planning.alias(stem);
    return new Row(alias, occurrence, elsewhere?.(alias));
  }
}

/** The object that the one row of a source is, or null where there is none. The source (FROM and WHERE) is written once the row's columns are known. */
export function oneOf(asked: AskedField, row: Row, source: () => PlanText, typeName?: string): PlanText {
  asked.planning.readsOne();
  const object = asked.object(row, typeName);
  return plan`coalesce((SELECT ${object} FROM ${source()}), 'null')`;
}

/** The list of the objects that the rows of a source are. */
export function listOf(asked: AskedField, row: Row, source: () => PlanText, order: PlanText): PlanText {
  const object = asked.planning.ofEach(() => {
    asked.planning.readsOne();
    return asked.object(row);
  });
  return plan`(SELECT '[' || coalesce(string_agg(${object}, ',' ORDER BY ${order}), '') || ']' FROM ${source()})`;
}
