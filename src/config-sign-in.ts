import { SIGN_IN_DEFAULTS, type SignInSettings } from "./features/auth/sign-in.settings.ts";

/** What reads the environment, as far as sign-in needs it. */
interface Reads {
  text(name: string): string | undefined;
  secret(name: string, problemOf: (value: string) => string | undefined): string | undefined;
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T;
  fail(name: string, problem: string): void;
}

const MINUTE = 60;
const HOUR = 3_600;
/** More than so many guesses at a password in a row no verifier may allow (NIST SP 800-63B-4, section 3.2.2). */
const ATTEMPTS_LIMIT = 100;

/** How people sign in, as the environment says. */
export function readSignIn(read: Reads, port: number): SignInSettings {
  const { argon2, ...given } = SIGN_IN_DEFAULTS;
  const signingKey = read.secret("SIGNING_KEY", keyProblem);
  return Object.freeze({
    publicUrl: publicUrl(read, port),
    signingKey: signingKey === undefined ? undefined : Buffer.from(signingKey, "base64"),
    argon2: Object.freeze({
      memoryKib: read.integer("ARGON2_MEMORY_KIB", { from: 7_168, to: 4_194_304, otherwise: argon2.memoryKib }),
      passes: read.integer("ARGON2_PASSES", { from: 1, to: 100, otherwise: argon2.passes }),
      lanes: read.integer("ARGON2_LANES", { from: 1, to: 16, otherwise: argon2.lanes }),
    }),
    accessTokenSeconds: read.integer("ACCESS_TOKEN_SECONDS", {
      from: 30,
      to: HOUR,
      otherwise: given.accessTokenSeconds,
    }),
    sessionSeconds: read.integer("SESSION_HOURS", { from: 1, to: 720, otherwise: given.sessionSeconds / HOUR }) * HOUR,
    idleSeconds:
      read.integer("SESSION_IDLE_MINUTES", { from: 5, to: 43_200, otherwise: given.idleSeconds / MINUTE }) * MINUTE,
    accountAttempts: read.integer("SIGN_IN_ATTEMPTS", {
      from: 3,
      to: ATTEMPTS_LIMIT,
      otherwise: given.accountAttempts,
    }),
    addressAttempts: read.integer("SIGN_IN_ADDRESS_ATTEMPTS", {
      from: 3,
      to: 1_000_000,
      otherwise: given.addressAttempts,
    }),
    windowSeconds:
      read.integer("SIGN_IN_WINDOW_MINUTES", { from: 1, to: 1_440, otherwise: given.windowSeconds / MINUTE }) * MINUTE,
    lockSeconds:
      read.integer("SIGN_IN_LOCK_MINUTES", { from: 0, to: 10_080, otherwise: given.lockSeconds / MINUTE }) * MINUTE,
    locksAccount: read.choice("SIGN_IN_LOCKS", ["account", "sign-in"], "account") === "account",
  });
}

/** The same by variable, fit to be shown. */
export const describeSignIn = (settings: SignInSettings): readonly (readonly [string, string | number])[] => [
  ["PUBLIC_URL", settings.publicUrl],
  ["SIGNING_KEY", settings.signingKey ? "(set, not shown)" : "(not set: follows from AUDIT_MASTER_KEY)"],
  ["ARGON2_MEMORY_KIB", settings.argon2.memoryKib],
  ["ARGON2_PASSES", settings.argon2.passes],
  ["ARGON2_LANES", settings.argon2.lanes],
  ["ACCESS_TOKEN_SECONDS", settings.accessTokenSeconds],
  ["SESSION_HOURS", settings.sessionSeconds / HOUR],
  ["SESSION_IDLE_MINUTES", settings.idleSeconds / MINUTE],
  ["SIGN_IN_ATTEMPTS", settings.accountAttempts],
  ["SIGN_IN_ADDRESS_ATTEMPTS", settings.addressAttempts],
  ["SIGN_IN_WINDOW_MINUTES", settings.windowSeconds / MINUTE],
  ["SIGN_IN_LOCK_MINUTES", settings.lockSeconds / MINUTE],
  ["SIGN_IN_LOCKS", settings.locksAccount ? "account" : "sign-in"],
];

/** Passkeys belong to a name, never to an address: without another one, this machine's. */
function publicUrl(read: Reads, port: number): string {
  const given = read.text("PUBLIC_URL");
  if (given === undefined) return `http://localhost:${port}`;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && url.hostname === "localhost");
  if (!url || !safe || url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "")
    read.fail("PUBLIC_URL", "must be an https address without a path, such as https://people.example.com.");
  return url?.origin ?? given;
}

const keyProblem = (value: string): string | undefined =>
  Buffer.from(value, "base64").toString("base64") === value && Buffer.from(value, "base64").length === 32
    ? undefined
    : "must be 32 bytes in base64, as `openssl rand -base64 32` makes them.";
