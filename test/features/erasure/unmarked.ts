/*
 * The columns of words in which nothing of a person is planted, by why. A new column of words is planted with the mark, or stands here.
 */

export const UNMARKED: Readonly<Record<string, string>> = {
  "A code of the gateway's own, of a closed list": `
    approval_policy_decider.by approval_policy_decider.permission approval_request.failure_code approval_request.kind approval_request.requester_kind approval_request.state
    audit_attempt.action audit_attempt.code audit_attempt.operation audit_attempt.outcome audit_attempt.subject_kind
    audit_log.action audit_log.actor_kind audit_log.fields audit_log.kind audit_log.operation audit_log.outcome
    audit_log.subject_kind audit_log.table_name bulk_item.finding bulk_item.outcome bulk_plan.kind bulk_plan.limits_known
    bulk_plan.planner_kind bulk_plan.state change.hidden change.operation change.table_name commit.action commit.actor_kind
    commit.kind export_link.file_format export_link.kind export_link.state feed_consumer.name idempotency_key.mutation
    mail.kind mail.state matched_search.refusal matched_search.visibility matched_search.watch profile_template.require profile_template_fill.field
    profile_template_role.reach retention_item.obstacle retention_item.outcome retention_policy.action
    retention_policy.author_kind retention_policy.status retention_run.action retention_run.author_kind retention_run.state
    role_grant.granted_by_kind safety_limit.aspects safety_limit.share_of safety_limit.window_of saved_search.visibility
    saved_search.watch scheduled_transition.author_kind scheduled_transition.author_permissions
    scheduled_transition.operation scheduled_transition.state service_token.permissions session.ended_by_kind
    session.factors session.method sign_in_challenge.purpose sign_in_counter.kind time_edge.field user_account.employee_type
    user_account.source user_account.status user_account.status_before user_erasure.gone user_erasure.ground
    user_factor.kind user_identity.source user_link.purpose user_security.mfa_methods user_search.employee_type
    user_search.manager_status user_search.mfa_methods user_search.permissions user_search.source user_search.status
    user_version.employee_type user_version.manager_status user_version.mfa_methods user_version.permissions
    user_version.source user_version.status
  `,
  "The name of a time zone": `
    scheduled_transition.org_timezone scheduled_transition.timezone user_account.timezone user_search.timezone
    user_version.timezone
  `,
  "An id, a digest or a position": `
    approval_request.subject_id change.digests audit_detachment.last_hash audit_detachment.partition audit_log.ip_token
    audit_log.operation_id audit_log.request_id audit_partition.name commit.operation_id commit.request_id
    idempotency_key.actor saved_search.filter_hash sign_in_counter.subject time_edge.key user_erasure.named
    viewer_budget.key schema_floor.migration schema_migration.name sign_in_challenge.password_hash
    sign_in_challenge.webauthn
  `,
  "A setting of the organisation: whatever names somebody in it is told of, and stays": `
    access_rule.actor access_rule.hours access_rule.name access_rule.networks access_rule.object access_rule.permissions
    access_rule.timezone approval_policy.fields approval_policy.filter approval_policy.name attribute_definition.choices attribute_definition.description attribute_definition.key
    attribute_definition.name attribute_definition.pattern attribute_definition.read_permission attribute_definition.state
    attribute_definition.type attribute_holder.key attribute_index.key import_template.name import_template.reading
    org_unit.code org_unit.kind org_unit.name org_unit_path.code_path profile_template.defaults profile_template.filter
    profile_template.name retention_policy.filter retention_policy.name role.description role.key role.name role.permissions
    safety_limit.filter safety_limit.name safety_limit.search_name sign_in_policy.filter sign_in_policy.name
    sign_in_policy.require user_group.description user_group.key user_group.kind user_group.name user_search.group_keys
    user_search.role_grants user_search.role_keys user_version.group_keys user_version.role_grants user_version.role_keys
    user_attribute.key
  `,
  "Derived from what is planted, in a form of its own: what it was goes with it": `
    user_attribute.text user_search.email_domain user_search.words user_version.email_domain user_version.words
  `,
  "The gateway's own words about a number or a cell, without what stood there": `
    import_problem.header import_problem.message retention_item.problem retention_run.limits
  `,
  "A filter of a subscription under way, which goes with its socket": `
    live_filter.filter
  `,
};
