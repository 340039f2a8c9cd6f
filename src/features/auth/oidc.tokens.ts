import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import { parseId } from "../../kernel/ids.ts";
import { isStorable } from "../../search/folding.ts";
import { IssuerKeys, type KeyTimes } from "./oidc.keys.ts";
import { bareType, type OidcIssuer, type UserKey } from "./oidc.settings.ts";

/** Whom another issuer's token speaks of, and until when. */
export interface OidcSubject {
  issuer: string;
  key: UserKey;
  /** The user's id, username, primary address, or id at the issuer. */
  value: string;
  expiresAt: Date;
}

const VALUE_LIMIT = 512;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reads the access tokens of the issuers that the configuration names (RFC 9068, and JWTs by agreement). */
export class OidcTokens {
  readonly #issuers: ReadonlyMap<string, { settings: OidcIssuer; keys: IssuerKeys }>;

  /** `report` is told why an issuer's keys could not be read. */
  constructor(issuers: readonly OidcIssuer[], report: (error: unknown) => void, times?: KeyTimes) {
    this.#issuers = new Map(
      issuers.map((settings) => [settings.issuer, { settings, keys: new IssuerKeys(settings, report, times) }]),
    );
  }

  /**
   * Whom the token speaks of. Undefined for anything but an access token that one of the issuers signed, for this audience, of a type and
   * with the claims that are asked for, and in force by this process's clock: whoever looks the user up asks the database's clock too.
   */
  async read(token: string): Promise<OidcSubject | undefined> {
    try {
      const known = this.#issuers.get(decodeJwt(token).iss ?? "");
      if (!known) return undefined;
      const { settings, keys } = known;
      const { typ } = decodeProtectedHeader(token);
      if (typeof typ !== "string" || !settings.types.includes(bareType(typ))) return undefined;
      const { payload } = await jwtVerify(token, keys.find, {
        issuer: settings.issuer,
        audience: [...settings.audience],
        algorithms: [...settings.algorithms],
        clockTolerance: settings.clockToleranceSeconds,
        requiredClaims: ["exp", settings.userClaim],
      });
      return subjectOf(payload, settings);
    } catch {
      return undefined; // Why is nobody's business who may have forged it.
    }
  }
}

function subjectOf(payload: JWTPayload, settings: OidcIssuer): OidcSubject | undefined {
  const { issuer, userClaim, userKey: key, requireVerifiedEmail, clockToleranceSeconds } = settings;
  // A token that is bound to its sender's key (RFC 7800) proves nothing without that key, which nobody has shown here.
  if (payload.cnf !== undefined) return undefined;
  if (!Object.entries(settings.claims).every(([name, wanted]) => has(payload[name], wanted))) return undefined;
  if (key === "email" && requireVerifiedEmail && payload.email_verified !== true) return undefined;
  const claimed = payload[userClaim];
  if (typeof claimed !== "string" || claimed === "" || claimed.length > VALUE_LIMIT || !isStorable(claimed))
    return undefined;
  const value = key === "id" ? userIdOf(claimed) : claimed;
  if (value === undefined) return undefined;
  return { issuer, key, value, expiresAt: new Date((Number(payload.exp) + clockToleranceSeconds) * 1000) };
}

/** Whether a claim has a value: as it is, in a list, or as one of a text's words. */
const has = (claim: unknown, wanted: string): boolean =>
  claim === wanted ||
  (Array.isArray(claim) && claim.includes(wanted)) ||
  (typeof claim === "string" && claim.split(" ").includes(wanted));

function userIdOf(claimed: string): string | undefined {
  const id = parseId(claimed);
  if (id) return id.kind === "User" ? id.uuid : undefined;
  return UUID.test(claimed) ? claimed.toLowerCase() : undefined;
}
