import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RollcallError } from "../kernel/errors.ts";
import type { Pace } from "./arrivals.ts";
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

/** How fast a file has to be taken, and the longest that one may be on its way, in milliseconds. */
export interface DownloadPace extends Pace {
  longestMs: number;
}

/** Slower than any line on which anybody would fetch a file. A snapshot that is held keeps the database from cleaning up, and others from their exports. */
const PACE: DownloadPace = { bytes: 1024 * 1024, everyMs: 30_000, longestMs: 30 * 60_000 };
/** What is made before the client has taken what was made before. */
const AHEAD_BYTES = 65_536;

/** Whoever has the address has the file: it must not be kept, passed on, guessed at or run. */
const HEADERS = {
  ...GUARDS,
  "x-robots-tag": "noindex",
  "content-security-policy": `sandbox; ${GUARDS["content-security-policy"]}`,
} as const;

/** Serves `GET /export/<secret>`. HEAD is not served, and what a browser fetches ahead is refused: neither may use up a link. */
export function mountDownloads(server: FastifyInstance, open: OpenDownload, pace = PACE): void {
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
    holdTo(pace, reply, body);
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

/** Ends a body whose client takes it too slowly, or is gone, or whose time is over. What is made slowly is not the client's fault. */
function holdTo({ bytes, everyMs, longestMs }: DownloadPace, reply: FastifyReply, body: Readable): void {
  const { raw } = reply;
  const { socket } = raw;
  let before = socket?.bytesWritten ?? 0;
  const look = () => {
    const taken = socket?.bytesWritten ?? 0;
    if (raw.writableNeedDrain && taken - before < bytes) raw.destroy();
    before = taken;
  };
  const looking = setInterval(look, everyMs).unref();
  const over = setTimeout(() => raw.destroy(), longestMs).unref();
  raw.once("close", () => {
    clearInterval(looking);
    clearTimeout(over);
    body.destroy();
  });
}

const safeName = (name: string): string => name.replace(/[^\w.-]/g, "_");
