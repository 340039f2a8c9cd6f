import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { showFactors } from "./factor.methods.ts";
import type { Passkeys, StoredPasskey } from "./passkeys.ts";
import { hashOfCode } from "./recovery-codes.ts";
import type { ProvedFactor } from "./session.entity.ts";
import type { SignInKeys } from "./sign-in.keys.ts";
import { stepOfCode } from "./totp.ts";

/** What a person proves a factor by: exactly one of these. */
export interface FactorProof {
  totpCode?: string | undefined;
  recoveryCode?: string | undefined;
  /** WebAuthn's JSON. */
  passkey?: Readonly<Record<string, unknown>> | undefined;
}

/** A proof that is right. `use` makes it good for this once, in the transaction that it is for: false where somebody was faster. */
export interface RightProof {
  factor: ProvedFactor;
  use(tx: Tx): Promise<boolean>;
}

/** Checks proofs of second factors. */
export class FactorProofs {
  constructor(
    private readonly database: Database,
    private readonly keys: SignInKeys,
    private readonly passkeys: Passkeys,
  ) {}

  /** What of a person's is proved; undefined where nothing is. `webauthn` is what a passkey had to sign. */
  async check(userId: string, proof: FactorProof, webauthn: string | undefined): Promise<RightProof | undefined> {
    if (proof.totpCode != null) return this.#checkCode(userId, proof.totpCode);
    if (proof.recoveryCode != null) return checkRecoveryCode(userId, proof.recoveryCode);
    if (proof.passkey == null) throw invalidInput([{ path: "input.proof", message: "must hold exactly one proof." }]);
    return webauthn === undefined ? undefined : this.#checkPasskey(userId, proof.passkey, webauthn);
  }

  /** Whose passkey an answer is by; undefined where nobody has it. */
  async ownerOf(passkey: Readonly<Record<string, unknown>> | undefined): Promise<string | undefined> {
    return (await this.#find(passkey))?.userId;
  }

  async #checkCode(userId: string, code: string): Promise<RightProof | undefined> {
    const { rows } = await sql<{ id: string; secret: Buffer; counter: bigint; now: Date }>`
      SELECT f.id, f.secret, u.counter, rollcall_now() AS now FROM user_factor f JOIN factor_use u ON u.factor_id = f.id
      WHERE f.user_id = ${userId} AND f.kind = 'TOTP' AND f.confirmed_at IS NOT NULL ORDER BY f.id`.execute(
      this.database.reader,
    );
    for (const { id, secret, counter, now } of rows) {
      const step = await this.stepOf(id, secret, code, { now, after: Number(counter) });
      if (step !== undefined) return { factor: "TOTP", use: (tx) => takeStep(tx, id, step) };
    }
    return undefined;
  }

  /** The time step of a code by a stored secret; undefined where it is of none that holds. */
  async stepOf(
    factorId: string,
    sealed: Buffer,
    code: string,
    { now, after }: { now: Date; after: number },
  ): Promise<number | undefined> {
    const secret = this.keys.open(factorId, sealed);
    return secret && stepOfCode(secret.toString(), code, now, after);
  }

  async #checkPasskey(
    userId: string,
    response: Readonly<Record<string, unknown>>,
    webauthn: string,
  ): Promise<RightProof | undefined> {
    const passkey = await this.#find(response);
    if (passkey?.userId !== userId) return undefined;
    const counter = await this.passkeys.verifyUse(response, webauthn, passkey);
    if (counter === undefined) return undefined;
    return { factor: "PASSKEY", use: (tx) => takeCounter(tx, passkey.id, counter) };
  }

  async #find(response: Readonly<Record<string, unknown>> | undefined): Promise<StoredPasskey | undefined> {
    const id = response?.id;
    if (typeof id !== "string") return undefined;
    const [passkey] = await storedPasskeys(this.database, { credentialId: Buffer.from(id, "base64url") });
    return passkey;
  }
}

/** Passkeys: all of a person's, or the one of this id. */
export async function storedPasskeys(
  database: Database,
  which: { userId: string } | { credentialId: Buffer },
): Promise<StoredPasskey[]> {
  const condition = "userId" in which ? sql`f.user_id = ${which.userId}` : sql`f.credential_id = ${which.credentialId}`;
  const { rows } = await sql<Omit<StoredPasskey, "counter"> & { counter: bigint }>`
    SELECT f.id, f.user_id AS "userId", f.credential_id AS "credentialId", f.secret AS "publicKey", f.transports, u.counter
    FROM user_factor f JOIN factor_use u ON u.factor_id = f.id
    WHERE f.kind = 'PASSKEY' AND f.confirmed_at IS NOT NULL AND ${condition} ORDER BY f.id`.execute(database.reader);
  return rows.map((row) => ({ ...row, counter: Number(row.counter) }));
}

/** A code of this step and of all before it is used up. */
export async function takeStep(tx: Tx, factorId: string, step: number): Promise<boolean> {
  const { rows } = await sql`UPDATE factor_use SET counter = ${step}, last_used_at = ${tx.now}
    WHERE factor_id = ${factorId} AND counter < ${step} RETURNING 1 AS used`.execute(tx.sql);
  return rows.length > 0;
}

/** Most passkeys count nothing, and stay at 0; one that counts must go up, or it was copied. */
async function takeCounter(tx: Tx, factorId: string, counter: number): Promise<boolean> {
  const { rows } = await sql`UPDATE factor_use SET counter = ${counter}, last_used_at = ${tx.now}
    WHERE factor_id = ${factorId} AND (counter < ${counter} OR ${counter} = 0 AND counter = 0) RETURNING 1 AS used`.execute(
    tx.sql,
  );
  return rows.length > 0;
}

/** A recovery code is right where taking its hash away takes something away. */
function checkRecoveryCode(userId: string, code: string): RightProof {
  const hash = hashOfCode(code);
  return {
    factor: "RECOVERY_CODE",
    use: async (tx) => {
      const { rows } = await sql`UPDATE user_recovery_codes SET hashes = array_remove(hashes, ${hash}::bytea)
        WHERE user_id = ${userId} AND hashes @> ARRAY[${hash}::bytea] RETURNING 1 AS used`.execute(tx.sql);
      if (rows.length > 0) await showFactors(tx, userId);
      return rows.length > 0;
    },
  };
}
