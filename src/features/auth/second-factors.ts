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

  /** By what a person may prove that it is them. */
  async offer(
    { userId, factors, recoveryCodes }: Account,
    webauthn: string,
  ): Promise<{ methods: string[]; passkeyOptions: object | null }> {
    const passkeys = factors.includes("PASSKEY") ? await storedPasskeys(this.database, { userId }) : [];
    const passkeyOptions = passkeys.length > 0 ? await this.passkeys.requestOptions(webauthn, passkeys) : null;
    return { methods: [...factors, ...(recoveryCodes > 0 ? ["RECOVERY_CODE"] : [])], passkeyOptions };
  }
}
