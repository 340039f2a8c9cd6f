import { outsideTurns } from "./turn.ts";

/**
 * One run of `work` for all who ask while another is under way. It begins behind the last of them, so each is given what was there after it asked;
 * and outside of their turns, since it is nobody's alone.
 */
export function sharedRun<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let queued: Promise<T> | undefined;
  return () => {
    queued ??= running.then(() => {
      queued = undefined;
      const run = outsideTurns(work);
      running = run.catch(() => undefined);
      return run;
    });
    return queued;
  };
}
