import { Migration } from "@mikro-orm/migrations";

/**
 * A scheduled step keeps the token and the permissions that its author had, so that it lends no more on its day, and a move what templates wanted to give
 * when it was scheduled.
 */
export class Migration0040StepAuthor extends Migration {
  override up(): void {
    this.addSql(`
ALTER TABLE scheduled_transition
  -- By which token the author asked; it may be gone by now.
  ADD COLUMN author_token_id uuid,
  -- What the author could use then; null where that was not kept.
  ADD COLUMN author_permissions text[];
SELECT capture_table('scheduled_transition');

-- The roles and groups that templates wanted to give when the move was scheduled.
ALTER TABLE transfer ADD COLUMN promised jsonb;
SELECT capture_table('transfer', hidden => '{changes}');
`);
  }
}
