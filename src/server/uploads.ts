import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { outsideTurns } from "../database/turn.ts";
import { type ErrorCode, RollcallError } from "../kernel/errors.ts";
import type { Arrivals, Pace } from "./arrivals.ts";
import { refuse } from "./refusal.ts";

/** A file on its way in, as the transport knows it. */
export interface Upload {
  fileName: string;
  mediaType: string;
  content: AsyncIterable<Uint8Array>;
}

/** What is answered to an upload that is stored. */
export interface UploadAnswer {
  /** Whether it was stored before. */
  isKnown: boolean;
  body: object;
}

/** Takes files in. Each of them throws RollcallErrors for what it refuses. */
export interface TakeUpload<Context> {
  /** Which media types are taken. */
  mediaTypes: readonly string[];
  /** The largest file, in bytes. */
  limit: number;
  /** The longest that one may be on its way. */
  longestMs: number;
  /** Passes where the viewer may upload at all: asked before anything is read. */
  admit(context: Context): void;
  take(context: Context, upload: Upload): Promise<UploadAnswer>;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  STALE_READ: 503,
};

/** Slower than any line on which anybody would send a file, and far more than a client sends who only holds a connection. */
const PACE: Pace = { bytes: 64 * 1024, everyMs: 30_000 };

/** Serves `POST /import?name=…`: the body is the file, read as it comes. Whoever may send one has the time that it takes, at a pace. */
export function mountUploads<Context>(
  server: FastifyInstance,
  uploads: TakeUpload<Context>,
  contextOf: (request: FastifyRequest) => Promise<Context>,
  arrivals: Arrivals,
  pace: Pace = PACE,
): void {
  void server.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    routes.post("/import", async (request, reply) => {
      void reply.header("cache-control", "no-store");
      try {
        const context = await contextOf(request);
        uploads.admit(context);
        const upload = uploadIn(request, uploads);
        if (typeof upload === "number") {
          arrivals.refuse(request.raw);
          return refuseBody(reply, upload, uploads);
        }
        arrivals.allow(request.raw, pace);
        const { isKnown, body } = await outsideTurns(() => uploads.take(context, upload));
        return await reply.code(isKnown ? 200 : 201).send(body);
      } catch (error) {
        arrivals.refuse(request.raw);
        return refused(reply, error);
      }
    });
  });
}

/** The file in a request; the status to refuse it with where there is none that is taken. */
function uploadIn<Context>(request: FastifyRequest, { mediaTypes, limit }: TakeUpload<Context>): Upload | number {
  const mediaType = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!mediaTypes.includes(mediaType)) return 415;
  if (Number(request.headers["content-length"] ?? 0) > limit) return 413;
  const { name } = request.query as { name?: unknown };
  return {
    fileName: typeof name === "string" ? name : "",
    mediaType,
    // Left before its end it must not take the connection with it, on which the answer goes.
    content: (request.body as Readable | undefined)?.iterator({ destroyOnReturn: false }) ?? empty(),
  };
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // Nothing was sent.
}

function refuseBody<Context>(
  reply: FastifyReply,
  status: number,
  { mediaTypes, limit }: TakeUpload<Context>,
): FastifyReply {
  return status === 413
    ? refuse(reply, {
        status,
        code: "INVALID_INPUT",
        message: `The file is larger than ${limit} bytes.`,
        details: { limit },
      })
    : refuse(reply, {
        status,
        code: "INVALID_INPUT",
        message: "Send the file as the body, with its media type.",
        details: { allowed: mediaTypes },
      });
}

function refused(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof RollcallError)) {
    // Whoever is gone reads no answer.
    if (reply.request.raw.destroyed) return reply.code(400).send();
    throw error;
  }
  const { code, message, details } = error;
  const status = STATUS[code] ?? (details.limit !== undefined && details.violations === undefined ? 413 : 400);
  if (status === 401) void reply.header("www-authenticate", "Bearer");
  if (status === 429) void reply.header("retry-after", String(details.retryAfterSeconds ?? 1));
  return refuse(reply, { status, code, message, details });
}
