import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { ExportLinkRow } from "../../database/export-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { HeadedColumn, Rows } from "./export.cells.ts";
import { type CsvDialect, EXPORT_FORMATS, type ExportFormat, typeOf, writeFile } from "./export.formats.ts";

/** What a link is to give. */
export interface ExportOrder {
  /** The producer that makes it. */
  kind: string;
  format: ExportFormat;
  /** What the producer needs to make it; kept until the link is used up, and told to nobody. */
  payload: Record<string, unknown>;
  /** Whose it is: a person's, or a machine's token's. */
  owner: { userId: string | null; tokenId: string | null };
  /** What the audit log says of it. */
  filterText: string | null;
  columns: readonly string[];
}

/** A link that was used, with its order. */
export type TakenExport = Pick<ExportLinkRow, "id" | "payload" | "user_id" | "token_id"> & { format: ExportFormat };

type Taken = TakenExport & {
  kind: string;
  /** What its owner is called. */
  owner: string;
};

/** What is in a file. */
export interface ExportContent {
  columns: readonly HeadedColumn[];
  rows: Rows;
  /** How CSV is to be written, where it is not to be as RFC 4180 has it, in UTF-8. */
  dialect?: CsvDialect | undefined;
  /** Gives back what making the rows holds; called once, also where no row was taken. */
  close?: (() => Promise<void>) | undefined;
}

/** What makes the files of one kind. */
export interface ExportProducer {
  kind: string;
  /** The file's name, without what its format puts behind it. */
  fileName: string;
  /** What is in it, from one snapshot. Whatever its owner may not have any more is a RollcallError before the first rows. */
  open(taken: TakenExport): Promise<ExportContent>;
}

/** A file on its way. */
export interface ExportFile {
  name: string;
  type: string;
  chunks: AsyncGenerator<Buffer>;
}

/** A link as whoever asked for it is given it, this once. */
export interface IssuedExport {
  path: string;
  expiresAt: Date;
}

/** How links are set. */
export interface ExportSettings {
  /** How long a link waits for being used. */
  lastingMs: number;
  /** How many files are on their way at once from one gateway, each to another owner: each holds a connection. */
  atOnce: number;
}

export const EXPORT_DEFAULTS: ExportSettings = { lastingMs: 10 * 60_000, atOnce: 2 };

const SECRET_BYTES = 32;
const SECRET = /^[\w-]{43}$/;
const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

const NOTHING_YET = Buffer.alloc(0);

type Ending = "DELIVERED" | "BROKEN" | "REFUSED";

/** Gives files by links that are good once and for minutes. Only a hash of a link's secret is kept. */
export class ExportLinks {
  readonly #producers: ReadonlyMap<string, ExportProducer>;
  /** The owners of the files that are on their way. */
  readonly #underWay = new Set<string>();

  constructor(
    private readonly database: Database,
    producers: readonly ExportProducer[],
    private readonly settings: ExportSettings,
  ) {
    this.#producers = new Map(producers.map((producer) => [producer.kind, producer]));
  }

  /** Makes a link with this transaction. */
  async issue(tx: Tx, { kind, format, payload, owner, filterText, columns }: ExportOrder): Promise<IssuedExport> {
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const expiresAt = new Date(tx.now.getTime() + this.settings.lastingMs);
    await tx.sql
      .insertInto("export_link")
      .values({
        id: newId(),
        secret_hash: hashOf(secret),
        kind,
        payload,
        user_id: owner.userId,
        token_id: owner.tokenId,
        file_format: format,
        filter_text: filterText,
        columns: [...columns],
        state: "ISSUED",
        created_at: tx.now,
        expires_at: expiresAt,
      })
      .execute();
    return { path: `/export/${secret}`, expiresAt };
  }

  /**
   * The file that a link gives; undefined where it gives none: unknown, used, too old, or of somebody who may not have it any more. From here on
   * the link is used, whatever becomes of the file. RATE_LIMITED, and the link still good, while another file of its owner is on its way, or as
   * many as may be.
   */
  async open(secret: string): Promise<ExportFile | undefined> {
    const owner = SECRET.test(secret) ? await this.#ownerBehind(secret) : undefined;
    if (owner === undefined) return undefined;
    const leave = this.#enter(owner);
    try {
      const taken = await this.#take(secret);
      if (taken) return await this.#opened(taken, leave);
    } catch (error) {
      leave();
      throw error;
    }
    leave();
    return undefined;
  }

  /** Whose link it is, looked up without a lock or a place: anybody may guess at secrets. Undefined where there is none that is good. */
  async #ownerBehind(secret: string): Promise<string | undefined> {
    const [found] = await this.database.read({
      name: "export_link_owner",
      text: `SELECT coalesce(user_id, token_id)::text FROM export_link
        WHERE secret_hash = $1 AND state = 'ISSUED' AND expires_at > rollcall_now()`,
      values: [hashOf(secret)],
      isLookUp: true,
    });
    return found && String(found[0]);
  }

  #enter(owner: string): () => void {
    const tooMany = (message: string) => new RollcallError("RATE_LIMITED", message, { retryAfterSeconds: 5 });
    if (this.#underWay.has(owner)) throw tooMany("Another export of yours is on its way: try again when it has come.");
    if (this.#underWay.size >= this.settings.atOnce)
      throw tooMany("Too many exports are on their way: try again in a moment.");
    this.#underWay.add(owner);
    return () => this.#underWay.delete(owner);
  }

  async #opened(taken: Taken, leave: () => void): Promise<ExportFile | undefined> {
    const producer = this.#producers.get(taken.kind);
    try {
      if (!producer) throw new RollcallError("NOT_FOUND", `Nothing makes exports of the kind ${taken.kind}.`);
      const content = await producer.open(taken);
      const { dialect } = content;
      const { format } = taken;
      const chunks = this.#recorded(taken, content, leave);
      // Begun, so that whoever ends it gives back what it holds, also before anything was taken of it.
      await chunks.next();
      const name = `${producer.fileName}.${EXPORT_FORMATS[format].extension}`;
      return { name, type: typeOf(format, dialect), chunks };
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      await this.#end(taken, "REFUSED", 0);
      leave();
      return undefined;
    }
  }

  /** The chunks behind an empty one; how they end is written down, also where nobody takes the rest. */
  async *#recorded(
    taken: Taken,
    { columns, rows, dialect, close }: ExportContent,
    leave: () => void,
  ): AsyncGenerator<Buffer> {
    const counted = { rows: 0 };
    let ending: Ending = "BROKEN";
    try {
      yield NOTHING_YET;
      yield* writeFile(taken.format, columns, counting(rows, counted), dialect);
      ending = "DELIVERED";
    } finally {
      leave();
      await close?.();
      await this.#end(taken, ending, counted.rows);
    }
  }

  async #take(secret: string): Promise<Taken | undefined> {
    const cause: Cause = {
      kind: "SYSTEM",
      action: "export.opened",
      actor: { kind: "SYSTEM", id: null, name: "export" },
    };
    const { value } = await this.database.write(cause, async (tx) => {
      const { rows } = await sql<Taken>`
        UPDATE export_link SET state = 'READING', used_at = ${tx.now}
        WHERE secret_hash = ${hashOf(secret)} AND state = 'ISSUED' AND expires_at > ${tx.now}
        RETURNING id, kind, payload, user_id, token_id, file_format AS format, coalesce(
          (SELECT u.display_name FROM user_account u WHERE u.id = user_id), (SELECT t.name FROM service_token t WHERE t.id = token_id),
          'export') AS owner`.execute(tx.sql);
      return rows[0];
    });
    return value;
  }

  async #end({ id, user_id, token_id, owner: name }: Taken, state: Ending, rows: number): Promise<void> {
    const kind = user_id !== null ? "USER" : token_id !== null ? "SERVICE" : "SYSTEM";
    const actor = { kind, id: user_id ?? token_id, name } as const;
    const cause: Cause = { kind: "SYSTEM", action: `export.${state.toLowerCase()}`, actor };
    await this.database.write(cause, (tx) =>
      tx.sql
        .updateTable("export_link")
        .set({ state, row_count: rows, ended_at: tx.now, payload: {} })
        .where("id", "=", id)
        .execute(),
    );
  }
}

async function* counting(rows: Rows, counted: { rows: number }): Rows {
  for await (const part of rows) {
    yield part;
    counted.rows += part.length;
  }
}

/** How long a link is kept behind its end: what became of it stands in the audit log. */
const KEPT_MS = 24 * 3_600_000;

/** Forgets links that ended a day ago. */
export async function pruneExports(database: Database): Promise<void> {
  const before = new Date((await database.now()).getTime() - KEPT_MS);
  const { rows } = await sql`SELECT 1 FROM export_link WHERE expires_at < ${before} LIMIT 1`.execute(database.reader);
  if (rows.length === 0) return;
  const cause: Cause = {
    kind: "TIME",
    action: "export.forgotten",
    actor: { kind: "SYSTEM", id: null, name: "export" },
  };
  await database.write(cause, (tx) => tx.sql.deleteFrom("export_link").where("expires_at", "<", before).execute());
}
