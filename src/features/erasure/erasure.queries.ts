import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { mayDo, maySee } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { ErasureGround } from "./erasure.grounds.ts";
import { type NamedIn, namesOf, tellingNames, textsNaming } from "./erasure.naming.ts";
import { namingRows, rowsBeside, WORDS_BESIDE } from "./personal-data.beside.ts";
import type { Fate, TableData } from "./personal-data.classes.ts";
import { namesIn, PERSONAL_DATA, rowsOf } from "./personal-data.ts";

/** Rows of one table in which a person lies, and what becomes of them: their own, and others' in which they lie as well, each with its own reason. */
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
    const names = await namesOf(this.database.reader, userId);
    const [held, holds, named, erasure] = await Promise.all([
      this.#held(userId, tellingNames(names)),
      this.holdsOf(userId),
      textsNaming(this.database.reader, userId, names),
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

  async #held(userId: string, names: readonly string[]): Promise<HeldRows[]> {
    const own = Object.entries(PERSONAL_DATA).flatMap(([table, data]) => {
      const rows = rowsOf(table, userId);
      return rows ? [{ table, rows, fate: data.fate, columns: columnsOf(data), why: data.why ?? null }] : [];
    });
    const naming = Object.entries(WORDS_BESIDE).map(([table, { words, documents }]) => ({
      table,
      rows: namingRows(table, userId, names),
      fate: "CLEARED" as const,
      columns: [...words, ...documents],
      why: "Texts of others that name the person and that nothing follows from any more: what names them is taken out.",
    }));
    const looks = [...own, ...rowsBeside(userId), ...(names.length > 0 ? naming : [])];
    const counts = looks.map(
      ({ table, rows }, place) =>
        sql`SELECT ${place}::integer AS place, count(*)::integer AS rows FROM ${sql.table(table)} t WHERE ${rows}`,
    );
    const { rows } = await sql<{ place: number; rows: number }>`
      SELECT * FROM (${sql.join(counts, sql` UNION ALL `)}) found WHERE rows > 0 ORDER BY place`.execute(
      this.database.reader,
    );
    return rows.map(({ place, rows: count }) => ({ ...(looks[place] as (typeof looks)[number]), rows: count }));
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

/** The columns that go; of rows that stay, those that stay. */
const columnsOf = ({ fate, columns }: TableData): string[] =>
  (fate === "STAYS" ? [columns.plain, columns.standing] : [columns.personal, columns.words, columns.secret]).flatMap(
    namesIn,
  );
