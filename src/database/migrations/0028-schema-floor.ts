import { Migration } from "@mikro-orm/migrations";

/**
 * How old a gateway may be that works on this schema: it must know the migration named here. A migration only adds, so that gateways of
 * the version before go on while others are replaced; the one that takes something away, when nobody needs it any more, raises the floor
 * to the migration since which nobody has.
 */
export class Migration0028SchemaFloor extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE schema_floor (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  migration text NOT NULL
);
INSERT INTO schema_floor (migration) VALUES ('0028-schema-floor');
`);
  }
}
