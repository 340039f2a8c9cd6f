import type { Viewer } from "../../access/actor.ts";

/** Finds out whom a token is of; `known` says that it held when the connection was opened that it came by. */
type LookUp = (authorization: string, known: boolean) => Promise<Viewer | undefined>;

/** Look-ups of one token that are under way at a time. With a database that answers at once there are fewer. */
const AT_ONCE = 4;

/**
 * One look-up for all operations that arrive with the same token in the same turn of the event loop, or while enough of them are under way. It begins
 * behind the last of them, so that each is of a token that holds after it came: what was revoked before is refused as it would be alone.
 */
export function lookedUpTogether(lookUp: LookUp): LookUp {
  const gathering = new Map<string, Promise<Viewer | undefined>>();
  const underWay = new Map<string, Set<Promise<unknown>>>();
  const begin = async (key: string, authorization: string, known: boolean) => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const others = underWay.get(key) ?? new Set();
    while (others.size >= AT_ONCE) await Promise.race(others);
    gathering.delete(key);
    const looking = lookUp(authorization, known);
    const over = looking.then(
      () => undefined,
      () => undefined,
    );
    underWay.set(key, others.add(over));
    try {
      return await looking;
    } finally {
      others.delete(over);
      if (others.size === 0) underWay.delete(key);
    }
  };
  return (authorization, known) => {
    const key = `${known} ${authorization}`;
    const joined = gathering.get(key) ?? begin(key, authorization, known);
    gathering.set(key, joined);
    return joined;
  };
}
