import type { Generated } from "kysely";

/*
 * The tables of approvals. How values arrive: see tables.ts.
 */

/** A change that waits for another person's word, or did. */
export interface ApprovalRequestRow {
  id: string;
  version: Generated<number>;
  kind: string;
  state: "PENDING" | "APPROVED" | "REJECTED" | "EXPIRED" | "CANCELLED" | "FAILED";
  user_id: string | null;
  subject_id: string | null;
  requester_kind: "USER" | "SERVICE" | "SYSTEM";
  requester_id: string | null;
  requester_name: string;
  reason: string | null;
  payload: Record<string, unknown>;
  steps: Record<string, unknown>[];
  step: number;
  expires_at: Date;
  remind_at: Date | null;
  remind_minutes: number | null;
  reminders: Generated<number>;
  failure_code: string | null;
  failure_message: string | null;
  created_at: Date;
  updated_at: Date;
  closed_at: Date | null;
}

/** Who decides in whose place. */
export interface ApprovalDelegationRow {
  id: string;
  user_id: string;
  delegate_id: string;
  starts_at: Date;
  ends_at: Date;
  ended_at: Date | null;
  created_at: Date;
}

/** Who decides sensitive changes of whose profile. */
export interface ApprovalPolicyRow {
  id: string;
  version: Generated<number>;
  name: string;
  fields: string[];
  filter: Record<string, unknown>;
  priority: number;
  expires_after_hours: number;
  remind_every_hours: number | null;
  created_at: Date;
  updated_at: Date;
}

/** One way of being the one who decides a step of a policy. */
export interface ApprovalPolicyDeciderRow {
  id: string;
  approval_policy_id: string;
  step: number;
  by: "MANAGER" | "UNIT_HEAD" | "ROLE" | "PERMISSION";
  role_id: string | null;
  permission: string | null;
  everywhere: Generated<boolean>;
}

export interface ApprovalTables {
  approval_request: ApprovalRequestRow;
  approval_delegation: ApprovalDelegationRow;
  approval_policy: ApprovalPolicyRow;
  approval_policy_decider: ApprovalPolicyDeciderRow;
}
