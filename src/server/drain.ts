import type { FastifyInstance } from "fastify";
import type { Readiness } from "./health.ts";

export interface DrainLimits {
  /** While requests are open, new ones are still taken this long: whoever routes them here has to notice `/readyz` first. */
  lingerMs: number;
  /** Counted from then, when no new connection is taken any more: what is still open after it is cut. */
  closeMs: number;
}

/** Together they stay below the 30 s after which Kubernetes kills. */
const LIMITS: DrainLimits = { lingerMs: 5_000, closeMs: 15_000 };

/**
 * Prepares the end of a server that is about to listen. The function it returns ends it: `/readyz` turns to 503 at once,
 * open requests are answered, then nothing listens any more. It always returns, within the limits.
 */
export function prepareDrain(server: FastifyInstance, readiness: Readiness, limits = LIMITS): () => Promise<void> {
  let open = 0;
  let onIdle: (() => void) | undefined;
  server.server.prependListener("request", (_request, response) => {
    open++;
    // Not "finish", which a client that went away never lets happen.
    response.once("close", () => {
      open--;
      if (open === 0) onIdle?.();
    });
  });
  return async () => {
    readiness.drain();
    if (open > 0) {
      await within(limits.lingerMs, (idle) => {
        onIdle = idle;
      });
    }
    const cut = setTimeout(() => server.server.closeAllConnections(), limits.closeMs);
    await server.close();
    clearTimeout(cut);
    readiness.stop();
  };
}

/** Returns when `wait` calls back, and at the latest after so many milliseconds. */
async function within(ms: number, wait: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wait(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
