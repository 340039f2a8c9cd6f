import { Migration } from "@mikro-orm/migrations";

/** Limits over a time: several small plans in a row count together. */
export class Migration0044LimitWindow extends Migration {
  override up(): void {
    this.addSql(`
ALTER TABLE safety_limit
  -- Over how many hours plans count together; null: each by itself.
  ADD COLUMN window_hours integer CHECK (window_hours BETWEEN 1 AND 8760),
  -- Whose plans.
  ADD COLUMN window_of text NOT NULL DEFAULT 'PLANNER' CHECK (window_of IN ('PLANNER', 'EVERYBODY'));
SELECT capture_table('safety_limit');
-- What was let be applied without a second person, latest first.
CREATE INDEX bulk_plan_unapproved ON bulk_plan (ready_at) WHERE ready_at IS NOT NULL AND approval_id IS NULL;`);
  }
}
