import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { DocumentMeasure, type DocumentMeasures, longestList } from "../graphql/document-measure.ts";
import { CostModel, type OperationCost } from "../graphql/operation-cost.ts";
import {
  OPERATION_LIMITS,
  type OperationLimits,
  requireCost,
  requireListSize,
  requireSize,
  tooManyTokens,
} from "../graphql/operation-limits.ts";
import { invalidInput } from "../kernel/errors.ts";
import { type TraceParent, traceParentOf } from "../kernel/spans.ts";
import type { Budgets } from "./budgets.ts";
import { anyDocument, type Documents } from "./documents.ts";
import { NESTING_LIMIT, textNestsTooDeep, valueNestsTooDeep } from "./nesting.ts";

/** Documents that are kept parsed and validated, so that many subscribers with the same one share it. */
const KEPT_DOCUMENTS = 500;
/** Longer ones are not kept. */
const KEPT_CHARACTERS = 20_000;

/** What may be asked, as the configuration says. */
export interface OperationSettings {
  limits?: Partial<OperationLimits>;
  /** False: nobody may ask about the schema. */
  introspection?: boolean;
  documents?: Documents;
  /** The longest that a query or a mutation may take. */
  timeoutMs?: number;
  /** What viewers may ask in a while; without it as much as they like. */
  budgets?: Budgets | undefined;
}

/** An operation as it was sent. */
export interface OperationPayload {
  query?: unknown;
  documentId?: unknown;
  operationName?: unknown;
  variables?: unknown;
  extensions?: unknown;
}

/** An operation that is well-formed, valid, and within the limits. */
export interface Operation {
  kind: OperationTypeNode;
  text: string;
  document: DocumentNode;
  operationName: string | undefined;
  variables: Readonly<Record<string, unknown>> | undefined;
  cost: OperationCost;
  /** Whether the answer is to say what it costs. */
  tellsCost: boolean;
  /** The trace that it belongs to, as its extensions name it. */
  trace: TraceParent;
}

/** What is wrong with an operation, before anything of it is carried out. */
export class InvalidOperation extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super("The operation is not valid.");
  }
}

/** A document that was parsed and measured. */
interface Kept {
  document: DocumentNode;
  valid: boolean;
}

/** Reads operations, whatever they come by, within the limits: those by streams whole, those by HTTP as far as Apollo Server does not. */
export class OperationReader {
  readonly limits: OperationLimits;
  readonly documents: Documents;
  /** Whether anybody may ask about the schema. */
  readonly introspection: boolean;
  readonly #schema: GraphQLSchema;
  readonly #costs: CostModel;
  readonly #kept = new Map<string, Kept>();

  constructor(
    schema: GraphQLSchema,
    { limits, introspection = true, documents = anyDocument }: OperationSettings = {},
  ) {
    this.limits = { ...OPERATION_LIMITS, ...limits };
    this.documents = documents;
    this.#schema = schema;
    this.#costs = new CostModel(schema);
    this.introspection = introspection;
  }

  /** Throws an InvalidOperation for anything that cannot be carried out. */
  read(payload: OperationPayload): Operation {
    const { operationName, variables } = payload;
    const query = refused(() => this.documents.textOf(payload));
    if (typeof query !== "string") throw refusal("query", "must be a text.");
    if (operationName != null && typeof operationName !== "string") throw refusal("operationName", "must be a text.");
    if (variables != null && (typeof variables !== "object" || Array.isArray(variables)))
      throw refusal("variables", "must be an object.");
    if (textNestsTooDeep(query) || valueNestsTooDeep(variables))
      throw refusal("query", `must not nest deeper than ${NESTING_LIMIT} levels, nor may its variables.`);
    const document = refused(() => this.#valid(query));
    const operation = getOperationAST(document, operationName);
    if (!operation) throw refusal("operationName", "must name one of the document's operations, where it has several.");
    const given = (variables ?? undefined) as Operation["variables"];
    const cost = refused(() => {
      requireListSize(longestList(given), this.limits);
      return this.costOf(document, operation, given);
    });
    return {
      kind: operation.operation,
      text: query,
      document,
      operationName: operationName ?? undefined,
      variables: given,
      cost,
      tellsCost: asksForCost(payload.extensions),
      trace: traceParentOf(payload.extensions),
    };
  }

  /** Refuses a document or variables that are larger than they may be, with a RollcallError. What is not well-formed it lets pass: others say so. */
  requireSize(query: string, variables: unknown): void {
    try {
      this.#parsed(query);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
    }
    requireListSize(longestList(variables), this.limits);
  }

  /** A valid document that is kept, or now is; undefined for one that is not valid, or too long to be kept. */
  knownDocument(text: string): DocumentNode | undefined {
    if (text.length > KEPT_CHARACTERS) return undefined;
    try {
      return this.#valid(text);
    } catch {
      return undefined; // Whoever answers it says so.
    }
  }

  /** What a valid operation costs; refuses with a RollcallError what costs more than it may. */
  costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Operation["variables"]): OperationCost {
    const cost = this.#costs.costOf(document, operation, variables ?? {});
    requireCost(cost, this.limits);
    return cost;
  }

  #valid(text: string): DocumentNode {
    const kept = this.#parsed(text);
    if (kept.valid) return kept.document;
    const errors = validate(this.#schema, kept.document);
    if (errors.length > 0) throw new InvalidOperation(errors);
    kept.valid = true;
    return kept.document;
  }

  #parsed(text: string): Kept {
    const known = this.#kept.get(text);
    if (known) {
      this.#kept.delete(text); // Behind all others: what is asked again and again stays.
      this.#kept.set(text, known);
      return known;
    }
    const document = this.#parse(text);
    const measures = new DocumentMeasure().measure(document);
    requireSize(measures, this.limits);
    this.#requireNoIntrospection(measures);
    requireCertainty(measures);
    const kept = { document, valid: false };
    if (text.length <= KEPT_CHARACTERS) this.#keep(text, kept);
    return kept;
  }

  #parse(text: string): DocumentNode {
    try {
      return parse(text, { maxTokens: this.limits.tokens });
    } catch (error) {
      if (error instanceof GraphQLError && error.message.includes("tokens. Parsing aborted"))
        throw tooManyTokens(this.limits.tokens);
      throw error;
    }
  }

  #requireNoIntrospection({ introspects }: DocumentMeasures): void {
    if (introspects && !this.introspection)
      throw invalidInput([{ path: "query", message: "cannot ask about the schema here: introspection is off." }]);
  }

  #keep(text: string, kept: Kept): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_DOCUMENTS && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(text, kept);
  }
}

/** A subscription has one root field, whatever its variables are; graphql-js fails where a condition leaves none. */
function requireCertainty({ uncertain }: DocumentMeasures): void {
  if (uncertain)
    throw invalidInput([{ path: "query", message: "must not have @skip or @include at the root of a subscription." }]);
}

/** An error as it is told: without names of the schema that it guesses at, where nobody may ask about the schema. */
export const toldBy = ({ introspection }: OperationReader, error: GraphQLFormattedError): GraphQLFormattedError =>
  introspection ? error : { ...error, message: error.message.replace(/ ?Did you mean .+\?$/s, "") };

/** Whether a request's extensions ask what it costs. */
export const asksForCost = (extensions: unknown): boolean =>
  typeof extensions === "object" && extensions !== null && Reflect.get(extensions, "cost") === true;

/** Has what refuses an operation be told as such. */
function refused<T>(reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    if (error instanceof InvalidOperation) throw error;
    throw new InvalidOperation([wrapped(error)]);
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
