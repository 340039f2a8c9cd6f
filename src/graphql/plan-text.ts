import { PostgresQueryCompiler, type RawBuilder } from "kysely";
import type { PlanRun } from "./plan-run.ts";

/*
 * SQL that is written once and run many times. Its text is fixed when an operation is planned; what differs from run to run
 * stands in it as a parameter, or as a piece that is written for the run.
 */

/** A value that is known when the plan is run. */
export class Parameter {
  constructor(readonly valueIn: (run: PlanRun) => unknown) {}
}

/** A piece of SQL that is written anew for every run: the condition of a filter, an order. */
export class Piece {
  constructor(readonly textIn: (run: PlanRun) => PlanText) {}
}

type Part = string | Parameter | Piece;

/** SQL as a plan holds it. */
export class PlanText {
  constructor(readonly parts: readonly Part[]) {}

  get length(): number {
    return this.parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 8), 0);
  }

  toString(): string {
    return this.parts.map((part) => (typeof part === "string" ? part : "?")).join("");
  }
}

/** SQL that the code itself spells out; never a value. */
export const verbatim = (text: string): PlanText => new PlanText([text]);

/** A text as a literal: for what a document says (aliases), which is the same in every run. */
export const literal = (text: string): PlanText => verbatim(`'${text.replaceAll("'", "''")}'`);

type Insert = PlanText | Parameter | Piece | { toString(): string; readonly alias: string };

/** Writes SQL: what is inserted is SQL, a parameter, or the alias of a row; a string cannot be inserted. */
export function plan(strings: TemplateStringsArray, ...inserts: Insert[]): PlanText {
  const parts: Part[] = [];
  strings.forEach((text, place) => {
    append(parts, text);
    const insert = inserts[place];
    if (insert === undefined) return;
    if (insert instanceof PlanText) for (const part of insert.parts) append(parts, part);
    else append(parts, insert instanceof Parameter || insert instanceof Piece ? insert : insert.alias);
  });
  return new PlanText(parts);
}

/** The texts in a row, with one between them. */
export function joined(texts: readonly PlanText[], between: string): PlanText {
  const parts: Part[] = [];
  for (const [place, text] of texts.entries()) {
    if (place > 0) append(parts, between);
    for (const part of text.parts) append(parts, part);
  }
  return new PlanText(parts);
}

function append(parts: Part[], part: Part): void {
  if (part === "") return;
  const last = parts.length - 1;
  if (typeof part === "string" && typeof parts[last] === "string") parts[last] += part;
  else parts.push(part);
}

const PLACE = "\u0000";

/** Writes a mark where a parameter stands, in the place of its number. */
class MarkingCompiler extends PostgresQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return PLACE;
  }
}

const compiler = new MarkingCompiler();
const QUERY_ID = { queryId: "plan" };

/** What Kysely's builders say: SQL with a mark in the place of each value, and the values. */
export const compiled = (builder: RawBuilder<unknown>): { sql: string; parameters: readonly unknown[] } =>
  compiler.compileQuery(builder.toOperationNode() as never, QUERY_ID);

/** The same as part of a plan; `parameterOf` may say that the value in a place is another in every run. */
export function fromKysely(
  builder: RawBuilder<unknown>,
  parameterOf?: (value: unknown, place: number) => Parameter | undefined,
): PlanText {
  const { sql, parameters } = compiled(builder);
  const parts: Part[] = [];
  for (const [place, text] of sql.split(PLACE).entries()) {
    if (place > 0) {
      const value = parameters[place - 1];
      append(parts, parameterOf?.(value, place - 1) ?? new Parameter(() => value));
    }
    append(parts, text);
  }
  return new PlanText(parts);
}

/** A statement that is kept to be sent by many runs: whole, where its text is the same for each, or else in parts. */
export interface KeptText {
  readonly whole: { text: string; parameters: readonly Parameter[] } | undefined;
  readonly parts: readonly Part[];
  /** How many characters it holds, and how many parts beside them. */
  readonly characters: number;
  readonly others: number;
}

/** The statement as it is kept. */
export function keptText({ parts }: PlanText): KeptText {
  const texts = parts.filter((part) => typeof part === "string");
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  const measured = { characters, others: parts.length - texts.length };
  if (parts.some((part) => part instanceof Piece)) return { whole: undefined, parts, ...measured };
  let number = 0;
  const text = parts.map((part) => (typeof part === "string" ? part : `$${++number}`)).join("");
  return { whole: { text, parameters: parts.filter((part) => part instanceof Parameter) }, parts: [], ...measured };
}

/** A statement as a run sends it. */
export interface SentText {
  text: string;
  values: unknown[];
  /** What its text has that others of the same plan have not: the pieces that were written for the run. */
  own: string;
}

/** The statement that a run sends. */
export function statementOf({ whole, parts }: KeptText, run: PlanRun): SentText {
  if (whole) {
    const { text, parameters } = whole;
    return { text, own: "", values: parameters.map((parameter) => parameter.valueIn(run)) };
  }
  const values: unknown[] = [];
  let [text, own] = ["", ""];
  const write = (some: readonly Part[], ofRun: boolean) => {
    for (const part of some) {
      if (part instanceof Piece) write(part.textIn(run).parts, true);
      else {
        const words = part instanceof Parameter ? `$${values.push(part.valueIn(run))}` : part;
        text += words;
        if (ofRun) own += words;
      }
    }
    own += PLACE;
  };
  write(parts, false);
  return { text, own, values };
}
