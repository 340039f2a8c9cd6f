import type { Row } from "../../search/field.ts";
import { fieldsUsed } from "../../search/fields-used.ts";
import type { Filter } from "../../search/filter.ts";
import type { RoleGraph, RoleNode } from "../roles/role.graph.ts";
import { userCatalogue } from "../users/user.fields.ts";

/** What a search row says of a grant that has not ended, at rest or not begun ones too. */
type KnownGrant = { id: string; role: string; startsAt: string };

const grantsOf = (row: Row): readonly KnownGrant[] => (row.role_grants ?? []) as readonly KnownGrant[];

/** Whether a filter asks what is in force, which nothing is of whoever is not ACTIVE. */
export const asksWhatIsInForce = (filter: Filter): boolean => {
  const fields = fieldsUsed(filter, userCatalogue);
  return fields.has("roles") || fields.has("permissions");
};

/** Whether somebody holds a grant that they did not hold before. */
export function isGiven(before: Row | null, after: Row): boolean {
  const had = new Set(before ? grantsOf(before).map(({ id }) => id) : []);
  return grantsOf(after).some(({ id }) => !had.has(id));
}

/** Makes of a search row what it is going to be: ACTIVE, with all that was granted in force. Undefined where it is so already. */
export function goingToBe(graph: RoleGraph, now: Date): (row: Row) => Row | undefined {
  const known = new Map<string, readonly RoleNode[]>();
  const rolesOf = (keys: readonly string[]): readonly RoleNode[] => {
    const text = keys.join();
    const roles = known.get(text) ?? graph.held(keys);
    known.set(text, roles);
    return roles;
  };
  return (row) => {
    const grants = grantsOf(row);
    if (row.status === "ACTIVE" && grants.every(({ startsAt }) => new Date(startsAt) <= now)) return undefined;
    const roles = rolesOf([...new Set(grants.map(({ role }) => role))].sort());
    return {
      ...row,
      status: "ACTIVE",
      status_until: null,
      role_keys: roles.map(({ key }) => key),
      permissions: [...new Set(roles.flatMap(({ permissions }) => permissions))],
    };
  };
}
