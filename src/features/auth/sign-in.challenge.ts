import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";

/** What a challenge is for: one for another purpose is as good as none. */
export type ChallengePurpose = "SECOND_FACTOR" | "PASSKEY_SIGN_IN" | "PASSKEY_ENROLMENT" | "REAUTHENTICATION";

/** Something under way that only whoever was given the challenge can complete. */
export interface Challenge {
  purpose: ChallengePurpose;
  /** Null where whoever completes it says who they are. */
  userId: string | null;
  /** What a passkey has to sign, in base64url. */
  webauthn: string;
  /** The hash of the password that was proved. */
  passwordHash: string | null;
}

/** Long enough to fetch a telephone. */
export const CHALLENGE_SECONDS = 300;
export const CHALLENGE_SECONDS_MIN = 30;
const SECRET_BYTES = 32;

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Keeps a challenge; its text is told this once, and only a hash of it is kept. */
export async function beginChallenge(
  database: Database,
  challenge: Omit<Challenge, "webauthn">,
  seconds: number = CHALLENGE_SECONDS,
): Promise<{ text: string; webauthn: string; expiresAt: Date }> {
  const text = `rcc_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const webauthn = randomBytes(SECRET_BYTES).toString("base64url");
  const { purpose, userId, passwordHash } = challenge;
  const { rows } = await sql<{ expires_at: Date }>`
    INSERT INTO sign_in_challenge (hash, purpose, user_id, webauthn, password_hash, expires_at)
    VALUES (${hashOf(text)}, ${purpose}, ${userId}, ${webauthn}, ${passwordHash},
      rollcall_now() + make_interval(secs => ${seconds}))
    RETURNING expires_at`.execute(database.reader);
  return { text, webauthn, expiresAt: (rows[0] as { expires_at: Date }).expires_at };
}

/** A challenge that holds and is for one of these purposes; it stays to be completed. */
export async function findChallenge(
  database: Database,
  text: string,
  purposes: readonly ChallengePurpose[],
): Promise<Challenge | undefined> {
  const { rows } = await sql<Challenge>`
    SELECT purpose, user_id AS "userId", webauthn, password_hash AS "passwordHash" FROM sign_in_challenge
    WHERE hash = ${hashOf(text)} AND purpose = ANY(${[...purposes]}::text[]) AND expires_at > rollcall_now()`.execute(
    database.reader,
  );
  return rows[0];
}

/** Completes a challenge: of several at a time, one does. */
export async function takeChallenge(tx: Tx, text: string): Promise<boolean> {
  const taken = await tx.sql
    .deleteFrom("sign_in_challenge")
    .where("hash", "=", hashOf(text))
    .returning("purpose")
    .executeTakeFirst();
  return taken !== undefined;
}
