import { sql } from "kysely";
import type { Placed } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { CompactMap } from "../../kernel/compact-map.ts";
import type { RollcallError } from "../../kernel/errors.ts";
import type { PersonChange } from "./bulk.change.ts";
import type { Decision } from "./bulk.decision.ts";
import { HELD_BY_ANOTHER } from "./bulk.write.ts";

/**
 * Whom a rehearsal would make, where it changes nobody. Then nothing that was written would be read again but that a manager is there, and that nobody else
 * holds an address or an identity: so nobody is written to be taken back.
 */
export class Unwritten {
  readonly #paths = new CompactMap<readonly string[]>();
  readonly #known = new Map<string, readonly string[]>();

  /** `onDeciding`: is called when everything is loaded that deciding about a batch takes: what it sends is carried out meanwhile. */
  constructor(private readonly onDeciding: () => void) {}

  /** The managers in a batch who are not written; to be asked for when the database has been asked everything else. */
  among(wanted: readonly { change: PersonChange }[]): ReadonlyMap<string, Placed> {
    this.onDeciding();
    const managers = new Map<string, Placed>();
    for (const { change } of wanted) {
      const id = change.profile?.managerId;
      const unitPath = id ? this.#paths.get(id) : undefined;
      if (id && unitPath) managers.set(id, { userId: id, unitPath, deleted: false });
    }
    return managers;
  }

  /** These people would be made: whoever comes later may report to them. */
  add(due: readonly Decision[]): void {
    for (const { userId, place } of due) this.#paths.set(userId, this.#shared(place.unitPath));
  }

  /** The same list for all who stand in one unit. */
  #shared(path: readonly string[]): readonly string[] {
    const known = this.#known.get(path.join());
    if (!known) this.#known.set(path.join(), path);
    return known ?? path;
  }
}

/** Who of those who are not written would hold an address or an identity that somebody has in the directory, by the rule of the commit. */
export async function holdingOthers(tx: Tx, due: readonly Decision[]): Promise<ReadonlyMap<string, RollcallError>> {
  const added = (list: "emails" | "identities") =>
    due.flatMap(({ contacts }) => contacts?.lists.filter((one) => one.list === list).flatMap((one) => one.added) ?? []);
  const emails = added("emails").filter(({ is_primary }) => is_primary === true);
  const identities = added("identities");
  if (emails.length + identities.length === 0) return new Map();
  const { rows } = await sql<{ id: string }>`
    SELECT own.user_id AS id FROM json_populate_recordset(NULL::user_email, ${JSON.stringify(emails)}::json) own
    JOIN user_email other ON fold(other.value) = fold(own.value) AND other.is_primary
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED'
    UNION
    SELECT own.user_id FROM json_populate_recordset(NULL::user_identity, ${JSON.stringify(identities)}::json) own
    JOIN user_identity other ON other.source = own.source AND fold(other.external_id) = fold(own.external_id)
      AND fold(other.issuer) IS NOT DISTINCT FROM fold(own.issuer)
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED'`.execute(tx.sql);
  return new Map(rows.map(({ id }) => [id, HELD_BY_ANOTHER]));
}
