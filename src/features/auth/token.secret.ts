import { createHash, randomBytes } from "node:crypto";

/** Long enough that nobody guesses one: 256 random bits. */
const SECRET_BYTES = 32;

/** A new token's secret. The prefix lets scanners of sources and logs recognise it. */
export const newSecret = (): string => `rcs_${randomBytes(SECRET_BYTES).toString("base64url")}`;

/**
 * What is kept of a secret. Tokens are looked up by it, so how long a look-up takes tells nothing of a secret: whoever
 * measures it would have to choose hashes. Secrets are random, so there is nothing for a slower hash to protect.
 */
export const hashOfSecret = (secret: string): Buffer => createHash("sha256").update(secret).digest();
