import { Migration } from "@mikro-orm/migrations";

/** Who is in a file for nothing is known before anybody is locked. */
export class Migration0087UnchangedRows extends Migration {
  override up(): void {
    this.addSql(`
-- The version at which the row was seen to change nothing of the person.
ALTER TABLE import_row ADD unchanged integer;`);
  }
}
