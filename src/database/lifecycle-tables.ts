import type { Generated } from "kysely";

/*
 * The tables of the lifecycle. How values arrive: see tables.ts.
 */

/** A step of somebody's lifecycle that is to be taken at its time, or was, or was not. */
export interface ScheduledTransitionRow {
  id: string;
  version: Generated<number>;
  user_id: string;
  operation: string;
  due_at: Date;
  effective_on: string | null;
  /** Of the date; the database's own doing. */
  timezone: Generated<string | null>;
  org_timezone: string;
  until: Date | null;
  reason: string | null;
  state: string;
  author_kind: string;
  author_id: string | null;
  author_name: string;
  author_token_id: string | null;
  author_permissions: string[] | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
  failure: Record<string, unknown> | null;
  consequences: Generated<unknown>;
}

/** What the deletion of a person ended, while they are deleted. */
export interface UserDeletionRow {
  user_id: string;
  consequences: unknown;
  created_at: Date;
}

export interface LifecycleTables {
  scheduled_transition: ScheduledTransitionRow;
  user_deletion: UserDeletionRow;
}
