import type { Database } from "./database/database.ts";
import type { GroupLoaders } from "./features/groups/group.loaders.ts";
import type { OrgUnitLoader } from "./features/org/org-unit.loaders.ts";
import type { OrgUnitQueries } from "./features/org/org-unit.queries.ts";
import { GroupRolesResolver } from "./features/roles/group-roles.resolver.ts";
import { roleLoaders, type ScopeLoader, scopeLoader } from "./features/roles/role.loaders.ts";
import { RoleQueries } from "./features/roles/role.queries.ts";
import { RoleResolver } from "./features/roles/role.resolver.ts";
import { RoleService } from "./features/roles/role.service.ts";
import { RoleGrantQueries } from "./features/roles/role-grant.queries.ts";
import { RoleGrantResolver } from "./features/roles/role-grant.resolver.ts";
import { RoleGrantService } from "./features/roles/role-grant.service.ts";
import { UserRolesResolver } from "./features/roles/user-roles.resolver.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

export interface RoleParts {
  database: Database;
  users: UserQueries;
  people: UserLoader;
  units: OrgUnitQueries;
  unitLoader: OrgUnitLoader;
  groups: GroupLoaders["groups"];
}

/** Roles and their grants. */
export interface RoleFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  /** The units that things are held over. */
  scopes: ScopeLoader;
}

/** Builds roles: a part of the composition root. */
export function buildRoles({ database, users, people, units, unitLoader, groups }: RoleParts): RoleFeature {
  const roles = new RoleQueries(database);
  const grants = new RoleGrantQueries(database);
  const loaders = roleLoaders(roles, grants);
  const scopes = scopeLoader(units);
  const roleResolver = new RoleResolver(new RoleService(database), roles, loaders, users);
  const reading = { people, scopes, groups };
  const grantResolver = new RoleGrantResolver(new RoleGrantService(database), grants, loaders, reading);
  return {
    resolvers: [
      roleResolver,
      grantResolver,
      new UserRolesResolver(loaders, unitLoader),
      new GroupRolesResolver(loaders),
    ],
    finders: [
      ["Role", (context, id) => roleResolver.find(context, id)],
      ["RoleGrant", (context, id) => grantResolver.find(context, id)],
    ],
    scopes,
  };
}
