import { RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { NotedFill } from "../profile-templates/profile-template.fills.ts";
import type { ContactLists, IdentityValue } from "../users/user.contacts.ts";
import type { IdentitySource } from "../users/user.entity.ts";
import { LIFECYCLE, type LifecycleOperation } from "../users/user.lifecycle.ts";
import type { ProfileValues } from "../users/user.profile.ts";

/** A role to give or to take. Its scope: a unit, null for everywhere; without one, to take it over whatever it was given. */
export interface RoleChange {
  roleKey: string;
  scopeId?: string | null | undefined;
  /** From when on it was given, as ISO 8601, of one that is put back; absent: from now on. */
  startsAt?: string | undefined;
  /** Until when it is given, as ISO 8601; null: for good. */
  expiresAt?: string | null | undefined;
  /** The profile template that it comes of, null where that is gone; absent: it is given by hand. */
  templateId?: string | null | undefined;
  /** To take this one grant, and nothing that was given otherwise. */
  grantId?: string | undefined;
}

/** A static group to put somebody into. */
export interface GroupChange {
  groupId: string;
  /** As of a role. */
  templateId?: string | null | undefined;
}

/** One membership to end, and none that was made otherwise. */
export interface MemberRemoval {
  memberId: string;
  groupId: string;
}

/** Members of lists that attributes hold, by their keys. */
export type ListChange = Readonly<Record<string, readonly string[]>>;

/** How somebody is reached and known elsewhere: as for updateUser, and one identity in the place of the one with the same source and issuer. */
export type ContactChange = ContactLists & {
  identity?: IdentityValue | undefined;
  /** Addresses that are put back, and were known to be the person's. */
  verifiedEmails?: readonly string[] | undefined;
};

/** What is to become of a person. It is kept as JSON: ids are UUIDs, instants ISO 8601. */
export interface PersonChange {
  /** Present where the change makes the person: everything else is then what they begin with. */
  create?: { status: "PENDING" | "ACTIVE"; source: IdentitySource } | undefined;
  /** As for updateUser: absent is left as it is, null is cleared. */
  profile?: ProfileValues | undefined;
  contacts?: ContactChange | undefined;
  addTags?: readonly string[] | undefined;
  removeTags?: readonly string[] | undefined;
  addAttributes?: ListChange | undefined;
  removeAttributes?: ListChange | undefined;
  addRoles?: readonly RoleChange[] | undefined;
  removeRoles?: readonly RoleChange[] | undefined;
  addGroups?: readonly GroupChange[] | undefined;
  /** By their ids. */
  removeGroups?: readonly string[] | undefined;
  endMembers?: readonly MemberRemoval[] | undefined;
  /** Gives what the profile templates that fit have and the person lacks: of these alone, or with null of all. */
  templates?: { ids: readonly string[] | null } | undefined;
  /** Which values templates filled, to be remembered and forgotten: what takes such a change back. */
  fills?: { noted: readonly NotedFill[]; forgotten: readonly string[] } | undefined;
  status?: StatusChange | undefined;
}

/** A step of the lifecycle. */
export interface StatusChange {
  operation: LifecycleOperation;
  /** When it ends by itself, as ISO 8601. */
  until: string | null;
  /** Whether it puts a status back: it is left out where that would have ended. */
  isBack?: true | undefined;
}

export const ASPECTS = {
  PROFILE: "Fields of the profile, tags and attributes.",
  PLACE: "The org unit or the manager.",
  STATUS: "The place in the lifecycle.",
  ROLES: "Roles granted or revoked, and groups joined or left, which may hold roles.",
  GROUPS: "Groups joined or left.",
} as const;

/** What of a person a change concerns. */
export type Aspect = keyof typeof ASPECTS;

const given = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;
const some = (object: object | undefined): boolean => Object.values(object ?? {}).some((value) => value !== undefined);

/** Whether the change writes the profile as updateUser does. */
export const writesProfile = (change: PersonChange): boolean =>
  some(change.profile) ||
  writesContacts(change) ||
  given(change.addTags) ||
  given(change.removeTags) ||
  some(change.addAttributes) ||
  some(change.removeAttributes);

/** Whether the change writes how the person is reached or known elsewhere. */
export const writesContacts = ({ contacts }: PersonChange): boolean => some(contacts);

/** Whether it may write attributes, or brings somebody back who has some. */
export const writesAttributes = ({ create, profile, ...change }: PersonChange): boolean =>
  change.status?.operation === "restore" ||
  create !== undefined ||
  profile?.attributes !== undefined ||
  some(change.addAttributes) ||
  some(change.removeAttributes) ||
  change.templates !== undefined;

export const writesRoles = ({ addRoles, removeRoles, templates }: PersonChange): boolean =>
  given(addRoles) || given(removeRoles) || templates !== undefined;

export const writesGroups = ({ addGroups, removeGroups, endMembers }: PersonChange): boolean =>
  given(addGroups) || given(removeGroups) || given(endMembers);

/** Whether it would change nothing of anybody. */
export const changesNothing = (change: PersonChange): boolean =>
  !change.create && !change.status && !writesProfile(change) && !writesRoles(change) && !writesGroups(change);

/** The refusal to change somebody who is not what the change was made for. */
export const changedSince = (): RollcallError => new RollcallError("STALE_VERSION", "The person has changed since.");

/** What the same single mutations need over the person; what templates give is asked about when it is known. */
export const permissionsFor = (change: PersonChange): Permission[] => [
  ...(change.create ? (["USER_CREATE"] as const) : writesProfile(change) ? (["USER_UPDATE"] as const) : []),
  ...(change.status ? [LIFECYCLE[change.status.operation].permission] : []),
  ...(given(change.addRoles) || given(change.removeRoles) ? (["ROLE_GRANT"] as const) : []),
];
