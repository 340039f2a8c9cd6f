import type { Database } from "./database/database.ts";
import { ServiceTokenCommands } from "./features/auth/service-token.commands.ts";
import { ServiceTokenQueries } from "./features/auth/service-token.queries.ts";
import { ServiceTokenResolver } from "./features/auth/service-token.resolver.ts";
import { ViewerResolver } from "./features/auth/viewer.resolver.ts";
import type { ScopeLoader } from "./features/roles/role.loaders.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What signing in gives the gateway. */
export interface AuthFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
}

/** Builds who asks and by what: the part of the composition root that is about signing in. */
export function buildAuth(database: Database, loaders: { people: UserLoader; scopes: ScopeLoader }): AuthFeature {
  const { people, scopes } = loaders;
  const tokens = new ServiceTokenQueries(database);
  const tokenResolver = new ServiceTokenResolver(new ServiceTokenCommands(database), tokens, people, scopes);
  return {
    resolvers: [new ViewerResolver(people, scopes), tokenResolver],
    finders: [["ServiceToken", (context, id) => tokenResolver.find(context, id)]],
  };
}
