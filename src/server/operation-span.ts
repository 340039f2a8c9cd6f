import { createHash } from "node:crypto";
import type { DocumentNode } from "graphql";
import { logStatements, type StatementLog } from "../database/statement-watch.ts";
import { activeSpan, inSpan } from "../kernel/spans.ts";
import { dataOf } from "./data-text.ts";
import type { Metrics } from "./metrics.ts";
import type { SlowSearches } from "./slow-searches.ts";

/** What becomes known of an operation while it is carried out. */
export interface AnswerFacts {
  kind: string;
  name: string | undefined;
  /** Undefined where the operation was not valid. */
  document: DocumentNode | undefined;
  source: string | undefined;
  variables: Readonly<Record<string, unknown>> | null | undefined;
  requestId: string;
  /** Codes of the errors in the answer. */
  errors: readonly string[];
  /** Whether anybody is known to be asking. */
  identified: boolean;
  data: unknown;
}

/** A client names its operations; a line of the log stays a line. */
const NAME_LIMIT = 100;
const ERROR = 2;

/** An operation that is being carried out. */
export interface UnderWay {
  startedAt: number;
  statements: StatementLog;
}

/** Measures operations, however they came: counted by name, traced, and logged where they are slow searches. */
export class OperationMeter {
  readonly #metrics: Metrics;
  readonly #slow: SlowSearches | undefined;

  constructor(metrics: Metrics, slow: SlowSearches | undefined) {
    this.#metrics = metrics;
    this.#slow = slow;
  }

  /** Carries out `work` in a span of its own; the operation is told of by `answered` before it ends. */
  async run<T>(work: (underWay: UnderWay) => Promise<T>): Promise<T> {
    const underWay: UnderWay = { startedAt: performance.now(), statements: { slowest: undefined, count: 0 } };
    const working = () => work(underWay);
    return await inSpan("graphql", {}, () => (this.#slow ? logStatements(underWay.statements, working) : working()));
  }

  /** Called within `work`, when the answer is known. */
  answered({ startedAt, statements }: UnderWay, facts: AnswerFacts): void {
    const ms = performance.now() - startedAt;
    const name = facts.name?.slice(0, NAME_LIMIT);
    const trusted = facts.identified && facts.errors.length === 0;
    this.#metrics.operation(facts.kind, this.#metrics.operationName(name, trusted), ms / 1000);
    this.#name(facts, name);
    const { document, variables, requestId, data } = facts;
    if (this.#slow && document)
      this.#slow.note({
        document,
        name,
        variables: variables ?? {},
        requestId,
        ms,
        statements,
        data: () => dataOf(data),
      });
  }

  #name({ kind, source, requestId, errors }: AnswerFacts, name: string | undefined): void {
    const span = activeSpan();
    if (!span) return;
    span.updateName(name === undefined ? kind : `${kind} ${name}`);
    span.setAttributes({
      "graphql.operation.type": kind,
      "rollcall.request_id": requestId,
      ...(name === undefined ? {} : { "graphql.operation.name": name }),
      ...(source === undefined
        ? {}
        : { "graphql.document.hash": `sha256:${createHash("sha256").update(source).digest("hex")}` }),
      ...(errors.length === 0 ? {} : { "rollcall.error_codes": [...errors] }),
    });
    if (errors.includes("INTERNAL")) span.setStatus({ code: ERROR });
  }
}
