import { createHash, randomBytes } from "node:crypto";

const UUID_BYTES = 16;
const FAMILY_BYTES = 32;
const TURN_BYTES = 32;
const PREFIX = "rcr_";

/*
 * A refresh token holds three things: its session's id, which finds the row; the family's secret, which says that it was issued for that
 * session; and its turn, which says that it is the one that was issued last. The family without the turn is a token that was used
 * before. Only hashes of the two secrets are stored, and one row a session is enough, however often it is refreshed.
 */

/** The parts of a refresh token. */
export interface RefreshToken {
  sessionId: string;
  family: Buffer;
  turn: Buffer;
}

/** A token for a session's next turn; without a family, its first. */
export const newRefreshToken = (sessionId: string, family: Buffer = randomBytes(FAMILY_BYTES)): RefreshToken => ({
  sessionId,
  family,
  turn: randomBytes(TURN_BYTES),
});

/** What the client holds. The prefix lets scanners of sources and logs recognise it. */
export const printRefreshToken = ({ sessionId, family, turn }: RefreshToken): string =>
  PREFIX + Buffer.concat([Buffer.from(sessionId.replaceAll("-", ""), "hex"), family, turn]).toString("base64url");

/** Reads what `printRefreshToken` wrote; undefined for anything else. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  const bytes = Buffer.from(text.slice(PREFIX.length), "base64url");
  if (!text.startsWith(PREFIX) || bytes.length !== UUID_BYTES + FAMILY_BYTES + TURN_BYTES) return undefined;
  const id = bytes.subarray(0, UUID_BYTES).toString("hex");
  return {
    sessionId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    family: bytes.subarray(UUID_BYTES, UUID_BYTES + FAMILY_BYTES),
    turn: bytes.subarray(UUID_BYTES + FAMILY_BYTES),
  };
}

/** What is kept of either secret: they are random, so there is nothing for a slower hash to protect. */
export const hashOfPart = (part: Buffer): Buffer => createHash("sha256").update(part).digest();
