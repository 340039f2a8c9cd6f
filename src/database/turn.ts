import { AsyncLocalStorage } from "node:async_hooks";

/*
 * A turn is what one operation takes of the database: for whom, and for how long. Everything that it asks, however deep inside, belongs to it by the
 * context of its asynchronous calls. When it is ended before its time, what it waits for is given up, and what runs for it on PostgreSQL is
 * cancelled; but for a transaction that has begun to commit, which comes to its own end. What is done for several operations at once, or
 * must be done whatever becomes of one, is done outside of it.
 */

/** One operation's turn. */
export class Turn {
  /** Made where somebody waits for the end by a signal: most turns end by themselves. */
  #end: AbortController | undefined;
  readonly #onEnd = new Set<() => void>();
  #over: { reason: unknown } | undefined;
  /** Whose share of the connections it takes; nobody's until it is known. */
  owner: string | undefined;
  #commits = false;

  get signal(): AbortSignal {
    this.#end ??= new AbortController();
    if (this.#over) this.#end.abort(this.#over.reason);
    return this.#end.signal;
  }

  /** Has this called when it is ended before its time, at once where it was; gives what takes it back. */
  onEnd(act: () => void): () => void {
    if (this.#over) act();
    this.#onEnd.add(act);
    return () => this.#onEnd.delete(act);
  }

  /** What is waited for; the reason as soon as the turn is ended before its time, whatever becomes of it then. */
  wait<T>(awaited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.onEnd(() => reject(this.#over?.reason));
      awaited.then(
        (value) => {
          forget();
          resolve(value);
        },
        (error) => {
          forget();
          reject(error);
        },
      );
    });
  }

  /** Whether it was ended before its time. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Throws the reason where it was ended before its time. */
  requireOpen(): void {
    if (this.#over) throw this.#over.reason;
  }

  /** Whether a statement of it may be cancelled at this moment. */
  get cancellable(): boolean {
    return !this.#commits;
  }

  /** Ends it: from here on it gets nothing more, and every wait of it is refused with the reason. */
  end(reason: unknown): void {
    if (this.#over) return;
    this.#over = { reason };
    this.#end?.abort(reason);
    for (const act of this.#onEnd) act();
  }

  /** Carries out what must not be cancelled once it has begun; throws where the turn is over already. */
  async committing<T>(work: () => Promise<T>): Promise<T> {
    this.requireOpen();
    this.#commits = true;
    try {
      return await work();
    } finally {
      this.#commits = false;
    }
  }
}

interface Place {
  turn: Turn;
  /** Whether it is a transaction that asks. */
  writing: boolean;
}

const places = new AsyncLocalStorage<Place | undefined>();

/** Carries out `work` as a turn. */
export const inTurn = <T>(turn: Turn, work: () => T): T => places.run({ turn, writing: false }, work);

/** Carries out `work` as nobody's turn: nothing of it is cancelled, or waits for a share. */
export const outsideTurns = <T>(work: () => T): T => places.run(undefined, work);

/** Carries out a transaction of the turn. */
export const writing = <T>(work: () => T): T => {
  const turn = currentTurn();
  return turn ? places.run({ turn, writing: true }, work) : work();
};

/** The turn that is under way, where there is one. */
export const currentTurn = (): Turn | undefined => places.getStore()?.turn;

/** Whether it is a transaction that asks. */
export const isWriting = (): boolean => places.getStore()?.writing ?? false;
