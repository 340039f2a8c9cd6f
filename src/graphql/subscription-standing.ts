import type { Change } from "../feed/change.ts";

/**
 * What a subscription's filter names: whether it may be asked depends on the viewer's rights and, where these hold over some units only, on where the
 * units and people stand that it names. Their moves change no rights, so whoever names them is looked at by itself.
 */
export interface Named {
  /** Any unit: the move of one moves all below it. */
  units: boolean;
  /** The UUIDs of people. */
  people: ReadonlySet<string>;
}

/** What may stand elsewhere than before: the same, of changes of the log. "unknown": anything. */
export type Moved = Named | "unknown";

/** What moved in these changes; undefined where nothing did. */
export function movedIn(changes: readonly Change[]): Moved | undefined {
  const people = new Set<string>();
  let units = false;
  for (const { table, rowId, before, after } of changes) {
    if (table === "org_unit") units ||= before?.parent_id !== after?.parent_id || after === null;
    // Whatever an access rule asks of a person may take them out of sight, as a move does.
    else if (table === "user_search" && before !== null) people.add(rowId);
  }
  return units || people.size > 0 ? { units, people } : undefined;
}

/** Whether anything moved that is named. */
export function isNamed(named: Named, moved: Moved): boolean {
  if (moved === "unknown") return named.units || named.people.size > 0;
  if (named.units && moved.units) return true;
  for (const id of named.people) if (moved.people.has(id)) return true;
  return false;
}
