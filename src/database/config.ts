import type { EntityClass, EntitySchema } from "@mikro-orm/core";

/** Where the data lives. */
export type DatabaseConfig = (EmbeddedConfig | PostgresConfig) & {
  /** A statement that runs longer is ended with an error; 0: it may run as long as it likes. Migrations always may. */
  statementTimeoutMs: number;
  /** The part of the connections for reads that one viewer may hold, in per cent; half of them where it is not said. */
  viewerShare?: number;
  /** The entities that units of work use. */
  entities?: readonly (EntityClass<object> | EntitySchema)[];
  /** Lets the database's clock be moved from now on, for tests. */
  movableClock?: true | undefined;
};

/** PostgreSQL inside this process, with its files under `dataDir`, or in memory alone and gone with the process. */
export interface EmbeddedConfig {
  kind: "embedded";
  dataDir: string | "memory";
  /** Where another process has the directory, work through that one instead of refusing. */
  joinRunning?: boolean;
  /** A file that `Embedded.dump` gave, to begin with where there is nothing yet. */
  template?: string;
}

/** A PostgreSQL server, 15 or newer. Migrations run as the owner, `migrationUrl`; where it is absent, as `url` does. */
export interface PostgresConfig {
  kind: "postgres";
  url: string;
  migrationUrl?: string | undefined;
  /** A streaming replica of the same server, to be read from where what it has is enough. */
  replicaUrl?: string | undefined;
  poolSize: number;
}
