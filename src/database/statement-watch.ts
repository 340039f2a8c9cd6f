import { AsyncLocalStorage } from "node:async_hooks";
import type { Span } from "@opentelemetry/api";
import type pg from "pg";
import { childSpan, failed } from "../kernel/spans.ts";

/*
 * What is told of single statements: a span for each that belongs to a request or a batch, and which one of an operation took longest. Values
 * go nowhere from here but back to the database, for a plan of the same statement.
 */

/** A statement that was carried out, to its end or until it failed. */
export interface Ran {
  text: string;
  values: readonly unknown[];
  ms: number;
  rows: number;
}

/** Gathers what an operation's statements took. */
export interface StatementLog {
  slowest: Ran | undefined;
  count: number;
}

const logs = new AsyncLocalStorage<StatementLog>();
const watched = new WeakSet<pg.ClientBase>();
/** The client kind of OpenTelemetry's spans. */
const CLIENT = 2;
/** What a span or a line of the log tells of a statement's text. */
const TEXT_LIMIT = 4_000;

/** Runs `work`, and notes in `log` which of its statements took longest. */
export const logStatements = <T>(log: StatementLog, work: () => Promise<T>): Promise<T> => logs.run(log, work);

/** A statement's text without what might be a value in it: numbered parameters stay, literals go. */
export const withoutLiterals = (text: string): string =>
  text
    .replace(/'(?:[^']|'')*'/g, "?")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, TEXT_LIMIT);

interface Query {
  text: string;
  values: readonly unknown[];
}

/** The statement that a call of `pg` is about; undefined for anything but a promise of one. */
function queryOf([first, second, callback]: readonly unknown[]): Query | undefined {
  if (typeof second === "function" || typeof callback === "function") return undefined;
  if (typeof first === "string") return { text: first, values: (second as unknown[] | undefined) ?? [] };
  if (typeof first !== "object" || first === null || "submit" in first) return undefined;
  const { text, values } = first as { text?: string; values?: unknown[] };
  return text === undefined ? undefined : { text, values: values ?? (second as unknown[] | undefined) ?? [] };
}

/** Tells of every statement that this connection carries out from now on. */
export function watchStatements(client: pg.ClientBase): void {
  if (watched.has(client)) return;
  watched.add(client);
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const watching = (...given: unknown[]): unknown => {
    const asked = queryOf(given);
    if (!asked) return query(...given);
    const log = logs.getStore();
    const span = childSpan("SQL", { kind: CLIENT });
    return log || span ? told(asked, log, span, query(...given) as Promise<pg.QueryResult>) : query(...given);
  };
  client.query = watching as typeof client.query;
}

async function told(
  asked: Query,
  log: StatementLog | undefined,
  span: Span | undefined,
  answer: Promise<pg.QueryResult>,
) {
  const began = performance.now();
  span?.setAttributes({
    "db.system.name": "postgresql",
    "db.query.text": withoutLiterals(asked.text),
    "db.query.parameter_count": asked.values.length,
  });
  let rows = 0;
  try {
    const result = await answer;
    rows = result.rowCount ?? result.rows?.length ?? 0;
    span?.setAttribute("db.response.returned_rows", rows);
    return result;
  } catch (error) {
    if (span) failed(span, error);
    throw error;
  } finally {
    // Also of one that failed: the slowest are those that were ended for it.
    if (log) note(log, { ...asked, ms: performance.now() - began, rows });
    span?.end();
  }
}

function note(log: StatementLog, ran: Ran): void {
  log.count += 1;
  if (ran.ms > (log.slowest?.ms ?? -1)) log.slowest = ran;
}
