import type { TableData } from "./personal-data.classes.ts";

const PROFILE =
  "given_name middle_name family_name honorific_prefix honorific_suffix nick_name employee_number title department division cost_center employee_type location country locale preferred_language timezone tags attributes hired_on terminates_on";
const SEARCHED =
  "username display_name status_reason email email_domain email_verified phone external_id external_ids last_login_at last_login_country failed_login_count password_changed_at mfa_enrolled mfa_methods active_session_count risk_score words";
const STANDS =
  "version status status_changed_at status_until source created_at updated_at deleted_at org_unit_id unit_path manager_id manager_chain manager_status direct_report_count role_keys permissions role_grants reckoned_at group_keys group_ids invited_at";

/** What belongs to a person. */
export const PEOPLE_TABLES: Readonly<Record<string, TableData>> = {
  user_account: {
    person: "id",
    fate: "CLEARED",
    columns: {
      plain: "id",
      personal: `username display_name status_reason status_before status_until source ${PROFILE}`,
      standing: "version status status_changed_at org_unit_id manager_id created_at updated_at deleted_at erased_at",
    },
  },
  user_address: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id",
      personal: "place type is_primary street_address locality region postal_code country",
    },
  },
  user_email: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id", personal: "place value type is_primary verified" },
  },
  user_phone: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id", personal: "place value type is_primary" },
  },
  user_identity: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id", personal: "place source issuer external_id last_synced_at" },
  },
  user_security: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "user_id",
      personal:
        "last_login_at last_login_country failed_login_count password_changed_at mfa_methods active_session_count risk_score",
    },
  },
  user_password: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "user_id", personal: "alone changed_at", secret: "hash" },
  },
  user_factor: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id",
      personal: "kind name transports backed_up created_at confirmed_at",
      secret: "secret credential_id",
    },
  },
  factor_use: {
    parent: { column: "factor_id", table: "user_factor" },
    fate: "DELETED",
    columns: { plain: "factor_id", personal: "counter last_used_at" },
  },
  factor_grace: { person: "user_id", fate: "DELETED", columns: { plain: "user_id", personal: "began_at" } },
  user_recovery_codes: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "user_id", personal: "created_at", secret: "hashes" },
  },
  user_link: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id email_id", personal: "purpose email created_at expires_at", secret: "hash" },
  },
  session: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id ended_by_kind ended_by_id",
      personal: "method factors enrolment_only created_at authenticated_at expires_at ip user_agent country ended_at",
      name: "ended_by_name",
      words: "end_reason",
    },
  },
  session_use: {
    parent: { column: "session_id", table: "session" },
    fate: "DELETED",
    columns: { plain: "session_id", personal: "last_seen_at", secret: "family_hash turn_hash" },
  },
  sign_in_challenge: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "user_id", personal: "purpose expires_at", secret: "hash webauthn password_hash" },
  },
  sign_in_fact: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id", personal: "at succeeded ip country" },
  },
  service_token: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id maker_ids",
      personal: "name permissions scope_ids created_at expires_at revoked_at previous_until rotated_at",
      secret: "hash previous_hash",
    },
  },
  service_token_use: {
    parent: { column: "token_id", table: "service_token" },
    fate: "DELETED",
    columns: { plain: "token_id", personal: "last_used_at" },
  },
  mail: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id", personal: "kind state created_at finished_at problem" },
  },
  mail_delivery: {
    parent: { column: "mail_id", table: "mail" },
    fate: "DELETED",
    columns: { plain: "mail_id", personal: "attempts next_at until", secret: "sealed" },
  },
  scheduled_transition: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id version user_id author_kind author_id author_token_id author_permissions org_timezone",
      personal:
        "operation due_at effective_on timezone until state created_at updated_at finished_at failure consequences",
      name: "author_name",
      words: "reason",
    },
  },
  user_deletion: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "user_id", personal: "consequences created_at" },
  },
  profile_template_grant: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "grant_id user_id template_id" },
  },
  profile_template_fill: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id template_id", personal: "field value" },
  },
  profile_template_member: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "member_id user_id template_id" },
  },
  onboarding: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "user_id", personal: "starts_on created_at" },
  },
  transfer: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "transition_id user_id", personal: "changes fill promised created_at" },
  },
  offboarding: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "transition_id user_id successor_id", personal: "last_day created_at" },
  },
  bulk_item: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "plan_id place turn user_id new_id source_row step version version_after",
      personal: "change finding before after problem notes outcome outcome_problem undo",
    },
  },
  bulk_effect: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "plan_id search_id user_id", personal: "joins" },
  },
  role_grant: {
    person: "user_id",
    fate: "DELETED",
    columns: {
      plain: "id user_id group_id role_id scope_id granted_by_kind granted_by_id",
      personal: "starts_at expires_at granted_at revoked_at",
      name: "granted_by_name",
      words: "reason",
    },
  },
  group_member: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id group_id user_id", personal: "joined_at" },
  },
  legal_hold: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id placed_by_id released_by_id", personal: "placed_at released_at", words: "reason" },
  },
  personal_export: {
    person: "user_id",
    fate: "DELETED",
    columns: { plain: "id user_id exported_by_id", personal: "exported_at" },
  },
  user_search: {
    person: "user_id",
    fate: "DERIVED",
    columns: { plain: "user_id", personal: `${SEARCHED} ${PROFILE}`, standing: STANDS },
  },
  user_attribute: {
    person: "user_id",
    fate: "DERIVED",
    columns: { plain: "user_id", personal: "key number day text" },
  },
  attribute_holder: {
    person: "user_id",
    fate: "DERIVED",
    columns: { plain: "user_id key", secret: "digest" },
  },
  user_version: {
    person: "user_id",
    fate: "LOG",
    columns: {
      plain: "id user_id from_commit to_commit",
      personal: `${SEARCHED} ${PROFILE}`,
      standing: `valid_from valid_until ${STANDS}`,
    },
  },
};
