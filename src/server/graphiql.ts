import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { StartError } from "../kernel/start-error.ts";
import { isLoopback, isThisMachine } from "./loopback.ts";

export interface GraphiqlOptions {
  /** The demo's token, to be filled in for whoever sits at this machine. Left out where there is no demo. */
  demoToken?: string | undefined;
  /** The demo's accounts, to be chosen from, with their passwords; in the same place and under the same conditions. */
  demoAccounts?: readonly object[] | undefined;
}

/** Where the build leaves the page; the same place for the sources and for what is compiled from them. */
const BUILT = new URL("../../dist/graphiql/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

/**
 * Everything that the page loads comes from this gateway, and nothing that it shows can run as code. Styles are the exception: Monaco
 * writes style elements and style attributes while it draws, and takes neither nonces nor constructed style sheets; its squiggles are data URIs.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const GUARDS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Serves GraphiQL at `/graphiql`, where `/` leads to. Throws a StartError where the page has not been built. */
export function mountGraphiql(server: FastifyInstance, { demoToken, demoAccounts = [] }: GraphiqlOptions = {}): void {
  const page = readPage();
  server.get("/", async (_request, reply) => reply.redirect("/graphiql"));
  server.get("/graphiql", async (request, reply) => {
    const here = (demoToken !== undefined || demoAccounts.length > 0) && isAtThisMachine(server, request);
    void reply.headers({ ...GUARDS, "cache-control": here ? "no-store" : "no-cache" });
    const accounts = demoAccounts.length > 0 ? { demoAccounts } : {};
    const filledIn = here ? settings({ demoToken, ...accounts }) : settings({});
    return reply.type("text/html; charset=utf-8").send(page.replace(SETTINGS, () => filledIn));
  });
  serveAssets(server);
}

const SETTINGS = /(?<=<script id="settings" type="application\/json">).*?(?=<\/script>)/;

/** A block of data and no script, so the policy lets it be; no character of it can end the block. */
const settings = (given: object): string => JSON.stringify(given).replaceAll("<", "\\u003c");

function readPage(): string {
  try {
    return readFileSync(new URL("index.html", BUILT), "utf8");
  } catch (error) {
    throw new StartError('The page of GraphiQL has not been built: "npm start" builds it.', { cause: error });
  }
}

/** The names of assets carry a hash of what is in them: whoever has one need never ask for it again. */
function serveAssets(server: FastifyInstance): void {
  const folder = new URL("assets/", BUILT);
  const names: ReadonlySet<string> = new Set(readdirSync(fileURLToPath(folder)));
  const packed = new Map<string, Promise<Buffer>>();
  server.get<{ Params: { name: string } }>("/graphiql/assets/:name", async (request, reply) => {
    const { name } = request.params;
    const type = TYPES[extname(name)];
    if (!names.has(name) || type === undefined) return reply.callNotFound();
    void reply.headers({ ...GUARDS, "cache-control": "public, max-age=31536000, immutable", vary: "accept-encoding" });
    void reply.type(type);
    const file = new URL(name, folder);
    if (!/\bgzip\b/.test(String(request.headers["accept-encoding"]))) return reply.send(await readFile(file));
    if (!packed.has(name)) packed.set(name, readFile(file).then(promisify(gzip)));
    return reply.header("content-encoding", "gzip").send(await packed.get(name));
  });
}

/**
 * Whether only people at this machine can be asking: nobody else can reach the port, no proxy passes the request on that says so, or speaks HTTP/1.0 as no browser does, and the
 * browser itself calls the place local (a site whose name was made to resolve to this machine reads what it serves, but not under that name).
 */
function isAtThisMachine(server: FastifyInstance, request: FastifyRequest): boolean {
  const addresses = server.addresses();
  const local = addresses.length > 0 && addresses.every((one) => typeof one === "object" && isLoopback(one.address));
  const passedOn = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"].some(
    (name) => request.headers[name] !== undefined,
  );
  const host = request.hostname.replace(/^\[(.*)\]$/, "$1");
  return local && !passedOn && request.raw.httpVersion !== "1.0" && isThisMachine(host);
}
