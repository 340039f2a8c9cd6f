import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import type { FromWorker, ToWorker, WorkerInput } from "./embedded.ts";
import { Multiplexer, type Session } from "./embedded-multiplexer.ts";
import { firstValue } from "./embedded-protocol.ts";

/*
 * The thread in which the embedded database lives. A statement blocks it, and nothing else; `turns` tells the main thread
 * which turn runs (odd: one is running) and how long it may, so that it can end a thread whose statement takes too long.
 */

const MAINTENANCE_MS = 5_000;

const WORN_TABLE = `SELECT relid::regclass FROM pg_stat_user_tables
  WHERE n_mod_since_analyze > 50 + n_live_tup * 0.1 OR n_dead_tup > 50 + n_live_tup * 0.2
  ORDER BY n_mod_since_analyze + n_dead_tup DESC LIMIT 1`;

const input = workerData as WorkerInput;
const turns = new Int32Array(input.turns);
const tell = (news: FromWorker, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(news, transfer);

/** What is used of WebAssembly, which TypeScript knows only together with a browser's types. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const program =
  input.program ??
  (await WebAssembly.compile(readFileSync(new URL("pglite.wasm", import.meta.resolve("@electric-sql/pglite")))));

const database = await PGlite.create({
  pgliteWasmModule: program,
  dataDir: input.dataDir === "memory" ? "memory://" : input.dataDir,
  extensions: { pg_trgm, btree_gin },
  ...(input.template && !existsSync(join(input.dataDir, "PG_VERSION"))
    ? { loadDataDir: new Blob([readFileSync(input.template)]) }
    : {}),
});

const session: Session = {
  run(messages, limitMs = 0) {
    Atomics.store(turns, 1, limitMs);
    Atomics.add(turns, 0, 1);
    try {
      return Buffer.from(database.execProtocolRawSync(messages).buffer);
    } finally {
      Atomics.add(turns, 0, 1);
    }
  },
  inTransaction: () => database.isInTransaction(),
};

const multiplexer = new Multiplexer(session, await parametersOf(database), input.idleInTransactionMs);
const server = createServer((socket) => multiplexer.accept(socket));
rmSync(input.socket, { force: true }); // left behind by a process that was killed; the lock says that it is gone
server.listen(input.socket, () => tell({ kind: "ready", program }));
const maintenance = setInterval(maintain, MAINTENANCE_MS);

parentPort?.on("message", async (order: ToWorker) => {
  if (order.kind === "dump") {
    const bytes = await (await database.dumpDataDir("none")).arrayBuffer();
    tell({ kind: "dumped", bytes }, [bytes]);
    return;
  }
  clearInterval(maintenance);
  server.close();
  multiplexer.close();
  await database.close(); // with a checkpoint
  tell({ kind: "closed" });
  parentPort?.close();
});

async function parametersOf(from: PGlite): Promise<Record<string, string>> {
  const { rows } = await from.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name IN ('server_version', 'server_encoding', 'client_encoding', 'DateStyle',
      'TimeZone', 'integer_datetimes', 'standard_conforming_strings', 'IntervalStyle')`,
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/** Does what autovacuum, which needs processes of its own, does on a server: by the same rule, one table at a time. */
function maintain(): void {
  if (!multiplexer.idle) return;
  const table = firstValue(multiplexer.runOwn(WORN_TABLE));
  if (table) multiplexer.runOwn(`VACUUM (ANALYZE) ${table}`);
}
