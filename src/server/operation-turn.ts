import { inTurn, Turn } from "../database/turn.ts";
import { RollcallError } from "../kernel/errors.ts";

/** The longest that a query or a mutation may take where nothing else is said. */
export const OPERATION_MS = 30_000;

/** One query's or mutation's turn: it ends when its answer is there, when its time is over, or when nobody waits for it any more. */
export class OperationTurn {
  readonly turn = new Turn();
  readonly #limitMs: number;
  #answered = false;

  constructor(limitMs: number = OPERATION_MS) {
    this.#limitMs = limitMs;
  }

  /** Carries the operation out. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.turn.end(tookTooLong(this.#limitMs)), this.#limitMs);
    timer.unref();
    try {
      return await inTurn(this.turn, work);
    } finally {
      this.#answered = true;
      clearTimeout(timer);
    }
  }

  /** Its client is gone. What an answered operation has begun in the background goes on. */
  gone(): void {
    if (this.#answered) return;
    this.turn.end(new RollcallError("RATE_LIMITED", "Nobody waits for this any more."));
  }
}

const tookTooLong = (limit: number): RollcallError =>
  new RollcallError(
    "RATE_LIMITED",
    `This took longer than the ${limit} ms that it may: ask for less, or try again later. Of a mutation, its idempotencyKey tells whether it has happened.`,
    { limit, retryAfterSeconds: 1 },
  );
