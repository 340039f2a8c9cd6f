import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, resolve } from "node:path";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"];
const PARENT_CHECK_MS = 250;

/** Runs a program with this process's terminal, passes it every signal, and returns its exit code once it has ended. */
export function run(program, args, { stdio = "inherit", cwd = ".", env = {} } = {}) {
  const path = [resolve("node_modules/.bin"), process.env.PATH].join(delimiter);
  const child = spawn(program, args, { stdio, cwd, env: { ...process.env, ...env, PATH: path } });
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  const watch = onOrphaned(() => pass("SIGTERM"));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const one of SIGNALS) process.off(one, pass);
      done(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** An npm that is killed outright passes nothing on; what it started must not live on without it. */
function onOrphaned(stop) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, PARENT_CHECK_MS);
  return watch;
}

/** Says what is done, does it, and says how long it took. */
export async function step(what, work) {
  process.stderr.write(`${what} …\n`);
  const started = performance.now();
  const value = await work();
  process.stderr.write(`${what}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return value;
}
