import { Migration } from "@mikro-orm/migrations";

/**
 * Whom the time that passes concerns is looked up by indexes, nearly always of nobody, and every second: to begin workers for that took ten times as long as
 * looking, and a core from everybody else.
 */
export class Migration0088LoneLooks extends Migration {
  override up(): void {
    this.addSql(`
ALTER FUNCTION time_crossers(timestamptz, timestamptz) SET max_parallel_workers_per_gather = 0;
ALTER FUNCTION crossers_of(jsonb, timestamptz, timestamptz) SET max_parallel_workers_per_gather = 0;`);
  }
}
