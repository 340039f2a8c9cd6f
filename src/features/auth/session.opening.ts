import type { Tx } from "../../database/transaction.ts";
import type { Origin } from "../../graphql/context.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { AccessTokens } from "./access-token.ts";
import { hashOfPart, newRefreshToken, printRefreshToken, type RefreshToken } from "./refresh-token.ts";
import { type ProvedFactor, SessionEntity } from "./session.entity.ts";
import type { SessionRecord } from "./session.types.ts";
import type { SignInSettings } from "./sign-in.settings.ts";
import type { SignInPolicies } from "./sign-in-policy.rules.ts";

/** Who proved what. */
export interface Proof {
  userId: string;
  method: "password" | "passkey";
  factors: readonly ProvedFactor[];
  /** The hash of the password that was proved: it must still be the person's. */
  passwordHash?: string | undefined;
}

/** What whoever signed in is given. Both tokens are told this once. */
export interface SessionTokens {
  accessToken: string;
  accessTokenExpiresAt: Date;
  refreshToken: string;
}

export interface OpenedSession {
  session: SessionRecord;
  /** Until when a policy lets the person in without the factor that it asks for. */
  enrolFactorBy?: Date | null;
  tokens: SessionTokens;
}

const USER_AGENT_LIMIT = 512;

/** One answer, whatever is wrong: who asks learns nothing about who has an account, and of what kind. */
export const signInRefused = (): RollcallError =>
  new RollcallError("UNAUTHENTICATED", "The name or the password is not right, or this account cannot sign in.");

/** Opens sessions. */
export class SessionOpening {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly policies: SignInPolicies,
    private readonly settings: SignInSettings,
  ) {}

  /**
   * A session of a person who is ACTIVE, and whose password still is the one that was proved. The person is locked until the commit: whoever
   * takes their access away comes before, and is heeded, or after, and ends this session.
   */
  async open(tx: Tx, proof: Proof, origin: Origin | undefined): Promise<OpenedSession> {
    await requireStanding(tx, proof);
    const { enrolmentOnly, enrolFactorBy } = await this.policies.decide(tx, proof);
    const session: SessionRecord = {
      id: newId(),
      userId: proof.userId,
      method: proof.method,
      factors: [...proof.factors],
      enrolmentOnly,
      createdAt: tx.now,
      authenticatedAt: tx.now,
      lastSeenAt: tx.now,
      expiresAt: new Date(tx.now.getTime() + this.settings.sessionSeconds * 1000),
      ip: origin?.ip ?? null,
      userAgent: origin?.userAgent?.slice(0, USER_AGENT_LIMIT) ?? null,
      country: null,
      endedAt: null,
      endedBy: null,
    };
    const { lastSeenAt, endedBy: _, ...stored } = session;
    const nobody = { endedByKind: null, endedById: null, endedByName: null, endReason: null };
    tx.em.persist(tx.em.create(SessionEntity, { ...stored, factors: [...proof.factors], ...nobody }));
    await tx.flush();
    const refresh = newRefreshToken(session.id);
    await tx.sql
      .insertInto("session_use")
      .values({
        session_id: session.id,
        last_seen_at: lastSeenAt,
        family_hash: hashOfPart(refresh.family),
        turn_hash: hashOfPart(refresh.turn),
      })
      .execute();
    return { session, enrolFactorBy, tokens: await this.issue(session, refresh, tx.now) };
  }

  /** The tokens of a session's next turn. */
  async issue(session: SessionRecord, refresh: RefreshToken, now: Date): Promise<SessionTokens> {
    const { id: sessionId, userId, authenticatedAt, factors } = session;
    const access = await this.tokens.issue({ sessionId, userId, authenticatedAt, factors }, now);
    return {
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      refreshToken: printRefreshToken(refresh),
    };
  }
}

async function requireStanding(tx: Tx, { userId, passwordHash }: Proof): Promise<void> {
  const user = await tx.sql
    .selectFrom("user_account")
    .select("status")
    .where("id", "=", userId)
    .forShare()
    .executeTakeFirst();
  if (user?.status !== "ACTIVE") throw signInRefused();
  if (passwordHash === undefined) return;
  const password = await tx.sql
    .selectFrom("user_password")
    .select("hash")
    .where("user_id", "=", userId)
    .forShare()
    .executeTakeFirst();
  if (password?.hash !== passwordHash) throw signInRefused();
}
