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
  const env = { PATH: process.env.PATH ?? "", NODE_ENV: "production", ...environment };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const port = await new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      // Once it listens, what it says is read and thrown away, so that it never waits for a reader.
      if (said.length < 100_000) said += chunk.toString();
      const found = portPattern.exec(said)?.[1];
      if (found) resolve(Number(found));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => reject(new Error(`${args[0]} ended at its start:\n${said}`)));
  });
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
