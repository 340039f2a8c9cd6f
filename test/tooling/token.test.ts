import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Viewer } from "../../src/access/actor.ts";
import { entities } from "../../src/assembly.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { resolveViewer } from "../../src/features/auth/viewer.ts";
import { ALL_PERMISSIONS } from "../../src/kernel/permissions.ts";
import { migratedDirectory } from "../support/data-directory.ts";
import { directoryForTest, someCause } from "../support/database.ts";
import { unitRow, userRow } from "../support/rows.ts";

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** `npm run token`, on the embedded database in this directory and with nothing else in its environment but the PATH. */
function token(dataDir: string, ...options: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["scripts/launch.mjs", "token", ...options], {
    env: { PATH: process.env.PATH ?? "", DATA_DIR: dataDir },
  });
  const shown = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    shown.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    shown.err += chunk.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...shown })));
}

const open = (dataDir: string): Promise<Database> =>
  openDatabase({ kind: "embedded", dataDir, statementTimeoutMs: 30_000, movableClock: true, entities });

/** Whom the only line that was printed lets in. */
const viewerOf = (database: Database, { out }: Ended): Promise<Viewer | undefined> =>
  resolveViewer(database, `Bearer ${out.trimEnd()}`);

// Each run is a process that may have to build first.
describe("npm run token", { timeout: 180_000 }, () => {
  it("makes a token with every permission, also in a directory that was empty", async () => {
    const dataDir = directoryForTest();
    const ended = await token(dataDir, "--name", "operator");
    expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/^rcs_[\w-]{43}\n$/) });
    const database = await open(dataDir);
    const viewer = await viewerOf(database, ended);
    await database.close();
    expect(viewer).toMatchObject({ kind: "SERVICE", name: "operator" });
    expect(viewer?.grants).toEqual(new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"])));
  });

  it("works beside whoever has the directory open, and makes what it is told to", async () => {
    const dataDir = await migratedDirectory();
    const database = await open(dataDir);
    const unit = unitRow({ code: "EMEA" });
    const user = userRow({ username: "Ada", org_unit_id: unit.id });
    await database.write(someCause, async (tx) => {
      await tx.sql.insertInto("org_unit").values(unit).execute();
      await tx.sql.insertInto("user_account").values(user).execute();
    });
    const machine = await token(
      dataDir,
      "--name",
      "sync",
      "--permissions",
      "USER_READ, ORG_READ",
      "--scope",
      "emea",
      "--days",
      "3",
    );
    const person = await token(dataDir, "--name", "laptop", "--user", "ADA");
    expect((await viewerOf(database, machine))?.grants).toEqual(
      new Map([
        ["USER_READ", [unit.id]],
        ["ORG_READ", [unit.id]],
      ]),
    );
    expect(await viewerOf(database, person)).toMatchObject({ kind: "USER", id: user.id, name: "Ada Example" });
    database.moveClock("4 days");
    await expect(viewerOf(database, machine)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await viewerOf(database, person))?.userId).toBe(user.id);
    const refused = [
      await token(dataDir, "--name", "x", "--user", "nobody"),
      await token(dataDir, "--name", "x", "--scope", "EMEA,APAC"),
    ];
    await database.close();
    expect(refused.map(({ code, out }) => [code, out])).toEqual([
      [1, ""],
      [1, ""],
    ]);
    expect(refused[0]?.err).toContain("rollcall: --user names nobody.");
    expect(refused[1]?.err).toContain("no org unit has the code APAC");
  });

  it.each([
    ["without a name", [], "--name is missing"],
    ["an unknown option", ["--name", "x", "--forever"], "--forever"],
    [
      "an unknown permission",
      ["--name", "x", "--permissions", "USER_READ,EVERYTHING"],
      "--permissions takes names out of",
    ],
    [
      "a person with permissions of their own",
      ["--name", "x", "--user", "ada", "--permissions", "USER_READ"],
      "--user goes without",
    ],
    ["a lifetime that is no number of days", ["--name", "x", "--days", "soon"], "--days must be a whole number"],
  ])("refuses %s, and touches nothing", async (_, options, complaint) => {
    const ended = await token("/nowhere/at/all", ...options);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain(`rollcall: `);
    expect(ended.err).toContain(complaint);
    expect(ended.err).not.toContain("    at ");
  });
});
