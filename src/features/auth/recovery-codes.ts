import { createHash, randomBytes } from "node:crypto";

const CODES = 10;
/** 120 bits: enough for a plain hash (NIST SP 800-63B-4, section 3.1.2.2, asks for 112). */
const CODE_BYTES = 15;
/** Crockford's alphabet: nothing in it looks like anything else. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Ten codes, in groups of four. */
export const newRecoveryCodes = (): string[] => Array.from({ length: CODES }, () => print(randomBytes(CODE_BYTES)));

function print(random: Buffer): string {
  let bits = BigInt(`0x${random.toString("hex")}`);
  let text = "";
  for (let digits = (CODE_BYTES * 8) / 5; digits > 0; digits -= 1) {
    text += ALPHABET[Number(bits % 32n)];
    bits /= 32n;
  }
  return (text.match(/.{4}/g) as string[]).join("-");
}

/** What is kept of a code, however it is typed: case, spaces and hyphens say nothing, and o, i and l are 0 and 1. */
export function hashOfCode(code: string): Buffer {
  const text = code.toLowerCase().replaceAll(/[\s-]/g, "").replaceAll("o", "0").replaceAll(/[il]/g, "1");
  return createHash("sha256").update(text).digest();
}
