import { type Kysely, sql } from "kysely";
import { joinReach, type Reach, type Viewer } from "../../access/actor.ts";
import type { UnitPaths } from "../../access/field-policy.ts";
import { maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Change } from "../../feed/change.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { scopeUnits } from "../../search/fields-used.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { toInput } from "../../search/print.ts";
import { narrow, onObject, RULED, type Ruled, type RuledViewer } from "../access-rules/access-rule.narrowing.ts";
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

/** A filter, and who asks by it. */
export interface Asked {
  owner: Viewer;
  filter: Filter;
}

interface LookedUp {
  now: Date;
  today: string;
  held: [string, string | null][];
  defined: DefinedRow[] | null;
  ruled: Ruled | null;
}

/** Decides, by the rights that owners hold at this moment, whether their searches are matched. */
export class SearchRefusals {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
  ) {}

  /** Somebody with what they were granted, access rules aside. Whoever may not sign in for now keeps it; a revoked token holds nothing. */
  async viewerOf(holder: Holder): Promise<Viewer> {
    const [{ ruled: _, today: __, ...viewer }] = (await lookUp(this.database.reader, [holder])) as [
      RuledViewer & { today: string },
    ];
    return viewer;
  }

  /**
   * Owners as those who ask, all looked up in one statement: with what access rules on the object leave them. Hours and networks are those of whoever is there, and
   * say nothing of an owner who is not.
   */
  ownersOf(holders: readonly Holder[]): Promise<Viewer[]> {
    return ownersIn(this.database.reader, holders);
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

  /** What stands in the way of matching each of these filters for its owner; null where nothing does. Where the units stand that they name is read once for all. */
  async of(asked: readonly Asked[]): Promise<(Refusal | null)[]> {
    const named = asked.flatMap(({ filter }) => scopeUnits(filter, userCatalogue).flat());
    const paths = named.length === 0 ? new Map() : await this.users.unitPaths([...new Set(named)]);
    const refusals: (Refusal | null)[] = [];
    for (const { owner, filter } of asked) refusals.push(await this.#refusalOf(owner, filter, paths));
    return refusals;
  }

  async #refusalOf(owner: Viewer, filter: Filter, paths: UnitPaths): Promise<Refusal | null> {
    try {
      await requireAskableFilter(this.users, owner, filter, paths);
      return null;
    } catch (error) {
      if (!(error instanceof RollcallError) || error.code !== "FIELD_FORBIDDEN") return unlessAbsent(error);
      const { field, permission } = error.details;
      return { field: field ?? "", permission: permission ?? null };
    }
  }
}

function ownerFrom({ ownerId, tokenId }: Holder, { now, today, held, defined, ruled }: LookedUp) {
  const grants = new Map<Permission, Reach>();
  for (const [permission, scope] of held)
    if (Object.hasOwn(PERMISSIONS, permission)) {
      const known = permission as Permission;
      grants.set(known, joinReach(grants.get(known) ?? [], scope === null ? "everywhere" : [scope]));
    }
  const who = ownerId === null ? ({ kind: "SERVICE", id: tokenId } as const) : ({ kind: "USER", id: ownerId } as const);
  return { ...who, name: "owner", userId: ownerId, grants, now, today, ...definedOf(defined), ...(ruled && { ruled }) };
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

async function ownersIn(db: Kysely<Tables>, holders: readonly Holder[]): Promise<Viewer[]> {
  if (holders.length === 0) return [];
  return (await lookUp(db, holders)).map(({ today, ...owner }) => {
    const rules = onObject(owner.ruled?.rules ?? []);
    const ruled = rules.length > 0 ? { rules, actor: owner.ruled?.actor ?? null } : undefined;
    return narrow({ ...owner, ruled }, { ip: undefined, dateOf: () => today });
  });
}

async function lookUp(db: Kysely<Tables>, holders: readonly Holder[]): Promise<(RuledViewer & { today: string })[]> {
  const owners = holders.map(({ ownerId }) => ownerId);
  const tokens = holders.map(({ tokenId }) => tokenId);
  const { rows } = await sql<LookedUp>`
    WITH RECURSIVE clock AS MATERIALIZED (SELECT rollcall_now() AS now),
    token (place, user_id, id) AS (
      SELECT asked.place, asked.user_id, asked.id FROM unnest(${owners}::uuid[], ${tokens}::uuid[]) WITH ORDINALITY asked (user_id, id, place)),
    granted (place, role_id, scope_id) AS (
      SELECT token.place, g.role_id, g.scope_id FROM clock CROSS JOIN token JOIN held_grant g ON g.user_id = token.user_id
      WHERE g.revoked_at IS NULL AND g.starts_at <= clock.now AND (g.expires_at IS NULL OR g.expires_at > clock.now)
      UNION SELECT granted.place, i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id),
    held (place, permission, scope_id) AS (
      SELECT granted.place, p.name, granted.scope_id FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
      UNION SELECT token.place, p.name, s.id FROM token JOIN service_token t ON t.id = token.id CROSS JOIN unnest(t.permissions) p (name)
      CROSS JOIN unnest(coalesce(t.scope_ids, ARRAY[NULL::uuid])) s (id)
      WHERE t.revoked_at IS NULL AND (t.scope_ids IS NULL OR s.id IS NOT NULL))
    SELECT clock.now, org_day_at(clock.now)::text AS today, ${DEFINED} AS defined, ${RULED} AS ruled,
      coalesce(h.held, '[]') AS held
    FROM clock CROSS JOIN token LEFT JOIN (
      SELECT held.place, jsonb_agg(jsonb_build_array(held.permission, held.scope_id)) AS held FROM held GROUP BY held.place) h ON h.place = token.place
    ORDER BY token.place`.execute(db);
  return rows.map((row, place) => ownerFrom(holders[place] as Holder, row));
}

/** Whether a search of this owner's would not be matched by what a transaction under way leaves them with. */
export async function isRefusedIn(tx: Tx, holder: Holder, filter: Filter): Promise<boolean> {
  const [owner] = (await ownersIn(tx.sql, [holder])) as [Viewer];
  const parsed = parseFilterWithPaths(toInput(filter, userCatalogue), { catalogue: userCatalogue });
  const visible = async (viewer: Viewer, ids: readonly string[]) => {
    const places = await placesOfUsers(tx.sql, ids, viewer);
    return new Set([...places.values()].filter((place) => maySee(viewer, place)).map(({ userId }) => userId));
  };
  try {
    await requireUserSearch(owner, parsed, new Map(), (units) => pathsOfUnits(tx.sql, units), visible);
    return false;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return error.code === "FIELD_FORBIDDEN";
  }
}
