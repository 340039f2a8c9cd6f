import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../../src/database/database.ts";
import { gatewayForFile, TestGateway } from "../../support/gateway.ts";
import { makeSignedIn, signIn } from "../../support/sign-in.ts";
import { Socket } from "../../support/socket.ts";

const file = gatewayForFile({ times: { signIn: { addressAttempts: 1_000_000 } } });

const WATCH = "subscription { userEvents { __typename } }";
const LIFECYCLE = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";
const REVOKE = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { deletedId } }";

async function watching(gateway: TestGateway, token: string): Promise<Socket> {
  const socket = await Socket.open(gateway.url, token);
  socket.start(WATCH);
  await socket.waitFor((messages) => messages.find(({ type }) => type === "next"));
  return socket;
}

/** Another gateway on the same database: on a server by connections of its own, so that it learns of commits as another process does. */
async function anotherGateway(): Promise<TestGateway> {
  const { database, config } = file.gateway;
  const own = !database.embedded && config ? await openDatabase(config) : undefined;
  const gateway = await TestGateway.over(own ?? database, { times: {} });
  onTestFinished(async () => {
    await gateway.close();
    await own?.close();
  });
  return gateway;
}

describe("A socket that was opened in a session", () => {
  it("is closed with 4403 as soon as the session ends, on every gateway, and no other", async () => {
    const second = await anotherGateway();
    const { username, token, sessionId } = await makeSignedIn(file.gateway);
    const other = await signIn(file.gateway, username);
    const sockets = [await watching(file.gateway, token), await watching(second, token)];
    const stays = await watching(second, other.accessToken);
    await file.gateway.run(REVOKE, { input: { id: sessionId } }, token);
    for (const socket of sockets) expect((await socket.closed).code).toBe(4403);
    expect((await Socket.open(second.url, other.accessToken)).ws.readyState).toBe(1);
    expect(stays.ws.readyState).toBe(1);
  });

  it("is closed when its person is suspended, and when a refresh token is used twice", async () => {
    const suspended = await makeSignedIn(file.gateway);
    const robbed = await makeSignedIn(file.gateway);
    const sockets = [await watching(file.gateway, suspended.token), await watching(file.gateway, robbed.token)];
    await file.gateway.run(LIFECYCLE, { input: { id: suspended.id } });
    const REFRESH = "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { position } }";
    const input = { refreshToken: robbed.refreshToken };
    await file.gateway.ask(REFRESH, { input }, null);
    await file.gateway.ask(REFRESH, { input }, null);
    for (const socket of sockets) expect((await socket.closed).code).toBe(4403);
  });

  it("goes on when the access token runs out, while the session lives", async () => {
    const { id, token } = await makeSignedIn(file.gateway);
    const socket = await watching(file.gateway, token);
    file.gateway.database.moveClock("10 minutes");
    const asked = socket.start("{ viewer { user { id } } }");
    const answer = await socket.waitFor((messages) =>
      messages.find((one) => one.id === asked.id && one.type === "next"),
    );
    expect(answer.payload).toEqual({ data: { viewer: { user: { id } } } });
    expect((await file.gateway.ask("{ viewer { user { id } } }", {}, token)).status).toBe(401);
    const late = await Socket.open(file.gateway.url);
    late.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    expect((await late.closed).code).toBe(4403);
    file.gateway.database.moveClock("0 minutes");
  });
});
