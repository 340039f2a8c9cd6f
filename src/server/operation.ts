import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { invalidInput } from "../kernel/errors.ts";
import { NESTING_LIMIT, textNestsTooDeep, valueNestsTooDeep } from "./nesting.ts";

/** The parser's own bound; a filter at every published limit, written as literals, stays below it. */
export const MAX_TOKENS = 20_000;
/** Documents that are kept parsed and validated, so that many subscribers with the same one share it. */
const KEPT_DOCUMENTS = 500;
/** Longer ones are not kept. */
const KEPT_CHARACTERS = 20_000;

/** An operation as it was sent. */
export interface OperationPayload {
  query?: unknown;
  operationName?: unknown;
  variables?: unknown;
}

/** An operation that is well-formed and valid. */
export interface Operation {
  kind: OperationTypeNode;
  text: string;
  document: DocumentNode;
  operationName: string | undefined;
  variables: Readonly<Record<string, unknown>> | undefined;
}

/** What is wrong with an operation, before anything of it is carried out. */
export class InvalidOperation extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super("The operation is not valid.");
  }
}

/** Reads the operations that come by streams, within the same limits as those that come by HTTP. */
export class OperationReader {
  readonly #schema: GraphQLSchema;
  readonly #kept = new Map<string, DocumentNode>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Throws an InvalidOperation for anything that cannot be carried out. */
  read({ query, operationName, variables }: OperationPayload): Operation {
    if (typeof query !== "string") throw refusal("query", "must be a text.");
    if (operationName != null && typeof operationName !== "string") throw refusal("operationName", "must be a text.");
    if (variables != null && (typeof variables !== "object" || Array.isArray(variables)))
      throw refusal("variables", "must be an object.");
    if (textNestsTooDeep(query) || valueNestsTooDeep(variables))
      throw refusal("query", `must not nest deeper than ${NESTING_LIMIT} levels, nor may its variables.`);
    const document = this.#document(query);
    const operation = getOperationAST(document, operationName);
    if (!operation) throw refusal("operationName", "must name one of the document's operations, where it has several.");
    return {
      kind: operation.operation,
      text: query,
      document,
      operationName: operationName ?? undefined,
      variables: (variables ?? undefined) as Operation["variables"],
    };
  }

  #document(text: string): DocumentNode {
    const kept = this.#kept.get(text);
    if (kept) return kept;
    const document = parsed(text);
    const errors = validate(this.#schema, document);
    if (errors.length > 0) throw new InvalidOperation(errors);
    if (text.length <= KEPT_CHARACTERS) this.#keep(text, document);
    return document;
  }

  #keep(text: string, document: DocumentNode): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_DOCUMENTS && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(text, document);
  }
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) throw new InvalidOperation([error]);
    throw error;
  }
}

/** A GraphQL error around one of ours. */
export const wrapped = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError("The operation failed.", {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });

const refusal = (path: string, message: string): InvalidOperation =>
  new InvalidOperation([wrapped(invalidInput([{ path, message }]))]);
