import { Migration } from "@mikro-orm/migrations";

/**
 * The orders that lists of people are most often put in beside their names. Without an index a page of such an order reads everybody. Each costs
 * about two hundredths of what a change of a person takes; so the orders that are seldom asked for go without (docs/performance.md).
 */
export class Migration0016OrderIndexes extends Migration {
  override up(): void {
    this.addSql(`
CREATE INDEX user_search_title_order ON user_search (title COLLATE "und-x-icu", user_id);
CREATE INDEX user_search_department_order ON user_search (department COLLATE "und-x-icu", user_id);
CREATE INDEX user_search_location_order ON user_search (location COLLATE "und-x-icu", user_id);
`);
  }
}
