import { type IdKind, publicId } from "../kernel/ids.ts";
import type { PlanRun } from "./plan-run.ts";
import { type PlanText, plan, verbatim } from "./plan-text.ts";

/*
 * What only the gateway can say of a value (its public id, the sealed cursor of a row) is written into the answer's text as it
 * comes by. The database puts the value between control characters, which JSON text never holds as such: a text's own are
 * escaped.
 */

const [BEGIN, PAYLOAD, END] = ["\u0001", "\u0002", "\u0003"] as const;

/** Gives the JSON text that stands for what the database wrote. */
export type MarkWriter = (payload: string, run: PlanRun) => string;

/** The marks of one plan. */
export class Marks {
  readonly #writers: MarkWriter[] = [];
  readonly #ids = new Map<IdKind, number>();

  /** The value as a mark; null where it is missing and `nullable` says that it may be. */
  around(value: PlanText, writer: MarkWriter, nullable = false): PlanText {
    return this.#text(this.#writers.push(writer) - 1, value, nullable);
  }

  /** A UUID as the public id of a kind of thing. */
  id(kind: IdKind, uuid: PlanText, nullable = false): PlanText {
    const known = this.#ids.get(kind) ?? this.#writers.push((text) => `"${publicId(kind, text)}"`) - 1;
    this.#ids.set(kind, known);
    return this.#text(known, plan`${uuid}::text`, nullable);
  }

  /** The answer's text, every mark in it replaced. */
  resolve(text: string, run: PlanRun): string {
    const [first = "", ...marked] = text.split(BEGIN);
    let written = first;
    for (const piece of marked) {
      const payload = piece.indexOf(PAYLOAD);
      const end = piece.indexOf(END, payload);
      const writer = this.#writers[Number(piece.slice(0, payload))] as MarkWriter;
      written += writer(piece.slice(payload + 1, end), run) + piece.slice(end + 1);
    }
    return written;
  }

  #text(writer: number, value: PlanText, nullable: boolean): PlanText {
    const mark = plan`${verbatim(`'${BEGIN}${writer}${PAYLOAD}'`)} || ${value} || ${verbatim(`'${END}'`)}`;
    return nullable ? plan`coalesce(${mark}, 'null')` : mark;
  }
}
