import { Migration } from "@mikro-orm/migrations";

/** Who leads nobody is made with their manager, in one commit. */
export class Migration0089BesideManagers extends Migration {
  override up(): void {
    this.addSql(`
-- The row of the manager beside whom the row's person is made; null where they are made by themselves.
ALTER TABLE import_row ADD beside integer;
-- In which order people are changed, where that is another than the one in which a plan shows them.
ALTER TABLE bulk_item ADD turn integer;
-- As bulk_item_next, by which older gateways go on.
CREATE INDEX bulk_item_turn ON bulk_item (plan_id, coalesce(turn, place)) WHERE finding IN ('CREATE', 'CHANGE', 'MISSING') AND outcome IS NULL;`);
  }
}
