import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { requireAnywhere } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { ImportUploadRow } from "../../database/import-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { ownerOf } from "../saved-searches/saved-search.access.ts";
import { Spool } from "./upload.spool.ts";

/** How long a file is kept. */
const KEPT_DAYS = 7;
const NAME_LIMIT = 200;
/** How many files are kept for one owner, and how many of the largest their bytes may come to: older ones make room for newer ones. */
const KEPT_FILES = 100;
const KEPT_LARGEST = 4;
/** How many files are on their way into one gateway at once: each takes room on its disk. */
const AT_ONCE = 8;

/** What files may be, by their media types. */
export const MEDIA_TYPES = ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** A file on its way in. */
export interface Incoming {
  fileName: string;
  mediaType: MediaType;
  content: AsyncIterable<Uint8Array>;
}

export type StoredUpload = Pick<ImportUploadRow, "id" | "file_name" | "media_type" | "expires_at"> & {
  size: number;
  /** Whether the same file was here already. */
  isKnown: boolean;
};

type Owner = Pick<ImportUploadRow, "user_id" | "token_id">;

const ownedBy = (viewer: Viewer): Owner => {
  const { ownerId, tokenId } = ownerOf(viewer);
  return { user_id: ownerId, token_id: viewer.kind === "SYSTEM" ? null : tokenId };
};

/** Takes files in and keeps them for a while, in the database, so that any gateway can read them. */
export class ImportUploads {
  readonly #underWay = new Set<string>();

  constructor(
    private readonly database: Database,
    /** The largest file, in bytes. */
    private readonly limit: number,
  ) {}

  /** How many files are on their way into this gateway. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Who may upload: FORBIDDEN for whoever lacks IMPORT_RUN or BULK_RUN. */
  requireMayUpload(viewer: Viewer): void {
    requireAnywhere(viewer, "IMPORT_RUN");
    requireAnywhere(viewer, "BULK_RUN");
  }

  /**
   * Stores a file whole, or nothing of it. The same content under the same name by the same viewer is the same upload. RATE_LIMITED while the
   * viewer has another one under way, or this gateway as many as it takes; INVALID_INPUT for one that is empty, larger than may be, or without a name.
   */
  async receive(author: Author, { fileName, mediaType, content }: Incoming): Promise<StoredUpload> {
    const { viewer } = author;
    this.requireMayUpload(viewer);
    if (fileName.trim() === "" || fileName.length > NAME_LIMIT)
      throw invalidInput([{ path: "name", message: `must be a file name of 1 to ${NAME_LIMIT} characters.` }]);
    const key = `${viewer.kind}:${viewer.id}`;
    if (this.#underWay.has(key))
      throw new RollcallError("RATE_LIMITED", "Another file of yours is on its way: one at a time.", {
        retryAfterSeconds: 5,
      });
    if (this.#underWay.size >= AT_ONCE)
      throw new RollcallError("RATE_LIMITED", "Too many files are on their way: try again in a moment.", {
        retryAfterSeconds: 5,
      });
    this.#underWay.add(key);
    try {
      const spool = await Spool.of(content, this.limit);
      try {
        if (spool.size === 0) throw invalidInput([{ path: "body", message: "must not be empty." }]);
        return await this.#store(author, { fileName, mediaType }, spool);
      } finally {
        await spool.close();
      }
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #store(author: Author, file: Omit<Incoming, "content">, spool: Spool): Promise<StoredUpload> {
    const owner = ownedBy(author.viewer);
    const known = await this.#known(owner, file, spool);
    if (known) return known;
    const { value } = await this.database.write(author.cause("import.uploaded"), async (tx) => {
      const row = {
        id: newId(),
        ...owner,
        file_name: file.fileName,
        media_type: file.mediaType,
        size: BigInt(spool.size),
        sha256: spool.sha256,
        created_at: tx.now,
        expires_at: new Date(tx.now.getTime() + KEPT_DAYS * 86_400_000),
      };
      await this.#makeRoom(tx, owner, spool.size);
      await tx.sql.insertInto("import_upload").values(row).execute();
      let place = 0;
      for await (const content of spool.parts())
        await tx.sql.insertInto("import_upload_part").values({ upload_id: row.id, place: place++, content }).execute();
      return { ...row, size: spool.size, isKnown: false };
    });
    return value;
  }

  /** Forgets the oldest files of an owner who has no room for another one, except those of which a plan is being made: RATE_LIMITED where that is not enough. */
  async #makeRoom(tx: Tx, { user_id, token_id }: Owner, size: number): Promise<void> {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended('upload ' || coalesce(${user_id}::text, ${token_id}::text, ''), 0))`.execute(
      tx.sql,
    );
    const { rows } = await sql<{ id: string; busy: boolean }>`
      WITH kept AS (
        SELECT id, size, row_number() OVER newest AS files, sum(size) OVER newest AS bytes FROM import_upload
        WHERE user_id IS NOT DISTINCT FROM ${user_id}::uuid AND token_id IS NOT DISTINCT FROM ${token_id}::uuid
        WINDOW newest AS (ORDER BY created_at DESC, id DESC))
      SELECT id, EXISTS (SELECT FROM bulk_plan p WHERE p.upload_id = kept.id AND p.state = 'PLANNING') AS busy FROM kept
      WHERE files >= ${KEPT_FILES} OR bytes + ${size} > ${KEPT_LARGEST * this.limit}`.execute(tx.sql);
    if (rows.some(({ busy }) => busy))
      throw new RollcallError(
        "RATE_LIMITED",
        "Plans are being made of your earlier files: wait until they are, or cancel them.",
        {
          retryAfterSeconds: 60,
        },
      );
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) await tx.sql.deleteFrom("import_upload").where("id", "in", ids).execute();
  }

  async #known(
    owner: Owner,
    { fileName, mediaType }: Omit<Incoming, "content">,
    { sha256 }: Spool,
  ): Promise<StoredUpload | undefined> {
    const { rows } = await sql<ImportUploadRow>`
      SELECT * FROM import_upload WHERE sha256 = ${sha256} AND file_name = ${fileName} AND media_type = ${mediaType}
        AND user_id IS NOT DISTINCT FROM ${owner.user_id}::uuid AND token_id IS NOT DISTINCT FROM ${owner.token_id}::uuid
        AND expires_at > rollcall_now() + interval '1 day' ORDER BY id DESC LIMIT 1`.execute(this.database.reader);
    return rows[0] && { ...rows[0], size: Number(rows[0].size), isKnown: true };
  }

  /** An upload of the viewer's; NOT_FOUND for what is another's, unknown, or too old. */
  async find(tx: Tx, viewer: Viewer, id: string, inputPath = "input.uploadId"): Promise<ImportUploadRow> {
    const { user_id, token_id } = ownedBy(viewer);
    const { rows } = await sql<ImportUploadRow>`
      SELECT * FROM import_upload WHERE id = ${id} AND expires_at > ${tx.now}
        AND user_id IS NOT DISTINCT FROM ${user_id}::uuid AND token_id IS NOT DISTINCT FROM ${token_id}::uuid`.execute(
      tx.sql,
    );
    if (!rows[0]) throw notFound("upload", inputPath);
    return rows[0];
  }
}

/** The content of an upload, part by part; undefined where it is no longer kept. */
export async function contentOf(db: Tx["sql"], uploadId: string): Promise<AsyncGenerator<Buffer> | undefined> {
  const { rows } = await sql<{ parts: number }>`
    SELECT count(*)::integer AS parts FROM import_upload_part WHERE upload_id = ${uploadId}`.execute(db);
  const parts = rows[0]?.parts ?? 0;
  if (parts === 0) return undefined;
  return (async function* () {
    for (let place = 0; place < parts; place++) {
      const part = await db
        .selectFrom("import_upload_part")
        .select("content")
        .where("upload_id", "=", uploadId)
        .where("place", "=", place)
        .executeTakeFirstOrThrow();
      yield part.content;
    }
  })();
}

/** Forgets uploads that are too old. */
export async function pruneUploads(database: Database): Promise<void> {
  const before = await database.now();
  const { rows } = await sql`SELECT 1 FROM import_upload WHERE expires_at < ${before} LIMIT 1`.execute(database.reader);
  if (rows.length === 0) return;
  await database.write(
    { kind: "TIME", action: "import.forgotten", actor: { kind: "SYSTEM", id: null, name: "import" } },
    (tx) => tx.sql.deleteFrom("import_upload").where("expires_at", "<", before).execute(),
  );
}
