import { Migration } from "@mikro-orm/migrations";

/**
 * What somebody tried and was denied, or what failed: written in a transaction of its own, after the roll-back, and captured like
 * any other row, so that it has its place in the log. It names what was tried and on whom, never with which values.
 */
export class Migration0006AuditAttempt extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE audit_attempt (
  id uuid PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('DENIED', 'FAILED')),
  -- The error's code, and the field of the API that was called.
  code text NOT NULL,
  operation text NOT NULL,
  subject_kind text,
  subject_id uuid,
  -- Attempts of the same actor that were left out since the one before, because there were too many.
  omitted integer NOT NULL DEFAULT 0,
  CHECK ((subject_kind IS NULL) = (subject_id IS NULL))
);
SELECT capture_table('audit_attempt');
`);
  }
}
