import { spawn } from "node:child_process";
import { once } from "node:events";

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Starts a program and waits until it says its port, in the way that the pattern finds it; rejects with what it said where it ends before. */
export async function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  portPattern: RegExp,
): Promise<ServerProcess> {
  const env = { PATH: process.env.PATH ?? "", NODE_ENV: "production", BUDGETS: "off", ...environment };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let stopping = false;
  const port = await new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      // It is always read, so that it never waits for a reader; the last of it is what tells why it ended.
      said = (said + chunk.toString()).slice(-10_000);
      const found = portPattern.exec(said)?.[1];
      if (found) resolve(Number(found));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    // Behind its "exit" what it has said may still be on its way.
    child.once("close", (code, signal) =>
      reject(new Error(`${args[0]} ended at its start (${code ?? signal}):\n${said}`)),
    );
  });
  child.once("close", (code, signal) => {
    if (!stopping) process.stderr.write(`${args[0]} ended by itself (${code ?? signal}):\n${said}\n`);
  });
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
