import type { Generated } from "kysely";

/** A person's password; the hash never reaches the log. */
export interface UserPasswordRow {
  user_id: string;
  hash: string;
  /** Whether it is long enough to be the only factor. */
  alone: boolean;
  changed_at: Date;
}

/** A second factor; its secret and credential never reach the log. */
export interface UserFactorRow {
  id: string;
  user_id: string;
  kind: string;
  name: string;
  secret: Buffer;
  credential_id: Buffer | null;
  transports: Generated<string[]>;
  backed_up: Generated<boolean>;
  created_at: Date;
  /** Null: begun, and not proved. */
  confirmed_at: Date | null;
}

/** What changes with every use of a factor. Not part of the log. */
export interface FactorUseRow {
  factor_id: string;
  counter: Generated<bigint>;
  last_used_at: Date | null;
}

/** The recovery codes that were not used yet, as hashes. */
export interface UserRecoveryCodesRow {
  user_id: string;
  hashes: Buffer[];
  created_at: Date;
}

/** A session, open or ended. */
export interface SessionRow {
  id: string;
  user_id: string;
  method: string;
  factors: string[];
  enrolment_only: Generated<boolean>;
  created_at: Date;
  authenticated_at: Date;
  expires_at: Date;
  ip: string | null;
  user_agent: string | null;
  country: string | null;
  ended_at: Date | null;
  ended_by_kind: string | null;
  ended_by_id: string | null;
  ended_by_name: string | null;
  end_reason: string | null;
}

/** What changes with every use of a session. Not part of the log. */
export interface SessionUseRow {
  session_id: string;
  last_seen_at: Date;
  family_hash: Buffer;
  turn_hash: Buffer;
}

/** Attempts of an account or of an address since its window began. Not part of the log. */
export interface SignInCounterRow {
  kind: string;
  subject: string;
  attempts: number;
  until: Date;
  /** Null where the account is not to be locked; else when a gateway is to see to it, where none has. */
  lock_due: Date | null;
}

/** What a sign-in has to tell of a person, on its way to `user_security`. Not part of the log. */
export interface SignInFactRow {
  id: Generated<bigint>;
  user_id: string | null;
  at: Date;
  succeeded: boolean;
  ip: string | null;
  country: string | null;
}

/** A sign-in or an enrolment under way. Not part of the log. */
export interface SignInChallengeRow {
  hash: Buffer;
  purpose: string;
  user_id: string | null;
  webauthn: string;
  password_hash: string | null;
  expires_at: Date;
}

/** Who must have which factor. */
export interface SignInPolicyRow {
  id: string;
  version: Generated<number>;
  name: string;
  filter: Record<string, unknown>;
  require: string;
  grace_days: number;
  created_at: Date;
  updated_at: Date;
}

/** When a policy first asked a person for a factor that they did not have. Not part of the log. */
export interface FactorGraceRow {
  user_id: string;
  began_at: Date;
}

/** The tables of sign-in, by name. */
export interface SignInTables {
  user_password: UserPasswordRow;
  user_factor: UserFactorRow;
  factor_use: FactorUseRow;
  user_recovery_codes: UserRecoveryCodesRow;
  session: SessionRow;
  session_use: SessionUseRow;
  sign_in_counter: SignInCounterRow;
  sign_in_fact: SignInFactRow;
  sign_in_challenge: SignInChallengeRow;
  sign_in_policy: SignInPolicyRow;
  factor_grace: FactorGraceRow;
}
