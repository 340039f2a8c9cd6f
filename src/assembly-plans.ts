import { auditEventPlans } from "./features/audit/audit-event.plan.ts";
import type { AuditEventQueries } from "./features/audit/audit-event.queries.ts";
import { viewerPlans } from "./features/auth/viewer.plan.ts";
import { dynamicGroupPlans } from "./features/dynamic-groups/dynamic-group.plan.ts";
import { groupFound, groupPlans } from "./features/groups/group.plan.ts";
import { orgUnitPlans, unitFound } from "./features/org/org-unit.plan.ts";
import { roleFound, rolePlans } from "./features/roles/role.plan.ts";
import { grantFound, roleGrantPlans } from "./features/roles/role-grant.plan.ts";
import { savedSearchPlans, searchFound } from "./features/saved-searches/saved-search.plan.ts";
import { ownProfilePlans } from "./features/self-service/own-profile.plan.ts";
import { userFound, userPlans } from "./features/users/user.plan.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import { userListing, userListingPlans } from "./features/users/user-listing.plan.ts";
import { nodePlans } from "./graphql/plan-node.ts";
import type { TypePlan, TypePlans } from "./graphql/plan-type.ts";

/** How the features' types are read by one statement. A field that is not among them is read by its resolver. */
export function buildPlans(users: UserQueries, auditEvents: AuditEventQueries): TypePlans {
  const listing = userListing(users);
  const nodes = nodePlans({
    OrgUnit: (asked, id) => unitFound(asked, id, "OrgUnit"),
    User: (asked, id) => userFound(asked, id, "User"),
    Role: roleFound,
    RoleGrant: grantFound,
    Group: (asked, id) => groupFound(asked, id, "Group"),
    SavedSearch: (asked, id) => searchFound(asked, id, "SavedSearch"),
  });
  return merged([
    nodes,
    orgUnitPlans,
    userPlans,
    userListingPlans(listing, users),
    rolePlans(listing),
    roleGrantPlans,
    groupPlans(listing),
    viewerPlans,
    savedSearchPlans,
    dynamicGroupPlans,
    ownProfilePlans,
    auditEventPlans(auditEvents),
  ]);
}

/** The fields that the features give to each type, together; two plans for one field are an error. */
function merged(all: readonly TypePlans[]): TypePlans {
  const types: Record<string, TypePlan> = {};
  for (const [name, { fields, over }] of all.flatMap((plans) => Object.entries(plans))) {
    const known = types[name] ?? { fields: {} };
    const twice = Object.keys(fields).find((field) => Object.hasOwn(known.fields, field));
    if (twice) throw new Error(`${name}.${twice} has two plans.`);
    types[name] = { ...known, ...(over ? { over } : {}), fields: { ...known.fields, ...fields } };
  }
  return types;
}
