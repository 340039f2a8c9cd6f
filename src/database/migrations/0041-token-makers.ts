import { Migration } from "@mikro-orm/migrations";

/**
 * Who was told a secret of a machine's token: what the machine asks for is theirs. Null of tokens from before it was kept, and of those that
 * older code makes.
 */
export class Migration0041TokenMakers extends Migration {
  override up(): void {
    this.addSql("ALTER TABLE service_token ADD COLUMN maker_ids uuid[]");
    this.addSql("SELECT capture_table('service_token', hidden => '{hash,previous_hash}')");
  }
}
