import type { TableLimits } from "./table.limits.ts";
import { tableFault } from "./table.source.ts";
import { TextStore } from "./text.store.ts";
import { SPREADSHEET, visitPart } from "./xlsx.package.ts";
import type { ZipArchive } from "./zip.archive.ts";

/** How SpreadsheetML writes what XML cannot say (ST_Xstring). */
const CODED = /_x([\da-fA-F]{4})_/g;
const plainText = (text: string): string =>
  text.includes("_x") ? text.replace(CODED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))) : text;

/** Collects a text that may be in pieces of several forms (CT_Rst), without how it is pronounced. */
export class RichText {
  #pieces = "";
  #inText = false;
  #inPronunciation = false;
  readonly #limit: number;
  readonly #tooLong: () => Error;

  /** Throws what `tooLong` gives where a text has more characters than the limit. */
  constructor(limit: number, tooLong: () => Error) {
    this.#limit = limit;
    this.#tooLong = tooLong;
  }

  begin(): void {
    this.#pieces = "";
  }

  open(element: string): void {
    if (element === "rPh") this.#inPronunciation = true;
    this.#inText = element === "t" && !this.#inPronunciation;
  }

  take(text: string): void {
    if (!this.#inText) return;
    this.#pieces += text;
    // What is coded takes seven characters for one.
    if (this.#pieces.length > this.#limit * 7) throw this.#tooLong();
  }

  close(element: string): void {
    if (element === "rPh") this.#inPronunciation = false;
    if (element === "t") this.#inText = false;
  }

  end(): string {
    const text = plainText(this.#pieces);
    if (text.length > this.#limit) throw this.#tooLong();
    return text;
  }
}

/** The text of a formula's value. */
export const formulaResult = plainText;

/** Reads the texts that cells share. */
export async function sharedTexts(archive: ZipArchive, part: string, limits: TableLimits): Promise<TextStore> {
  const { source } = archive;
  const { cellCharacters: limit, sharedTextBytes } = limits;
  const store = new TextStore();
  const rich = new RichText(limit, () =>
    tableFault(source, undefined, `a text that cells share may have at most ${limit} characters.`, { limit }),
  );
  await visitPart(archive, part, SPREADSHEET, {
    open: (element) => (element === "si" ? rich.begin() : rich.open(element)),
    text: (text) => rich.take(text),
    close: (element) => {
      rich.close(element);
      if (element !== "si") return;
      store.add(rich.end());
      if (store.bytes > sharedTextBytes)
        throw tableFault(
          source,
          undefined,
          `the texts that its cells share may take at most ${sharedTextBytes} bytes: save it as CSV, or in several files.`,
          { limit: sharedTextBytes },
        );
    },
  });
  return store;
}
