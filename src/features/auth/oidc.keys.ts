import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from "jose";
import { traceHeaders } from "../../kernel/spans.ts";
import { isThisMachine, type OidcIssuer } from "./oidc.settings.ts";

/** Keys this young are taken without asking: how long a key that the issuer has withdrawn goes on here. */
const FRESH_MS = 600_000;
/** Keys that cannot be renewed are kept this long: how long an issuer may be down before its tokens are refused. */
const KEPT_MS = 86_400_000;
/** The least time between two readings: tokens with made-up key ids cannot have the issuer asked more often. */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const BODY_LIMIT = 262_144;
const KEYS_LIMIT = 100;

/** Times that tests shorten. */
export interface KeyTimes {
  freshMs?: number;
  keptMs?: number;
  cooldownMs?: number;
  timeoutMs?: number;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The public keys of an issuer, read when they are needed and kept for a while. A key id that is not among them has them read once more,
 * so that a new key works at once; while the issuer does not answer, the keys that are known go on.
 */
export class IssuerKeys {
  readonly #issuer: OidcIssuer;
  readonly #report: (error: unknown) => void;
  readonly #times: Required<KeyTimes>;
  #keys: KeySet | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<KeySet | undefined> | undefined;

  /** `report` is told why keys could not be read. */
  constructor(issuer: OidcIssuer, report: (error: unknown) => void, times: KeyTimes = {}) {
    this.#issuer = issuer;
    this.#report = report;
    this.#times = { freshMs: FRESH_MS, keptMs: KEPT_MS, cooldownMs: COOLDOWN_MS, timeoutMs: TIMEOUT_MS, ...times };
  }

  /** The key that a token's header names; throws an error of jose where there is none. */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const renewed = await this.#renew();
      if (!renewed) throw error;
      return renewed(header, token);
    }
  };

  async #current(): Promise<KeySet> {
    const { freshMs, keptMs } = this.#times;
    const age = () => performance.now() - this.#readAt;
    if (this.#keys && age() < freshMs) return this.#keys;
    const renewed = await this.#renew();
    if (renewed) return renewed;
    if (this.#keys && age() < keptMs) return this.#keys;
    throw new errors.JWKSNoMatchingKey();
  }

  /** Reads the keys, once for all who ask meanwhile; undefined where that failed, or was tried a moment ago. */
  #renew(): Promise<KeySet | undefined> {
    if (this.#reading) return this.#reading;
    const now = performance.now();
    if (now - this.#attemptedAt < this.#times.cooldownMs) return Promise.resolve(undefined);
    this.#attemptedAt = now;
    this.#reading = this.#read()
      .then((keys) => {
        this.#keys = keys;
        this.#readAt = performance.now();
        return keys;
      })
      .catch((error: unknown) => {
        this.#report(error);
        return undefined;
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #read(): Promise<KeySet> {
    const address = this.#issuer.jwksUri ?? (await this.#discover());
    const { keys } = (await this.#fetch(address)) as Partial<JSONWebKeySet>;
    if (!Array.isArray(keys) || keys.length > KEYS_LIMIT)
      throw new Error(`${address} does not hold a list of at most ${KEYS_LIMIT} keys.`);
    // A symmetric key in a public document is nobody's secret.
    return createLocalJWKSet({ keys: keys.filter((key) => key?.kty !== "oct") });
  }

  /** Where the keys are, by OpenID Connect Discovery 1.0, section 4. */
  async #discover(): Promise<string> {
    const { issuer } = this.#issuer;
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const document = (await this.#fetch(address)) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`${address} is not the document of the issuer ${issuer}.`);
    const found = document.jwks_uri;
    if (typeof found !== "string" || !URL.canParse(found)) throw new Error(`${address} has no jwks_uri.`);
    const { protocol, hostname } = new URL(found);
    if (protocol !== "https:" && !(protocol === "http:" && isThisMachine(hostname)))
      throw new Error(`${address} has a jwks_uri without TLS.`);
    return found;
  }

  async #fetch(address: string): Promise<object> {
    const response = await fetch(address, {
      headers: { accept: "application/json", ...traceHeaders() },
      redirect: "error",
      signal: AbortSignal.timeout(this.#times.timeoutMs),
    });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`${address} answered with status ${response.status}.`);
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      length += chunk.length;
      if (length > BODY_LIMIT) throw new Error(`${address} answered with more than ${BODY_LIMIT} bytes.`);
      chunks.push(chunk);
    }
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof value !== "object" || value === null) throw new Error(`${address} does not hold an object.`);
    return value;
  }
}
