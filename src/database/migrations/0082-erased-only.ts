import { Migration } from "@mikro-orm/migrations";

/** Nobody's past can be taken out of the log who was not erased. 0054 says so itself by now; databases of before know this one by its name. */
export class Migration0082ErasedOnly extends Migration {
  override up(): void {
    // Nothing is left to be done.
  }
}
