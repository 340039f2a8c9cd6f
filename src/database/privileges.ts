/** The role as which everything but migrations runs on the embedded database. */
export const EMBEDDED_RUN_ROLE = "rollcall_run";

/** The tables that the gateway writes. All others are written by the database itself, and only read by the gateway. */
export const WRITTEN_TABLES = [
  "org_unit",
  "user_account",
  "user_email",
  "user_phone",
  "user_address",
  "user_identity",
  "user_security",
  "role",
  "role_inheritance",
  "role_grant",
  "user_group",
  "group_member",
  "group_head",
  "group_built",
  "access_rule",
  "scheduled_transition",
  "user_deletion",
  "approval_request",
  "approval_delegation",
  "export_link",
  "attribute_definition",
  "legal_hold",
  "user_erasure",
  "personal_export",
  "service_token",
  "service_token_use",
  "saved_search",
  "profile_template",
  "profile_template_role",
  "profile_template_grant",
  "profile_template_fill",
  "profile_template_group",
  "profile_template_member",
  "onboarding",
  "transfer",
  "offboarding",
  "live_filter",
  "user_password",
  "user_factor",
  "factor_use",
  "user_recovery_codes",
  "session",
  "session_use",
  "sign_in_counter",
  "sign_in_fact",
  "sign_in_challenge",
  "sign_in_policy",
  "factor_grace",
  "mail",
  "mail_delivery",
  "user_link",
  "password_reset_request",
  "safety_limit",
  "bulk_plan",
  "bulk_item",
  "bulk_effect",
  "retention_policy",
  "retention_run",
  "retention_item",
  "audit_attempt",
  "idempotency_key",
  "viewer_budget",
] as const;

/** Functions that do for the gateway what it may not do itself, and that nobody else may call. */
const CALLED_FUNCTIONS = [
  "advance_user_versions",
  "seal_events",
  "destroy_subject_key",
  "forget_in_commit",
  "finish_erasure",
  "prune_log",
  "prune_user_versions",
  "detach_audit_partitions",
  "record_matches",
  "pass_time",
  "set_org_days",
  "derive_attribute",
  "advance_attribute_index",
  "rehearse_derivation",
] as const;

/** Statements after which a role may do exactly what the gateway does, whatever it was allowed before. They may run again. */
export function grantsFor(role: string): string[] {
  const name = quoteName(role);
  return [
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`,
    `REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${name}`,
    `GRANT USAGE ON SCHEMA public TO ${name}`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`,
    `GRANT INSERT, UPDATE, DELETE ON ${WRITTEN_TABLES.join(", ")} TO ${name}`,
    `GRANT EXECUTE ON FUNCTION ${CALLED_FUNCTIONS.join(", ")} TO ${name}`,
  ];
}

/** A name as SQL takes it. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
