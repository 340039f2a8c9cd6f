import { setTimeout as sleep } from "node:timers/promises";
import { MikroORM } from "@mikro-orm/postgresql";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type pg from "pg";
import type { Position } from "../kernel/position.ts";
import { type Backend, openBackend } from "./backend.ts";
import type { Cause } from "./cause.ts";
import type { DatabaseConfig } from "./config.ts";
import { Connections, type Reads, type Statement } from "./connection.ts";
import { isOutOfSpace, isTransient, mapDatabaseError } from "./error-mapping.ts";
import { migrateBackend } from "./migrate.ts";
import { snapshotOf, type TextRow } from "./snapshot.ts";
import type { Tables } from "./tables.ts";
import { runTransaction, type Tx, type Written } from "./transaction.ts";
import { outsideTurns, writing } from "./turn.ts";

/** Attempts at a transaction that another one stands in the way of; with the pauses between them, about a second in all. */
const ATTEMPTS = 6;

/** The directory's database: reads, and writes that are one transaction each. */
export class Database {
  /** False where the gateway runs as an owner of the tables, who could take the log's triggers away. */
  readonly separateRoles: boolean;
  readonly #connections: Connections;
  readonly #replica: Connections | undefined;
  readonly #orm: MikroORM;
  readonly #backend: Backend;
  #outOfSpace = false;
  readonly #committed = new Set<(position: Position) => void>();

  constructor(parts: {
    connections: Connections;
    replica: Connections | undefined;
    orm: MikroORM;
    backend: Backend;
    separateRoles: boolean;
  }) {
    this.separateRoles = parts.separateRoles;
    this.#connections = parts.connections;
    this.#replica = parts.replica;
    this.#orm = parts.orm;
    this.#backend = parts.backend;
  }

  /** Reads, each statement a transaction of its own. Throws at once when used inside `write`. */
  get reader(): Kysely<Tables> {
    return this.#connections.kysely;
  }

  /** The rows of one statement that reads, each a list of its columns; as it is sent, without a builder's cost. Throws inside `write` as `reader` does. */
  read(statement: Statement): Promise<unknown[][]> {
    return this.#connections.read(statement);
  }

  /** Whether look-ups can follow each other without waiting for each other's answers. */
  get isPipelined(): boolean {
    return this.#connections.isPipelined;
  }

  /** What reads for an operation: from the replica where that was found to have what the operation must see. */
  readsFor({ fromReplica }: { readonly fromReplica?: boolean }): Reads {
    return (fromReplica ? this.#replica : undefined) ?? this.#connections;
  }

  /** The replica's own connections: what cannot be had from it fails. Undefined where there is no replica. */
  get replica(): pg.Pool | undefined {
    return this.#replica?.pool;
  }

  /** Whether the database runs inside a process of the gateway, this one or another. */
  get embedded(): boolean {
    return this.#backend.embedded !== undefined || this.#backend.guest;
  }

  /** The longest that one statement may take; undefined where it may take any time. */
  get statementTimeoutMs(): number | undefined {
    return Number(this.#backend.runner.statement_timeout) || undefined;
  }

  /** How another client of `pg` connects to the same database: as the gateway does, and as the owner of the tables. */
  get connectionConfig(): Pick<Backend, "owner" | "runner"> {
    return { owner: this.#backend.owner, runner: this.#backend.runner };
  }

  /** The only clock. */
  async now(): Promise<Date> {
    const { rows } = await sql<{ now: Date }>`SELECT rollcall_now() AS now`.execute(this.reader);
    return (rows[0] as { now: Date }).now;
  }

  /** The position behind the last commit. */
  async head(): Promise<Position> {
    const { number } = await this.reader.selectFrom("feed_head").select("number").executeTakeFirstOrThrow();
    return { commit: number };
  }

  /**
   * Runs `work` in one transaction with its cause, again where concurrent transactions stood in its way, so `work` must have no
   * effect but on `tx`. The value is seen by every reader from `position` on. What the database refuses is a RollcallError.
   */
  async write<T>(cause: Cause, work: (tx: Tx) => Promise<T>): Promise<Written<T>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const em = this.#orm.em.fork();
        const written = await writing(() =>
          runTransaction(em, cause, (tx) => this.#connections.exclusively(() => work(tx))),
        );
        this.#outOfSpace = false;
        outsideTurns(() => {
          for (const tell of this.#committed) tell(written.position);
        });
        return written;
      } catch (error) {
        if (isOutOfSpace(error)) this.#outOfSpace = true;
        if (!isTransient(error) || attempt === ATTEMPTS) throw mapDatabaseError(error);
        await sleep(Math.random() * 20 * 2 ** attempt);
      }
    }
  }

  /** The rows of one query in parts, all of one snapshot; while one is worked with, the next is read. A connection is held until the last was taken, or until nobody asks for more. */
  snapshotRows(query: RawBuilder<unknown>, size: number): AsyncGenerator<TextRow[]> {
    return snapshotOf(this.#connections, query, size);
  }

  /** Tells of this process's own commits, as soon as they are visible. Gives a function that ends it. */
  onCommit(tell: (position: Position) => void): () => void {
    this.#committed.add(tell);
    return () => this.#committed.delete(tell);
  }

  /** Tells how long every statement takes, in seconds. */
  observe(onStatement: (seconds: number) => void): void {
    for (const connections of [this.#connections, this.#replica]) connections?.observe(onStatement);
  }

  /** Connections as they are now: open, idle, and requests that wait for one. */
  get poolState(): { total: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#connections.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount + this.#connections.waiting };
  }

  /** Moves the only clock, where it is movable, by an interval such as `91 days`, for tests: everything from here on happens then. */
  moveClock(offset: string): void {
    for (const connections of [this.#connections, this.#replica]) connections?.moveClock(offset);
  }

  /** Whether the last write was refused because the database's disk is full. */
  get outOfSpace(): boolean {
    return this.#outOfSpace;
  }

  /** Throws where the database does not answer. */
  async ping(): Promise<void> {
    await sql`SELECT 1`.execute(this.reader);
  }

  /** Waits for what runs, then leaves. On the embedded database the directory is left clean and unlocked. */
  async close(): Promise<void> {
    await this.#orm.close(true);
    await this.#connections.close();
    await this.#replica?.close();
    await this.#backend.close();
  }
}

/**
 * Starts or reaches the database, brings its schema up to this version's and opens it for work. Whatever stands in the way of
 * that and can be mended by whoever starts the gateway is a StartError.
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const backend = await openBackend(config);
  try {
    const { separateRoles } = await migrateBackend(backend, config.movableClock);
    const sharing = config.viewerShare === undefined ? {} : { viewerShare: config.viewerShare };
    const connections = new Connections({ ...backend.runner, ...sharing }, backend.ready);
    const replica = backend.replica && new Connections({ ...backend.replica, ...sharing }, undefined, connections);
    const orm = await MikroORM.init({
      driverOptions: connections.kysely,
      dbName: "rollcall",
      entities: [...(config.entities ?? [])],
      discovery: { warnWhenNoEntities: false },
      ensureDatabase: false,
    });
    return new Database({ connections, replica, orm, backend, separateRoles });
  } catch (error) {
    await backend.close();
    throw error;
  }
}
