import type { Viewer } from "../../access/actor.ts";
import { Sequence } from "../../database/pipeline.ts";

/** Finds out whom a token is of; `known` says that it held when the connection was opened that it came by. Its statement begins the sequence. */
type LookUp = (authorization: string, known: boolean, begins: Sequence) => Promise<Viewer | undefined>;

/** A look-up that has not begun yet. */
interface Gathering {
  viewer: Promise<Viewer | undefined>;
  sequence: Sequence;
}

/** Look-ups of one token that are under way at a time. With a database that answers at once there are fewer. */
const AT_ONCE = 4;

const keyOf = (authorization: string, known: boolean): string => `${known} ${authorization}`;

/**
 * One look-up for all operations that arrive with the same token in the same turn of the event loop, or while enough of them are under way. It begins
 * behind the last of them, so that each is of a token that holds after it came: what was revoked before is refused as it would be alone.
 */
export class LookUpsTogether {
  readonly #gathering = new Map<string, Gathering>();
  readonly #underWay = new Map<string, Set<Promise<unknown>>>();

  constructor(private readonly lookUp: LookUp) {}

  /** The viewer whom the next look-up finds. */
  of(authorization: string, known: boolean): Promise<Viewer | undefined> {
    const key = keyOf(authorization, known);
    let gathering = this.#gathering.get(key);
    if (!gathering) {
      const sequence = new Sequence();
      gathering = { sequence, viewer: this.#begin(authorization, known, sequence).finally(() => sequence.begin()) };
      this.#gathering.set(key, gathering);
    }
    return gathering.viewer;
  }

  /** Behind what the statements go of operations that wait for the next look-up; undefined where none is waited for. */
  sequenceOf(authorization: string, known: boolean): Sequence | undefined {
    return this.#gathering.get(keyOf(authorization, known))?.sequence;
  }

  async #begin(authorization: string, known: boolean, sequence: Sequence): Promise<Viewer | undefined> {
    const key = keyOf(authorization, known);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const others = this.#underWay.get(key) ?? new Set();
    while (others.size >= AT_ONCE) await Promise.race(others);
    this.#gathering.delete(key);
    const looking = this.lookUp(authorization, known, sequence);
    const over = looking.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.set(key, others.add(over));
    try {
      return await looking;
    } finally {
      others.delete(over);
      if (others.size === 0) this.#underWay.delete(key);
    }
  }
}
