import { Migration } from "@mikro-orm/migrations";

/** What viewers have used of their budgets, where several gateways count in PostgreSQL: schema/LIMITS.md, section 5. */
export class Migration0027Budget extends Migration {
  override up(): void {
    // Counts of a minute: what a crash loses of them is not worth a write to the log for every operation.
    this.addSql(`
CREATE UNLOGGED TABLE viewer_budget (
  -- Which budget, and whose: a viewer's kind and id, or the network of whoever did not sign in.
  key text PRIMARY KEY,
  points bigint NOT NULL,
  -- When its window is over.
  until timestamptz(3) NOT NULL
);
CREATE INDEX viewer_budget_until ON viewer_budget (until);`);
  }
}
