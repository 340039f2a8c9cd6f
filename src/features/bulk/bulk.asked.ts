import type { Viewer } from "../../access/actor.ts";
import { attributeField } from "../../access/attribute-policy.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import type { PersonChange, RoleChange } from "./bulk.change.ts";
import { planned } from "./bulk.plans.ts";
import type { BulkPlan } from "./bulk.types.ts";

/*
 * What was asked for, as a plan shows it: whole to its planner, to others as far as they could ask for it and read it of everybody.
 */

/** Whom a plan is for; a filter that the viewer may not ask by is null. */
export async function shownTarget(users: UserQueries, viewer: Viewer, { asked }: BulkPlan): Promise<object> {
  const { target } = asked;
  if (planned(viewer, asked)) return target;
  const shown: Record<string, unknown> = { ...target };
  if ("filter" in shown) shown.filter = await askable(users, viewer, shown.filter as object);
  const missing = shown.missing as { scope: object } | undefined;
  if (missing) shown.missing = { ...missing, scope: await askable(users, viewer, missing.scope) };
  return shown;
}

async function askable(users: UserQueries, viewer: Viewer, filter: object): Promise<object | null> {
  try {
    await users.requireAskable(viewer, parseFilterWithPaths(filter, { catalogue: userCatalogue }), new Map());
    return filter;
  } catch (error) {
    if (error instanceof RollcallError) return null;
    throw error;
  }
}

/** What is to be changed of everybody; what the viewer may not read everywhere is named in `redacted`, and left out. */
export function shownChange(viewer: Viewer, { asked }: BulkPlan): Record<string, unknown> | null {
  if (!asked.change) return null;
  const { set, add, remove, ...rest } = publicChange(asked.change as PersonChange);
  const shown = planned(viewer, asked) ? (part: Part) => part : (part: Part) => part && readable(viewer, part);
  return textual({ set: shown(set), add: shown(add), remove: shown(remove), ...rest }) ?? {};
}

type Part = Record<string, unknown> | undefined;

/** By which field of the catalogue it is decided who reads a member. */
const RULED_BY: Readonly<Record<string, string>> = {
  orgUnitId: "orgUnit",
  managerId: "manager",
  roles: "roleGrants",
  groups: "groupKeys",
};

function readable(viewer: Viewer, part: Record<string, unknown>): Record<string, unknown> {
  const redacted: string[] = [];
  const mayRead = (field: Parameters<typeof mayReadField>[1]) => mayReadField(viewer, field, "", []);
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part)) {
    const field = fieldOf(userCatalogue, RULED_BY[name] ?? name);
    if (!mayRead(field)) redacted.push(name);
    else if (name !== "attributes" || value === null) shown[name] = value;
    else {
      const entries = Object.entries(value as object);
      const hidden = entries.filter(([key]) => !mayRead(attributeField(viewer, field, key))).map(([key]) => key);
      redacted.push(...hidden.map((key) => `${name}.${key}`));
      shown[name] = Object.fromEntries(entries.filter(([key]) => !hidden.includes(key)));
    }
  }
  return { ...shown, ...(redacted.length > 0 ? { redacted } : {}) };
}

const shownRole = ({ roleKey, scopeId, expiresAt }: RoleChange) => ({
  roleKey,
  ...(scopeId === undefined ? {} : { scopeId: scopeId && publicId("OrgUnit", scopeId) }),
  ...(expiresAt ? { expiresAt } : {}),
});

/** A change as it was asked for, with public ids. */
function publicChange(change: PersonChange) {
  const { profile = {}, addRoles, removeRoles, status, templates } = change;
  const { orgUnitId, managerId, ...rest } = profile;
  const ids = templates?.ids?.map((id) => publicId("ProfileTemplate", id));
  return {
    set: textual({
      ...rest,
      orgUnitId: orgUnitId && publicId("OrgUnit", orgUnitId),
      managerId: managerId && publicId("User", managerId),
    }),
    add: textual({
      tags: change.addTags,
      roles: addRoles?.map(shownRole),
      groups: change.addGroups?.map(({ groupId }) => publicId("Group", groupId)),
      attributes: change.addAttributes,
    }),
    remove: textual({
      tags: change.removeTags,
      roles: removeRoles?.map(shownRole),
      groups: change.removeGroups?.map((id) => publicId("Group", id)),
      attributes: change.removeAttributes,
    }),
    status,
    applyTemplates: templates && { templateIds: ids ?? null },
  };
}

/** As JSON has it; undefined where nothing is in it. */
function textual(parts: object): Record<string, unknown> | undefined {
  return Object.values(parts).some((part) => part !== undefined) ? JSON.parse(JSON.stringify(parts)) : undefined;
}
