import { shownAttributes } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import type { GraphContext } from "../../graphql/context.ts";
import type { FieldChange } from "../../graphql/field-change.ts";
import { publicId } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { type NamedLoaders, shownAs } from "../users/user-event.changes.ts";
import type { RoleChange } from "./bulk.change.ts";
import type { ItemRow } from "./bulk.queries.ts";

/** When a lock ends goes with the status that it is an end of. */
const RULED_BY: Readonly<Record<string, string>> = { statusUntil: "status" };

/** What changes of a person, by public names, as far as the viewer may read it. */
export function shownChanges(row: ItemRow, context: GraphContext, loaders: NamedLoaders): Promise<FieldChange[]> {
  const names = [...new Set([...Object.keys(row.before), ...Object.keys(row.after)])];
  return Promise.all(names.map((name) => shownChange(name, row, context, loaders)));
}

async function shownChange(
  name: string,
  { user_id, unit_path, meets, before, after }: ItemRow,
  context: GraphContext,
  loaders: NamedLoaders,
): Promise<FieldChange> {
  const redacted: FieldChange = { field: name, before: null, after: null, redacted: true };
  const field = fieldOf(userCatalogue, RULED_BY[name] ?? name);
  if (!mayReadField(context.viewer, field, user_id, unit_path, meets)) return redacted;
  const place = { userId: user_id, unitPath: unit_path, meets };
  const readable = [before[name], after[name]].map((value) =>
    name === "attributes" ? shownAttributes(context.viewer, field, value, place) : value,
  );
  // What differs in attributes may be nothing that the viewer may read.
  if (name === "attributes" && readable.every((value) => Object.keys(value ?? {}).length === 0)) return redacted;
  const values = await Promise.all(readable.map((value) => shown(name, value ?? null, context, loaders)));
  if (values.includes(undefined)) return redacted;
  return { field: name, before: values[0], after: values[1], redacted: false };
}

async function shown(name: string, value: unknown, context: GraphContext, loaders: NamedLoaders): Promise<unknown> {
  if (name !== "roleGrants") return shownAs(name, value, context, loaders);
  const units = context.load(loaders.units);
  return Promise.all(
    ((value ?? []) as RoleChange[]).map(async ({ roleKey, scopeId, startsAt, expiresAt }) => ({
      role: roleKey,
      everywhere: scopeId == null,
      scopeId: scopeId && (await units.load(scopeId)) ? publicId("OrgUnit", scopeId) : null,
      ...(startsAt ? { startsAt } : {}),
      expiresAt: expiresAt ?? null,
    })),
  );
}
