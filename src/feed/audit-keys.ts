import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Ciphertext under a 256-bit key: iv, text, tag. `bound` must be the same when it is opened: it ties the text to its place. */
export function encrypt(key: Buffer, text: Buffer | string, bound: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** What `encrypt` was given; undefined where key, text or place are not the same. */
export function decrypt(key: Buffer, sealed: Buffer, bound: string): Buffer | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/**
 * Everything that follows from the master key: the key under which subjects' keys lie in the database, the key of the tokens by
 * which addresses are found, and the key that signs checkpoints. Each is of no use for the others' purpose.
 */
export class AuditKeys {
  readonly #wrapping: Buffer;
  readonly #tokens: Buffer;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;

  /** `master` has 32 bytes. */
  constructor(master: Buffer) {
    const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", master, "", `rollcall ${purpose}`, KEY_BYTES));
    this.#wrapping = derive("subject keys");
    this.#tokens = derive("address tokens");
    const pkcs8 = Buffer.concat([PKCS8_ED25519, derive("checkpoints")]);
    this.signing = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    this.verifying = createPublicKey(this.signing);
  }

  /** A new key for a subject, and the form in which it is kept. */
  issue(subjectId: string): { key: Buffer; wrapped: Buffer } {
    const key = randomBytes(KEY_BYTES);
    return { key, wrapped: encrypt(this.#wrapping, key, subjectId) };
  }

  /** A subject's key; undefined where it was wrapped by another master key. */
  unwrap(subjectId: string, wrapped: Buffer): Buffer | undefined {
    return decrypt(this.#wrapping, wrapped, subjectId);
  }

  /** What stands in the log for a network address: equal for equal addresses, and nothing that leads back to one without the key. */
  tokenOf(address: string): string {
    return createHmac("sha256", this.#tokens).update(address.toLowerCase()).digest("hex").slice(0, 32);
  }
}
