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

export interface ApprovalTables {
  approval_request: ApprovalRequestRow;
  approval_delegation: ApprovalDelegationRow;
}
