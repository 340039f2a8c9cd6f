import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { migratedDirectory } from "../support/data-directory.ts";

interface Started {
  process: ChildProcess;
  /** What the terminal has shown so far. */
  terminal(): string;
  /** The address that the start announces; fails where it ends before. */
  address(): Promise<string>;
  /** The exit code. */
  ended: Promise<number | null>;
}

/** `npm start`, with this environment and nothing else but the PATH. */
function start(env: Record<string, string>, ...options: string[]): Started {
  const child = spawn(process.execPath, ["scripts/launch.mjs", "start", ...options], {
    env: { PATH: process.env.PATH ?? "", PORT: "0", DEMO: "off", ...env },
  });
  let shown = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return {
    process: child,
    terminal: () => shown,
    ended,
    async address() {
      await expect
        .poll(() => /answers at \S+|rollcall: .*/.exec(shown)?.[0], { timeout: 50_000 })
        .toMatch(/answers at/);
      return /answers at (\S+)\/graphql/.exec(shown)?.[1] as string;
    },
  };
}

function dataDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

/** What is said to whoever started it: the lines that the gateway answers for, without the log and the build. */
const complaints = ({ terminal }: Started): string[] =>
  terminal()
    .split("\n")
    .filter((line) => line.startsWith("rollcall: "));

describe("A start", () => {
  it("shows the configuration without its secrets, and touches nothing", async () => {
    const DATA_DIR = dataDirectory();
    const started = start({ DATA_DIR, BOOTSTRAP_TOKEN: "correct-horse" }, "--print-config");
    expect(await started.ended).toBe(0);
    expect(started.terminal()).toContain(`DATA_DIR=${DATA_DIR}`);
    expect(started.terminal()).not.toContain("correct-horse");
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  it("ends with a line for each variable that is wrong", async () => {
    const started = start({ PORT: "many", DEMO: "perhaps" });
    expect(await started.ended).toBe(1);
    expect(complaints(started)).toEqual([
      "rollcall: PORT must be a whole number from 0 to 65535.",
      "rollcall: DEMO must be one of on, off.",
    ]);
  });

  it("answers until SIGTERM, which it obeys with exit code 0, and leaves the directory to the next one", async () => {
    const DATA_DIR = dataDirectory();
    for (const _ of ["the first start", "the second start"]) {
      const started = start({ DATA_DIR });
      const address = await started.address();
      expect((await fetch(`${address}/readyz`)).status).toBe(200);
      started.process.kill("SIGTERM");
      expect(await started.ended).toBe(0);
      await expect(fetch(`${address}/livez`)).rejects.toThrow();
    }
  });

  it("on a directory that another gateway has ends with one line", async () => {
    const DATA_DIR = await migratedDirectory();
    await start({ DATA_DIR }).address();
    const second = start({ DATA_DIR });
    expect(await second.ended).toBe(1);
    expect(complaints(second)).toHaveLength(1);
    expect(complaints(second)[0]).toContain(DATA_DIR);
  });

  it("on a port that is taken ends with one line, and gives the directory back", async () => {
    const DATA_DIR = await migratedDirectory();
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as { port: number };
    const started = start({ DATA_DIR, PORT: String(port) });
    expect(await started.ended).toBe(1);
    expect(complaints(started)).toEqual([
      `rollcall: Port ${port} on 127.0.0.1 is in use: stop the process that listens there, or set PORT to another.`,
    ]);
    await start({ DATA_DIR }).address();
  });

  it("with a database that is down ends with one line that tells no password", async () => {
    const started = start({ DATABASE_URL: "postgresql://rollcall:hunter2@127.0.0.1:1/rollcall" });
    expect(await started.ended).toBe(1);
    expect(complaints(started)).toHaveLength(1);
    expect(complaints(started)[0]).toContain("127.0.0.1:1");
    expect(started.terminal()).not.toContain("hunter2");
  });
});
