import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run, step } from "./run.mjs";

const OLDEST_LAUNCHER = 20;
/** The oldest Node that runs the gateway itself, for systems where the packaged one cannot be installed. */
const OLDEST_RUNTIME = [22, 17];

/** Installs what the lockfile asks for, only where something else is installed, and returns the path of the Node to run on. */
export async function install() {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_LAUNCHER)
    throw new Error(`Node ${process.versions.node} is too old: install Node ${OLDEST_LAUNCHER} or newer.`);
  if (!isInstalled(".")) await step("Installing dependencies", () => npmCi("."));
  return runtime();
}

/** The same for the examples, whose clients of other makers the gateway itself does without. */
export async function installExamples() {
  if (!isInstalled("examples")) await step("Installing the examples' dependencies", () => npmCi("examples"));
}

/** npm keeps what it installed last in a lockfile of its own; packages for other systems are in the project's alone. */
function isInstalled(folder) {
  const wanted = packagesOf(join(folder, "package-lock.json"));
  const found = packagesOf(join(folder, "node_modules/.package-lock.json"));
  if (!found) return false;
  const same = (name) =>
    wanted[name]?.version === found[name]?.version && wanted[name]?.integrity === found[name]?.integrity;
  return (
    Object.keys(found).every(same) &&
    Object.keys(wanted).every((name) => same(name) || (wanted[name].optional && !found[name]))
  );
}

function packagesOf(lockfile) {
  if (!existsSync(lockfile)) return undefined;
  const { "": _project, ...packages } = JSON.parse(readFileSync(lockfile, "utf8")).packages;
  return packages;
}

async function npmCi(folder) {
  const args = ["ci", "--include=dev", "--loglevel=error", "--no-audit", "--no-fund"];
  // Run as an npm script, npm says where it is; on its own it is found on the PATH.
  const npm = process.env.npm_execpath;
  const program = npm?.endsWith(".js") ? [process.execPath, npm] : [process.platform === "win32" ? "npm.cmd" : "npm"];
  const code = await run(program[0], [...program.slice(1), ...args], { stdio: ["ignore", 2, 2], cwd: folder });
  if (code !== 0)
    throw new Error(`npm ci failed (exit code ${code}); what it says is above. Mend that and start again.`);
}

function runtime() {
  const packaged = resolve("node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(packaged)) return packaged;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_RUNTIME[0] || (major === OLDEST_RUNTIME[0] && minor >= OLDEST_RUNTIME[1])) return process.execPath;
  throw new Error(
    "Node 24 could not be installed beside the system's, because install scripts are switched off: " +
      `run "npm rebuild node --ignore-scripts=false", or use Node ${OLDEST_RUNTIME.join(".")} or newer.`,
  );
}
