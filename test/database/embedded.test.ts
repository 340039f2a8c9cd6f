import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DatabaseConfig, EmbeddedConfig } from "../../src/database/config.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { Embedded } from "../../src/database/embedded.ts";
import { databaseKind, directoryForTest, embeddedTemplate, someCause } from "../support/database.ts";
import { roleRow } from "../support/rows.ts";

const embedded = async (
  dataDir: string,
  over: Partial<DatabaseConfig & EmbeddedConfig> = {},
): Promise<DatabaseConfig> => ({
  kind: "embedded",
  dataDir,
  statementTimeoutMs: 60_000,
  template: await embeddedTemplate(),
  ...over,
});

async function open(dataDir: string, statementTimeoutMs = 60_000): Promise<Database> {
  const database = await openDatabase(await embedded(dataDir, { statementTimeoutMs }));
  onTestFinished(() => database.close());
  return database;
}

/** Starts a process that writes to the directory until it is killed; gives its lines. */
async function startWriter(dataDir: string): Promise<{
  process: ChildProcess;
  lines: string[];
  said: (count: number) => Promise<void>;
  error: () => string;
}> {
  const program = new URL("../support/embedded-process.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [
    "--experimental-transform-types",
    "--disable-warning=ExperimentalWarning",
    program,
    dataDir,
    await embeddedTemplate(),
  ]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let error = "";
  child.stderr.on("data", (text) => {
    error += text;
  });
  const input = createInterface({ input: child.stdout });
  input.on("line", (line) => lines.push(line));
  const said = async (count: number) => {
    while (lines.length < count) {
      if (child.exitCode !== null) throw new Error(error);
      await sleep(10);
    }
  };
  return { process: child, lines, said, error: () => error };
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));

/** How often this thread came round to something else while the work went on. */
async function roundsDuring(work: Promise<unknown>): Promise<number> {
  let rounds = 0;
  const timer = setInterval(() => rounds++, 5);
  await work.catch(() => undefined);
  clearInterval(timer);
  return rounds;
}

/** Long enough for an ordinary statement on a machine that has much else to do. */
const LIMIT = 4_000;
const HEAVY = "SELECT count(*) FROM generate_series(1, 20000) a, generate_series(1, 20000) b";

/** A raw client of the database's session. */
async function client(host: string, user = "postgres"): Promise<pg.Client> {
  const made = new pg.Client({ host, port: 5432, user, database: "postgres" });
  made.on("error", () => undefined);
  await made.connect();
  onTestFinished(() => made.end().catch(() => undefined));
  return made;
}

async function session(options: { idleInTransactionMs?: number } = {}): Promise<Embedded> {
  const embedded = await Embedded.open({
    dataDir: "memory",
    template: await embeddedTemplate(),
    ...options,
  });
  onTestFinished(() => embedded.close());
  return embedded;
}

describe.runIf(databaseKind === "embedded")("The embedded database's directory", () => {
  it("loses no acknowledged write when its process is killed, and is free at once", async () => {
    const directory = directoryForTest();
    const writer = await startWriter(directory);
    await writer.said(25);
    const gone = ended(writer.process);
    writer.process.kill("SIGKILL");
    await gone;
    const acknowledged = writer.lines.slice(1);
    const database = await open(directory);
    const stored = await database.reader.selectFrom("role").select("id").execute();
    const ids = new Set(stored.map((row) => row.id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect((await database.head()).commit).toBe(BigInt(ids.size));
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
  });

  it("is refused to a second process, in one clear line, while the first goes on", async () => {
    const directory = directoryForTest();
    const database = await open(directory);
    const second = await startWriter(directory);
    await ended(second.process);
    expect(second.error()).toContain("is in use by another Rollcall");
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
    await expect(openDatabase(await embedded(directory))).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining(directory),
    });
  });

  it("can be worked on through the process that has it", async () => {
    const directory = directoryForTest();
    const database = await open(directory);
    const guest = await openDatabase(await embedded(directory, { joinRunning: true }));
    const role = roleRow();
    await guest.write(someCause, (tx) => tx.sql.insertInto("role").values(role).execute());
    await guest.close();
    expect(await database.reader.selectFrom("role").select("id").execute()).toEqual([{ id: role.id }]);
  });

  it("is opened by the one that would join, where nobody runs it", async () => {
    const directory = directoryForTest();
    const alone = await openDatabase(await embedded(directory, { joinRunning: true }));
    await alone.close();
    await open(directory);
  });

  it("is left clean by a close, and may have a path too long for a socket", async () => {
    const directory = join(directoryForTest(), "d".repeat(120));
    const role = roleRow();
    const first = await openDatabase(await embedded(directory));
    await first.write(someCause, (tx) => tx.sql.insertInto("role").values(role).execute());
    await first.close();
    expect(readdirSync(directory).sort()).toEqual(["lock", "postgres"]);
    expect(existsSync(join(directory, "postgres/postmaster.pid"))).toBe(false);
    const again = await open(directory);
    expect(await again.reader.selectFrom("role").select("id").execute()).toEqual([{ id: role.id }]);
  });
});

describe.runIf(databaseKind === "embedded")("A heavy statement on the embedded database", () => {
  it("does not keep this thread from anything else, and is ended at the limit; what was committed is there again", async () => {
    const database = await open(directoryForTest(), LIMIT);
    const role = roleRow();
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(role).execute());
    const heavy = sql.raw(HEAVY).execute(database.reader);
    expect(await roundsDuring(heavy)).toBeGreaterThan(10);
    await expect(heavy).rejects.toThrow();
    expect(await database.reader.selectFrom("role").select("id").execute()).toEqual([{ id: role.id }]);
    await database.write(someCause, (tx) => tx.sql.insertInto("role").values(roleRow()).execute());
    expect(await database.head()).toEqual({ commit: 2n });
  });

  it("in a transaction takes the transaction with it", async () => {
    const database = await open(directoryForTest(), LIMIT);
    await expect(
      database.write(someCause, async (tx) => {
        await tx.sql.insertInto("role").values(roleRow()).execute();
        await sql.raw(HEAVY).execute(tx.sql);
      }),
    ).rejects.toThrow();
    expect(await database.reader.selectFrom("role").select("id").execute()).toEqual([]);
    expect(await database.head()).toEqual({ commit: 0n });
  });

  it("may be many short ones, which together take longer than the limit", async () => {
    const database = await open(directoryForTest(), LIMIT);
    const until = performance.now() + 1.5 * LIMIT;
    await database.write(someCause, async (tx) => {
      while (performance.now() < until) await sql`SELECT 1`.execute(tx.sql);
    });
  });
});

describe.runIf(databaseKind === "embedded")("Connections to the embedded database's one session", () => {
  it("never get each other's answers", async () => {
    const { host } = await session();
    const clients = await Promise.all(Array.from({ length: 5 }, () => client(host)));
    await Promise.all(
      clients.map(async (one, number) => {
        for (let round = 0; round < 200; round++) {
          const { rows } = await one.query("SELECT $1::integer AS number, $2::text AS round", [number, `${round}`]);
          expect(rows).toEqual([{ number, round: `${round}` }]);
        }
      }),
    );
  });

  it("wait for each other's transactions, and see them whole", async () => {
    const { host } = await session();
    const [a, b] = [await client(host), await client(host)];
    await a.query("CREATE TABLE t (n integer)");
    await a.query("BEGIN");
    await a.query("INSERT INTO t VALUES (1)");
    const other = b.query("SELECT count(*)::integer AS count FROM t");
    await a.query("INSERT INTO t VALUES (2)");
    await a.query("COMMIT");
    expect((await other).rows).toEqual([{ count: 2 }]);
  });

  it("may give their prepared statements the same names", async () => {
    const { host } = await session();
    const [a, b] = [await client(host), await client(host)];
    for (let round = 0; round < 3; round++) {
      expect((await a.query({ name: "same", text: "SELECT 1 AS one, $1::text AS v", values: ["a"] })).rows).toEqual([
        { one: 1, v: "a" },
      ]);
      expect((await b.query({ name: "same", text: "SELECT $1::integer AS two", values: [2] })).rows).toEqual([
        { two: 2 },
      ]);
    }
    await a.end();
    await sleep(100);
    const left = await b.query("SELECT count(*)::integer AS count FROM pg_prepared_statements");
    expect(left.rows).toEqual([{ count: 1 }]);
  });

  it("are rolled back where they vanish in a transaction", async () => {
    const { host } = await session();
    const [a, b] = [await client(host), await client(host)];
    await b.query("CREATE TABLE t (n integer)");
    await a.query("BEGIN");
    await a.query("INSERT INTO t VALUES (1)");
    (a as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect((await b.query("SELECT * FROM t")).rows).toEqual([]);
  });

  it("are cut where they leave a transaction idle, so that the others go on", async () => {
    const { host } = await session({ idleInTransactionMs: 200 });
    const [a, b] = [await client(host), await client(host)];
    await a.query("BEGIN");
    expect((await b.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await expect(a.query("SELECT 1")).rejects.toThrow();
  });

  it("go on after a statement that failed, in a transaction and outside", async () => {
    const { host } = await session();
    const [a, b] = [await client(host), await client(host)];
    await expect(a.query("SELECT 1/$1::integer", [0])).rejects.toMatchObject({ code: "22012" });
    await expect(a.query("no sql")).rejects.toMatchObject({ code: "42601" });
    await a.query("BEGIN");
    await expect(a.query("SELECT * FROM nowhere")).rejects.toMatchObject({ code: "42P01" });
    await expect(a.query("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
    await a.query("ROLLBACK");
    for (const one of [a, b]) expect((await one.query("SELECT $1::text AS v", ["x"])).rows).toEqual([{ v: "x" }]);
  });

  it("are told of notifications", async () => {
    const { host } = await session();
    const [a, b] = [await client(host), await client(host)];
    const heard = new Promise<string | undefined>((resolve) => a.on("notification", (news) => resolve(news.payload)));
    await a.query("LISTEN news");
    await b.query("NOTIFY news, 'hello'");
    expect(await heard).toBe("hello");
  });

  it("speak as whom they say they are, each on its own", async () => {
    const { host } = await session();
    const [owner, runner] = [await client(host), await client(host, "rollcall_run")];
    const whoami = async (one: pg.Client) => (await one.query("SELECT current_user::text AS name")).rows[0].name;
    for (let round = 0; round < 2; round++) {
      expect(await whoami(runner)).toBe("rollcall_run");
      expect(await whoami(owner)).toBe("postgres");
    }
    await runner.query("RESET ROLE");
    expect(await whoami(runner)).toBe("rollcall_run");
    const stranger = new pg.Client({ host, port: 5432, user: "nobody_here", database: "postgres" });
    stranger.on("error", () => undefined);
    await stranger.connect();
    await expect(stranger.query("SELECT 1")).rejects.toThrow();
    expect(await whoami(owner)).toBe("postgres");
  });

  it("are refused COPY FROM STDIN, which one session cannot serve, and can go on", async () => {
    const { host } = await session();
    const a = await client(host);
    await a.query("CREATE TABLE t (n integer)");
    await expect(a.query("COPY t FROM STDIN")).rejects.toMatchObject({ code: "0A000" });
    expect((await a.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("that do not speak the protocol are turned away, and nobody notices", async () => {
    const { host } = await session();
    const a = await client(host);
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\x08\x04\xd2\x16\x2f", Buffer.alloc(50_000, 0xff)]) {
      const stranger = connect(join(host, ".s.PGSQL.5432"));
      stranger.on("error", () => undefined);
      stranger.write(bytes);
      await sleep(20);
      stranger.destroy();
    }
    expect((await a.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("may send a large statement in pieces and get a large answer", async () => {
    const { host } = await session();
    const a = await client(host);
    const text = "ü".repeat(3_000_000);
    const { rows } = await a.query("SELECT $1::text AS text, length($1::text) AS length", [text]);
    expect(rows[0].length).toBe(3_000_000);
    expect(rows[0].text === text).toBe(true);
  });
});
