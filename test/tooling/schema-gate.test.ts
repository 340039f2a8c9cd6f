import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DefinitionNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  parseType,
  print,
  visit,
} from "graphql";
import { describe, expect, it, onTestFinished } from "vitest";

const released = readFileSync("schema/released.graphql", "utf8");

/** The gate's verdict on a schema that is to follow another one. */
function judge(before: string, after: string): { code: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-schema-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = [join(folder, "before.graphql"), join(folder, "after.graphql")];
  writeFileSync(files[0] as string, before);
  writeFileSync(files[1] as string, after);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/schema-gate.mjs", ...files], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return { code: status, said: stdout };
}

type Member = FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode;

/** A schema with one member of a type, `Type.member`, as `change` makes it; null removes it. */
function edit(schema: string, path: string, change: (member: Member) => Member | null): string {
  const [typeName, memberName] = path.split(".");
  let found = false;
  const member = {
    enter(node: Member) {
      if (node.name.value !== memberName) return undefined;
      found = true;
      return change(node);
    },
  };
  const type = (node: DefinitionNode) =>
    "name" in node && node.name?.value === typeName
      ? visit(node, { FieldDefinition: member, InputValueDefinition: member, EnumValueDefinition: member })
      : node;
  const document = parse(schema);
  const edited = print({ ...document, definitions: document.definitions.map(type) });
  expect(found).toBe(true);
  return edited;
}

const gone = () => null;
const typed = (type: string) => (member: Member) => ({ ...member, type: parseType(type) }) as Member;
const deprecated = (member: Member): Member => ({
  ...member,
  directives: [{ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: "deprecated" } }],
});

describe("The gate against breaking changes", () => {
  it("lets the present schema pass", () => {
    const { code, said } = judge(released, readFileSync("schema/schema.graphql", "utf8"));
    expect(said).toBe("");
    expect(code).toBe(0);
  });

  it("lets additions pass", () => {
    const additions =
      "extend type Query { somethingNew(of: ID): User } extend enum UserStatus { RETIRED } extend input UserFilter { shoeSize: IntFilter }";
    expect(judge(released, `${released}\n${additions}`)).toEqual({ code: 0, said: "" });
  });

  it.each([
    ["a field that is gone", "User.displayName", gone],
    ["a field that may be null now", "User.displayName", typed("String")],
    ["an enum value that is gone", "UserStatus.LOCKED", gone],
    ["an input field that is needed now", "CreateUserInput.email", typed("EmailAddress!")],
    ["an input field of another type", "UserFilter.hiredOn", typed("DateTimeFilter")],
    ["an input field that is gone", "UserFilter.hiredOn", gone],
  ])("fails on %s, and names it", (_, path, change) => {
    const { code, said } = judge(released, edit(released, path, change));
    expect(code).toBe(1);
    expect(said).toContain(path);
  });

  it("lets a field go that was released as deprecated", () => {
    const before = edit(released, "User.nickName", deprecated);
    expect(judge(before, edit(before, "User.nickName", gone))).toEqual({ code: 0, said: "" });
  });
});
