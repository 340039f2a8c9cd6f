import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

/*
 * Relay's compiler on the emitted schema, with the documents of the examples: queries, a mutation, a connection, fragments
 * that are refetched by node(id:) and pages that it writes itself. It is a program among the examples' dependencies.
 */

const FILES = ["relay.config.json", "relay.ts", "relayPeople.ts", "__generated__"];

/** What the compiler says of the examples over a schema. */
function compile(schema: string): { code: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-relay-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of FILES) cpSync(join("examples", file), join(folder, "examples", file), { recursive: true });
  cpSync("schema", join(folder, "schema"), { recursive: true });
  writeFileSync(join(folder, "schema/schema.graphql"), schema);
  const compiler = resolve("examples/node_modules/relay-compiler/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "relay.config.json"], {
    cwd: join(folder, "examples"),
    encoding: "utf8",
  });
  return { code: status, said: `${stdout}${stderr}` };
}

const schema = readFileSync("schema/schema.graphql", "utf8");

describe("Relay's compiler", () => {
  it("accepts the schema", () => {
    const { code, said } = compile(schema);
    expect(said).toContain("compiled documents");
    expect(code).toBe(0);
  });

  it("would refuse a connection that does not page as Relay's do", () => {
    const { code, said } = compile(schema.replaceAll(/\n {2}edges: \[UserEdge!\]!\n/g, "\n  entries: [UserEdge!]!\n"));
    expect(said).toContain("edges");
    expect(code).not.toBe(0);
  });

  it("would refuse a schema whose records cannot be read again by their ids", () => {
    const { code, said } = compile(schema.replaceAll("implements Node", ""));
    expect(said).toContain("@refetchable");
    expect(code).not.toBe(0);
  });
});
