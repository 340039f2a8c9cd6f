import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** From a look-up by id to a heavy search; a bucket's edge is a latency that somebody may have promised. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What the gateway counts about itself, for Prometheus. Labels have few values by construction: routes, kinds and codes,
 * never names, ids or anything else that a client chose.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: "rollcall_http_requests_total",
    help: "HTTP requests answered, by method, route and status.",
    labelNames: ["method", "route", "status"],
    registers: [this.#registry],
  });
  readonly #operations = new Histogram({
    name: "rollcall_graphql_operation_duration_seconds",
    help: "GraphQL operations by kind, from the request's arrival to its response; its count is the number of operations.",
    labelNames: ["kind"],
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #errors = new Counter({
    name: "rollcall_graphql_errors_total",
    help: "GraphQL errors sent to clients, by code.",
    labelNames: ["code"],
    registers: [this.#registry],
  });
  readonly #statements = new Histogram({
    name: "rollcall_sql_statement_duration_seconds",
    help: "SQL statements, from being sent to their last row; its count is the number of statements.",
    buckets: SECONDS,
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  request(method: string, route: string, status: number): void {
    this.#requests.inc({ method, route, status });
  }

  operation(kind: string, seconds: number): void {
    this.#operations.observe({ kind }, seconds);
  }

  error(code: string): void {
    this.#errors.inc({ code });
  }

  statement(seconds: number): void {
    this.#statements.observe(seconds);
  }

  /** Adds a value that is read at every scrape; `read` must answer at once, from memory. Undefined leaves it out of that scrape. */
  gauge(name: string, help: string, read: () => number | undefined): void {
    new Gauge({
      name: `rollcall_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  /** Adds a count of events; gives what counts one. */
  counter(name: string, help: string): () => void {
    const counter = new Counter({ name: `rollcall_${name}`, help, registers: [this.#registry] });
    return () => counter.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything counted so far, in Prometheus' text form. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}
