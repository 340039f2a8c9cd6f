import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { decrypt, encrypt } from "../../feed/audit-keys.ts";

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Makes a key of 32 bytes for a purpose out of the master key; each is of no use for another's purpose. */
export type DeriveKey = (purpose: string) => Buffer;

/** The keys of sign-in: all follow from the master key, but for the one that signs tokens where the configuration gives another. */
export class SignInKeys {
  /** Signs access tokens. */
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  /** Without it, hashes of passwords are of no use. */
  readonly passwords: Buffer;
  readonly #factors: Buffer;

  constructor(derive: DeriveKey, signingKey: Buffer | undefined) {
    const seed = signingKey ?? derive("access tokens");
    this.signing = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
    this.verifying = createPublicKey(this.signing);
    this.passwords = derive("passwords");
    this.#factors = derive("second factors");
  }

  /** A factor's secret as it is stored: encrypted, and bound to the factor. */
  seal(factorId: string, secret: Buffer): Buffer {
    return encrypt(this.#factors, secret, factorId);
  }

  /** What was sealed; undefined where the master key is another one. */
  open(factorId: string, sealed: Buffer): Buffer | undefined {
    return decrypt(this.#factors, sealed, factorId);
  }
}
