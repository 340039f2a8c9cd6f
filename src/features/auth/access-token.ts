import { calculateJwkThumbprint, exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { newId, parseId, publicId } from "../../kernel/ids.ts";
import type { SignInKeys } from "./sign-in.keys.ts";
import type { SignInSettings } from "./sign-in.settings.ts";

/** RFC 9068. */
const TYPE = "at+jwt";
/** The one algorithm that is made and taken: what a token's header says chooses nothing. */
const ALGORITHM = "EdDSA";
const CLIENT = "rollcall";
/** Tokens whose signature was found good; a gateway with more people at work at once checks some of them again. */
const KEPT = 10_000;

/** Whose session a token is of, and until when the token itself holds. */
export interface SessionClaim {
  sessionId: string;
  userId: string;
  expiresAt: Date;
}

/** What a token says of its session. */
export interface TokenSubject {
  sessionId: string;
  userId: string;
  authenticatedAt: Date;
  factors: readonly string[];
}

/** RFC 8176's names. */
const METHODS: Readonly<Record<string, string>> = {
  PASSWORD: "pwd",
  TOTP: "otp",
  PASSKEY: "pop",
  RECOVERY_CODE: "otp",
};

/** Whether these are two factors, or one that is as good as two: a passkey is asked for the person's verification. */
export const isMultiFactor = (factors: readonly string[]): boolean =>
  factors.includes("PASSKEY") || new Set(factors).size > 1;

/** Issues and reads the access tokens of this gateway (RFC 9068): JWTs that name a live session, signed with Ed25519. */
export class AccessTokens {
  readonly #keys: SignInKeys;
  readonly #settings: SignInSettings;
  readonly #good = new Map<string, SessionClaim>();
  #publicKey: Promise<JWK> | undefined;

  constructor(keys: SignInKeys, settings: SignInSettings) {
    this.#keys = keys;
    this.#settings = settings;
  }

  get issuer(): string {
    return this.#settings.publicUrl;
  }

  get audience(): string {
    return `${this.#settings.publicUrl}/graphql`;
  }

  /** The public key, as `/.well-known/jwks.json` shows it (RFC 7517). */
  async jwks(): Promise<{ keys: JWK[] }> {
    return { keys: [await this.#jwk()] };
  }

  /** A token for a session, from `now` on. */
  async issue(subject: TokenSubject, now: Date): Promise<{ token: string; expiresAt: Date }> {
    const { kid = "" } = await this.#jwk();
    const seconds = Math.floor(now.getTime() / 1000);
    const expires = seconds + this.#settings.accessTokenSeconds;
    const multiple = isMultiFactor(subject.factors);
    const methods = new Set(subject.factors.map((factor) => METHODS[factor]).filter((name) => name !== undefined));
    const token = await new SignJWT({
      sid: publicId("Session", subject.sessionId),
      client_id: CLIENT,
      auth_time: Math.floor(subject.authenticatedAt.getTime() / 1000),
      acr: multiple ? "aal2" : "aal1",
      amr: [...methods, ...(multiple ? ["mfa"] : [])],
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
      .setIssuer(this.issuer)
      .setAudience(this.audience)
      .setSubject(publicId("User", subject.userId))
      .setIssuedAt(seconds)
      .setExpirationTime(expires)
      .setJti(newId())
      .sign(this.#keys.signing);
    return { token, expiresAt: new Date(expires * 1000) };
  }

  /**
   * What a token of ours says; undefined for anything else: another issuer's, another audience's, another type, another algorithm or none.
   * Whether it has expired, and whether its session is live, the database says at its own clock.
   */
  async read(token: string): Promise<SessionClaim | undefined> {
    const kept = this.#good.get(token);
    if (kept) return kept;
    try {
      const { payload } = await jwtVerify(token, this.#keys.verifying, {
        issuer: this.issuer,
        audience: this.audience,
        typ: TYPE,
        algorithms: [ALGORITHM],
        requiredClaims: ["exp", "iat", "sub", "sid", "jti"],
        currentDate: new Date(0), // The database's clock is the only one, and is asked with the session.
      });
      const claim = claimOf(payload);
      if (claim) this.#keep(token, claim);
      return claim;
    } catch {
      return undefined; // Why is nobody's business who may have forged it.
    }
  }

  #keep(token: string, claim: SessionClaim): void {
    const [oldest] = this.#good.keys();
    if (this.#good.size >= KEPT && oldest !== undefined) this.#good.delete(oldest);
    this.#good.set(token, claim);
  }

  #jwk(): Promise<JWK> {
    this.#publicKey ??= exportJWK(this.#keys.verifying).then(async (jwk) => ({
      ...jwk,
      kid: await calculateJwkThumbprint(jwk),
      alg: ALGORITHM,
      use: "sig",
    }));
    return this.#publicKey;
  }
}

function claimOf({ sub, sid, exp }: JWTPayload): SessionClaim | undefined {
  const user = parseId(String(sub));
  const session = parseId(String(sid));
  if (user?.kind !== "User" || session?.kind !== "Session" || exp === undefined) return undefined;
  return { sessionId: session.uuid, userId: user.uuid, expiresAt: new Date(exp * 1000) };
}
