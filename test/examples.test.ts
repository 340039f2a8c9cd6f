import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoGateway, startDemoGateway } from "./support/demo-gateway.ts";

/*
 * The examples as their readers run them: programs of their own, against a gateway that listens, with the demo's token.
 */

const run = promisify(execFile);
const PROGRAMS = {
  apollo: ["apollo.ts"],
  urql: ["urql.ts"],
  relay: ["--import", "./relay.transform.ts", "relay.ts"],
};

describe("The example for", () => {
  let gateway: DemoGateway;

  beforeAll(async () => {
    gateway = await startDemoGateway();
  });

  afterAll(() => gateway?.close());

  /** What an example prints, line by line. */
  async function linesOf(args: readonly string[], token: string): Promise<string[]> {
    const { stdout } = await run(process.execPath, args, {
      cwd: "examples",
      env: { ROLLCALL_URL: `${gateway.address}/graphql`, ROLLCALL_TOKEN: token },
    });
    return stdout.trim().split("\n");
  }

  it.each(Object.entries(PROGRAMS))("%s finds people on two pages and tags one of them", async (_, args) => {
    const lines = await linesOf(args, gateway.token);
    const people = lines.filter((line) => line.includes(" reports to "));
    expect(people).toHaveLength(4);
    expect(new Set(people).size).toBe(4);
    expect(people.every((line) => /\w/.test(line.split(", reports to ")[1] ?? ""))).toBe(true);
    const [first] = people[0]?.split(",") ?? [];
    expect(lines.at(-1)).toBe(`${first} is tagged reviewed`);
  });

  it.each(Object.entries(PROGRAMS))("%s fails where its token does not hold", async (_, args) => {
    await expect(linesOf(args, "not-a-token")).rejects.toMatchObject({ code: 1 });
  });
});
