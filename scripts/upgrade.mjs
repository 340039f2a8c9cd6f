import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./run.mjs";

/** Where nothing was released yet: the oldest commit from which an upgrade is known to run online (docs/operations/upgrading.md). */
const BEFORE_RELEASES = "ab5d2d4";

/** `npm run test:upgrade -- [REF]`: builds the version REF in a temporary folder, and has test/upgrade replace it by this one under traffic. */
export async function testUpgrade(node, [ref = newestRelease(), ...args]) {
  if (!process.env.TEST_DATABASE_URL)
    throw new Error("TEST_DATABASE_URL must name a PostgreSQL server and a superuser.");
  const folder = mkdtempSync(join(tmpdir(), "rollcall-upgrade-"));
  try {
    git("clone", "--quiet", "--shared", "--no-checkout", ".", folder);
    git("-C", folder, "checkout", "--quiet", "--detach", git("rev-parse", "--verify", `${ref}^{commit}`));
    process.stderr.write(`Upgrading from ${git("-C", folder, "log", "-1", "--format=%h, %s")}\n`);
    await buildIn(folder);
    const vitest = ["node_modules/vitest/vitest.mjs", "run", "test/upgrade", "--project", "postgresql", ...args];
    return await run(node, vitest, { env: { UPGRADE_FROM: folder } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();

function newestRelease() {
  return git("tag", "--merged", "HEAD", "--sort=-creatordate").split("\n")[0] || BEFORE_RELEASES;
}

/** As the version there installs and builds itself, by its own lockfile. */
async function buildIn(folder) {
  const here = process.cwd();
  process.chdir(folder);
  try {
    const its = (name) => import(pathToFileURL(join(folder, "scripts", name)));
    await (await its("build.mjs")).build(await (await its("install.mjs")).install());
  } finally {
    process.chdir(here);
  }
}
