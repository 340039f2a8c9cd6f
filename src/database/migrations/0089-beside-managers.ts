import { Migration } from "@mikro-orm/migrations";

/** Who leads nobody is made with their manager, in one commit. */
export class Migration0089BesideManagers extends Migration {
  override up(): void {
    this.addSql(`
-- The row of the manager beside whom the row's person is made; null where they are made by themselves.
ALTER TABLE import_row ADD beside integer;`);
  }
}
