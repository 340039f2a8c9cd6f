import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/database/database.ts";
import { DEPARTMENTS, EMPLOYEES } from "../features/imports/support.ts";
import { migratedDirectory } from "../support/data-directory.ts";
import { someCause } from "../support/database.ts";

const TOKEN = "token-of-the-import-test";

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What the program itself says to whoever started it, without the build. */
  complaints: string;
}

/** A folder for the running test, with two files to import. */
async function folderForTest(employees = EMPLOYEES) {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-import-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [departments, people] = [join(folder, "departments.csv"), join(folder, "employees.csv")];
  writeFileSync(departments, DEPARTMENTS);
  writeFileSync(people, employees);
  return { dataDir: await migratedDirectory(), people, files: ["--departments", departments, "--employees", people] };
}

function launch(command: string, env: Record<string, string>, ...args: string[]) {
  return spawn(process.execPath, ["scripts/launch.mjs", command, ...args], {
    env: { PATH: process.env.PATH ?? "", PORT: "0", DEMO: "off", ...env },
  });
}

/** `npm run import`, to its end. */
function runImport(dataDir: string, ...args: string[]): Promise<Ended> {
  const child = launch("import", { DATA_DIR: dataDir }, ...args);
  const ended: Ended = { code: null, stdout: "", stderr: "", complaints: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    ended.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    ended.stderr += chunk.toString();
  });
  return new Promise((resolve) =>
    child.on("close", (code) =>
      resolve({ ...ended, code, complaints: ended.stderr.replaceAll(/^(?!rollcall: ).*\n/gm, "") }),
    ),
  );
}

/** `npm start`; gives its address. */
async function startGateway(dataDir: string): Promise<string> {
  const child = launch("start", { DATA_DIR: dataDir, BOOTSTRAP_TOKEN: TOKEN });
  let shown = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
  }
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.on("exit", resolve));
  });
  await expect.poll(() => /answers at \S+|rollcall: .*/.exec(shown)?.[0], { timeout: 50_000 }).toMatch(/answers at/);
  return `${/answers at (\S+)\/graphql/.exec(shown)?.[1]}/graphql`;
}

async function countPeople(address: string): Promise<unknown> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ query: "{ users(filter: { source: { eq: IMPORT } }, first: 1) { totalCount } }" }),
  });
  return await response.json();
}

describe("npm run import", () => {
  it("works beside a running gateway, which sees the people at once, and without one", {
    timeout: 120_000,
  }, async () => {
    const { dataDir, files } = await folderForTest();
    const first = await runImport(dataDir, ...files);
    expect(first).toMatchObject({ code: 0, complaints: "" });
    expect(first.stdout).toContain("people: 4 created (1 of them have left)");

    const { people } = await folderForTest(`${EMPLOYEES}\n200,Eve,East,,,Sales,103,,`);
    const address = await startGateway(dataDir);
    expect(await countPeople(address)).toEqual({ data: { users: { totalCount: 4 } } });
    const beside = await runImport(dataDir, ...files.slice(0, 3), people);
    expect(beside).toMatchObject({ code: 0, complaints: "" });
    expect(beside.stdout).toContain("people: 1 created");
    expect(beside.stdout).toContain("4 unchanged");
    expect(await countPeople(address)).toEqual({ data: { users: { totalCount: 5 } } });
  });

  it("ends with exit code 1 where it applied nothing, and says why in lines", { timeout: 120_000 }, async () => {
    const { dataDir, files, people } = await folderForTest(
      `${EMPLOYEES}\n${Array.from({ length: 120 }, (_, row) => `x${row},A,B,,,,,soon,`).join("\n")}`,
    );
    const refused = await runImport(dataDir, ...files);
    expect(refused.code).toBe(1);
    const lines = refused.stdout.split("\n");
    expect(lines.filter((line) => line.startsWith(people))).toHaveLength(100);
    expect(lines).toContain(`${people}:6: hire_date: must be a date that exists, as YYYY-MM-DD.`);
    expect(lines).toContain("… and 20 more.");
    expect(refused.stdout).toContain("Nothing was imported: 120 bad rows.");

    const dry = await runImport(dataDir, ...files, "--dry-run", "--skip-bad-rows");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("A dry run: nothing was changed.");
    expect(dry.stdout).toContain("120 skipped");

    for (const [args, complaint] of [
      [["--departments", people], /^rollcall: FILE is needed, or --departments and --employees are needed: .*\n$/],
      [[...files, "--dryrun"], /^rollcall: Unknown option '--dryrun'.*\n$/],
      [
        ["--departments", people, "--employees", `${people}.not`],
        /^rollcall: .*employees.csv:1: the column .* is not known.*\n$/,
      ],
    ] as const) {
      const ended = await runImport(dataDir, ...args);
      expect(ended).toMatchObject({ code: 1, complaints: expect.stringMatching(complaint) });
    }
  });

  it("makes a plan of one file, under the same brakes as the API, and applies it", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-import-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const dataDir = await migratedDirectory();
    const write = (name: string, ...lines: string[]) => {
      writeFileSync(join(folder, name), `${lines.join("\r\n")}\r\n`);
      return join(folder, name);
    };
    const database = await openDatabase({ kind: "embedded", dataDir, statementTimeoutMs: 30_000 });
    const reading = { matchBy: "EMPLOYEE_NUMBER", clearEmpty: false, dateFormat: "DD.MM.YYYY" };
    await database.write(someCause, (tx) =>
      sql`INSERT INTO import_template (id, name, reading, created_at, updated_at)
        VALUES (gen_random_uuid(), 'HR', ${JSON.stringify(reading)}::jsonb, ${tx.now}, ${tx.now})`.execute(tx.sql),
    );
    await database.close();
    const header = "employeeNumber,familyName,hiredOn,manager";
    const all = write("all.csv", header, "2,Bell,01.02.2020,1", "1,Adams,01.02.2019,", "3,Cole,,2");

    const first = await runImport(dataDir, all, "--template", "hr", "--active");
    expect(first).toMatchObject({ code: 0, complaints: "" });
    expect(first.stdout).toContain("people: 3 to be made");
    expect(first.stdout).toMatch(/Imported:\n {2}people: 3 made or changed/);

    const again = await runImport(dataDir, all, "--template", "HR");
    expect(again).toMatchObject({ code: 0, complaints: "" });
    expect(again.stdout).toContain("people: 0 to be made, 0 changed, 0 deactivated for being missing, 3 unchanged");

    const bad = write("bad.csv", header, "1,Adams,2019-02-01,", "2,Bell,,1");
    const corrected = join(folder, "corrected.csv");
    const refused = await runImport(dataDir, bad, "--template", "HR", "--corrected", corrected);
    expect(refused).toMatchObject({ code: 1, complaints: "" });
    expect(refused.stdout).toContain(`${bad}:C2: hiredOn: expected a date that exists, as DD.MM.YYYY`);
    expect(readFileSync(corrected, "utf8")).toMatch(/^1,Adams,2019-02-01,,"?C2: expected a date/m);

    const most = write("most.csv", header, "1,Adams,,", "2,Bell,,1");
    const waiting = await runImport(dataDir, most, "--template", "HR", "--deactivate-missing");
    expect(waiting).toMatchObject({ code: 2, complaints: "" });
    expect(waiting.stdout).toContain("above the safety limit People missing from a file: 1 of 3");
    expect(waiting.stdout).toContain("Nothing is changed until a second person agrees to the request approval_");
  });
});
