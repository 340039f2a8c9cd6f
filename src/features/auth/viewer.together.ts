import type { Viewer } from "../../access/actor.ts";

/** Finds out whom a token is of; `known` says that it held when the connection was opened that it came by. */
type LookUp = (authorization: string, known: boolean) => Promise<Viewer | undefined>;

/**
 * One look-up for all operations that arrive with the same token in the same turn of the event loop. It begins behind the last of them,
 * so that each is of a token that holds after it came: what was revoked before is refused as it would be alone.
 */
export function lookedUpTogether(lookUp: LookUp): LookUp {
  const gathering = new Map<string, Promise<Viewer | undefined>>();
  return (authorization, known) => {
    const key = `${known} ${authorization}`;
    const joined = gathering.get(key);
    if (joined) return joined;
    const begun = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      gathering.delete(key);
      return lookUp(authorization, known);
    });
    gathering.set(key, begun);
    return begun;
  };
}
