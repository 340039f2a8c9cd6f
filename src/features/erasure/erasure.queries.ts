import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { mayDo, maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { ErasureGround } from "./erasure.grounds.ts";
import { type NamedIn, textsNaming } from "./erasure.naming.ts";
import type { Fate, TableData } from "./personal-data.classes.ts";
import { namesIn, PERSONAL_DATA } from "./personal-data.ts";

/** Rows of one table about a person, and what becomes of them. */
export interface HeldRows {
  table: string;
  rows: number;
  fate: Fate;
  columns: string[];
  why: string | null;
}

export interface LegalHoldRecord {
  id: string;
  userId: string;
  reason: string;
  placedById: string | null;
  placedAt: Date;
  releasedAt: Date | null;
}

export interface ErasureRecord {
  id: string;
  userId: string;
  ground: ErasureGround;
  requestId: string | null;
  gone: Record<string, number>;
  /** Null of erasures from before it was kept. */
  named: NamedIn[] | null;
  erasedAt: Date;
  finishedAt: Date | null;
}

/** What would become of a person's data. */
export interface PreviewRecord {
  userId: string;
  held: HeldRows[];
  holds: LegalHoldRecord[];
  /** Settings and searches of others whose text holds a value of the person: they stay, and their owner is to change them. */
  named: NamedIn[];
  erasure: ErasureRecord | undefined;
}

/** Reads what is held about people, for those who may erase them. */
export class ErasureQueries {
  constructor(private readonly database: Database) {}

  /** Undefined where the person is absent, or the viewer may not erase them. */
  async preview(viewer: Viewer, userId: string): Promise<PreviewRecord | undefined> {
    if (!(await this.#mayErase(viewer, userId))) return undefined;
    const [held, holds, named, erasure] = await Promise.all([
      this.#held(userId),
      this.holdsOf(userId),
      textsNaming(this.database.reader, userId),
      this.#erasure(sql`e.user_id = ${userId}`),
    ]);
    return { userId, held, holds, named, erasure };
  }

  /** For `node(id:)`. */
  async findHold(viewer: Viewer, id: string): Promise<LegalHoldRecord | undefined> {
    const [hold] = await this.#holds(sql`h.id = ${id}`);
    return hold && (await this.#mayErase(viewer, hold.userId)) ? hold : undefined;
  }

  /** For `node(id:)`. */
  async findErasure(viewer: Viewer, id: string): Promise<ErasureRecord | undefined> {
    const erasure = await this.#erasure(sql`e.id = ${id}`);
    return erasure && (await this.#mayErase(viewer, erasure.userId)) ? erasure : undefined;
  }

  holdsOf(userId: string): Promise<LegalHoldRecord[]> {
    return this.#holds(sql`h.user_id = ${userId}`);
  }

  async #mayErase(viewer: Viewer, userId: string): Promise<boolean> {
    const place = await placeOfUser(this.database.reader, userId, viewer);
    return place !== undefined && maySee(viewer, place) && mayDo(viewer, "USER_ERASE", place);
  }

  async #held(userId: string): Promise<HeldRows[]> {
    const tables = Object.entries(PERSONAL_DATA).filter(([, { person }]) => person !== undefined);
    const counts = tables.map(
      ([table, { person }]) =>
        sql`SELECT ${table}::text AS "table", count(*)::integer AS rows FROM ${sql.table(table)} WHERE ${sql.ref(person as string)} = ${userId}`,
    );
    const { rows } = await sql<{ table: string; rows: number }>`${sql.join(counts, sql` UNION ALL `)}`.execute(
      this.database.reader,
    );
    return rows
      .filter((row) => row.rows > 0)
      .map(({ table, rows: count }) => {
        const { fate, why, columns } = PERSONAL_DATA[table] as TableData;
        const going = [columns.personal, columns.words, columns.secret].flatMap(namesIn);
        const staying = [columns.plain, columns.standing].flatMap(namesIn);
        return { table, rows: count, fate, columns: fate === "STAYS" ? staying : going, why: why ?? null };
      });
  }

  async #holds(condition: ReturnType<typeof sql>): Promise<LegalHoldRecord[]> {
    const { rows } = await sql<LegalHoldRecord>`
      SELECT h.id, h.user_id AS "userId", h.reason, h.placed_by_id AS "placedById", h.placed_at AS "placedAt", h.released_at AS "releasedAt"
      FROM legal_hold h WHERE ${condition} ORDER BY h.placed_at, h.id`.execute(this.database.reader);
    return rows;
  }

  async #erasure(condition: ReturnType<typeof sql>): Promise<ErasureRecord | undefined> {
    const { rows } = await sql<ErasureRecord>`
      SELECT e.id, e.user_id AS "userId", e.ground, e.approval_request_id AS "requestId", e.gone, e.named, e.erased_at AS "erasedAt", e.finished_at AS "finishedAt"
      FROM user_erasure e WHERE ${condition}`.execute(this.database.reader);
    return rows[0];
  }
}
