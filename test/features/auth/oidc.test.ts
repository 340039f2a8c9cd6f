import { createHmac, generateKeyPairSync } from "node:crypto";
import { importJWK, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOidcIssuers } from "../../../src/features/auth/oidc.settings.ts";
import { makeHolder, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { AUDIENCE, type SignedIn, TestProvider } from "../../support/oidc.ts";
import { Socket } from "../../support/socket.ts";

/*
 * Tokens of a real provider, at HTTP and at WebSockets. One issuer maps by the username, the other by its own id of the user, and is asked to
 * have had a second factor.
 */

const provider = await TestProvider.start();
const other = await TestProvider.start();
const { issuers, problems } = readOidcIssuers(
  JSON.stringify([
    { issuer: provider.issuer, audience: [AUDIENCE, "rollcall"], userKey: "username", clockToleranceSeconds: 0 },
    { issuer: other.issuer, audience: AUDIENCE, userKey: "identity", claims: { amr: "mfa" } },
  ]),
);
const file = gatewayForFile({ times: { oidcIssuers: issuers, holdingMs: 100 } });

const VIEWER = "{ viewer { user { username } grants { permission } } }";
const REFUSED = {
  status: 401,
  errors: [
    {
      message: "The token is not known, has expired or was revoked.",
      extensions: { code: "UNAUTHENTICATED" },
    },
  ],
};

let username: string;
let userId: string;
let signedIn: SignedIn;

const ask = (token: string) => file.gateway.ask(VIEWER, {}, token);
const payload = (changes = {}) => provider.payload(username, changes);
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

beforeAll(async () => {
  expect(problems).toEqual([]);
  username = unique("Åsa.Oidc");
  ({ id: userId } = await makeUser(file.gateway, { username }));
  signedIn = await provider.signIn(username.toUpperCase());
});

afterAll(() => Promise.all([provider.stop(), other.stop()]));

describe("An access token of a listed issuer", () => {
  it("is its user's, whose grants decide", async () => {
    const { status, data } = await ask(signedIn.accessToken);
    expect([status, data]).toEqual([200, { viewer: { user: { username }, grants: [] } }]);
  });

  it("may have any of the audiences, among others", async () => {
    expect((await ask(await provider.sign(payload({ aud: ["elsewhere", "rollcall"] })))).status).toBe(200);
  });

  it("leads to whoever has the issuer's id among their identities, by no other issuer's and in no other case", async () => {
    const externalId = "AbC-1";
    const identities = [{ source: "OIDC" as const, issuer: other.issuer, externalId }];
    const user = await makeUser(file.gateway, { identities });
    const proved = (id: string, amr: unknown) => other.sign(other.payload(id, { amr } as never));
    const { data } = await ask(await proved(externalId, ["pwd", "mfa"]));
    expect(data.viewer.user.username).toBe(user.username);
    expect(await ask(await proved("abc-1", ["pwd", "mfa"]))).toMatchObject(REFUSED);
    expect(await ask(await provider.sign(provider.payload(externalId)))).toMatchObject(REFUSED);
  });

  it("says by `amr` that there was a second factor, where that is demanded of its issuer: RFC 8176's list, and nothing that looks like it", async () => {
    const externalId = unique("factored");
    await makeUser(file.gateway, { identities: [{ source: "OIDC" as const, issuer: other.issuer, externalId }] });
    const statusAt = async (amr: unknown) =>
      (await ask(await other.sign(other.payload(externalId, { amr } as never)))).status;
    for (const amr of [["mfa"], ["pwd", "otp", "mfa"]]) expect([amr, await statusAt(amr)]).toEqual([amr, 200]);
    for (const amr of [undefined, null, [], ["pwd"], ["pwd", "MFA"], ["no-mfa"], [["mfa"]], { mfa: true }, "mfax"])
      expect([amr, await statusAt(amr)]).toEqual([amr, 401]);
    // What is demanded of one issuer is not demanded of another.
    expect((await ask(await provider.sign(payload({ amr: ["pwd"] } as never)))).status).toBe(200);
  });
});

describe("What leads an issuer's token to a user", () => {
  it("is written by nobody who holds less than that user", async () => {
    const { token } = await makeHolder(file.gateway, ["USER_READ", "USER_UPDATE", "USER_READ_CONTACT"]);
    const { id } = await makeHolder(file.gateway, ["USER_READ", "AUDIT_READ"]);
    const { id: plain } = await makeHolder(file.gateway, ["USER_READ"]);
    const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
    const identities = [{ source: "OIDC", issuer: other.issuer, externalId: unique("taken-over") }];
    for (const change of [{ identities }, { username: unique("taken.over") }]) {
      const { extensions } = await file.gateway.refusal(UPDATE, { input: { id, ...change } }, token);
      const inputPath = `input.${Object.keys(change)[0]}`;
      expect(extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ", inputPath });
    }
    // No issuer maps by addresses here, and somebody who holds no more can be renamed.
    await file.gateway.run(UPDATE, { input: { id, email: `${unique("free")}@example.org` } }, token);
    await file.gateway.run(UPDATE, { input: { id: plain, username: unique("renamed") } }, token);
  });
});

describe("Refused with one and the same answer is", () => {
  const hs256 = (secret: string) => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "HS256", typ: "at+jwt", kid: provider.publicKey.kid })}.${encode(payload())}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  const pem = async () => {
    const { createPublicKey } = await import("node:crypto");
    return createPublicKey({ key: provider.publicKey as never, format: "jwk" }).export({ type: "spki", format: "pem" });
  };

  it.each<[string, () => string | Promise<string>]>([
    ["one that has expired", () => provider.sign(payload({ exp: inSeconds(-1) }))],
    ["one without an end", () => provider.sign(payload({ exp: undefined }))],
    ["one that is not valid yet", () => provider.sign(payload({ nbf: inSeconds(60) }))],
    ["one for another audience", () => provider.sign(payload({ aud: "https://elsewhere.example" }))],
    ["one for no audience", () => provider.sign(payload({ aud: undefined }))],
    ["one that another listed issuer's key signed", () => other.sign(payload())],
    ["the same with the key id of the first", () => other.sign(payload(), { kid: provider.publicKey.kid })],
    ["one of an issuer that is not listed", () => provider.sign(payload({ iss: "https://elsewhere.example" }))],
    ["one without a signature", () => new UnsecuredJWT(payload()).encode()],
    ["one whose secret is the public key as PEM", async () => hs256(String(await pem()))],
    ["one whose secret is the public key as JSON", () => hs256(JSON.stringify(provider.publicKey))],
    ["the ID token", () => signedIn.idToken],
    ["one that only says JWT", () => provider.sign(payload(), { typ: "JWT" })],
    ["one of no type", () => provider.sign(payload(), { typ: undefined })],
    ["one whose user is unknown", () => provider.sign(provider.payload("nobody-of-this-name"))],
    ["one whose user is a list", () => provider.sign(payload({ sub: [username] as never }))],
    ["one that is bound to a key", () => provider.sign(payload({ cnf: { jkt: "thumbprint" } }))],
    ["one with a cut signature", () => signedIn.accessToken.slice(0, -4)],
    ["one with a text that the database cannot hold", () => provider.sign(provider.payload("a\u0000b"))],
  ])("%s", async (_, token) => {
    expect(await ask(await token())).toMatchObject(REFUSED);
  });

  it("one that brings its own key", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const token = await new SignJWT(payload())
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", jwk: publicKey.export({ format: "jwk" }) as never })
      .sign(await importJWK(privateKey.export({ format: "jwk" }) as never, "RS256"));
    expect(await ask(token)).toMatchObject(REFUSED);
  });

  it.each(["suspend", "deactivate", "delete"])("one whose user was moved by %sUser", async (operation) => {
    const user = await makeUser(file.gateway);
    const token = await provider.sign(provider.payload(user.username));
    expect((await ask(token)).status).toBe(200);
    const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
    await file.gateway.run(`mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`, {
      input: { id: user.id },
    });
    expect(await ask(token)).toMatchObject(REFUSED);
  });
});

describe("A WebSocket of somebody with such a token", () => {
  const SUBSCRIPTION = "subscription { userEvents { __typename } }";
  const grantSight = async () => {
    const key = unique("seer");
    const role = { key, name: key, permissions: ["USER_READ"] };
    await file.gateway.run("mutation ($input: CreateRoleInput!) { createRole(input: $input) { position } }", {
      input: role,
    });
    await file.gateway.run("mutation ($input: GrantRoleInput!) { grantRole(input: $input) { position } }", {
      input: { granteeId: userId, roleKey: key },
    });
  };

  it("is let in, and closed when the token expires", async () => {
    await grantSight();
    const socket = await Socket.open(file.gateway.url, await provider.sign(payload({ exp: inSeconds(3) })));
    expect((await socket.start(SUBSCRIPTION).ready()).__typename).toBe("FeedCheckpoint");
    expect((await socket.closed).code).toBe(4403);
  });

  it("is closed with 4403 where the token is refused", async () => {
    const socket = await Socket.open(file.gateway.url);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${signedIn.idToken}` } });
    expect((await socket.closed).code).toBe(4403);
  });

  it("is closed when its person stops being active", async () => {
    const socket = await Socket.open(file.gateway.url, await provider.sign(payload()));
    await socket.start(SUBSCRIPTION).ready();
    await file.gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: userId },
    });
    expect((await socket.closed).code).toBe(4403);
  });
});

it("A token ends by the database's clock as well", async () => {
  const user = await makeUser(file.gateway);
  const token = await provider.sign(provider.payload(user.username));
  expect((await ask(token)).status).toBe(200);
  file.gateway.database.moveClock("1 hour");
  expect(await ask(token)).toMatchObject(REFUSED);
  file.gateway.database.moveClock("");
});
