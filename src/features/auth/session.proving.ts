import { LockMode } from "@mikro-orm/core";
import type { Viewer, ViewerSession } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { type ProvedFactor, SessionEntity } from "./session.entity.ts";
import type { SignInPolicies } from "./sign-in-policy.rules.ts";

/** The session that the viewer asks in; FORBIDDEN for a token without one: what is about a person's own account is done by the person. */
export function requireSession({ userId, session }: Viewer): { userId: string; session: ViewerSession } {
  if (userId !== null && session) return { userId, session };
  throw new RollcallError("FORBIDDEN", "This needs a session: sign in, instead of sending a token.");
}

/** The session knows that a factor was just proved, and whatever was held back for want of it is given. */
export async function proveInSession(
  tx: Tx,
  policies: SignInPolicies,
  { userId, sessionId, factor }: { userId: string; sessionId: string; factor: ProvedFactor | undefined },
): Promise<SessionEntity> {
  const session = await tx.em.findOneOrFail(SessionEntity, sessionId, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (session.endedAt) throw new RollcallError("UNAUTHENTICATED", "The session has ended: sign in again.");
  if (factor) {
    session.authenticatedAt = tx.now;
    session.factors = [...new Set([...session.factors, factor])];
  }
  if (session.enrolmentOnly)
    session.enrolmentOnly = (await policies.decide(tx, { userId, factors: session.factors })).enrolmentOnly;
  await tx.flush();
  return session;
}
