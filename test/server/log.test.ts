import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { createLog } from "../../src/server/log.ts";

/** What the log writes of one entry. */
function written(entry: object): string {
  const output = new PassThrough();
  createLog("info", output).info(entry, "an entry");
  return String(output.read());
}

it("Secrets are replaced wherever they stand in an entry", () => {
  const secrets = { authorization: "hunter2", token: "hunter2", password: "hunter2", variables: { name: "hunter2" } };
  const line = written({ ...secrets, req: { headers: secrets }, login: secrets });
  expect(line).not.toContain("hunter2");
  expect(JSON.parse(line)).toMatchObject({ level: "info", msg: "an entry", token: "[redacted]" });
});

it("Of an error only what a developer needs is kept, down to its cause", () => {
  const cause = Object.assign(new Error("duplicate key"), { code: "23505", detail: "(email)=(hunter2)" });
  const err = Object.assign(new Error("write failed", { cause }), { parameters: ["hunter2"], query: "insert hunter2" });
  const line = written({ err });
  expect(line).not.toContain("hunter2");
  expect(JSON.parse(line).err).toMatchObject({
    message: "write failed",
    cause: { message: "duplicate key", code: "23505" },
  });
});

it("Something that is no error is named by its type alone", () => {
  expect(JSON.parse(written({ err: "hunter2" })).err).toEqual({
    type: "string",
    message: "Something that is no error was thrown.",
  });
});
