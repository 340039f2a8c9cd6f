import { generateSecret, generateURI, verify } from "otplib";

/** Seconds either way that a telephone's clock may be off (RFC 6238, section 5.2: one step). */
const TOLERANCE_SECONDS = 30;
const CODE = /^\d{6}$/;
const ISSUER = "Rollcall";

/** A secret of 160 random bits in base32, as authenticator apps take it. */
export const newTotpSecret = (): string => generateSecret();

/** The secret as a link that apps read from a QR code. */
export const totpUri = (secret: string, label: string): string => generateURI({ issuer: ISSUER, label, secret });

/** The time step that a code is of; undefined where it is none of the steps around `now` that come after `after`. */
export async function stepOfCode(secret: string, code: string, now: Date, after: number): Promise<number | undefined> {
  const token = code.replaceAll(/\s/g, "");
  if (!CODE.test(token)) return undefined;
  const result = await verify({
    secret,
    token,
    epoch: Math.floor(now.getTime() / 1000),
    epochTolerance: TOLERANCE_SECONDS,
    afterTimeStep: after,
  });
  return result.valid && "timeStep" in result ? result.timeStep : undefined;
}
