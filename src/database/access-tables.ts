import type { Generated } from "kysely";

/*
 * The tables of access rules. How values arrive: see tables.ts.
 */

/** What permissions may be used for, and when and from where. */
export interface AccessRuleRow {
  id: string;
  version: Generated<number>;
  name: string;
  permissions: string[];
  actor: Record<string, unknown> | null;
  object: Record<string, unknown> | null;
  hours: Record<string, unknown>[] | null;
  timezone: string;
  networks: string[] | null;
  created_at: Date;
  updated_at: Date;
}

/** A machine's token; only the SHA-256 of its secret is kept, and even that never reaches the log. */
export interface ServiceTokenRow {
  id: string;
  name: string;
  hash: Buffer;
  /** Of the secret before the last rotation, which opens until then. */
  previous_hash: Buffer | null;
  previous_until: Date | null;
  user_id: string | null;
  permissions: string[] | null;
  scope_ids: string[] | null;
  created_at: Date;
  rotated_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

/** When a token was last used, to the minute. Not part of the log. */
export interface ServiceTokenUseRow {
  token_id: string;
  last_used_at: Date;
}
