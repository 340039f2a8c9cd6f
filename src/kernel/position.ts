import { RollcallError } from "./errors.ts";

/**
 * A place in the change feed: the commit's number, and within it the ordinal of one change.
 * Without an ordinal it stands behind the whole commit. Positions are totally ordered, in commit order.
 */
export interface Position {
  commit: bigint;
  ordinal?: number;
}

const FORM = /^c([0-9]{1,19})(?:\.([0-9]{1,9}))?$/;

/** The opaque text that clients hold. */
export function printPosition(position: Position): string {
  const text = position.ordinal === undefined ? `c${position.commit}` : `c${position.commit}.${position.ordinal}`;
  return Buffer.from(text).toString("base64url");
}

/** Reads what `printPosition` wrote; INVALID_INPUT for anything else. */
export function parsePosition(text: string, path = "position"): Position {
  const match = FORM.exec(Buffer.from(text, "base64url").toString());
  if (!match?.[1])
    throw new RollcallError("INVALID_INPUT", `${path}: must be a position that this gateway gave out.`, {
      inputPath: path,
    });
  return match[2] === undefined
    ? { commit: BigInt(match[1]) }
    : { commit: BigInt(match[1]), ordinal: Number(match[2]) };
}

/** Below zero where a stands before b; the place behind a whole commit comes after every change in it. */
export function comparePositions(a: Position, b: Position): number {
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  return (a.ordinal ?? Number.POSITIVE_INFINITY) === (b.ordinal ?? Number.POSITIVE_INFINITY)
    ? 0
    : (a.ordinal ?? Number.POSITIVE_INFINITY) - (b.ordinal ?? Number.POSITIVE_INFINITY);
}
