/** What a start tells the person at the terminal, apart from the log. */
export interface Announcer {
  /** One line. */
  say(line: string): void;
  /** Says what is being done, does it, and says how long it took where that was long enough to be noticed. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
}

const NOTICEABLE_MS = 200;

/** Announces to a stream; not to the log's, so that either can be read or collected without the other. */
export function announcerTo(out: Pick<NodeJS.WritableStream, "write">): Announcer {
  const say = (line: string) => {
    out.write(`${line}\n`);
  };
  return {
    say,
    async step(what, work) {
      say(`${what} …`);
      const started = performance.now();
      const value = await work();
      const took = performance.now() - started;
      if (took >= NOTICEABLE_MS) say(`${what}: done in ${(took / 1000).toFixed(1)} s`);
      return value;
    },
  };
}
