import type { Author } from "./access/author.ts";
import type { Database } from "./database/database.ts";
import type { Tx } from "./database/transaction.ts";
import { Links } from "./features/auth/link.issue.ts";
import { LinkLimits, PasswordResetRequests } from "./features/auth/link.requests.ts";
import { LinkResolver } from "./features/auth/link.resolver.ts";
import { type Changing, LinkService } from "./features/auth/link.service.ts";
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
import { type Consequence, consequence } from "./kernel/consequence.ts";
import { type IdKind, publicId } from "./kernel/ids.ts";

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
  startOf: Changing["startOf"];
}

/** What tokens and links give the gateway. */
export interface AuthFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  outbox: MailOutbox;
  /** Invites somebody in a transaction under way. */
  invite: (tx: Tx, author: Author, about: { userId: string }) => Promise<Consequence[]>;
  resetRequests: PasswordResetRequests;
}

/** Builds who asks, by which tokens, and how people are let in by mail: a part of the composition root. */
export function buildAuth({ database, derive, people, scopes, users, signIn, links, startOf }: AuthParts): AuthFeature {
  const tokens = new ServiceTokenQueries(database);
  const tokenResolver = new ServiceTokenResolver(new ServiceTokenCommands(database), tokens, people, scopes);
  const outbox = new MailOutbox(derive("mail"));
  const sent = new Links(database, outbox, links);
  const limits = new LinkLimits(database);
  const resetRequests = new PasswordResetRequests(database, sent, limits, derive("password reset requests"));
  const linkService = new LinkService(database, sent, outbox, { users, passwords: signIn.passwords, startOf });
  return {
    resolvers: [
      new ViewerResolver(people, scopes),
      tokenResolver,
      new LinkResolver(linkService, resetRequests, limits, people),
    ],
    finders: [["ServiceToken", (context, id) => tokenResolver.find(context, id)]],
    outbox,
    async invite(tx, { viewer }, { userId }) {
      await linkService.inviteIn(tx, viewer, userId);
      return consequence("INVITATION_SENT", [publicId("User", userId)]);
    },
    resetRequests,
  };
}
