import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import Provider from "oidc-provider";

/*
 * A real OpenID provider for tests: oidc-provider over HTTP in this process. People sign in at it by its own forms, with the
 * authorization code flow. Its keys are the test's, so that tokens can be forged with them as well.
 */

export const AUDIENCE = "https://rollcall.example";
const CALLBACK = "https://app.example/callback";

export interface SignedIn {
  accessToken: string;
  idToken: string;
}

export class TestProvider {
  /** How often its keys were read. */
  keyReadings = 0;
  /** Takes requests, and answers none. */
  silent = false;
  #handler: RequestListener = () => undefined;
  #server: Server;
  #key: JWK = {};

  private constructor(
    readonly issuer: string,
    server: Server,
  ) {
    this.#server = server;
    this.#listenTo(server);
  }

  static async start(): Promise<TestProvider> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const provider = new TestProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    await provider.rotate();
    return provider;
  }

  /** Signs with another key from now on, and publishes no other. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    this.#key = { ...(await exportJWK(privateKey)), kid: `key-${randomUUID()}`, alg: "RS256", use: "sig" };
    this.#handler = new Provider(this.issuer, configuration(this.#key)).callback();
  }

  /** As if its machine were gone. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async startAgain(): Promise<void> {
    this.#server = createServer();
    this.#listenTo(this.#server);
    this.#server.listen(Number(new URL(this.issuer).port), "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** The provider's public key, as anybody may read it. */
  get publicKey(): JWK {
    const { d, p, q, dp, dq, qi, ...open } = this.#key;
    return open;
  }

  /** The payload that this provider's access tokens have, with changes. */
  payload(sub: string, changes: JWTPayload = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.issuer, aud: AUDIENCE, sub, iat: now, exp: now + 600, ...changes };
  }

  /** A token of any content, signed with the provider's own key; members of the header that are undefined are left out. */
  async sign(
    payload: JWTPayload,
    header: { typ?: string | undefined; kid?: string | undefined } = {},
  ): Promise<string> {
    const { kid } = this.#key;
    return new SignJWT(payload)
      .setProtectedHeader({ alg: "RS256", kid, typ: "at+jwt", ...header } as { alg: string })
      .sign(await importJWK(this.#key, "RS256"));
  }

  /** Somebody signs in, at the provider's own pages, in an application that then asks for a token for this gateway. */
  async signIn(login: string): Promise<SignedIn> {
    const query = new URLSearchParams({
      client_id: "app",
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid rollcall",
      resource: AUDIENCE,
      nonce: "n",
    });
    const cookies = new Map<string, string>();
    let location = `${this.issuer}/auth?${query}`;
    let form: URLSearchParams | undefined;
    while (!location.startsWith(CALLBACK)) {
      const response = await fetch(location, {
        method: form ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
        ...(form ? { body: form } : {}),
      });
      const page = await response.text();
      for (const cookie of response.headers.getSetCookie()) {
        const [name = "", value = ""] = (cookie.split(";", 1)[0] ?? "").split(/=(.*)/s);
        cookies.set(name, value);
      }
      const next = response.headers.get("location");
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (next === null && (!action || !prompt)) throw new Error(`The provider answered ${response.status}: ${page}`);
      form = next === null ? new URLSearchParams({ prompt: prompt as string, login, password: "any" }) : undefined;
      location = new URL(next ?? (action as string), this.issuer).toString();
    }
    const response = await fetch(`${this.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from("app:app-secret").toString("base64")}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: new URL(location).searchParams.get("code") ?? "",
        redirect_uri: CALLBACK,
        resource: AUDIENCE,
      }),
    });
    const { access_token, id_token } = (await response.json()) as Record<string, string>;
    return { accessToken: access_token as string, idToken: id_token as string };
  }

  #listenTo(server: Server): void {
    server.on("request", (request, response) => {
      if (request.url === "/jwks") this.keyReadings += 1;
      if (!this.silent) this.#handler(request, response);
    });
  }
}

const configuration = (key: JWK) => ({
  jwks: { keys: [key] },
  cookies: { keys: ["cookie-secret"] },
  clients: [
    {
      client_id: "app",
      client_secret: "app-secret",
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  pkce: { required: () => false },
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "rollcall",
        audience: AUDIENCE,
        accessTokenTTL: 600,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
