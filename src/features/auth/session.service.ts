import { sql } from "kysely";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { mayDo, maySee } from "../../access/policy.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, forbidden, notFound, RollcallError } from "../../kernel/errors.ts";
import { placeOfUser } from "../users/user.place.ts";
import { hashOfPart, newRefreshToken, readRefreshToken } from "./refresh-token.ts";
import { endSessions } from "./session.ending.ts";
import type { OpenedSession, SessionOpening } from "./session.opening.ts";
import type { SessionQueries } from "./session.queries.ts";
import type { SignInSettings } from "./sign-in.settings.ts";

export interface RevokeSession extends CommandOptions {
  id: string;
}

export interface RevokeUserSessions extends CommandOptions {
  userId: string;
}

const refreshRefused = (): RollcallError =>
  new RollcallError("UNAUTHENTICATED", "The refresh token does not hold: sign in again.");

const REUSED: Cause = {
  kind: "SIGN_IN",
  action: "session.reused",
  actor: { kind: "SYSTEM", id: null, name: "sign-in" },
  reason: "A refresh token was used a second time: somebody has a copy of it.",
};

/** What becomes of sessions once they are open. */
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly opening: SessionOpening,
    private readonly sessions: SessionQueries,
    private readonly settings: SignInSettings,
  ) {}

  /**
   * The next turn of a session's tokens: the refresh token that is given is used up by it, and of several uses at a time one succeeds.
   * UNAUTHENTICATED for a token that does not hold; one that was used before ends its session.
   */
  async refresh(text: string): Promise<Written<OpenedSession>> {
    const given = readRefreshToken(text);
    if (!given) throw refreshRefused();
    const next = newRefreshToken(given.sessionId, given.family);
    const { rows } = await sql<{ now: Date }>`
      WITH clock AS MATERIALIZED (SELECT rollcall_now() AS now)
      UPDATE session_use u SET turn_hash = ${hashOfPart(next.turn)}, last_seen_at = greatest(u.last_seen_at, clock.now)
      FROM clock, session s JOIN user_account a ON a.id = s.user_id
      WHERE u.session_id = ${given.sessionId} AND s.id = u.session_id AND u.family_hash = ${hashOfPart(given.family)}
        AND u.turn_hash = ${hashOfPart(given.turn)} AND s.ended_at IS NULL AND s.expires_at > clock.now
        AND u.last_seen_at > clock.now - make_interval(secs => ${this.settings.idleSeconds}) AND a.status = 'ACTIVE'
      RETURNING clock.now`.execute(this.database.reader);
    const session = rows[0] && (await this.sessions.get(given.sessionId));
    if (!rows[0] || !session) {
      await this.#endReused(given);
      throw refreshRefused();
    }
    const record = { ...session, id: session.uuid };
    const tokens = await this.opening.issue(record, next, rows[0].now);
    return { value: { session: record, tokens }, position: await this.database.head() };
  }

  /** Ends the session of a token that belongs to it and is not its last one; a token that was made up ends nothing. */
  async #endReused({ sessionId, family, turn }: NonNullable<ReturnType<typeof readRefreshToken>>): Promise<void> {
    const reused = await this.database.reader
      .selectFrom("session_use")
      .innerJoin("session", "session.id", "session_use.session_id")
      .select("session.id")
      .where("session.id", "=", sessionId)
      .where("session.ended_at", "is", null)
      .where("family_hash", "=", hashOfPart(family))
      .where("turn_hash", "<>", hashOfPart(turn))
      .executeTakeFirst();
    if (reused)
      await this.database.write(REUSED, (tx) => endSessions(tx, { ids: [sessionId] }, "REFRESH_TOKEN_REUSED"));
  }

  /** Ends the session that the viewer asks in. FORBIDDEN for a token that has none. */
  signOut(author: Author, command: CommandOptions): Promise<Written<{ id: string }>> {
    const { session } = author.viewer;
    const name = { mutation: "signOut", action: "session.signed_out" };
    return carryOut(this.database, author, name, command, async (tx) => {
      if (!session) throw new RollcallError("FORBIDDEN", "This token has no session that could end: revoke the token.");
      await endSessions(tx, { ids: [session.id] }, "SIGNED_OUT");
      return { id: session.id };
    });
  }

  /** Ends a session: one's own, or that of somebody over whom the viewer holds SESSION_MANAGE. CONFLICT where it has ended. */
  revoke(author: Author, command: RevokeSession): Promise<Written<{ id: string }>> {
    const name = { mutation: "revokeSession", action: "session.revoked" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const session = await tx.sql
        .selectFrom("session")
        .select("user_id")
        .where("id", "=", command.id)
        .executeTakeFirst();
      if (!session) throw notFound("session", "input.id");
      await requireOwnOrManaged(tx, author, session.user_id, { what: "session", inputPath: "input.id" });
      const ended = await endSessions(tx, { ids: [command.id] }, "REVOKED");
      if (ended.length === 0) throw conflict("This session has ended already.", { inputPath: "input.id" });
      return { id: command.id };
    });
  }

  /** Ends all sessions of a person, the viewer's own among them; gives how many were open. */
  revokeAll(author: Author, command: RevokeUserSessions): Promise<Written<{ revoked: number }>> {
    const name = { mutation: "revokeUserSessions", action: "session.revoked" };
    return carryOut(this.database, author, name, command, async (tx) => {
      await requireOwnOrManaged(tx, author, command.userId, { what: "user", inputPath: "input.userId" });
      // A sign-in that is under way opens its session before, and it is ended, or after.
      await tx.sql.selectFrom("user_account").select("id").where("id", "=", command.userId).forNoKeyUpdate().execute();
      return { revoked: (await endSessions(tx, { userId: command.userId }, "REVOKED")).length };
    });
  }
}

/** Whoever may not see the person, or that they have this session, is not told that there is one. */
async function requireOwnOrManaged(
  tx: Tx,
  { viewer }: Author,
  userId: string,
  { what, inputPath }: { what: "session" | "user"; inputPath: string },
): Promise<void> {
  if (viewer.userId === userId) return;
  const place = await placeOfUser(tx.sql, userId, viewer);
  const seen = place && maySee(viewer, place) && (what === "user" || mayDo(viewer, "USER_READ_SECURITY", place));
  if (place && mayDo(viewer, "SESSION_MANAGE", place)) return;
  throw seen ? forbidden("SESSION_MANAGE") : notFound(what, inputPath);
}

const OVERDUE: Cause = {
  kind: "SCHEDULE",
  action: "session.expired",
  actor: { kind: "SYSTEM", id: null, name: "clock" },
};
const BATCH = 1_000;

/** Ends the sessions that have run out, by their limit or because nobody used them. Gives how many. Any number of gateways may call it. */
export async function endOverdueSessions(database: Database, idleSeconds: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    SELECT s.id FROM session s JOIN session_use u ON u.session_id = s.id
    WHERE s.ended_at IS NULL AND (s.expires_at <= rollcall_now() OR u.last_seen_at <= rollcall_now() - make_interval(secs => ${idleSeconds}))
    ORDER BY s.id LIMIT ${BATCH}`.execute(database.reader);
  if (rows.length === 0) return 0;
  const { value } = await database.write(OVERDUE, (tx) =>
    endSessions(tx, { ids: rows.map(({ id }) => id) }, "EXPIRED"),
  );
  return value.length;
}

/** Notes which sessions are used, and brings it to the database in one statement now and then. */
export class SessionUse {
  readonly #seen = new Map<string, Date>();

  constructor(private readonly database: Database) {}

  readonly note = (sessionId: string, at: Date): void => {
    this.#seen.set(sessionId, at);
  };

  async flush(): Promise<void> {
    const seen = [...this.#seen];
    if (seen.length === 0) return;
    this.#seen.clear();
    await sql`
      UPDATE session_use u SET last_seen_at = greatest(u.last_seen_at, seen.at)
      FROM unnest(${seen.map(([id]) => id)}::uuid[], ${seen.map(([, at]) => at)}::timestamptz[]) seen (id, at)
      WHERE u.session_id = seen.id`.execute(this.database.reader);
  }
}
