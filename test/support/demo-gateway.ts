import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fillDataDirectory } from "./data-directory.ts";

/** A gateway as a newcomer starts it: `npm start`, on an embedded database of its own, filled with the demo. */
export interface DemoGateway {
  /** Without a path. */
  address: string;
  /** The token that the start prints, of the demo's administrator. */
  token: string;
  /** A token of somebody in the demo, made by `npm run token` beside the gateway. */
  tokenOf(username: string): Promise<string>;
  close(): Promise<void>;
}

/** On a busy machine the demo's one large transaction takes longer than a request's statement should. */
const PATIENCE_MS = "120000";

/** Starts one. It leaves nothing behind once closed. */
export async function startDemoGateway(): Promise<DemoGateway> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-demo-"));
  await fillDataDirectory(join(folder, "data"));
  const env = {
    PATH: process.env.PATH,
    DATA_DIR: join(folder, "data"),
    PORT: "0",
    LOG_LEVEL: "silent",
    STATEMENT_TIMEOUT_MS: PATIENCE_MS,
  };
  const child = spawn(process.execPath, ["scripts/launch.mjs", "start"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  let terminal = "";
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      terminal += chunk.toString();
      const found = /answers at (\S+)\/graphql/.exec(terminal)?.[1];
      if (found) resolve(found);
    });
    void ended.then(() => reject(new Error(`npm start ended:\n${terminal}`)));
  });
  return {
    address,
    token: /Bearer (\S+)/.exec(terminal)?.[1] as string,
    async tokenOf(username) {
      const command = ["scripts/launch.mjs", "token", "--name", "documents", "--user", username];
      const { stdout } = await promisify(execFile)(process.execPath, command, { env });
      return stdout.trim();
    },
    async close() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
