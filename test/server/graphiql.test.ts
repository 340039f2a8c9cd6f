import { request as rawRequest } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GraphiqlOptions, mountGraphiql } from "../../src/server/graphiql.ts";
import { RawSocket } from "../abuse/frames.ts";

const DEMO = { demoToken: "rcs_demo" };

/** The port of a server with GraphiQL alone, on the given address of this machine. */
async function serve(options: GraphiqlOptions, host = "127.0.0.1"): Promise<number> {
  const server = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  mountGraphiql(server, options);
  onTestFinished(() => server.close());
  await server.listen({ host, port: 0 });
  return (server.server.address() as AddressInfo).port;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request with exactly these headers; fetch would not let a test choose the host. */
function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = rawRequest({ host: "127.0.0.1", port, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on("error", reject);
    request.end();
  });
}

const settingsOf = ({ body }: Answer): unknown =>
  JSON.parse(/<script id="settings" type="application\/json">(.*?)<\/script>/.exec(body.toString())?.[1] ?? "none");

const assetsOf = ({ body }: Answer): string[] =>
  [...body.toString().matchAll(/(?:src|href)="(\/graphiql\/assets\/[^"]+)"/g)].map(([, path]) => path as string);

describe("The demo's token", () => {
  it.each(["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])(
    "is in the page for whoever opens it at this machine as %s",
    async (host) => {
      const port = await serve(DEMO);
      const page = await get(port, "/graphiql", { host: `${host}:${port}` });
      expect(settingsOf(page)).toEqual(DEMO);
      expect(page.headers["cache-control"]).toBe("no-store");
    },
  );

  it("is in no page without the demo", async () => {
    const page = await get(await serve({}), "/graphiql");
    expect(settingsOf(page)).toEqual({});
    expect(page.headers["cache-control"]).toBe("no-cache");
  });

  it("is in no page of a server that others can reach", async () => {
    expect(settingsOf(await get(await serve(DEMO, "0.0.0.0"), "/graphiql"))).toEqual({});
  });

  it.each([
    "rollcall.example",
    "127.0.0.1.rollcall.example",
    "localhost.rollcall.example",
    "10.0.0.1",
    "127.0.0.1@evil",
  ])("is in no page that is asked for by a name that others may have given this machine: %s", async (host) => {
    const page = await get(await serve(DEMO), "/graphiql", { host });
    expect(page.body.toString()).not.toContain(DEMO.demoToken);
  });

  it.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])(
    "is in no page that a proxy asks for on behalf of others: %s",
    async (header) => {
      expect(settingsOf(await get(await serve(DEMO), "/graphiql", { [header]: "10.0.0.1" }))).toEqual({});
    },
  );

  it("is in no page that a proxy asks for which says nothing of that, and speaks HTTP/1.0", async () => {
    const raw = await RawSocket.open(`http://127.0.0.1:${await serve(DEMO)}`);
    raw.write("GET /graphiql HTTP/1.0\r\nHost: localhost\r\n\r\n");
    const page = await raw.rest();
    expect(page).toMatch(/^HTTP\/1\.1 200 /);
    expect(page).not.toContain(DEMO.demoToken);
    raw.end();
  });

  it("cannot end the block that it is written into", async () => {
    const demoToken = "</script><script>alert(1)</script>$&";
    const page = await get(await serve({ demoToken }), "/graphiql");
    expect(settingsOf(page)).toEqual({ demoToken });
    expect(page.body.toString()).not.toContain("alert(1)</script>");
  });
});

describe("The page", () => {
  it("is where / leads to, and answers with and without a slash at its end", async () => {
    const port = await serve({});
    expect(await get(port, "/")).toMatchObject({ status: 302, headers: { location: "/graphiql" } });
    expect((await get(port, "/graphiql/")).status).toBe(200);
  });

  it("may run no code but its own, load nothing from elsewhere, and stand in no frame", async () => {
    const { headers } = await get(await serve(DEMO), "/graphiql");
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.filter((rule) => /unsafe-eval|https?:|\*/.test(rule))).toEqual([]);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
  });

  it("has assets that are asked for once, because their names change with what is in them", async () => {
    const port = await serve({});
    const assets = assetsOf(await get(port, "/graphiql"));
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) {
      expect(path).toMatch(/-[\w-]{8}\.\w+$/);
      const { status, headers } = await get(port, path);
      expect(status).toBe(200);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(headers["content-type"]).toMatch(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
    }
  });

  it("sends its assets packed to those who can unpack them", async () => {
    const port = await serve({});
    const script = assetsOf(await get(port, "/graphiql")).find((path) => path.endsWith(".js")) as string;
    const plain = await get(port, script);
    const packed = await get(port, script, { "accept-encoding": "gzip, br" });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    const unpacked = await fetch(`http://127.0.0.1:${port}${script}`);
    expect(Buffer.from(await unpacked.arrayBuffer()).equals(plain.body)).toBe(true);
  });

  it.each(["nothing.js", "../index.html", "..%2findex.html", "..%2f..%2fmain.js", "%00", ".sources.json"])(
    "has no other asset, and none outside its folder: %s",
    async (name) => {
      expect((await get(await serve({}), `/graphiql/assets/${name}`)).status).toBe(404);
    },
  );
});
