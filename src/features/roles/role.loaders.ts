import DataLoader from "dataloader";
import type { Viewer } from "../../access/actor.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import type { OrgUnitQueries } from "../org/org-unit.queries.ts";
import type { OrgUnit } from "../org/org-unit.types.ts";
import { withInherited } from "./role.graph.ts";
import type { RoleQueries } from "./role.queries.ts";
import type { Role } from "./role.types.ts";
import type { RoleGrantQueries } from "./role-grant.queries.ts";
import type { RoleGrant } from "./role-grant.types.ts";

/** A grant in force, and everything that it gives: its role, and what that inherits. */
export interface HeldGrant {
  readonly grant: RoleGrant;
  readonly roles: readonly Role[];
}

export interface RoleLoaders {
  roles: LoaderKey<DataLoader<string, Role | undefined>>;
  /** Effective roles, by user. */
  effective: LoaderKey<DataLoader<string, readonly Role[]>>;
  /** Grants in force at the operation's instant, by user, in two statements a tick. */
  held: LoaderKey<DataLoader<string, readonly HeldGrant[]>>;
  /** All grants there ever were, by user. */
  grants: LoaderKey<DataLoader<string, readonly RoleGrant[]>>;
  /** Grants in force, and all there ever were, by group. */
  ofGroups: LoaderKey<DataLoader<string, readonly RoleGrant[]>>;
  everOfGroups: LoaderKey<DataLoader<string, readonly RoleGrant[]>>;
}

/** Loaders of roles and grants. Whoever loads has decided that the viewer may read them. */
export function roleLoaders(roles: RoleQueries, grants: RoleGrantQueries): RoleLoaders {
  const loaders: RoleLoaders = {
    roles: { create: () => new DataLoader((ids) => roles.byIds(ids)) },
    effective: { create: () => new DataLoader((ids) => roles.effectiveOf(ids)) },
    grants: { create: ({ now }) => new DataLoader((ids) => grants.ofUsers(ids, true, now)) },
    ofGroups: { create: ({ now }) => new DataLoader((ids) => grants.ofGroups(ids, false, now)) },
    everOfGroups: { create: ({ now }) => new DataLoader((ids) => grants.ofGroups(ids, true, now)) },
    held: {
      create: (context: GraphContext) =>
        new DataLoader(async (ids) => {
          const held = await grants.ofUsers(ids, false, context.now);
          const roleIds = [...new Set(held.flat().map((grant) => grant.roleId))];
          const known = roleIds.length > 0 ? await roles.withInherited(roleIds) : new Map<string, Role>();
          const loader = context.load(loaders.roles);
          for (const [id, role] of known) loader.prime(id, role);
          return held.map((list) => list.map((grant) => ({ grant, roles: withInherited([grant.roleId], known) })));
        }),
    },
  };
  return loaders;
}

export type ScopeLoader = LoaderKey<DataLoader<string, OrgUnit | undefined>>;

/**
 * The units that something is held over, by UUID, also those that the viewer would not see otherwise: whoever may see a grant
 * may see over what it is, and a missing scope would read as everywhere.
 */
export const scopeLoader = (units: OrgUnitQueries): ScopeLoader => ({
  create: ({ viewer }) => new DataLoader((ids) => units.byIds(seeingUnits(viewer), ids)),
});

const seeingUnits = (viewer: Viewer): Viewer => ({ ...viewer, grants: new Map([["ORG_READ", "everywhere"]]) });
