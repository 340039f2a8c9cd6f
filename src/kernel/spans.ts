import type { Attributes, Span, SpanKind, Tracer } from "@opentelemetry/api";

/** What a trace needs of OpenTelemetry; it is there only where traces are sent somewhere. */
export interface Tracing {
  tracer: Tracer;
  /** The span that the running code belongs to. */
  active(): Span | undefined;
  /** Headers that carry the running trace on to another service (W3C Trace Context). */
  headers(): Record<string, string>;
  /** Begins a span under the trace that a request's headers carry, or under none. */
  arrival(headers: Headers, name: string, start: SpanStart): Arrival;
}

/** The trace that something belongs to, by W3C Trace Context. */
export interface TraceParent {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The trace that an object of any kind names in members of these names; none where they are no texts. */
export function traceParentOf(given: unknown): TraceParent {
  if (typeof given !== "object" || given === null) return {};
  const { traceparent, tracestate } = given as Readonly<Record<string, unknown>>;
  if (typeof traceparent !== "string") return {};
  return { traceparent, ...(typeof tracestate === "string" ? { tracestate } : {}) };
}

/** A request's headers, as Node reads them. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A request that arrived, as a span. */
export interface Arrival {
  span: Span;
  /** Runs what belongs to it. */
  within<T>(work: () => T): T;
}

/** What begins a span. */
export interface SpanStart {
  kind?: SpanKind;
  attributes?: Attributes;
}

const OK = 1;
const ERROR = 2;

let tracing: Tracing | undefined;

/** From here on spans are made; undefined ends it. Called once, by the process that reads the configuration. */
export function traceWith(given: Tracing | undefined): void {
  tracing = given;
}

/** Whether spans are made at all. */
export const isTraced = (): boolean => tracing !== undefined;

/** The span that the running code belongs to; undefined where there is none, or nothing is traced. */
export const activeSpan = (): Span | undefined => tracing?.active();

/** Headers that carry the running trace on to another service; none where nothing is traced. */
export const traceHeaders = (): Record<string, string> => tracing?.headers() ?? {};

/** The running trace's id, for the log; undefined where nothing is traced. */
export const traceId = (): string | undefined => tracing?.active()?.spanContext().traceId;

/** Runs `work` within a span of its own; without tracing it merely runs. */
export async function inSpan<T>(name: string, start: SpanStart, work: () => Promise<T>): Promise<T> {
  if (!tracing) return await work();
  return await tracing.tracer.startActiveSpan(name, start, async (span) => {
    try {
      const value = await work();
      span.setStatus({ code: OK });
      return value;
    } catch (error) {
      failed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Begins a span for a request that arrived with these headers; undefined where nothing is traced. */
export const arrive = (headers: Headers | TraceParent, name: string, start: SpanStart): Arrival | undefined =>
  tracing?.arrival({ ...headers }, name, start);

/** Begins a span under the running one, for what ends by a callback; undefined where no span is running. */
export function childSpan(name: string, start: SpanStart): Span | undefined {
  return tracing?.active() ? tracing.tracer.startSpan(name, start) : undefined;
}

/** Marks a span as failed: with the error's kind and code, never its message, which may quote values. */
export function failed(span: Span, error: unknown): void {
  const { name, code } = error as { name?: unknown; code?: unknown };
  span.setAttribute("error.type", String(typeof code === "string" ? code : (name ?? "unknown")));
  span.setStatus({ code: ERROR });
}
