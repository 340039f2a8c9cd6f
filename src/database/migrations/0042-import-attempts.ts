import { Migration } from "@mikro-orm/migrations";

/** How often making a plan of a file was begun, so that a file that no gateway survives holds up nobody; and indexes as its rows are asked for. */
export class Migration0042ImportAttempts extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE import_attempt (
  plan_id uuid PRIMARY KEY REFERENCES bulk_plan (id) ON DELETE CASCADE,
  count integer NOT NULL,
  begun_at timestamptz(3) NOT NULL
);
CREATE INDEX import_row_order ON import_row (plan_id, step, source_row);
CREATE INDEX import_row_manager ON import_row (plan_id, manager_key) WHERE manager_key IS NOT NULL;
CREATE INDEX import_row_username ON import_row (plan_id, username) WHERE username IS NOT NULL;
CREATE INDEX import_row_user ON import_row (plan_id, user_id) WHERE user_id IS NOT NULL;
-- bulk_item_next has what it had, and more.
DROP INDEX bulk_item_due;
`);
  }
}
