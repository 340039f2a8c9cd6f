import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { invalidInput, notFound, type RollcallError } from "../kernel/errors.ts";
import { StartError } from "../kernel/start-error.ts";

const HEX = /^(?:sha256:)?([0-9a-f]{64})$/;

/** What of a request says which document it runs. */
export interface DocumentRequest {
  query?: unknown;
  documentId?: unknown;
}

/** The identifier of a document, by appendix A of GraphQL over HTTP. */
export const documentIdOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** The documents that requests may name instead of sending them; where they are `only`, no others run. */
export class Documents {
  readonly #texts: ReadonlyMap<string, string>;
  readonly only: boolean;

  constructor(texts: ReadonlyMap<string, string>, only: boolean) {
    this.#texts = texts;
    this.only = only;
  }

  get size(): number {
    return this.#texts.size;
  }

  /** Reads manifests as GraphQL Code Generator writes them: a JSON object of texts by their SHA-256. A StartError where one is anything else. */
  static read(files: readonly string[], only: boolean): Documents {
    const texts = new Map<string, string>();
    for (const file of files) for (const [id, text] of entriesOf(file)) texts.set(id, text);
    return new Documents(texts, only);
  }

  /** The text of the document that a request runs; undefined where it names none. Throws what refuses the request. */
  textOf({ query, documentId }: DocumentRequest): unknown {
    if (documentId === undefined || documentId === null) {
      if (this.only && query !== undefined) throw notPersisted();
      return query;
    }
    if (query !== undefined && query !== null)
      throw invalidInput([{ path: "documentId", message: "cannot be sent together with query." }]);
    const text = typeof documentId === "string" ? this.#texts.get(documentId) : undefined;
    if (text === undefined) throw notFound("persisted document", "documentId");
    return text;
  }
}

/** Any document runs, and none can be named. */
export const anyDocument = new Documents(new Map(), false);

const notPersisted = (): RollcallError =>
  invalidInput([
    { path: "query", message: "cannot be sent here: only persisted documents run. Send the documentId of one." },
  ]);

function entriesOf(file: string): [string, string][] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new StartError(`PERSISTED_DOCUMENTS: ${file} cannot be read (${(error as Error).name}).`);
  }
  if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest))
    throw new StartError(`PERSISTED_DOCUMENTS: ${file} must be a JSON object of documents by their SHA-256.`);
  return Object.entries(manifest).map(([key, text]) => {
    const hash = HEX.exec(key)?.[1];
    if (hash === undefined || typeof text !== "string" || documentIdOf(text) !== `sha256:${hash}`)
      throw new StartError(
        `PERSISTED_DOCUMENTS: in ${file}, ${key.slice(0, 80)} is not the SHA-256 of its document: have it made with hashAlgorithm: sha256.`,
      );
    return [`sha256:${hash}`, text];
  });
}
