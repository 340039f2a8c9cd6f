import { Migration } from "@mikro-orm/migrations";

/** Rows of a file are ordered once and read once, in the order that a cursor sorts them in: that takes no index, and less writing than keeping one. */
export class Migration0045Staging extends Migration {
  override up(): void {
    this.addSql(`
DROP INDEX import_row_order;
DROP INDEX import_row_manager;
ALTER TABLE import_row SET (fillfactor = 60);`);
  }
}
