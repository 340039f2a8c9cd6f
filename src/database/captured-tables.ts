import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * The tables whose every write is a change in the log. They stand here, and are not read from the database, since whoever drops a table's triggers
 * drops what says that it had any.
 */
export const CAPTURED_TABLES = [
  "access_rule",
  "approval_delegation",
  "approval_policy",
  "approval_policy_decider",
  "approval_request",
  "attribute_definition",
  "audit_attempt",
  "audit_detachment",
  "bulk_plan",
  "export_link",
  "group_member",
  "import_template",
  "import_upload",
  "legal_hold",
  "mail",
  "offboarding",
  "onboarding",
  "org_unit",
  "personal_export",
  "profile_template",
  "profile_template_fill",
  "profile_template_grant",
  "profile_template_group",
  "profile_template_member",
  "profile_template_role",
  "retention_policy",
  "retention_run",
  "role",
  "role_grant",
  "role_inheritance",
  "safety_limit",
  "saved_search",
  "scheduled_transition",
  "service_token",
  "session",
  "sign_in_policy",
  "transfer",
  "user_account",
  "user_address",
  "user_deletion",
  "user_email",
  "user_erasure",
  "user_factor",
  "user_group",
  "user_identity",
  "user_link",
  "user_password",
  "user_phone",
  "user_recovery_codes",
  "user_search",
  "user_security",
] as const;

/** The columns of them whose values are not in the log, but for a digest. */
export const HIDDEN_COLUMNS: Readonly<Partial<Record<string, readonly string[]>>> = {
  approval_request: ["payload", "reason"],
  bulk_plan: ["preview", "ip", "reason"],
  export_link: ["secret_hash", "payload"],
  import_upload: ["sha256"],
  profile_template_fill: ["value"],
  service_token: ["hash", "previous_hash"],
  transfer: ["changes"],
  user_factor: ["secret", "credential_id"],
  user_link: ["hash", "email"],
  user_password: ["hash"],
  user_recovery_codes: ["hashes"],
};

const TRIGGERS = ["capture_insert", "capture_update", "capture_delete", "refuse_truncate", "refuse_key_change"];

/** Those of them that can be written past the log at this moment: a trigger is missing, disabled, or does not fire for replicas. */
export async function uncapturedTables(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT captured.name FROM unnest(${[...CAPTURED_TABLES]}::text[]) captured (name)
    WHERE (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = to_regclass('public.' || captured.name) AND t.tgenabled = 'A'
      AND t.tgname = ANY (${TRIGGERS}::text[])) < ${TRIGGERS.length}
    ORDER BY 1`.execute(db);
  return rows.map(({ name }) => name);
}
