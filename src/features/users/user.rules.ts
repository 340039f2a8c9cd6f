import { sql } from "kysely";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { UnitPaths } from "../../access/field-policy.ts";
import { maySee, type Placed, requireAt, requireNoGain } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, notFound, type RollcallError } from "../../kernel/errors.ts";
import { pathsOfUnits } from "../org/org-unit.path.ts";
import type { ContactLists } from "./user.contacts.ts";
import type { UserEntity } from "./user.entity.ts";
import { managersAbove, placesOfUsers } from "./user.place.ts";
import type { ProfileValues } from "./user.profile.ts";
import { requireReadable, requireReadableAttributes } from "./user.readable.ts";

/*
 * What may be written to a person. The rules decide from facts that were loaded before, so that they are the same for one person and for
 * twenty thousand, and loading takes as many statements for one as for all.
 */

/** Where units stand that a change names, and what is known of the managers that it names. */
export interface ChangeFacts {
  units: UnitPaths;
  managers: ReadonlyMap<string, Placed>;
  /** Who stands above those managers, from the direct one up. */
  above: ReadonlyMap<string, readonly string[]>;
}

type Named = Pick<ProfileValues, "orgUnitId" | "managerId">;

/** The facts for everything that these profiles name. */
export async function loadFacts(tx: Tx, viewer: Viewer, profiles: readonly Named[]): Promise<ChangeFacts> {
  const unitIds = [...new Set(profiles.flatMap(({ orgUnitId }) => orgUnitId ?? []))];
  const managerIds = [...new Set(profiles.flatMap(({ managerId }) => managerId ?? []))];
  return {
    units: unitIds.length > 0 ? await pathsOfUnits(tx.sql, unitIds) : new Map(),
    managers: managerIds.length > 0 ? await placesOfUsers(tx.sql, managerIds, viewer) : new Map(),
    above: managerIds.length > 0 ? await managersAbove(tx.sql, managerIds) : new Map(),
  };
}

/** The path of the unit, where the permission is held over it; without a unit it must be held everywhere. NOT_FOUND where the viewer may not even see the unit. */
export function requirePlace(
  viewer: Viewer,
  permission: "USER_CREATE" | "USER_UPDATE",
  unitId: string | null,
  { units }: Pick<ChangeFacts, "units">,
): readonly string[] {
  const path = (unitId && units.get(unitId)) || [];
  const known = covers(reachOf(viewer, permission), path) || covers(reachOf(viewer, "ORG_READ"), path);
  if (unitId && (path.length === 0 || !known)) throw notFound("org unit", "input.orgUnitId");
  requireAt(viewer, permission, path);
  return path;
}

/** Passes where the viewer may write these values; asked also of values that would stay as they are, so that nobody finds out by trying. */
export function requireWritable(
  viewer: Viewer,
  place: Omit<Placed, "deleted">,
  { profile, contacts }: { profile: ProfileValues; contacts: ContactLists },
  facts: ChangeFacts,
): void {
  if (profile.orgUnitId !== undefined) {
    const to = requirePlace(viewer, "USER_UPDATE", profile.orgUnitId, facts);
    requireNoGain(viewer, place.unitPath, to, "input.orgUnitId");
    requireReadable(viewer, "orgUnit", place, "input.orgUnitId");
  }
  if (givesContacts(contacts)) requireReadable(viewer, "email", place);
  requireReadableAttributes(viewer, profile.attributes, place);
  if (profile.managerId) requireManager(viewer, profile.managerId, facts, place.userId);
}

/** Passes where the viewer may make somebody with these values; gives where they will stand. */
export function requireCreatable(
  viewer: Viewer,
  userId: string,
  { profile, contacts }: { profile: ProfileValues; contacts: ContactLists },
  facts: ChangeFacts,
): Placed {
  const unitPath = requirePlace(viewer, "USER_CREATE", profile.orgUnitId ?? null, facts);
  if (givesContacts(contacts)) requireAt(viewer, "USER_READ_CONTACT", unitPath);
  if (profile.managerId) requireManager(viewer, profile.managerId, facts);
  const place: Placed = { userId, unitPath, deleted: false };
  requireReadableAttributes(viewer, profile.attributes, place);
  return place;
}

export const givesContacts = ({ email, phone, emails, phones, addresses }: ContactLists): boolean =>
  [email, phone, emails, phones, addresses].some((given) => given !== undefined);

/** Passes where the manager is somebody whom the viewer may see, not deleted, and not below the user. */
export function requireManager(
  viewer: Viewer,
  managerId: string,
  { managers, above }: Pick<ChangeFacts, "managers" | "above">,
  userId?: string,
): void {
  const place = managers.get(managerId);
  if (!place || place.deleted || !maySee(viewer, place)) throw notFound("user", "input.managerId");
  if (!userId) return;
  if (managerId === userId || above.get(managerId)?.includes(userId))
    throw conflict("A user cannot report to themselves, directly or through others.", {
      inputPath: "input.managerId",
      field: "manager",
    });
}

type Names = Pick<UserEntity, "id" | "username" | "employeeNumber">;

/** What must be unique and is another's, for each of these people who would have it. The unique indexes refuse it too; here the answer names the input. */
export async function takenNames(tx: Tx, people: readonly Names[]): Promise<ReadonlyMap<string, RollcallError>> {
  const ids = people.map(({ id }) => id);
  const usernames = people.map(({ username }) => username);
  const numbers = people.map(({ employeeNumber }) => employeeNumber ?? null);
  const { rows } = await sql<{ id: string; field: string }>`
    WITH wanted AS (SELECT * FROM unnest(${ids}::uuid[], ${usernames}::text[], ${numbers}::text[]) w (id, username, number))
    SELECT w.id, 'username' AS field FROM wanted w
    JOIN user_account u ON fold(u.username) = fold(w.username) AND u.status <> 'DELETED' AND u.id <> w.id
    UNION ALL
    SELECT w.id, 'employeeNumber' FROM wanted w
    JOIN user_account u ON fold(u.employee_number) = fold(w.number) AND u.status <> 'DELETED' AND u.id <> w.id
    WHERE w.number <> ''
    ORDER BY 2`.execute(tx.sql);
  return new Map(
    rows.map(({ id, field }) => [
      id,
      conflict(`This ${field} is taken by another user.`, { inputPath: `input.${field}`, field }),
    ]),
  );
}

/** Refuses somebody who was erased: nothing of a tombstone changes any more. */
export function refuseErased({ erasedAt }: Pick<UserEntity, "erasedAt">): void {
  if (erasedAt) throw conflict("This person was erased: nothing of a tombstone changes any more.");
}
