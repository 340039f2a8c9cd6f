import type { Generated } from "kysely";
import type { BulkProblem } from "./bulk-tables.ts";

/*
 * The tables of retention: schema/RETENTION.md. How values arrive: see tables.ts.
 */

export type RetentionAction = "ARCHIVE" | "DELETE" | "ERASE";
export type RetentionRunState = "WAITING_APPROVAL" | "RUNNING" | "DONE" | "CANCELLED";
export type RetentionOutcome = "DONE" | "PASSED_OVER";
export type RetentionObstacle = "LEGAL_HOLD" | "STILL_RESTORABLE" | "GUARD" | "NO_LONGER_DUE" | "FAILED";

/** What is done with people who have been in a status for long enough. */
export interface RetentionPolicyRow {
  id: string;
  version: Generated<number>;
  name: string;
  status: string;
  days: number;
  filter: Record<string, unknown> | null;
  action: RetentionAction;
  enabled: boolean;
  max_people: number | null;
  max_percent: number | null;
  /** The version that a second person agreed to. */
  approved_version: number | null;
  approval_id: string | null;
  author_kind: "USER" | "SERVICE" | "SYSTEM";
  author_id: string | null;
  author_name: string;
  in_force_at: Date;
  created_at: Date;
  updated_at: Date;
}

/** What a policy did at a time. */
export interface RetentionRunRow {
  id: string;
  policy_id: string;
  policy_version: number;
  policy_name: string;
  action: RetentionAction;
  state: RetentionRunState;
  day: string | null;
  author_kind: "USER" | "SERVICE" | "SYSTEM";
  author_id: string | null;
  author_name: string;
  operation_id: string;
  people: number;
  done: Generated<number>;
  passed_over: Generated<number>;
  /** A list, given as text. */
  limits: unknown;
  approval_id: string | null;
  problem: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** Somebody of a run. */
export interface RetentionItemRow {
  run_id: string;
  place: number;
  user_id: string;
  outcome: RetentionOutcome | null;
  obstacle: RetentionObstacle | null;
  problem: BulkProblem | null;
}

/** The tables of this file, by name. */
export interface RetentionTables {
  retention_policy: RetentionPolicyRow;
  retention_run: RetentionRunRow;
  retention_item: RetentionItemRow;
}
