import type { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { attributeName, CONDITION_FIELDS, DEFAULT_FIELDS } from "./profile-template.matching.ts";

const MOVING = [...new Set([...CONDITION_FIELDS, ...DEFAULT_FIELDS])].filter((name) => name !== "orgUnit");

/** What templates know of somebody who is there. */
export const profileOf = (user: UserEntity): ProfileValues => ({
  ...Object.fromEntries(MOVING.map((name) => [name, user[name as keyof UserEntity]])),
  orgUnitId: user.orgUnitId,
});

/** A profile without what stands in these fields. */
export function without(profile: ProfileValues, fields: ReadonlySet<string>): ProfileValues {
  const kept = Object.entries(profile).filter(([name]) => !fields.has(name));
  const attributes = Object.entries(profile.attributes ?? {}).filter(([key]) => !fields.has(attributeName(key)));
  return { ...Object.fromEntries(kept), attributes: Object.fromEntries(attributes) };
}

/** One profile over another; attributes key by key. */
export function merged(profile: ProfileValues, over: ProfileValues): ProfileValues {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  const attributes = { ...profile.attributes, ...over.attributes };
  return {
    ...profile,
    ...Object.fromEntries(given),
    ...(profile.attributes !== undefined || over.attributes !== undefined ? { attributes } : {}),
  };
}
