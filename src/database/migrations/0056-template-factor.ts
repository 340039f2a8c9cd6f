import { Migration } from "@mikro-orm/migrations";

/** The second factor that a profile template demands of whom it fits: schema/JOINER-MOVER-LEAVER.md. */
export class Migration0056TemplateFactor extends Migration {
  override up(): void {
    this.addSql(`
ALTER TABLE profile_template ADD COLUMN require text CHECK (require IN ('MFA', 'PASSKEY')),
  ADD COLUMN grace_days integer NOT NULL DEFAULT 0 CHECK (grace_days >= 0);
SELECT capture_table('profile_template');`);
  }
}
