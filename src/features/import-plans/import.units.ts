import { sql } from "kysely";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { parseId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";

/** What stands between the names of a path. */
const BETWEEN = /\s*\/\s*/;

/** Finds org units by what files call them. */
export type FindUnit = (text: string) => string | undefined;

/**
 * Units by id, code, or the path of names from the root, without regard to case; only those that the viewer may know of. Names that several units
 * of one parent have in common lead to none of them.
 */
export async function unitsFor(tx: Tx, viewer: Viewer): Promise<FindUnit> {
  const { rows } = await sql<{ id: string; code: string; name: string; path: string[] }>`
    SELECT o.id, o.code, o.name, p.path FROM org_unit o JOIN org_unit_path p ON p.unit_id = o.id`.execute(tx.sql);
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const reaches = (["ORG_READ", "USER_CREATE", "USER_UPDATE"] as const).map((one) => reachOf(viewer, one));
  const seen = rows.filter(({ path }) => reaches.some((reach) => covers(reach, path)));
  const ids = new Set(seen.map(({ id }) => id));
  const byCode = new Map(seen.map(({ id, code }) => [fold(code), id]));
  const byPath = new Map<string, string | undefined>();
  for (const { id, path } of seen) {
    const key = path.map((one) => fold((names.get(one) ?? "").trim())).join("/");
    byPath.set(key, byPath.has(key) ? undefined : id);
  }
  return (text) => {
    const id = parseId(text);
    if (id?.kind === "OrgUnit") return ids.has(id.uuid) ? id.uuid : undefined;
    return byCode.get(fold(text)) ?? byPath.get(text.split(BETWEEN).map(fold).join("/"));
  };
}
