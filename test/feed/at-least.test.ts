import { describe, expect, it, vi } from "vitest";
import { parsePosition, printPosition } from "../../src/kernel/position.ts";
import { grant, makeHolder, makeRole, makeUser } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const PAGE = "{ users(first: 1) { position } }";

const ask = (atLeast: string, token: string | null = file.gateway.admin, query = PAGE) =>
  file.gateway.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { "rollcall-at-least": atLeast, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    payload: { query },
  });
const AHEAD = printPosition({ commit: 1_000_000n });

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

  it("is waited for once for all who wait", async () => {
    const looks = vi.spyOn(file.gateway.database, "head");
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(AHEAD)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([503]));
    expect(looks.mock.calls.length).toBeLessThan(40);
    looks.mockRestore();
  });

  it("is waited for by nobody who is not known, and tells them nothing", async () => {
    const looks = vi.spyOn(file.gateway.database, "head");
    expect((await ask(AHEAD, "nobody")).statusCode).toBe(401);
    const { statusCode, body } = await ask(AHEAD, null, "{ __typename }");
    expect([statusCode, JSON.parse(body)]).toEqual([200, { data: { __typename: "Query" } }]);
    expect(looks.mock.calls.length).toBeLessThan(20); // the log is looked at twice a second, whoever waits
    looks.mockRestore();
  });

  it("lets a read wait for its own viewer's rights too", async () => {
    const holder = await makeHolder(file.gateway, ["USER_READ"]);
    const { key } = await makeRole(file.gateway, ["ROLE_READ"]);
    const { position } = await makeUser(file.gateway);
    const next = printPosition({ commit: parsePosition(position).commit + 1n });
    const [answer] = await Promise.all([
      ask(next, holder.token, "{ roles { totalCount } }"),
      grant(file.gateway, holder.id, key),
    ]);
    expect(answer.json()).toEqual({ data: { roles: { totalCount: expect.any(Number) } } });
  });

  it("is refused where it is no position", async () => {
    const answer = await ask("yesterday");
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors[0].extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "Rollcall-At-Least" });
  });
});
