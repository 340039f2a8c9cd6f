import type { Database } from "./database/database.ts";
import { AccessTokens } from "./features/auth/access-token.ts";
import { FactorProofs } from "./features/auth/factor.proofs.ts";
import { FactorResolver, factorLoader } from "./features/auth/factor.resolver.ts";
import { FactorService } from "./features/auth/factor.service.ts";
import { Passkeys } from "./features/auth/passkeys.ts";
import { PasswordHashing } from "./features/auth/password.hashing.ts";
import { PasswordService } from "./features/auth/password.service.ts";
import { ReauthenticationResolver } from "./features/auth/reauthentication.resolver.ts";
import { SecondFactors } from "./features/auth/second-factors.ts";
import { SessionOpening } from "./features/auth/session.opening.ts";
import { SessionQueries } from "./features/auth/session.queries.ts";
import { Reauthentication } from "./features/auth/session.reauthentication.ts";
import {
  SessionResolver,
  sessionLoaders,
  UserSessionsResolver,
  ViewerSessionResolver,
} from "./features/auth/session.resolver.ts";
import { endOverdueSessions, SessionService, SessionUse } from "./features/auth/session.service.ts";
import { costsOfHashes } from "./features/auth/sign-in.accounts.ts";
import { pruneSignIns } from "./features/auth/sign-in.counter.ts";
import { deliverFacts } from "./features/auth/sign-in.facts.ts";
import { SignInGate } from "./features/auth/sign-in.gate.ts";
import { type DeriveKey, SignInKeys } from "./features/auth/sign-in.keys.ts";
import { SignInResolver } from "./features/auth/sign-in.resolver.ts";
import { SignInService } from "./features/auth/sign-in.service.ts";
import type { SignInSettings } from "./features/auth/sign-in.settings.ts";
import { SignInPolicyResolver } from "./features/auth/sign-in-policy.resolver.ts";
import { SignInPolicies } from "./features/auth/sign-in-policy.rules.ts";
import { SignInPolicyService } from "./features/auth/sign-in-policy.service.ts";
import { demandsOf } from "./features/profile-templates/profile-template.demands.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { UserService } from "./features/users/user.service.ts";
import type { FindNode } from "./graphql/node.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What sign-in is built of. */
export interface SignInParts {
  database: Database;
  derive: DeriveKey;
  settings: SignInSettings;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf: (instant: Date) => string;
  /** Of people who have no time zone of their own. */
  orgTimezone: string;
  /** Told what fails behind an answer. */
  report: (error: unknown) => void;
  users: UserService;
  queries: UserQueries;
  people: UserLoader;
}

/** What sign-in gives the gateway. */
export interface SignInFeature {
  resolvers: object[];
  finders: readonly (readonly [IdKind, FindNode])[];
  settings: SignInSettings;
  service: SignInService;
  accessTokens: AccessTokens;
  sessionUse: SessionUse;
  hashing: PasswordHashing;
  /** How every feature sets a password. */
  passwords: PasswordService;
  /** Resolves when what sign-ins have begun behind their answers is done. */
  settled: () => Promise<void>;
  /** What is due again and again, so many milliseconds after it was done last. */
  work: readonly { name: string; everyMs: number; run: () => Promise<unknown> }[];
}

/** The longest that a sign-in waits to be on the search row. */
const FACTS_MS = 5_000;
/** How often it is written down when sessions were last used, and how often those that have run out are ended. */
const USE_MS = 10_000;
const PRUNE_MS = 60_000;
/** How often it is looked at what hashes cost that were made before the setting was changed: they become fewer with every sign-in. */
const CENSUS_MS = 600_000;

/** Builds how people sign in: the part of the composition root that is about sessions. */
export function buildSignIn({
  database,
  derive,
  settings,
  dateOf,
  orgTimezone,
  report,
  users,
  queries,
  people,
}: SignInParts): SignInFeature {
  const keys = new SignInKeys(derive, settings.signingKey);
  const hashing = new PasswordHashing(settings.argon2, keys.passwords, () => costsOfHashes(database));
  const accessTokens = new AccessTokens(keys, settings);
  const policies = new SignInPolicies(dateOf, demandsOf(orgTimezone));
  const opening = new SessionOpening(accessTokens, policies, settings);
  const sessions = new SessionQueries(database, settings.idleSeconds);
  const sessionService = new SessionService(database, opening, sessions, settings);
  const passkeys = new Passkeys(settings.publicUrl);
  const factors = new SecondFactors(database, new FactorProofs(database, keys, passkeys), passkeys);
  const gate = new SignInGate(database, users, settings, report);
  const passwords = new PasswordService(hashing);
  const reauthentication = new Reauthentication({ database, hashing, passwords, gate, factors, policies });
  const factorService = new FactorService(database, keys, factors, policies);
  const policyResolver = new SignInPolicyResolver(new SignInPolicyService(database, queries));
  const sessionUse = new SessionUse(database);
  const signIn = new SignInService(database, hashing, gate, opening, factors);
  return {
    resolvers: [
      new SignInResolver(signIn, sessionService),
      new SessionResolver(sessionService, people),
      new ViewerSessionResolver(sessions),
      new UserSessionsResolver(sessionLoaders(sessions)),
      new ReauthenticationResolver(reauthentication, sessions),
      new FactorResolver(factorService, factorLoader(database)),
      policyResolver,
    ],
    finders: [
      ["Session", ({ viewer }, id) => sessions.find(viewer, id)],
      ["SignInPolicy", (context, id) => policyResolver.find(context, id)],
    ],
    settings,
    service: signIn,
    accessTokens,
    sessionUse,
    hashing,
    passwords,
    settled: () => gate.settled(),
    work: [
      { name: "sign-in facts", everyMs: FACTS_MS, run: () => deliverFacts(database) },
      { name: "sessions' last use", everyMs: USE_MS, run: () => sessionUse.flush() },
      { name: "sessions' ends", everyMs: USE_MS, run: () => endOverdueSessions(database, settings.idleSeconds) },
      { name: "locks that are due", everyMs: FACTS_MS, run: () => gate.lockDue() },
      { name: "sign-ins' retention", everyMs: PRUNE_MS, run: () => pruneSignIns(database) },
      { name: "costs of passwords", everyMs: CENSUS_MS, run: () => hashing.takeCensus() },
    ],
  };
}
