import { execFile, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { describeConfig, readConfig } from "../src/config.ts";
import { LIFECYCLE } from "../src/features/users/user.lifecycle.ts";
import { PAGE_LIMIT } from "../src/graphql/page-size.ts";
import { ERROR_CODES } from "../src/kernel/errors.ts";
import { PERMISSIONS } from "../src/kernel/permissions.ts";
import { FILTER_LIMITS } from "../src/search/limits.ts";
import { NESTING_LIMIT } from "../src/server/nesting.ts";
import { BODY_LIMIT } from "../src/server/refusal.ts";
import { type DemoGateway, startDemoGateway } from "./support/demo-gateway.ts";
import { blocksOf, type Trial, tableOf, trialsOf, withWildcards } from "./support/markdown.ts";

/*
 * The documents say what is so: their operations and commands are run against a gateway as a newcomer starts it, their answers
 * are compared, and their tables are held against the code.
 */

const run = promisify(execFile);
const read = (path: string): string => readFileSync(path, "utf8");
const GUIDES = ["docs", "docs/operations"].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file)),
);
const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "bench/README.md", "examples/README.md", ...GUIDES];
const withTrials = DOCUMENTS.filter((path) => trialsOf(read(path)).length > 0);
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) console.log("There is no curl: the documents' commands that need it are skipped.");

/** One for all documents: what one of them changes, no other one shows. */
let gateway: DemoGateway;

beforeAll(async () => {
  gateway = await startDemoGateway();
});

afterAll(() => gateway?.close());

describe.each(withTrials)("What %s shows", (path) => {
  async function operation({ block, variables }: Trial): Promise<unknown> {
    const person = block.info.find((word) => word.startsWith("as="))?.slice("as=".length);
    const token = person ? await gateway.tokenOf(person) : gateway.token;
    const streams = block.text.startsWith("subscription");
    const response = await fetch(`${gateway.address}/graphql${streams ? "/stream" : ""}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: streams ? "text/event-stream" : "application/json",
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: block.text, variables }),
    });
    return streams ? await firstEvent(response) : await response.json();
  }

  /** What a subscription says first. */
  async function firstEvent({ body }: Response): Promise<unknown> {
    let received = "";
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      received += Buffer.from(chunk).toString();
      const data = /^event: next\ndata: (.*)\n\n/m.exec(received)?.[1];
      if (data !== undefined) return JSON.parse(data);
    }
    throw new Error(`The stream ended: ${received}`);
  }

  /** A command of the shell, as the reader would type it. */
  async function command({ block }: Trial): Promise<unknown> {
    const script = block.text.replaceAll("http://127.0.0.1:4000", gateway.address);
    const { stdout } = await run("sh", ["-ec", script], { env: { PATH: process.env.PATH, TOKEN: gateway.token } });
    return JSON.parse(stdout);
  }

  for (const trial of trialsOf(read(path))) {
    const { block, answer } = trial;
    const shell = block.language === "sh";
    it.skipIf(shell && !hasCurl)(`runs: line ${block.line}`, async () => {
      const answered = await (shell ? command(trial) : operation(trial));
      if (answer === undefined) expect(answered).not.toHaveProperty("errors");
      else expect(withWildcards(answer, answered)).toEqual(answer);
    });
  }
});

describe("The documents", () => {
  it.each(DOCUMENTS)("link to what exists: %s", (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, target]) => target ?? "",
    );
    expect(links.filter((target) => !existsSync(join(dirname(path), target)))).toEqual([]);
  });

  it.each(DOCUMENTS)("name commands that exist: %s", (path) => {
    const folder = path.startsWith("examples") ? "examples" : ".";
    const scripts = { ...scriptsOf("."), ...scriptsOf(folder) };
    const named = [...read(path).matchAll(/(?:^|`)npm (?:run (?:--silent )?)?([\w:-]+)/gm)].map(
      ([, name]) => name ?? "",
    );
    expect(named.filter((name) => !(name in scripts) && name !== "ci")).toEqual([]);
  });

  it("have JSON that can be read", () => {
    for (const path of DOCUMENTS)
      for (const { language, text } of blocksOf(read(path)))
        if (language === "json") expect(() => JSON.parse(text)).not.toThrow();
  });
});

const scriptsOf = (folder: string): Record<string, string> => JSON.parse(read(join(folder, "package.json"))).scripts;

describe("The README", () => {
  it("lists every variable of the configuration, with its default", () => {
    const defaults = Object.fromEntries(
      describeConfig(readConfig({}))
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const rows = tableOf(read("README.md"), "variable");
    expect(rows.map(({ variable }) => variable)).toEqual(Object.keys(defaults));
    for (const { variable = "", default: shown = "" } of rows) {
      const value = defaults[variable]?.replace(`${process.cwd()}/`, "") ?? "";
      if (shown !== "" && !value.startsWith("(")) expect([variable, shown.split(", ")[0]]).toEqual([variable, value]);
    }
  });
});

describe("The guide to errors", () => {
  const guide = read("docs/errors.md");

  it("has every code, and no other", () => {
    const named = [...guide.matchAll(/^### (.+)$/gm)].flatMap(([, codes]) => (codes ?? "").split(", "));
    expect(named).toEqual([...ERROR_CODES]);
  });

  it("has every detail", () => {
    const declared = /export interface ErrorDetails \{(.*?)\n\}/s.exec(read("src/kernel/errors.ts"))?.[1] ?? "";
    const details = [...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    const listed = tableOf(guide, "detail").flatMap(({ detail = "" }) => detail.split(", "));
    expect([...listed].sort()).toEqual([...details, "correlationId"].sort());
  });
});

describe("The guide for administrators", () => {
  const guide = read("docs/administrators.md");

  it("has every permission, with what it allows", () => {
    expect(tableOf(guide, "permission").map(({ permission, allows }) => [permission, allows])).toEqual(
      Object.entries(PERMISSIONS),
    );
  });

  it("has the table of the lifecycle", () => {
    expect(tableOf(guide, "mutation").map(({ mutation, from, to }) => [mutation, from, to])).toEqual(
      Object.entries(LIFECYCLE).map(([operation, { from, to }]) => [
        `${operation}User`,
        from.length === 6 ? "any but DELETED" : from.join(", "),
        to === "BEFORE" ? "the status before" : to,
      ]),
    );
  });

  it("imports what its files hold, as it says", async () => {
    const files = Object.fromEntries(
      blocksOf(guide)
        .filter(({ info }) => info[0]?.startsWith("file="))
        .map(({ info, text }) => [info[0]?.slice("file=".length), text]),
    );
    const [said = ""] = blocksOf(guide)
      .filter(({ info }) => info[0] === "report")
      .map(({ text }) => text);
    expect(await importReport(files as Record<string, string>)).toBe(said);
  });
});

/** What `npm run import` says of these files in the end, without what differs from run to run. */
async function importReport(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-documents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const given = ["departments", "employees", "mapping"].flatMap((name) => [
    `--${name}`,
    join(folder, Object.keys(files).find((file) => file.startsWith(name)) ?? ""),
  ]);
  const { stdout } = await run(process.execPath, ["scripts/launch.mjs", "import", ...given], {
    env: { PATH: process.env.PATH, DATA_DIR: join(folder, "data") },
  });
  return stdout
    .slice(stdout.indexOf("Imported:"))
    .trim()
    .replace(/[\d.]+ s and at most [\d,]+ MiB/, "… s and at most … MiB");
}

describe("The guide for operators", () => {
  const guide = read("docs/operators.md");

  it("lists every metric of the gateway's own", async () => {
    const text = await (await fetch(`${gateway.address}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (rollcall_\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]);
    const listed = tableOf(guide, "metric").map(({ metric, kind }) => [metric, kind]);
    expect([...listed].sort()).toEqual([...names].sort());
  });

  it("tells the limits as they are", () => {
    const limits = Object.fromEntries(tableOf(guide, "what").map(({ what, limit }) => [what, limit]));
    const { depth, leaves, listValues, textCharacters } = FILTER_LIMITS;
    expect(limits).toMatchObject({
      "a request's body": `${BODY_LIMIT / 2 ** 20} MiB`,
      "nesting of an operation or its variables": `${NESTING_LIMIT} levels`,
      "a filter": `${depth} deep, ${leaves} criteria, ${listValues.toLocaleString("en")} values in a list, ${textCharacters} characters in a text`,
      "a page": `${PAGE_LIMIT} items`,
    });
  });
});

describe("The guide to typed clients", () => {
  it("has a configuration of GraphQL Code Generator that works", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-codegen-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const config = blocksOf(read("docs/typed-clients.md")).find(({ info }) => info[0] === "codegen");
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "codegen.yml"), config?.text ?? "");
    writeFileSync(join(folder, "schema.graphql"), read("schema/schema.graphql"));
    writeFileSync(join(folder, "src/people.ts"), "graphql(`query People { users { nodes { id hiredOn } } }`);");
    const modules = resolve("node_modules");
    symlinkSync(modules, join(folder, "node_modules"));
    await run(process.execPath, [join(modules, "@graphql-codegen/cli/esm/bin.js")], { cwd: folder });
    expect(read(join(folder, "src/gql/graphql.ts"))).toContain("export type PeopleQuery");
  });
});
