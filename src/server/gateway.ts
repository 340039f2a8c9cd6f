import type { BaseContext } from "@apollo/server";
import type { GraphQLFormattedError, GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { GraphContext } from "../graphql/context.ts";
import type { PlannableOperation } from "../graphql/planner.ts";
import type { Subscriptions } from "../graphql/subscriptions.ts";
import type { Announcer } from "./announcer.ts";
import type { OpenDownload } from "./downloads.ts";
import type { Metrics } from "./metrics.ts";
import type { TakeUpload } from "./uploads.ts";

/** What is known of whoever sends an operation, whatever it came by. */
export interface OperationRequest {
  /** Also in the response's `x-request-id` and on the request's line in the log. */
  requestId: string;
  /** As sent: `Bearer …`; undefined where nothing was sent. */
  authorization: string | undefined;
  ip: string;
  userAgent: string | undefined;
  /** On a connection that was opened with this token: it held then, and now its session decides. */
  admitted?: boolean | undefined;
  /** A position that what is read must include: the header `Rollcall-At-Least`. */
  atLeast?: string | undefined;
}

/** The context that a request is expected to be given. */
export interface Foreseen<Context> {
  readonly context: Context;
  /** Whether the one that it is given is of the same viewer, who may do the same: then what was answered in the expected one holds. */
  isFound(given: Context): boolean;
}

/** The gateway behind its transports: what `app.ts` builds and the HTTP server serves. */
export interface Gateway<Context extends BaseContext> {
  readonly schema: GraphQLSchema;
  /** Called once per operation. Refuses a token that does not hold with a RollcallError, which becomes a 401. */
  createContext(request: OperationRequest): Promise<Context>;
  /** What `createContext`, which was called just now, is expected to give; undefined where that has to be waited for. Nothing but `answerPlanned` takes it. */
  foresee?(request: OperationRequest): Foreseen<Context> | undefined;
  /** Whose share of the connections an operation takes: a person's or a machine's; undefined where nobody signed in. */
  ownerOf?(context: Context): string | undefined;
  /** The public keys of the tokens that this gateway signs (RFC 7517). */
  jwks?(): Promise<object>;
  /** Called before a query, and nothing but a query, is carried out that came by HTTP: decides where it is read. */
  beginQuery?(context: Context): Promise<void>;
  /** The JSON text of a query's data, where the gateway has a plan for it and nothing of it is refused; else undefined. */
  answerPlanned?(operation: PlannableOperation, context: Context): Promise<string | undefined>;
  /** The one translator of errors. It says in the log what it hides from the client. */
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
  /** The file behind the secret of a link, once. */
  download?: OpenDownload;
  /** Takes files in. */
  uploads?: TakeUpload<Context>;
  /** Throws where the database does not answer. It may wait behind work: readiness calls it in the background alone. */
  ping(): Promise<void>;
  /** Called once, when no request is open any more. */
  close(): Promise<void>;
}

/** A gateway with subscriptions. */
export type StreamingGateway = Gateway<GraphContext> & { readonly subscriptions: Subscriptions };

/** What the process lends to the gateway while it is built and after. */
export interface Surroundings {
  readonly log: Logger;
  /** Says on the terminal what the start is doing. */
  readonly announcer: Announcer;
  /** Where the database's statements, the pool and the feed are counted. */
  readonly metrics: Metrics;
}
