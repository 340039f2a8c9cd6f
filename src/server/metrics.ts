import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** From a look-up by id to a heavy search; a bucket's edge is a latency that somebody may have promised. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Operations whose names are labels of their own. */
const NAMES = 100;

/**
 * What the gateway counts about itself, for Prometheus. Labels have few values by construction: routes, kinds and codes, and the names of a
 * bounded number of operations; never ids or anything else that a client chose.
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
    help: "GraphQL operations by kind and name, from the request's arrival to its response; its count is the number of operations.",
    labelNames: ["kind", "operation"],
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

  readonly #names = new Set<string>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  request(method: string, route: string, status: number): void {
    this.#requests.inc({ method, route, status });
  }

  operation(kind: string, operation: string, seconds: number): void {
    this.#operations.observe({ kind, operation }, seconds);
  }

  /**
   * The label for an operation's name: the name itself of the first NAMES that a known viewer was answered without an error, since
   * clients choose names and a label must have few values; "other" for the rest, and "unnamed" for none.
   */
  operationName(name: string | undefined, trusted: boolean): string {
    if (name === undefined) return "unnamed";
    if (trusted && this.#names.size < NAMES) this.#names.add(name);
    return this.#names.has(name) ? name : "other";
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

  /** The same for a value by a label that has few values. */
  gauges(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
    new Gauge({
      name: `rollcall_${name}`,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [of, value] of read()) this.set({ [label]: of }, value);
      },
    });
  }

  /** Adds a count that is kept elsewhere, by a label; `read` gives what it has come to since the start. */
  counts(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
    new Counter({
      name: `rollcall_${name}`,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [of, value] of read()) this.inc({ [label]: of }, value);
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
