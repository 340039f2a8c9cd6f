import { isCivilDate } from "../../search/civil-date.ts";
import type { NumberKind } from "./number.format.ts";
import { dateCell } from "./serial.date.ts";
import { EMPTY_CELL, type TableCell } from "./table.cell.ts";
import { formulaResult } from "./xlsx.texts.ts";
import type { Workbook } from "./xlsx.workbook.ts";

/** A cell as its element says it. */
export interface CellElement {
  type: string;
  style: number;
  /** Of `v`; undefined where there is none. */
  value: string | undefined;
  /** Of `is`. */
  inline: string;
  hasFormula: boolean;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const ERROR = /^#[A-Z0-9/!?_]{1,20}$/;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?))?Z?$/;
/** Digits that spreadsheets show. */
const SHOWN_DIGITS = 15;

const textCell = (text: string): TableCell => (text === "" ? EMPTY_CELL : { kind: "text", text });

/** What a cell holds; undefined where its element makes no sense. A formula is its stored value. */
export function cellOf(element: CellElement, { styles, texts, epoch }: Workbook): TableCell | undefined {
  const { type, style, value, inline, hasFormula } = element;
  if (type === "inlineStr") return textCell(inline);
  if (value === undefined || (value === "" && type !== "str"))
    return hasFormula ? { kind: "unusable", why: "a formula without a stored value" } : EMPTY_CELL;
  switch (type) {
    case "s": {
      const text = /^\d{1,9}$/.test(value) ? texts?.get(Number(value)) : undefined;
      return text === undefined ? undefined : textCell(text);
    }
    case "str":
      return textCell(formulaResult(value));
    case "n":
      return numberCell(value, styles[style] ?? "number", epoch);
    case "b":
      return /^(0|1|true|false)$/.test(value)
        ? { kind: "boolean", value: value === "1" || value === "true" }
        : undefined;
    case "e":
      return { kind: "unusable", why: ERROR.test(value) ? `the error ${value}` : "an error" };
    case "d": {
      const [, date = "", time] = ISO.exec(value) ?? [];
      return isCivilDate(date) ? { kind: "date", date, time } : undefined;
    }
    default:
      return undefined;
  }
}

function numberCell(text: string, kind: NumberKind, epoch: 1900 | 1904): TableCell | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return undefined;
  if (typeof kind === "string" && kind !== "number") return dateCell(value, epoch, kind);
  const shown = String(Number.isInteger(value) ? value : Number(value.toPrecision(SHOWN_DIGITS)));
  const digits = typeof kind === "object" && /^\d+$/.test(shown) ? kind.digits : 0;
  return { kind: "number", value, text: shown.padStart(digits, "0") };
}
