import { Migration } from "@mikro-orm/migrations";

/**
 * The clock goes by no setting any more. Anybody may set a parameter with a dot in its name on a connection of their own, so a
 * clock that honours one is a clock that whoever may connect can move.
 */
export class Migration0015ImmovableClock extends Migration {
  override up(): void {
    this.addSql(`
CREATE OR REPLACE FUNCTION rollcall_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT date_trunc('milliseconds', clock_timestamp()) $$;
`);
  }
}
