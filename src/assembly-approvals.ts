import { buildErasure } from "./assembly-erasure.ts";
import type { Database } from "./database/database.ts";
import { ApprovalClock } from "./features/approvals/approval.clock.ts";
import { type ApprovalKindRules, ApprovalKinds } from "./features/approvals/approval.kinds.ts";
import { ApprovalQueries } from "./features/approvals/approval.queries.ts";
import { Approvals } from "./features/approvals/approval.requests.ts";
import { type ApprovalLoader, ApprovalResolver, approvalLoader } from "./features/approvals/approval.resolver.ts";
import { ApprovalService } from "./features/approvals/approval.service.ts";
import { ApprovalDelegationResolver } from "./features/approvals/approval-delegation.resolver.ts";
import { ApprovalDelegationService } from "./features/approvals/approval-delegation.service.ts";
import { ApprovalEventResolver, ApprovalEventSource } from "./features/approvals/approval-event.source.ts";
import type { AuditEventQueries } from "./features/audit/audit-event.queries.ts";
import { erasures } from "./features/erasure/erasure.service.ts";
import type { MailOutbox } from "./features/mail/mail.outbox.ts";
import type { SavedSearchQueries } from "./features/saved-searches/saved-search.queries.ts";
import { ApprovalPolicyResolver } from "./features/self-service/approval-policy.resolver.ts";
import { ApprovalPolicyService } from "./features/self-service/approval-policy.service.ts";
import type { SelfServiceSettings } from "./features/self-service/own-profile.fields.ts";
import { OwnProfileResolver } from "./features/self-service/own-profile.resolver.ts";
import { OwnProfileService } from "./features/self-service/own-profile.service.ts";
import type { LifecyclePart } from "./features/users/user.following.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { UserService } from "./features/users/user.service.ts";
import type { FindNode } from "./graphql/node.ts";
import type { SubscriptionSource } from "./graphql/subscription-source.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What approvals are built of. */
export interface ApprovalParts {
  database: Database;
  people: UserLoader;
  /** What each kind of request means: every feature that asks for approval hands its own over. */
  kinds: readonly ApprovalKindRules[];
  /** By which owners are told that a filter names somebody who was erased. */
  outbox: MailOutbox;
  /** What follows from the deletion of whoever is erased. */
  cascades: readonly LifecyclePart[];
  dateOf: (instant: Date) => string;
  /** Finds what requests are about. */
  finders: ReadonlyMap<IdKind, FindNode>;
}

/** What approvals give the gateway. */
export interface ApprovalFeature {
  resolvers: object[];
  sources: Record<string, SubscriptionSource>;
  finders: readonly (readonly [IdKind, FindNode])[];
  /** How features ask for approval, in transactions of their own. */
  approvals: Approvals;
  /** Requests as the viewer sees them. */
  loader: ApprovalLoader;
  /** Lets time pass for requests; to be called again and again where background work is done. */
  clock: ApprovalClock;
}

/** Builds approvals, and erasure, which nobody carries out alone: a part of the composition root. */
export function buildApprovals(parts: ApprovalParts): ApprovalFeature {
  const { database, people, kinds: rules, outbox, cascades, dateOf, finders } = parts;
  const kinds = new ApprovalKinds([...rules, erasures(() => ({ approvals, outbox, cascades, dateOf }))]);
  const approvals: Approvals = new Approvals(kinds);
  const queries = new ApprovalQueries(database, kinds);
  const loader = approvalLoader(queries);
  const resolver = new ApprovalResolver(new ApprovalService(database, approvals), queries, loader, finders);
  const delegations = new ApprovalDelegationResolver(new ApprovalDelegationService(database), people);
  const erasure = buildErasure(database, approvals, loader);
  return {
    resolvers: [resolver, delegations, new ApprovalEventResolver(loader), ...erasure.resolvers],
    sources: { approvalRequestEvents: new ApprovalEventSource(queries) },
    finders: [
      ["ApprovalRequest", (context, id) => resolver.find(context, id)],
      ["ApprovalDelegation", (context, id) => delegations.find(context, id)],
      ...erasure.finders,
    ],
    approvals,
    loader,
    clock: new ApprovalClock(database, approvals),
  };
}

/** What people's own profiles are built of. */
export interface OwnProfileParts extends Pick<ApprovalParts, "database" | "people" | "dateOf"> {
  users: UserService;
  queries: UserQueries;
  searches: { queries: SavedSearchQueries };
  settings: SelfServiceSettings;
}

/** Builds what people do for themselves, and who decides what of it is sensitive. */
export function ownProfile(
  { approvals, loader }: Pick<ApprovalFeature, "approvals" | "loader">,
  audit: AuditEventQueries,
  { database, users, queries, people, searches, settings, dateOf }: OwnProfileParts,
): { resolvers: object[]; finders: readonly (readonly [IdKind, FindNode])[] } {
  const service = new OwnProfileService(database, users, approvals, settings, dateOf);
  const policies = new ApprovalPolicyResolver(new ApprovalPolicyService(database, queries, settings));
  return {
    resolvers: [new OwnProfileResolver(service, audit, people, loader, searches.queries), policies],
    finders: [["ApprovalPolicy", (context, id) => policies.find(context, id)]],
  };
}
