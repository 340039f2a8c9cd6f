import { describe, expect, it } from "vitest";
import { parsePosition, printPosition } from "../../src/kernel/position.ts";
import { makeUser } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const PAGE = "{ users(first: 1) { position } }";

const ask = (atLeast: string) =>
  file.gateway.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${file.gateway.admin}`, "rollcall-at-least": atLeast },
    payload: { query: PAGE },
  });

describe("Rollcall-At-Least", () => {
  it("lets a read pass that includes the position", async () => {
    const { position } = await makeUser(file.gateway);
    const answer = await ask(position);
    expect(answer.statusCode).toBe(200);
    expect(parsePosition(answer.json().data.users.position).commit).toBeGreaterThanOrEqual(
      parsePosition(position).commit,
    );
  });

  it("lets a read wait for a commit that is still to come", async () => {
    const { position } = await makeUser(file.gateway);
    const next = { commit: parsePosition(position).commit + 1n };
    const [answer, made] = await Promise.all([ask(printPosition(next)), makeUser(file.gateway)]);
    expect(answer.statusCode).toBe(200);
    expect(parsePosition(answer.json().data.users.position).commit).toBeGreaterThanOrEqual(
      parsePosition(made.position).commit,
    );
  });

  it("refuses a read that would not include the position", async () => {
    const answer = await ask(printPosition({ commit: 1_000_000n }));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    expect(answer.json().errors[0].extensions).toEqual({ code: "STALE_READ", retryAfterSeconds: 1 });
  });

  it("is refused where it is no position", async () => {
    const answer = await ask("yesterday");
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors[0].extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "Rollcall-At-Least" });
  });
});
