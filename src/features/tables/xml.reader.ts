import { TextDecoder } from "node:util";
import { SaxesParser, type SaxesTagPlain } from "saxes";
import type { RollcallError } from "../../kernel/errors.ts";

/** What is done with a document; elements are called by their names without prefixes, and those of other namespaces are left out. */
export interface XmlVisitor {
  open(element: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(element: string): void;
}

/** What of a document stands between two of its tags, at most, in characters. */
const LONGEST_TOKEN = 1_048_576;
const DEEPEST = 64;
const ENCODINGS = /^(utf-8|utf-16|us-ascii)$/i;

/**
 * Reads one XML document as it comes, in bounded memory. Nothing outside of it is looked at: a document type, which could name other files and
 * entities, is refused, as is what is not well formed. Throws what `fault` makes of a message, and what the visitor throws.
 */
export class XmlReader {
  readonly #parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  readonly #fault: (message: string) => RollcallError;
  /** Prefixes, colon included, of the namespaces that are read. */
  readonly #prefixes = new Set<string>();
  readonly #namespaces: readonly string[];
  #decoder: TextDecoder | undefined;
  #failure: unknown;
  #depth = 0;
  #quiet = 0;

  constructor(visitor: XmlVisitor, namespaces: readonly string[], fault: (message: string) => RollcallError) {
    this.#fault = fault;
    this.#namespaces = namespaces;
    this.#listen(visitor);
  }

  #listen(visitor: XmlVisitor): void {
    const parser = this.#parser;
    const heard = () => {
      this.#quiet = 0;
    };
    parser.on("xmldecl", ({ encoding }) => {
      if (encoding !== undefined && !ENCODINGS.test(encoding)) throw this.#fault("must be in UTF-8 or UTF-16.");
    });
    parser.on("doctype", () => {
      throw this.#fault("must not declare a document type or entities.");
    });
    parser.on("comment", heard);
    parser.on("processinginstruction", heard);
    parser.on("opentag", (tag) => {
      heard();
      if (this.#depth++ === 0) this.#learn(tag);
      if (this.#depth > DEEPEST) throw this.#fault(`must not be nested deeper than ${DEEPEST}.`);
      const element = this.#read(tag.name);
      if (element !== undefined) visitor.open(element, tag.attributes);
    });
    const onText = (text: string) => {
      heard();
      visitor.text?.(text);
    };
    parser.on("text", onText);
    parser.on("cdata", onText);
    parser.on("closetag", ({ name }) => {
      heard();
      this.#depth--;
      const element = this.#read(name);
      if (element !== undefined) visitor.close?.(element);
    });
    parser.on("error", () => {
      throw this.#fault("is no well-formed XML.");
    });
  }

  /** The root names the namespaces. */
  #learn({ attributes }: SaxesTagPlain): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (!this.#namespaces.includes(value)) continue;
      if (name === "xmlns") this.#prefixes.add("");
      else if (name.startsWith("xmlns:")) this.#prefixes.add(`${name.slice(6)}:`);
    }
  }

  #read(name: string): string | undefined {
    const end = name.indexOf(":") + 1;
    return this.#prefixes.has(end === 0 ? "" : name.slice(0, end)) ? (end === 0 ? name : name.slice(end)) : undefined;
  }

  write(chunk: Buffer): void {
    this.#decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true });
    this.#feed(() => {
      const text = (this.#decoder as TextDecoder).decode(chunk, { stream: true });
      this.#quiet += text.length;
      this.#parser.write(text);
    });
    if (this.#quiet > LONGEST_TOKEN) throw this.#fault(`must not have ${LONGEST_TOKEN} characters without a tag.`);
  }

  close(): void {
    this.#feed(() => {
      this.#parser.write(this.#decoder?.decode() ?? "");
      this.#parser.close();
    });
  }

  /** The parser is of no use behind an error. */
  #feed(work: () => void): void {
    if (this.#failure) throw this.#failure;
    try {
      work();
    } catch (error) {
      this.#failure = error instanceof TypeError ? this.#fault("must be in UTF-8 or UTF-16.") : error;
      throw this.#failure;
    }
  }
}

const encodingOf = (chunk: Buffer): string => {
  const [first, second] = chunk;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? "utf-16be" : "utf-8";
};
