import type { Generated, Selectable } from "kysely";

/*
 * The tables of bulk changes. How values arrive: see tables.ts.
 */

/** Above what a second person must agree. */
export interface SafetyLimitRow {
  id: string;
  version: Generated<number>;
  name: string;
  max_people: number | null;
  max_percent: number | null;
  share_of: "DIRECTORY" | "SCOPE";
  filter: Record<string, unknown> | null;
  search_name: string | null;
  aspects: string[];
  window_hours: number | null;
  window_of: Generated<"PLANNER" | "EVERYBODY">;
  created_at: Date;
  updated_at: Date;
}

export type BulkState =
  | "PLANNING"
  | "PLANNED"
  | "WAITING_APPROVAL"
  | "READY"
  | "APPLYING"
  | "DONE"
  | "CANCELLED"
  | "FAILED"
  | "EXPIRED";

/** A plan, and how far it has come. */
export interface BulkPlanRow {
  id: string;
  state: BulkState;
  kind: "CHANGE" | "REVERT" | "IMPORT";
  target: Record<string, unknown>;
  change: Record<string, unknown> | null;
  reason: string | null;
  planner_kind: "USER" | "SERVICE" | "SYSTEM";
  planner_id: string | null;
  planner_name: string;
  token_id: string | null;
  operation_id: string;
  reverts_id: string | null;
  limits_known: string;
  needs_approval: boolean;
  approval_id: string | null;
  people: number;
  changing: number;
  unchanged: number;
  errors: number;
  creating: Generated<number>;
  missing: Generated<number>;
  problems: Generated<number>;
  upload_id: string | null;
  changed: Generated<number>;
  same: Generated<number>;
  conflicts: Generated<number>;
  refused: Generated<number>;
  failed: Generated<number>;
  skipped: Generated<number>;
  people_per_second: number | null;
  problem: string | null;
  created_at: Date;
  expires_at: Date;
  ready_at: Date | null;
  started_at: Date | null;
  updated_at: Date;
  finished_at: Date | null;
  ip: string | null;
  preview: Record<string, unknown>;
}

/** A plan as it is read. */
export type BulkPlanRecord = Selectable<BulkPlanRow>;

export type BulkFinding = "CREATE" | "CHANGE" | "UNCHANGED" | "ERROR" | "MISSING";
export type BulkOutcome = "CHANGED" | "UNCHANGED" | "CONFLICT" | "REFUSED" | "FAILED" | "SKIPPED";

/** Why somebody cannot be, or was not, changed. */
export interface BulkProblem {
  code: string;
  message: string;
  field?: string | undefined;
  permission?: string | undefined;
  /** Which value of the change it is about. */
  path?: string | undefined;
}

/** What a plan found about a person, and what became of it. */
export interface BulkItemRow {
  plan_id: string;
  place: number;
  /** In which order they are changed; null in that of their places. */
  turn: number | null;
  /** Null as long as there is no such person: `new_id` is whom the plan makes. */
  user_id: string | null;
  new_id: string | null;
  source_row: number | null;
  step: Generated<number>;
  version: number;
  change: Record<string, unknown> | null;
  finding: BulkFinding;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  problem: BulkProblem | null;
  notes: string[];
  outcome: BulkOutcome | null;
  outcome_problem: BulkProblem | null;
  version_after: number | null;
  undo: Record<string, unknown> | null;
}

/** Somebody who would join or leave a saved search. */
export interface BulkEffectRow {
  plan_id: string;
  search_id: string;
  user_id: string;
  joins: boolean;
}

/** By name. */
export interface BulkTables {
  safety_limit: SafetyLimitRow;
  bulk_plan: BulkPlanRow;
  bulk_item: BulkItemRow;
  bulk_effect: BulkEffectRow;
}
