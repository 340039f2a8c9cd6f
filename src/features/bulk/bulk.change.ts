import type { Permission } from "../../kernel/permissions.ts";
import type { ContactLists, IdentityValue } from "../users/user.contacts.ts";
import type { IdentitySource } from "../users/user.entity.ts";
import { LIFECYCLE, type LifecycleOperation } from "../users/user.lifecycle.ts";
import type { ProfileValues } from "../users/user.profile.ts";

/** A role to give or to take. Its scope: a unit, null for everywhere; without one, to take it over whatever it was given. */
export interface RoleChange {
  roleKey: string;
  scopeId?: string | null | undefined;
  /** Until when it is given, as ISO 8601; null: for good. */
  expiresAt?: string | null | undefined;
}

/** How somebody is reached and known elsewhere: as for updateUser, and one identity in the place of the one with the same source and issuer. */
export type ContactChange = ContactLists & { identity?: IdentityValue | undefined };

/** What is to become of a person. It is kept as JSON: ids are UUIDs, instants ISO 8601. */
export interface PersonChange {
  /** Present where the change makes the person: everything else is then what they begin with. */
  create?: { status: "PENDING" | "ACTIVE"; source: IdentitySource } | undefined;
  /** As for updateUser: absent is left as it is, null is cleared. */
  profile?: ProfileValues | undefined;
  contacts?: ContactChange | undefined;
  addTags?: readonly string[] | undefined;
  removeTags?: readonly string[] | undefined;
  addRoles?: readonly RoleChange[] | undefined;
  removeRoles?: readonly RoleChange[] | undefined;
  status?: { operation: LifecycleOperation; until: string | null } | undefined;
}

/** One person's change of a list of them. */
export interface PersonalChange {
  userId: string;
  change: PersonChange;
  /** The version that it was made for; another one is an error of that person. */
  version?: number | undefined;
  /** What the plan is to say beside it. */
  notes?: readonly string[] | undefined;
}

export const ASPECTS = {
  PROFILE: "Fields of the profile, tags and attributes.",
  PLACE: "The org unit or the manager.",
  STATUS: "The place in the lifecycle.",
  ROLES: "Roles granted or revoked.",
} as const;

/** What of a person a change concerns. */
export type Aspect = keyof typeof ASPECTS;

const isPlace = (name: string): boolean => name === "orgUnitId" || name === "managerId";
const given = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;

const profileNames = ({ profile = {} }: PersonChange): string[] =>
  Object.entries(profile).flatMap(([name, value]) => (value === undefined ? [] : name));

/** Whether the change writes the profile as updateUser does. */
export const writesProfile = (change: PersonChange): boolean =>
  profileNames(change).length > 0 || writesContacts(change) || given(change.addTags) || given(change.removeTags);

/** Whether the change writes how the person is reached or known elsewhere. */
export const writesContacts = ({ contacts = {} }: PersonChange): boolean =>
  Object.values(contacts).some((value) => value !== undefined);

export const writesRoles = ({ addRoles, removeRoles }: PersonChange): boolean => given(addRoles) || given(removeRoles);

/** What a change concerns, in the order of ASPECTS; empty where it would change nothing of anybody. */
export function aspectsOf(change: PersonChange): Aspect[] {
  const names = profileNames(change);
  return [
    ...(names.some((name) => !isPlace(name)) ||
    writesContacts(change) ||
    given(change.addTags) ||
    given(change.removeTags)
      ? (["PROFILE"] as const)
      : []),
    ...(names.some(isPlace) ? (["PLACE"] as const) : []),
    ...(change.status || change.create ? (["STATUS"] as const) : []),
    ...(writesRoles(change) ? (["ROLES"] as const) : []),
  ];
}

/** What the same single mutations need over the person. */
export const permissionsFor = (change: PersonChange): Permission[] => [
  ...(change.create ? (["USER_CREATE"] as const) : writesProfile(change) ? (["USER_UPDATE"] as const) : []),
  ...(change.status ? [LIFECYCLE[change.status.operation].permission] : []),
  ...(writesRoles(change) ? (["ROLE_GRANT"] as const) : []),
];
