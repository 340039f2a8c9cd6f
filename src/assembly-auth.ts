import type { Database } from "./database/database.ts";
import { Links } from "./features/auth/link.issue.ts";
import { LinkLimits, PasswordResetRequests } from "./features/auth/link.requests.ts";
import { LinkResolver } from "./features/auth/link.resolver.ts";
import { LinkService } from "./features/auth/link.service.ts";
import type { LinkSettings } from "./features/auth/link.settings.ts";
import type { PasswordService } from "./features/auth/password.service.ts";
import { ServiceTokenCommands } from "./features/auth/service-token.commands.ts";
import { ServiceTokenQueries } from "./features/auth/service-token.queries.ts";
import { ServiceTokenResolver } from "./features/auth/service-token.resolver.ts";
import { ViewerResolver } from "./features/auth/viewer.resolver.ts";
import { MailOutbox } from "./features/mail/mail.outbox.ts";
import type { ScopeLoader } from "./features/roles/role.loaders.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserService } from "./features/users/user.service.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What tokens and links are built of. */
export interface AuthParts {
  database: Database;
  /** Makes a key of 32 bytes for a purpose out of the master key. */
  derive: (purpose: string) => Buffer;
  people: UserLoader;
  scopes: ScopeLoader;
  users: UserService;
  signIn: { passwords: PasswordService };
  links: LinkSettings;
}

/** What tokens and links give the gateway. */
export interface AuthFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  outbox: MailOutbox;
  resetRequests: PasswordResetRequests;
}

/** Builds who asks, by which tokens, and how people are let in by mail: a part of the composition root. */
export function buildAuth({ database, derive, people, scopes, users, signIn, links }: AuthParts): AuthFeature {
  const tokens = new ServiceTokenQueries(database);
  const tokenResolver = new ServiceTokenResolver(new ServiceTokenCommands(database), tokens, people, scopes);
  const outbox = new MailOutbox(derive("mail"));
  const sent = new Links(database, outbox, links);
  const limits = new LinkLimits(database);
  const resetRequests = new PasswordResetRequests(database, sent, limits, derive("password reset requests"));
  const linkService = new LinkService(database, sent, outbox, { users, passwords: signIn.passwords });
  return {
    resolvers: [
      new ViewerResolver(people, scopes),
      tokenResolver,
      new LinkResolver(linkService, resetRequests, limits, people),
    ],
    finders: [["ServiceToken", (context, id) => tokenResolver.find(context, id)]],
    outbox,
    resetRequests,
  };
}
