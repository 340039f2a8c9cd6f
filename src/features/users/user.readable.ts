import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import type { Placed } from "../../access/policy.ts";
import { forbidden } from "../../kernel/errors.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field } from "../../search/field.ts";
import { userCatalogue } from "./user.fields.ts";

/** Whose values are written. */
type Person = Omit<Placed, "deleted">;

const ATTRIBUTES = fieldOf(userCatalogue, "attributes");

/**
 * Passes where the viewer may read a field that they write. Else what does not change would tell them what was there: the
 * version stays as it is, and so does the log.
 */
export const requireReadable = (viewer: Viewer, name: string, person: Person, inputPath?: string): void =>
  requireField(viewer, fieldOf(userCatalogue, name), person, inputPath);

/** The same of each attribute that is given; who clears all of them must be able to read all. */
export function requireReadableAttributes(
  viewer: Viewer,
  given: Readonly<Record<string, unknown>> | null | undefined,
  person: Person,
): void {
  if (given === undefined) return;
  for (const key of given === null ? (viewer.defined?.keys() ?? []) : Object.keys(given))
    if (viewer.defined?.get(key)?.permission)
      requireField(viewer, attributeField(viewer, ATTRIBUTES, key), person, `input.attributes.${key}`);
}

/** Whether the viewer may read an attribute of a person. */
export const mayReadAttribute =
  (viewer: Viewer, { userId, unitPath, meets }: Person) =>
  (key: string): boolean =>
    mayReadField(viewer, attributeField(viewer, ATTRIBUTES, key), userId, unitPath, meets);

/** Whether the viewer may read a field of a person, or an attribute that is named attributes.<key>. */
export const mayReadNamed = (viewer: Viewer, person: Person): ((field: string) => boolean) => {
  const readsAttribute = mayReadAttribute(viewer, person);
  return (field) =>
    field.startsWith("attributes.")
      ? readsAttribute(field.slice("attributes.".length))
      : mayReadField(viewer, fieldOf(userCatalogue, field), person.userId, person.unitPath, person.meets);
};

function requireField(viewer: Viewer, field: Field, { userId, unitPath, meets }: Person, inputPath?: string): void {
  if (mayReadField(viewer, field, userId, unitPath, meets)) return;
  const missing = field.read.find((permission) => !covers(reachOf(viewer, permission), unitPath));
  throw forbidden(missing ?? "USER_READ", inputPath);
}
