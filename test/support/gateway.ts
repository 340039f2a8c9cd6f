import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { GraphQLSchema } from "graphql";
import { type Logger, pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import { entities } from "../../src/assembly.ts";
import type { ApprovalFeature } from "../../src/assembly-approvals.ts";
import type { BulkFeature } from "../../src/assembly-bulk.ts";
import type { GroupFeature } from "../../src/assembly-groups.ts";
import type { ImportFeature } from "../../src/assembly-imports.ts";
import type { RetentionFeature } from "../../src/assembly-retention.ts";
import type { ScheduleFeature } from "../../src/assembly-schedules.ts";
import type { SearchFeature } from "../../src/assembly-searches.ts";
import type { SignInFeature } from "../../src/assembly-sign-in.ts";
import type { DatabaseConfig } from "../../src/database/config.ts";
import type { Database } from "../../src/database/database.ts";
import { planOf as statementPlan } from "../../src/database/statement-plan.ts";
import type { Ran } from "../../src/database/statement-watch.ts";
import { passingCustody } from "../../src/features/audit/audit.custody.ts";
import { ensureBootstrapToken } from "../../src/features/auth/bootstrap-token.ts";
import type { UserCounting } from "../../src/features/users/user.counting.ts";
import { CheckpointFile } from "../../src/feed/checkpoint.ts";
import { assemble, type GatewaySettings } from "../../src/gateway.ts";
import { OPERATION_LIMITS } from "../../src/graphql/operation-limits.ts";
import { Readiness } from "../../src/server/health.ts";
import { createHttpServer } from "../../src/server/http.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { OperationSettings } from "../../src/server/operation.ts";
import { SlowSearches } from "../../src/server/slow-searches.ts";
import type { StreamLimits } from "../../src/server/stream-limits.ts";
import { mountStreams } from "../../src/server/streams.ts";
import { freshDatabase } from "./database.ts";
import type { TypedDocumentString } from "./gql/graphql.ts";

/*
 * A gateway for tests: the real HTTP server over a fresh database of the kind under test, asked through `/graphql`.
 */

/** One error of an answer. */
export interface AnswerError {
  message: string;
  path?: (string | number)[];
  extensions: Record<string, unknown> & { code: string };
}

/** What a request was answered; numbers, texts and lists as JSON brought them. */
export interface Answer<T> {
  status: number;
  data: T;
  errors?: AnswerError[];
}

/** A gateway that serves subscriptions, perhaps with shorter times, other settings and narrower limits. */
export interface Streams {
  times?: GatewaySettings;
  /** The organisation's time zone; UTC where it does not matter. */
  timezone?: string;
  limits?: Partial<StreamLimits>;
  /** What may be asked. */
  operations?: OperationSettings;
  /** Origins of the pages that may open WebSockets. */
  origins?: readonly string[];
  /** Where it listens; a free one where it does not matter. */
  port?: number;
  /** The longest that one statement may take, where it is another time than in most tests. */
  statementTimeoutMs?: number;
  /** From when on a search is slow, and where that is told. */
  slow?: { limitMs: number; log: Logger; planEveryMs?: number };
}

/** What hashes cost is no matter of most tests. */
const QUICK = { argon2: { memoryKib: 64, passes: 1, lanes: 1 } };

/** What is still open so long after the end began is cut. */
const CLOSE_MS = 1_000;

const ADMIN = "the-secret-of-the-tests";

/** With what the audit logs of all test gateways are sealed; nothing seals them but the tests themselves. */
const custody = passingCustody();
/** A checkpoint file that is not there, unless a test writes it. */
export const testCustody = {
  ...custody,
  checkpoint: new CheckpointFile(join(tmpdir(), `rollcall-test-${randomUUID()}`, "checkpoint.json"), custody.keys),
};

type Variables = Readonly<Record<string, unknown>>;
/** A document as text, or typed, as `graphql()` of test/support/gql gives it: then the answer's data and the variables are typed too. */
type Document<T, V> = string | TypedDocumentString<T, V>;
// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is the document's, which tests spell out themselves.
type AnyData = any;

export class TestGateway {
  private constructor(
    readonly database: Database,
    readonly server: FastifyInstance,
    /** The secret of a token with every permission everywhere. */
    readonly admin: string,
    readonly close: () => Promise<void>,
    /** How its database is opened, where it is this gateway's own; and how people sign in. */
    private readonly parts: {
      config?: DatabaseConfig;
      schema: GraphQLSchema;
      signIn: SignInFeature;
      counting: UserCounting;
      searches: SearchFeature;
      approvals: ApprovalFeature;
      schedules: ScheduleFeature;
      bulk: BulkFeature;
      imports: ImportFeature;
      retention: RetentionFeature;
      groups: GroupFeature;
    },
  ) {}

  get config(): DatabaseConfig | undefined {
    return this.parts.config;
  }

  get schema(): GraphQLSchema {
    return this.parts.schema;
  }

  get signIn(): SignInFeature {
    return this.parts.signIn;
  }

  get searches(): SearchFeature {
    return this.parts.searches;
  }

  get approvals(): ApprovalFeature {
    return this.parts.approvals;
  }

  get schedules(): ScheduleFeature {
    return this.parts.schedules;
  }

  get bulk(): BulkFeature {
    return this.parts.bulk;
  }

  get imports(): ImportFeature {
    return this.parts.imports;
  }

  get retention(): RetentionFeature {
    return this.parts.retention;
  }

  get groups(): GroupFeature {
    return this.parts.groups;
  }

  get counting(): UserCounting {
    return this.parts.counting;
  }

  static async start(streams?: Streams): Promise<TestGateway> {
    const { statementTimeoutMs } = streams ?? {};
    const fresh = await freshDatabase({ entities, ...(statementTimeoutMs ? { statementTimeoutMs } : {}) });
    const gateway = await TestGateway.over(fresh.database, streams);
    const close = async () => {
      await gateway.close();
      await fresh.close();
    };
    const { schema, signIn, counting, searches, groups, approvals, schedules, bulk, retention, imports } = gateway;
    return new TestGateway(fresh.database, gateway.server, gateway.admin, close, {
      config: fresh.config,
      schema,
      signIn,
      counting,
      searches,
      approvals,
      schedules,
      bulk,
      imports,
      retention,
      groups,
    });
  }

  /** A gateway over an open database, which stays open when the gateway closes. It listens where it has streams. */
  static async over(database: Database, streams?: Streams): Promise<TestGateway> {
    const log = pino({ level: process.env.TEST_LOG ?? "fatal" });
    const operationLimits = { ...OPERATION_LIMITS, ...streams?.operations?.limits };
    const settings = { ...streams?.times, signIn: { ...QUICK, ...streams?.times?.signIn }, operationLimits };
    const { gateway, signIn, counting, searches, groups, approvals, schedules, bulk, retention, imports } =
      await assemble(database, streams?.timezone ?? "UTC", log, testCustody, settings);
    const readiness = new Readiness(() => gateway.ping());
    const metrics = new Metrics();
    const limits = streams?.limits ?? {};
    const operations = streams?.operations ?? {};
    const mount =
      streams &&
      ((server: FastifyInstance) =>
        mountStreams(server, { gateway, log, metrics, limits, operations, origins: streams.origins }));
    const planOf = (ran: Ran) => statementPlan(database, ran);
    const slowSearches = streams?.slow && new SlowSearches({ schema: gateway.schema, planOf, ...streams.slow });
    const given = { gateway, log, metrics, readiness, slowSearches, operations };
    const server = await createHttpServer({ ...given, ...(mount ? { mount } : {}) });
    if (streams) await server.listen({ host: "127.0.0.1", port: streams.port ?? 0 });
    const admin = (await ensureBootstrapToken(database, ADMIN)) ?? ADMIN;
    const close = async () => {
      // A client that has not read its answer keeps its connection: cut it, as the process does, or the end would wait a minute for it.
      const cut = setTimeout(() => server.server.closeAllConnections(), CLOSE_MS);
      await server.close();
      clearTimeout(cut);
      await counting.stop();
      await groups.following.stop();
      await searches.matching.stop();
      await searches.stop();
      await gateway.subscriptions.stop();
      await signIn.settled();
    };
    return new TestGateway(database, server, admin, close, {
      schema: gateway.schema,
      signIn,
      counting,
      searches,
      approvals,
      schedules,
      bulk,
      imports,
      retention,
      groups,
    });
  }

  /** Where it listens, without a path. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** The answer to an operation, sent with a token's secret; null sends none. */
  async ask<T = AnyData, V = Variables>(
    query: Document<T, V>,
    variables: V = {} as V,
    token: string | null = this.admin,
  ): Promise<Answer<T>> {
    const response = await this.server.inject({
      method: "POST",
      url: "/graphql",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      payload: { query: query.toString(), variables },
    });
    return { status: response.statusCode, ...response.json() };
  }

  /** The data of an operation that must succeed. */
  async run<T = AnyData, V = Variables>(query: Document<T, V>, variables: V = {} as V, token?: string): Promise<T> {
    const { data, errors } = await this.ask<T, V>(query, variables, token);
    if (errors) throw new Error(`${query.toString().trim().split("\n")[0]}: ${JSON.stringify(errors, undefined, 2)}`);
    return data;
  }

  /** The first error of an operation that must fail. */
  async refusal<T = AnyData, V = Variables>(
    query: Document<T, V>,
    variables: V = {} as V,
    token?: string | null,
  ): Promise<AnswerError> {
    const { errors, data } = await this.ask<T, V>(query, variables, token);
    if (!errors?.[0])
      throw new Error(`${query.toString().trim().split("\n")[0]} was answered: ${JSON.stringify(data)}`);
    return errors[0];
  }
}

/** For operations that ask for everything at once, far beyond what anybody else may. */
export const WIDE_LIMITS = {
  tokens: 1e6,
  depth: 100,
  rootFields: 10_000,
  fields: 1e6,
  aliases: 1e6,
  directives: 10_000,
  duplicates: 10_000,
  cost: 1e15,
};

/** A gateway for all tests of the file, reached through what is returned. */
export function gatewayForFile(streams?: Streams): { readonly gateway: TestGateway } {
  let started: TestGateway | undefined;
  beforeAll(async () => {
    started = await TestGateway.start(streams);
  });
  afterAll(() => started?.close());
  return {
    get gateway() {
      if (!started) throw new Error("The gateway starts before the first test of the file.");
      return started;
    },
  };
}
