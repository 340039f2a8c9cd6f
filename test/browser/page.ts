import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { type Browser, chromium, type Page } from "playwright-core";
import { entities } from "../../src/assembly.ts";
import { passingCustody } from "../../src/features/audit/audit.custody.ts";
import { ensureBootstrapToken } from "../../src/features/auth/bootstrap-token.ts";
import { loadDemo } from "../../src/features/demo/demo.load.ts";
import { renewDemoPasswords } from "../../src/features/demo/demo.passwords.ts";
import { assemble } from "../../src/gateway.ts";
import { mountGraphiql } from "../../src/server/graphiql.ts";
import { Readiness } from "../../src/server/health.ts";
import { createHttpServer } from "../../src/server/http.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { mountStreams } from "../../src/server/streams.ts";
import { freshDatabase } from "../support/database.ts";

/*
 * A gateway that listens, and a browser to look at its pages with. What the page does that it must not is collected.
 */

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether the tests of the pages can run; the reason is printed where they cannot. */
export function browserInstalled(): boolean {
  const found = existsSync(CHROMIUM);
  if (!found) console.warn(`The tests of the pages are skipped: there is no ${CHROMIUM} (apt-get install chromium).`);
  return found;
}

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

export interface ServedGateway {
  url: string;
  /** The secret of a token with every permission. */
  token: string;
  close(): Promise<void>;
}

/** The real gateway with GraphiQL, listening at this machine, over the demo organisation or over an empty directory. */
export async function serveGateway({ demo }: { demo: boolean }): Promise<ServedGateway> {
  const fresh = await freshDatabase({ entities });
  const log = pino({ level: "fatal" });
  if (demo) await loadDemo(fresh.database, { today: new Date().toISOString().slice(0, 10) });
  const quick = { argon2: { memoryKib: 64, passes: 1, lanes: 1 } };
  const { gateway, signIn } = await assemble(fresh.database, "UTC", log, passingCustody(), { signIn: quick });
  const demoAccounts = demo ? await renewDemoPasswords(fresh.database, signIn.passwords) : [];
  const token = (await ensureBootstrapToken(fresh.database, undefined)) as string;
  const metrics = new Metrics();
  const server = await createHttpServer({
    gateway,
    log,
    metrics,
    readiness: new Readiness(() => gateway.ping()),
    mount: async (server) => {
      mountGraphiql(server, { demoToken: demo ? token : undefined, demoAccounts });
      await mountStreams(server, { gateway, log, metrics });
    },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    url,
    token,
    async close() {
      await server.close();
      await gateway.subscriptions.stop();
      await fresh.close();
    },
  };
}

export interface Watched {
  page: Page;
  /** Everything that a page must not do: errors in the console or outside of it, breaches of the policy, failed requests. */
  faults: string[];
  /** The origins of all requests, those of WebSockets among them as http, the browser's own schemes aside. */
  origins: Set<string>;
}

/** A page in a profile of its own, with everything watched from its first byte on. */
export async function watchedPage(browser: Browser): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const faults: string[] = [];
  const origins = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Aborted is what a page leaves open when it is left itself.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()} ${reason}`);
  });
  page.on("websocket", (socket) => origins.add(new URL(socket.url()).origin.replace(/^ws/, "http")));
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "blob:") origins.add(protocol === "data:" ? protocol : origin);
  });
  await page.addInitScript({
    content: `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error("policy: " + violatedDirective + " " + blockedURI));`,
  });
  return { page, faults, origins };
}
