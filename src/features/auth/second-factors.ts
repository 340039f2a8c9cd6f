import type { Database } from "../../database/database.ts";
import { type FactorProofs, storedPasskeys } from "./factor.proofs.ts";
import type { Passkeys } from "./passkeys.ts";
import type { Account } from "./sign-in.accounts.ts";

/** What a sign-in has to know of second factors. */
export class SecondFactors {
  constructor(
    private readonly database: Database,
    readonly proofs: FactorProofs,
    readonly passkeys: Passkeys,
  ) {}

  /** What `navigator.credentials.get` takes for the passkeys that a person has. */
  async passkeyOptions(userId: string, webauthn: string): Promise<object> {
    return this.passkeys.requestOptions(webauthn, await storedPasskeys(this.database, { userId }));
  }

  /** By what a person may prove that it is them. */
  async offer(
    { userId, factors, recoveryCodes }: Account,
    webauthn: string,
  ): Promise<{ methods: string[]; passkeyOptions: object | null }> {
    const passkeyOptions = factors.includes("PASSKEY") ? await this.passkeyOptions(userId, webauthn) : null;
    return { methods: [...factors, ...(recoveryCodes > 0 ? ["RECOVERY_CODE"] : [])], passkeyOptions };
  }
}
