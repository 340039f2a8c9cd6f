import type { HashingCost } from "./password.hashing.ts";

/** How people sign in, as far as an operator decides it. */
export interface SignInSettings {
  /** Where people reach the gateway, without a path: the issuer of its tokens, and the origin that passkeys belong to. */
  publicUrl: string;
  /** 32 bytes: the Ed25519 key that signs access tokens; without it one follows from the master key. */
  signingKey: Buffer | undefined;
  argon2: HashingCost;
  /** How long an access token holds without its session being looked at by anybody but the gateway. */
  accessTokenSeconds: number;
  /** How long a session lasts, however much it is used. */
  sessionSeconds: number;
  /** How long a session lasts without being used. */
  idleSeconds: number;
  /** Attempts in a window after which an account, or an address, has no more. */
  accountAttempts: number;
  addressAttempts: number;
  windowSeconds: number;
  /** How long an account is locked after that; 0: until somebody unlocks it. */
  lockSeconds: number;
  /** Whether the account becomes LOCKED, which ends its sessions; or only its sign-in is refused for that time. */
  locksAccount: boolean;
}

export const SIGN_IN_DEFAULTS: SignInSettings = {
  publicUrl: "http://localhost:4000",
  signingKey: undefined,
  // The first choice of OWASP's Password Storage Cheat Sheet.
  argon2: { memoryKib: 19_456, passes: 2, lanes: 1 },
  accessTokenSeconds: 300,
  sessionSeconds: 43_200,
  idleSeconds: 3_600,
  accountAttempts: 10,
  addressAttempts: 100,
  windowSeconds: 900,
  lockSeconds: 900,
  locksAccount: true,
};
