import { type Kysely, sql } from "kysely";
import { joinReach, type Reach, type Viewer } from "../../access/actor.ts";
import { maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Change } from "../../feed/change.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { toInput } from "../../search/print.ts";
import { DEFINED, type DefinedRow, definedOf } from "../attributes/attribute.defined.ts";
import { pathsOfUnits } from "../org/org-unit.path.ts";
import { requireUserSearch } from "../users/user.askable.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { placesOfUsers } from "../users/user.place.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { requireAskableFilter } from "./search.askable.ts";

/** Why a search is not matched: what its owner may no longer ask about. */
export type Refusal = NonNullable<MatchedSearchRow["refusal"]>;

/** Whose a search is: a person's, or a machine's token's. */
export interface Holder {
  ownerId: string | null;
  tokenId: string | null;
}

/** Decides, by the rights that owners hold at this moment, whether their searches are matched. */
export class SearchRefusals {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
  ) {}

  /** The owner as somebody who asks, as of this moment. */
  viewerOf(holder: Holder): Promise<Viewer> {
    return ownerAsViewer(this.database.reader, holder);
  }

  /** Those of the owners whose rights a change of a role, of what it inherits, or of a group's grant may concern: their search rows may follow only much later. */
  async concernedBy({ table, rowId, before, after }: Change, owners: readonly string[]): Promise<string[]> {
    const row = after ?? before;
    if (table === "role_grant") {
      const { rows } = await sql<{ id: string }>`
        SELECT user_id AS id FROM group_member WHERE group_id = ${row?.group_id as string}::uuid AND user_id = ANY(${owners}::uuid[])`.execute(
        this.database.reader,
      );
      return rows.map(({ id }) => id);
    }
    const { rows } = await sql<{ id: string }>`
      WITH RECURSIVE above (id) AS (
        SELECT ${table === "role" ? rowId : (row?.role_id as string)}::uuid
        UNION SELECT i.role_id FROM above JOIN role_inheritance i ON i.inherits_id = above.id)
      SELECT DISTINCT g.user_id AS id FROM above JOIN held_grant g ON g.role_id = above.id
      WHERE g.revoked_at IS NULL AND g.user_id = ANY(${owners}::uuid[])`.execute(this.database.reader);
    return rows.map(({ id }) => id);
  }

  /** What stands in the way of matching a filter for this owner; null where nothing does. */
  async of(owner: Viewer, filter: Filter): Promise<Refusal | null> {
    try {
      await requireAskableFilter(this.users, owner, filter);
      return null;
    } catch (error) {
      if (!(error instanceof RollcallError) || error.code !== "FIELD_FORBIDDEN") return unlessAbsent(error);
      const { field, permission } = error.details;
      return { field: field ?? "", permission: permission ?? null };
    }
  }
}

/** A manager who is out of the owner's sight is no field that they may not read: whoever subscribes is judged for themselves. */
function unlessAbsent(error: unknown): null {
  if (error instanceof RollcallError && error.code === "NOT_FOUND") return null;
  throw error;
}

/** What whoever asks for the changes of such a search is told. */
export const refused = ({ field, permission }: Refusal): RollcallError =>
  new RollcallError("FIELD_FORBIDDEN", `The search is not matched: its owner may no longer ask about ${field}.`, {
    field,
    ...(permission === null ? {} : { permission }),
  });

/** The owner as somebody who asks. Somebody who may not sign in for now keeps what they were granted; a revoked token holds nothing. */
async function ownerAsViewer(db: Kysely<Tables>, { ownerId, tokenId }: Holder): Promise<Viewer> {
  const { rows } = await sql<{ now: Date; held: [string, string | null][]; defined: DefinedRow[] | null }>`
    WITH RECURSIVE clock AS MATERIALIZED (SELECT rollcall_now() AS now),
    granted (role_id, scope_id) AS (
      SELECT g.role_id, g.scope_id FROM clock JOIN held_grant g ON g.user_id = ${ownerId}::uuid
      WHERE g.revoked_at IS NULL AND g.starts_at <= clock.now AND (g.expires_at IS NULL OR g.expires_at > clock.now)
      UNION SELECT i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id),
    held (permission, scope_id) AS (
      SELECT p.name, granted.scope_id FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
      UNION SELECT p.name, s.id FROM service_token t CROSS JOIN unnest(t.permissions) p (name)
      CROSS JOIN unnest(coalesce(t.scope_ids, ARRAY[NULL::uuid])) s (id)
      WHERE t.id = ${tokenId}::uuid AND t.revoked_at IS NULL AND (t.scope_ids IS NULL OR s.id IS NOT NULL))
    SELECT clock.now, (SELECT coalesce(jsonb_agg(jsonb_build_array(permission, scope_id)), '[]') FROM held) AS held, ${DEFINED} AS defined FROM clock`.execute(
    db,
  );
  const { now, held, defined } = rows[0] as (typeof rows)[number];
  const grants = new Map<Permission, Reach>();
  for (const [permission, scope] of held)
    if (Object.hasOwn(PERMISSIONS, permission)) {
      const known = permission as Permission;
      grants.set(known, joinReach(grants.get(known) ?? [], scope === null ? "everywhere" : [scope]));
    }
  const who = ownerId === null ? ({ kind: "SERVICE", id: tokenId } as const) : ({ kind: "USER", id: ownerId } as const);
  return { ...who, name: "owner", userId: ownerId, grants, now, ...definedOf(defined) };
}

/** Whether a search of this owner's would not be matched by what a transaction under way leaves them with. */
export async function isRefusedIn(tx: Tx, holder: Holder, filter: Filter): Promise<boolean> {
  const owner = await ownerAsViewer(tx.sql, holder);
  const parsed = parseFilterWithPaths(toInput(filter, userCatalogue), { catalogue: userCatalogue });
  const visible = async (viewer: Viewer, ids: readonly string[]) => {
    const places = await placesOfUsers(tx.sql, ids, viewer);
    return new Set([...places.values()].filter((place) => maySee(viewer, place)).map(({ userId }) => userId));
  };
  try {
    await requireUserSearch(owner, parsed, new Map(), (units) => pathsOfUnits(tx.sql, units), visible);
    return false;
  } catch (error) {
    if (error instanceof RollcallError && error.code === "FIELD_FORBIDDEN") return true;
    unlessAbsent(error);
    return false;
  }
}
