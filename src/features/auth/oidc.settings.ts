/** How a claim of another issuer's token leads to a user. */
export const USER_KEYS = ["id", "username", "email", "identity"] as const;
export type UserKey = (typeof USER_KEYS)[number];

/** Signatures that only the holder of a private key can make. HMAC is left out: whoever can check it can forge it. */
export const SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** An issuer of OpenID Connect or OAuth 2.0 whose access tokens are taken, and how. */
export interface OidcIssuer {
  /** The claim `iss`, character by character. */
  readonly issuer: string;
  /** One of these must be in the claim `aud`. */
  readonly audience: readonly string[];
  /** Where the keys are (RFC 7517); without it the issuer's discovery document says so. */
  readonly jwksUri: string | undefined;
  /** The algorithms that a token may be signed by. */
  readonly algorithms: readonly string[];
  /** What the header `typ` may be, without regard to case and without `application/`. */
  readonly types: readonly string[];
  /** Claims that a token must have with this value: as it is, in a list, or as a word of a text such as `scope`. */
  readonly claims: Readonly<Record<string, string>>;
  /** The claim that says whose token it is. */
  readonly userClaim: string;
  readonly userKey: UserKey;
  /** Whether an address counts only where the token says `email_verified: true`. */
  readonly requireVerifiedEmail: boolean;
  /** How far the issuer's clock may be off. */
  readonly clockToleranceSeconds: number;
}

const MEMBERS = [
  "issuer",
  "audience",
  "jwksUri",
  "algorithms",
  "types",
  "claims",
  "userClaim",
  "userKey",
  "requireVerifiedEmail",
  "clockToleranceSeconds",
];
const ACCESS_TOKEN = "at+jwt";
const CLOCK_TOLERANCE_SECONDS = 30;
const CLOCK_TOLERANCE_LIMIT = 300;

/** The issuers that a JSON text lists, or everything that is wrong with it: where, and what is accepted. */
export function readOidcIssuers(text: string): { issuers: OidcIssuer[]; problems: string[] } {
  const problems: string[] = [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return { issuers: [], problems: ["must be a JSON list of issuers"] };
  }
  if (!Array.isArray(list)) return { issuers: [], problems: ["must be a JSON list of issuers"] };
  const issuers = list.map((one, place) => readIssuer(one, new Fault(`[${place}]`, problems)));
  for (const [place, { issuer }] of issuers.entries())
    if (issuers.findIndex((other) => other.issuer === issuer) < place)
      problems.push(`[${place}].issuer is in the list twice`);
  return { issuers, problems };
}

/** Collects what is wrong, each with its place. */
class Fault {
  constructor(
    private readonly at: string,
    private readonly problems: string[],
  ) {}

  say(member: string, problem: string): void {
    this.problems.push(`${this.at}${member && `.${member}`} ${problem}`);
  }
}

function readIssuer(given: unknown, fault: Fault): OidcIssuer {
  const from: Readonly<Record<string, unknown>> = isObject(given) ? given : {};
  if (!isObject(given)) fault.say("", "must be an object");
  for (const name of Object.keys(from))
    if (!MEMBERS.includes(name)) fault.say(name, `is not known: there are ${MEMBERS.join(", ")}`);
  const issuer = {
    issuer: webAddress(from.issuer, "issuer", fault) ?? "",
    audience: texts(from.audience, "audience", fault) ?? [],
    jwksUri: from.jwksUri === undefined ? undefined : webAddress(from.jwksUri, "jwksUri", fault),
    algorithms: from.algorithms === undefined ? SIGNATURES : (texts(from.algorithms, "algorithms", fault) ?? []),
    types: (from.types === undefined ? [ACCESS_TOKEN] : (texts(from.types, "types", fault) ?? [])).map(bareType),
    claims: claims(from.claims ?? {}, fault),
    userClaim: text(from.userClaim ?? "sub", "userClaim", fault),
    userKey: choice(from.userKey, fault),
    requireVerifiedEmail: flag(from.requireVerifiedEmail ?? true, fault),
    clockToleranceSeconds: seconds(from.clockToleranceSeconds ?? CLOCK_TOLERANCE_SECONDS, fault),
  };
  const weak = issuer.algorithms.filter((algorithm) => !SIGNATURES.includes(algorithm));
  if (weak.length > 0) fault.say("algorithms", `must be out of ${SIGNATURES.join(", ")}`);
  if (issuer.types.some((type) => type !== ACCESS_TOKEN) && Object.keys(issuer.claims).length === 0)
    fault.say(
      "claims",
      `must name a claim that only access tokens have, where types has more than ${ACCESS_TOKEN}: else this issuer's ID tokens would be taken too`,
    );
  return issuer;
}

/** A media type as the header `typ` may shorten it (RFC 7515, section 4.1.9). */
export const bareType = (type: string): string => type.toLowerCase().replace(/^application\//, "");

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function text(value: unknown, name: string, fault: Fault): string {
  if (isText(value)) return value;
  fault.say(name, "must be a text");
  return "";
}

function texts(value: unknown, name: string, fault: Fault): readonly string[] | undefined {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every(isText)) return list;
  fault.say(name, "must be a text, or a list of texts that is not empty");
  return undefined;
}

/** An address over TLS; or of this machine, for trying. Without a query or a fragment (OpenID Connect Discovery 1.0, section 3). */
function webAddress(value: unknown, name: string, fault: Fault): string | undefined {
  if (isText(value) && URL.canParse(value)) {
    const { protocol, hostname, search, hash, username } = new URL(value);
    const safe = protocol === "https:" || (protocol === "http:" && isThisMachine(hostname));
    if (safe && hash === "" && username === "" && (search === "" || name === "jwksUri")) return value;
  }
  fault.say(name, "must be an https address, or an http one of this machine, without a query or a fragment");
  return undefined;
}

/** Whether a host can only be this machine. */
export const isThisMachine = (host: string): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(host);

function claims(value: unknown, fault: Fault): Readonly<Record<string, string>> {
  if (isObject(value) && Object.values(value).every(isText)) return value as Record<string, string>;
  fault.say("claims", "must be an object of claims with the text that each must have");
  return {};
}

function choice(value: unknown, fault: Fault): UserKey {
  const key = USER_KEYS.find((one) => one === value);
  if (!key) fault.say("userKey", `must be one of ${USER_KEYS.join(", ")}`);
  return key ?? "id";
}

function flag(value: unknown, fault: Fault): boolean {
  if (typeof value !== "boolean") fault.say("requireVerifiedEmail", "must be true or false");
  return value !== false;
}

function seconds(value: unknown, fault: Fault): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= CLOCK_TOLERANCE_LIMIT) return Number(value);
  fault.say("clockToleranceSeconds", `must be a whole number from 0 to ${CLOCK_TOLERANCE_LIMIT}`);
  return 0;
}
