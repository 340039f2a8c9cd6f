import { RollcallError } from "../kernel/errors.ts";
import { publicId } from "../kernel/ids.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { Catalogue, Field } from "../search/field.ts";
import { scopeUnits } from "../search/fields-used.ts";
import type { Filter } from "../search/filter.ts";
import { covers, holdsAnywhere, holdsOver, type Reach, reachOf, type Standing, type Viewer } from "./actor.ts";

/** Whether the viewer may read a field of a user who stands here. Everybody may read what is held about themselves. */
export const mayReadField = (
  viewer: Viewer,
  field: Field,
  userId: string,
  unitPath: readonly string[],
  meets?: Standing["meets"],
): boolean =>
  userId === viewer.userId || field.read.every((permission) => holdsOver(viewer, permission, { unitPath, meets }));

/** The fields of a catalogue by the ways in which the viewer reads them: on every row, on no row, or row by row. */
export function readableFields(viewer: Viewer, catalogue: Catalogue): ReadonlyMap<string, "all" | "some"> {
  const ways = new Map<string, "all" | "some">();
  for (const field of catalogue.fields.values()) {
    const reaches = field.read.map((permission) => reachOf(viewer, permission));
    if (reaches.every((reach) => reach === "everywhere")) ways.set(field.name, "all");
    else if (viewer.userId !== null || field.read.every((permission) => holdsAnywhere(viewer, permission)))
      ways.set(field.name, "some");
  }
  return ways;
}

/** The ids from the root down to each of these units; a unit that does not exist is absent. */
export type UnitPaths = ReadonlyMap<string, readonly string[]>;

/** Loads the paths of the units that a filter is bounded by. */
export type LoadUnitPaths = (units: readonly string[]) => Promise<UnitPaths>;

/**
 * Passes where every field that is asked about (by a filter, an order or a facet) may be read over the whole search.
 * A field held over some units only may be asked about where the filter's top-level AND bounds the search by
 * `orgUnit` inside those units. Else FIELD_FORBIDDEN, with `allowedWithin` where a bound would help.
 */
export async function requireAskable(
  viewer: Viewer,
  asked: ReadonlyMap<Field, string>,
  filter: Filter,
  catalogue: Catalogue,
  loadUnitPaths: LoadUnitPaths,
): Promise<void> {
  const bounds = scopeUnits(filter, catalogue);
  let paths: UnitPaths | undefined;
  for (const [field, inputPath] of asked) {
    for (const permission of field.read) {
      const reach = reachOf(viewer, permission);
      // Every search is bounded by what USER_READ lets the viewer see, so it holds over all of it.
      if (reach === "everywhere" || permission === "USER_READ") continue;
      if (reach.length > 0 && bounds.length > 0) {
        paths ??= await loadUnitPaths(bounds.flat());
        if (isWithin(reach, bounds, paths)) continue;
      }
      throw fieldForbidden(field, inputPath, permission, reach);
    }
  }
}

const isWithin = (reach: Reach, bounds: readonly (readonly string[])[], paths: UnitPaths): boolean =>
  bounds.some((units) => units.length > 0 && units.every((unit) => covers(reach, paths.get(unit) ?? [])));

function fieldForbidden(field: Field, inputPath: string, permission: Permission, reach: Reach): RollcallError {
  const allowedWithin = reach === "everywhere" ? [] : reach.map((unit) => publicId("OrgUnit", unit));
  const hint =
    allowedWithin.length > 0 ? " It may be asked about inside some org units: bound the search by orgUnit.within." : "";
  return new RollcallError("FIELD_FORBIDDEN", `${field.name} may not be asked about without ${permission}.${hint}`, {
    field: field.name,
    inputPath,
    permission,
    ...(allowedWithin.length > 0 ? { allowedWithin } : {}),
  });
}
