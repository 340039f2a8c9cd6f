import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RollcallError } from "../kernel/errors.ts";
import { GUARDS } from "./guard-headers.ts";
import { refuse } from "./refusal.ts";

/** A file on its way. Whoever ends the chunks early gives back what making them holds. */
export interface Download {
  name: string;
  type: string;
  chunks: AsyncGenerator<Buffer>;
}

/** Gives the file behind a secret, once; undefined where there is none. */
export type OpenDownload = (secret: string) => Promise<Download | undefined>;

/** A client that has not taken anything for so long is not going to; a snapshot that is held for nobody keeps the database from cleaning up. */
const STALL_MS = 30_000;
/** What is made before the client has taken what was made before. */
const AHEAD_BYTES = 65_536;

/** Whoever has the address has the file: it must not be kept, passed on, guessed at or run. */
const HEADERS = {
  ...GUARDS,
  "x-robots-tag": "noindex",
  "content-security-policy": `sandbox; ${GUARDS["content-security-policy"]}`,
} as const;

/** Serves `GET /export/<secret>`. HEAD is not served, and what a browser fetches ahead is refused: neither may use up a link. */
export function mountDownloads(server: FastifyInstance, open: OpenDownload, stallMs = STALL_MS): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    void reply.headers(HEADERS);
    const ahead = `${request.headers["sec-purpose"] ?? ""} ${request.headers.purpose ?? ""}`;
    if (ahead.includes("prefetch"))
      return refuse(reply, { status: 403, code: "FORBIDDEN", message: "Not to be fetched ahead." });
    const file = await opened(reply, () => open((request.params as { secret: string }).secret));
    if (file === "refused") return reply;
    if (!file)
      return refuse(reply, {
        status: 404,
        code: "NOT_FOUND",
        message: "The link was used already, is too old or does not hold any more: ask for another one.",
      });
    if (reply.raw.destroyed) {
      // Who asked has left meanwhile: nobody would end the body.
      await file.chunks.return(undefined);
      return reply.hijack();
    }
    const body = Readable.from(file.chunks, { objectMode: false, highWaterMark: AHEAD_BYTES });
    endStalled(reply, body, stallMs);
    return reply
      .type(file.type)
      .header("content-disposition", `attachment; filename="${safeName(file.name)}"`)
      .send(body);
  };
  server.route({ method: "GET", url: "/export/:secret", exposeHeadRoute: false, handler });
}

async function opened(
  reply: FastifyReply,
  open: () => Promise<Download | undefined>,
): Promise<Download | "refused" | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== "RATE_LIMITED") throw error;
    const { retryAfterSeconds = 1 } = error.details;
    void reply.header("retry-after", String(retryAfterSeconds));
    refuse(reply, { status: 429, code: error.code, message: error.message });
    return "refused";
  }
}

/** Ends a body whose client takes nothing, or is gone. */
function endStalled(reply: FastifyReply, body: Readable, stallMs: number): void {
  const socket = reply.raw.socket;
  let written = -1;
  const look = () => {
    const now = socket?.bytesWritten ?? 0;
    const isStuck = now === written && reply.raw.writableNeedDrain;
    written = now;
    if (isStuck) reply.raw.destroy();
  };
  const timer = setInterval(look, stallMs);
  timer.unref();
  reply.raw.once("close", () => {
    clearInterval(timer);
    body.destroy();
  });
}

const safeName = (name: string): string => name.replace(/[^\w.-]/g, "_");
