import { Migration } from "@mikro-orm/migrations";

/** Finds the steps that wait in somebody's name: whoever leaves is told of them. */
export class Migration0057WaitingInAName extends Migration {
  override up(): void {
    this.addSql(`
CREATE INDEX scheduled_transition_author ON scheduled_transition (author_id) WHERE state = 'SCHEDULED' AND author_id IS NOT NULL;`);
  }
}
