import type { AddressInfo } from "node:net";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { errorFormatter } from "../../src/graphql/error-format.ts";
import { mountGraphiql } from "../../src/server/graphiql.ts";
import { Readiness } from "../../src/server/health.ts";
import { createHttpServer } from "../../src/server/http.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { browserInstalled, openBrowser, watchedPage } from "./page.ts";

const schema = buildSchema("type Query { hello: String } type Subscription { countdown: Int! }");

async function* countdown() {
  for (const countdown of [3, 2, 1]) yield { countdown };
}

describe.skipIf(!browserInstalled())("A subscription in GraphiQL", { timeout: 180_000 }, () => {
  it("runs over a WebSocket that is opened for it, with the token of the header editor", async () => {
    const connections: unknown[] = [];
    const sockets = new WebSocketServer({ noServer: true });
    useServer(
      {
        schema,
        roots: { subscription: { countdown } },
        onConnect: ({ connectionParams }) => {
          connections.push(connectionParams);
        },
      },
      sockets,
    );
    const log = pino({ level: "fatal" });
    const server = await createHttpServer({
      gateway: {
        schema,
        createContext: async () => ({}),
        formatError: errorFormatter(() => undefined),
        ping: async () => undefined,
        close: async () => undefined,
      },
      log,
      metrics: new Metrics(),
      readiness: new Readiness(async () => undefined),
      mount: (server) => {
        mountGraphiql(server, { demoToken: "rcs_demo" });
        server.server.on("upgrade", (request, socket, head) =>
          sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request)),
        );
      },
    });
    await server.listen({ host: "127.0.0.1", port: 0 });
    const browser = await openBrowser();
    onTestFinished(async () => {
      await browser.close();
      await server.close();
    });

    const { port } = server.server.address() as AddressInfo;
    const { page, faults, origins } = await watchedPage(browser);
    await page.goto(`http://127.0.0.1:${port}/graphiql`);
    await page.getByRole("button", { name: "New tab" }).click();
    await page.locator(".graphiql-query-editor .view-line").first().click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText("subscription Countdown { countdown }");
    await page.getByRole("tab", { name: "Countdown" }).waitFor();
    expect(connections).toEqual([]);
    await page.locator(".graphiql-execute-button").click();
    await page.locator(".graphiql-response .view-line", { hasText: '"countdown": 1' }).waitFor();
    expect(connections).toEqual([{ authorization: "Bearer rcs_demo" }]);
    await expect.poll(() => sockets.clients.size).toBe(0);
    expect(faults).toEqual([]);
    expect([...origins]).toEqual([`http://127.0.0.1:${port}`]);
  });
});
