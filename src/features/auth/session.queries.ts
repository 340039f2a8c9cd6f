import { type RawBuilder, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { mayDo, maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { placeOfUser } from "../users/user.place.ts";
import { Session, type SessionRecord } from "./session.types.ts";

const COLUMNS = sql`s.id, s.user_id AS "userId", s.method, s.factors, s.enrolment_only AS "enrolmentOnly",
  s.created_at AS "createdAt", s.authenticated_at AS "authenticatedAt", coalesce(u.last_seen_at, s.created_at) AS "lastSeenAt",
  s.expires_at AS "expiresAt", s.ip, s.user_agent AS "userAgent", s.country, s.ended_at AS "endedAt",
  CASE WHEN s.ended_by_kind IS NOT NULL THEN
    jsonb_build_object('kind', s.ended_by_kind, 'id', s.ended_by_id, 'name', s.ended_by_name) END AS "endedBy"`;

/** Ended sessions of a person that are shown at most, the latest first. */
const ENDED_LIMIT = 500;

/** Reads sessions. */
export class SessionQueries {
  constructor(
    private readonly database: Database,
    private readonly idleSeconds: number,
  ) {}

  /** A session that the viewer may see: of their own, or of somebody over whom they hold USER_READ_SECURITY. */
  async find(viewer: Viewer, id: string): Promise<Session | null> {
    const session = await this.get(id);
    if (!session) return null;
    if (session.userId === viewer.userId) return session;
    const place = await placeOfUser(this.database.reader, session.userId, viewer);
    const open = place && maySee(viewer, place) && mayDo(viewer, "USER_READ_SECURITY", place);
    return open ? session : null;
  }

  /** A session, whoever asks. */
  async get(id: string): Promise<Session | undefined> {
    const [session] = await this.#read(sql`s.id = ${id}`);
    return session;
  }

  /** The sessions of each of these people, the latest first: the open ones, or with those that ended. Whoever asks has decided that they may be seen. */
  async ofUsers(userIds: readonly string[], includeEnded: boolean): Promise<Session[][]> {
    const open = sql`s.ended_at IS NULL AND s.expires_at > rollcall_now()
      AND u.last_seen_at > rollcall_now() - make_interval(secs => ${this.idleSeconds})`;
    const whose = sql`s.user_id = ANY(${[...userIds]}::uuid[])`;
    const sessions = await this.#read(includeEnded ? whose : sql`${whose} AND ${open}`);
    const byUser = Map.groupBy(sessions, ({ userId }) => userId);
    return userIds.map((id) => (byUser.get(id) ?? []).slice(0, ENDED_LIMIT));
  }

  async #read(condition: RawBuilder<unknown>): Promise<Session[]> {
    const { rows } = await sql<SessionRecord>`
      SELECT ${COLUMNS} FROM session s LEFT JOIN session_use u ON u.session_id = s.id WHERE ${condition}
      ORDER BY s.created_at DESC, s.id`.execute(this.database.reader);
    return rows.map((row) => new Session(row));
  }
}
