import { Migration } from "@mikro-orm/migrations";

/**
 * Who was told a secret of a machine's token: what the machine asks for is theirs. Null of tokens from before it was kept, and of those that
 * older code makes. And the reason of a plan is not written to the log beside the commit's own: it is words of whoever planned, and goes with them.
 */
export class Migration0041TokenMakers extends Migration {
  override up(): void {
    this.addSql("ALTER TABLE service_token ADD COLUMN maker_ids uuid[]");
    this.addSql("SELECT capture_table('service_token', hidden => '{hash,previous_hash}')");
    this.addSql("SELECT capture_table('bulk_plan', hidden => '{preview,ip,reason}')");
  }
}
