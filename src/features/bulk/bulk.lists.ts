import { invalidInput } from "../../kernel/errors.ts";
import type { UserEntity } from "../users/user.entity.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import type { PersonChange } from "./bulk.change.ts";

/** The tags that a change leaves somebody with. */
export function tagsAfter({ tags }: UserEntity, { profile, addTags = [], removeTags = [] }: PersonChange): string[] {
  const gone = new Set(removeTags);
  return [...new Set([...(profile?.tags ?? tags).filter((tag) => !gone.has(tag)), ...addTags])];
}

/**
 * What a change sets of somebody's profile, with the lists in attributes as adding to them and removing from them leaves them; one that is left empty goes.
 * INVALID_INPUT where an attribute holds no list.
 */
export function withLists(
  { attributes: held }: UserEntity,
  { profile, addAttributes = {}, removeAttributes = {} }: PersonChange,
): ProfileValues | undefined {
  const keys = new Set([...Object.keys(addAttributes), ...Object.keys(removeAttributes)]);
  if (keys.size === 0) return profile;
  const cleared = profile?.attributes === null;
  const set = cleared ? Object.fromEntries(Object.keys(held).map((key) => [key, null])) : { ...profile?.attributes };
  const lists = [...keys].map((key) => {
    const before = (Object.hasOwn(set, key) ? set[key] : held[key]) ?? [];
    if (!Array.isArray(before))
      throw invalidInput([{ path: `attributes.${key}`, message: "holds no list: it can be set, and not added to." }]);
    const gone = new Set(removeAttributes[key]);
    const after = new Set([...before.filter((member) => !gone.has(member)), ...(addAttributes[key] ?? [])]);
    return [key, after.size === 0 ? null : [...after]];
  });
  return { ...profile, attributes: { ...set, ...Object.fromEntries(lists) } };
}
