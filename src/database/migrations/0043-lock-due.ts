import { Migration } from "@mikro-orm/migrations";

/** From when on any gateway locks an account whose last attempt failed: one that dies behind its answer leaves that to the others. */
export class Migration0043LockDue extends Migration {
  override up(): void {
    this.addSql(`
ALTER TABLE sign_in_counter ADD COLUMN lock_due timestamptz(3);
CREATE INDEX sign_in_counter_lock_due ON sign_in_counter (lock_due) WHERE lock_due IS NOT NULL;`);
  }
}
