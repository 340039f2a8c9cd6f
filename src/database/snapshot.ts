import type { RawBuilder } from "kysely";
import type pg from "pg";
import type { Connections } from "./connection.ts";

/** A row as PostgreSQL writes it: a text for each column, null where there is no value. */
export type TextRow = readonly (string | null)[];

/** What of a connection of `pg` a read of a portal uses. */
interface Wire {
  stream: { cork(): void; uncork(): void };
  execute(portal: { portal: string; rows: number }): void;
  sync(): void;
}

const CURSOR = "snapshot_rows";

/**
 * The next rows of the cursor, by the portal that it is. FETCH would have the server write each row down before it is sent; and a query of `pg` would
 * make an object of each.
 */
class PortalRead {
  readonly #rows: TextRow[] = [];
  readonly #read = Promise.withResolvers<TextRow[]>();

  constructor(private readonly size: number) {}

  /** All of the part, once it has come. */
  get rows(): Promise<TextRow[]> {
    return this.#read.promise;
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    wire.stream.cork();
    wire.execute({ portal: CURSOR, rows: this.size });
    wire.sync();
    wire.stream.uncork();
  }

  handleDataRow({ fields }: { fields: TextRow }): void {
    this.#rows.push(fields);
  }

  handleReadyForQuery(): void {
    this.#read.resolve(this.#rows);
  }

  handleError(error: unknown): void {
    this.#read.reject(error);
  }

  handlePortalSuspended(): void {}
  handleCommandComplete(): void {}
}

/**
 * The rows of one query in parts, all of one snapshot, in a transaction that writes nothing; while one is worked with, the next is read. Its connection
 * is held until the last part was taken, or until nobody asks for more.
 */
export async function* snapshotOf(
  connections: Connections,
  query: RawBuilder<unknown>,
  size: number,
): AsyncGenerator<TextRow[]> {
  const { sql, parameters } = query.compile(connections.kysely);
  const client = await connections.lend();
  let lost: Error | undefined;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await connections.timed(client.query(`DECLARE ${CURSOR} NO SCROLL CURSOR FOR ${sql}`, [...parameters]));
    const next = () => {
      const rows = connections.timed(nextOf(client, size));
      rows.catch(() => undefined); // Where nobody asks for it any more, nobody is told either.
      return rows;
    };
    for (let reading = next(); ; ) {
      const rows = await reading;
      if (rows.length === 0) return;
      if (rows.length === size) reading = next();
      yield rows;
      if (rows.length < size) return;
    }
  } finally {
    // The connection may be gone, and with it the transaction.
    await client.query("ROLLBACK").catch((error: Error) => {
      lost = error;
    });
    client.release(lost);
  }
}

async function nextOf(client: pg.PoolClient, size: number): Promise<TextRow[]> {
  const read = new PortalRead(size);
  // Where the turn is over, it is refused instead of sent.
  const asked: unknown = client.query(read);
  if (asked !== read) await asked;
  return await read.rows;
}
