import type { Permission } from "../kernel/permissions.ts";
import type { Field } from "../search/field.ts";
import type { DefinedAttributes, Viewer } from "./actor.ts";
import { mayReadField } from "./field-policy.ts";

/** A custom attribute as a field of its own: its name has the key, and reading it needs what its definition asks for too. */
export function attributeField(viewer: Viewer, attributes: Field, key: string): Field {
  const permission = viewer.defined?.get(key)?.permission ?? null;
  const read = permission === null || attributes.read.includes(permission) ? [] : [permission];
  return { ...attributes, name: `${attributes.name}.${key}`, read: [...attributes.read, ...read] };
}

/** A person, as far as it decides who may read what of them. */
export interface ReadPlace {
  userId: string;
  unitPath: readonly string[];
  meets?: readonly string[] | null | undefined;
}

/** The keys that the viewer may not read of a person, of those whose definitions ask for a permission. */
export function hiddenKeys(viewer: Viewer, attributes: Field, place: ReadPlace): ReadonlySet<string> {
  const hidden = new Set<string>();
  if (place.userId === viewer.userId) return hidden;
  for (const [key, { permission }] of viewer.defined ?? []) {
    if (permission === null) continue;
    const field = attributeField(viewer, attributes, key);
    if (!mayReadField(viewer, field, place.userId, place.unitPath, place.meets)) hidden.add(key);
  }
  return hidden;
}

/** A person's attributes without those that the viewer may not read of them. */
export function shownAttributes<T>(viewer: Viewer, attributes: Field, value: T, place: ReadPlace): T {
  if (typeof value !== "object" || value === null) return value;
  const hidden = hiddenKeys(viewer, attributes, place);
  if (hidden.size === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !hidden.has(key))) as T;
}

/** The keys whose definitions ask for a permission, by that permission. */
export function keysByPermission(defined: DefinedAttributes | undefined): ReadonlyMap<Permission, readonly string[]> {
  const keys = new Map<Permission, string[]>();
  for (const [key, { permission }] of defined ?? [])
    if (permission !== null) keys.set(permission, [...(keys.get(permission) ?? []), key]);
  return keys;
}
