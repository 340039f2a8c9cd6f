import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOidcIssuers } from "../../src/features/auth/oidc.settings.ts";
import { makeUser, unique } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";
import { AUDIENCE, TestProvider } from "../support/oidc.ts";
import { makeSignedIn, type SignedIn } from "../support/sign-in.ts";
import { Socket } from "../support/socket.ts";
import { faultOfResult } from "./answers.ts";

/* Tokens that hold nothing, in every way that has fooled somebody: each is refused with the same words, over HTTP and WebSockets, and nobody is asked for keys. */

const provider = await TestProvider.start();
const { issuers } = readOidcIssuers(
  JSON.stringify([{ issuer: provider.issuer, audience: AUDIENCE, userKey: "username" }]),
);
const file = gatewayForFile({ times: { oidcIssuers: issuers } });

const { privateKey: forged, publicKey: forgedPublic } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { privateKey: forgedEd } = generateKeyPairSync("ed25519");

/** Where forged headers say that keys are: nobody may ask. */
const decoy = createServer((_request, response) => {
  asked += 1;
  response.end(JSON.stringify({ keys: [{ ...forgedPublic.export({ format: "jwk" }), kid: "decoy", alg: "RS256" }] }));
});
let asked = 0;
let decoyUrl = "";
let session: SignedIn;
let username: string;
let ours: JsonWebKey;

beforeAll(async () => {
  decoy.listen(0, "127.0.0.1");
  await once(decoy, "listening");
  decoyUrl = `http://127.0.0.1:${(decoy.address() as AddressInfo).port}/jwks`;
  session = await makeSignedIn(file.gateway);
  username = unique("token-holder");
  await makeUser(file.gateway, { username });
  ours = (await file.gateway.server.inject("/.well-known/jwks.json")).json().keys[0];
});
afterAll(async () => {
  decoy.close();
  await provider.stop();
});

type Claims = Record<string, unknown>;
const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const unpacked = (token: string, at: number): Claims =>
  JSON.parse(Buffer.from(token.split(".")[at] as string, "base64url").toString());
const claims = (changes: Claims = {}): Claims => ({ ...unpacked(session.token, 1), ...changes });
const header = (changes: Claims = {}): Claims => ({ ...unpacked(session.token, 0), ...changes });

/** A token by these keys, whatever its header says. */
function signed(head: unknown, payload: unknown, key: KeyObject = forgedEd): string {
  const text = `${part(head)}.${part(payload)}`;
  const digest = key.asymmetricKeyType === "rsa" ? "sha256" : null;
  return `${text}.${sign(digest, Buffer.from(text), key).toString("base64url")}`;
}
function mac(head: unknown, payload: unknown, secret: string | Buffer): string {
  const text = `${part(head)}.${part(payload)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}
const foreign = (changes: Claims = {}): Claims => provider.payload(username, changes);
const pem = (jwk: JsonWebKey): string =>
  String(createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }));
const seconds = (from: number): number => Math.floor(Date.now() / 1000) + from;
const pieces = (): [string, string, string] => session.token.split(".") as [string, string, string];

const TOKENS: readonly (readonly [string, () => string | Promise<string>])[] = [
  ["no signature and alg none", () => `${part(header({ alg: "none" }))}.${pieces()[1]}.`],
  ["alg None", () => `${part(header({ alg: "None" }))}.${pieces()[1]}.`],
  ["alg NONE, and a signature", () => `${part(header({ alg: "NONE" }))}.${pieces()[1]}.${pieces()[2]}`],
  ["alg as a list", () => `${part(header({ alg: ["EdDSA"] }))}.${pieces()[1]}.${pieces()[2]}`],
  ["no alg", () => `${part(header({ alg: undefined }))}.${pieces()[1]}.${pieces()[2]}`],
  ["HS256 with our public key as PEM", () => mac(header({ alg: "HS256" }), claims(), pem(ours))],
  ["HS256 with our public key as JSON", () => mac(header({ alg: "HS256" }), claims(), JSON.stringify(ours))],
  [
    "HS256 with our public key as bytes",
    () => mac(header({ alg: "HS256" }), claims(), Buffer.from(ours.x ?? "", "base64url")),
  ],
  ["HS256 with nothing", () => mac(header({ alg: "HS256" }), claims(), "")],
  [
    "HS256 with the issuer's public key",
    () => mac({ alg: "HS256", typ: "at+jwt" }, foreign(), pem(provider.publicKey as JsonWebKey)),
  ],
  ["another key of the same kind", () => signed(header(), claims())],
  ["another key under our key's id", () => signed(header({ kid: ours.kid }), claims())],
  ["a key of another kind", () => signed(header({ alg: "RS256" }), claims(), forged)],
  [
    "its own key in jwk",
    () => signed(header({ alg: "RS256", jwk: forgedPublic.export({ format: "jwk" }) }), claims(), forged),
  ],
  ["its own key at jku", () => signed({ alg: "RS256", typ: "at+jwt", kid: "decoy", jku: decoyUrl }, foreign(), forged)],
  ["its own key at x5u", () => signed({ alg: "RS256", typ: "at+jwt", kid: "decoy", x5u: decoyUrl }, foreign(), forged)],
  [
    "its own key in x5c",
    () =>
      signed(
        { alg: "RS256", typ: "at+jwt", x5c: [forgedPublic.export({ type: "spki", format: "der" }).toString("base64")] },
        foreign(),
        forged,
      ),
  ],
  [
    "an issuer of its own",
    () => signed({ alg: "RS256", typ: "at+jwt", kid: "decoy" }, foreign({ iss: decoyUrl }), forged),
  ],
  ["an issuer with more behind its name", async () => provider.sign(foreign({ iss: `${provider.issuer}/` }))],
  ["an issuer that is a list", async () => provider.sign(foreign({ iss: [provider.issuer] as never }))],
  ["a key's id that is a path", () => signed(header({ kid: "../../../../dev/null" }), claims())],
  ["a key's id that is SQL", () => signed(header({ kid: "' UNION SELECT 'x' --" }), claims())],
  ["a key's id that is a command", () => signed(header({ kid: "x; sleep 10" }), claims())],
  ["a key's id that is an object", () => signed(header({ kid: { $ne: null } }), claims())],
  [
    "a key's id of everything's prototype",
    () => signed({ alg: "RS256", typ: "at+jwt", kid: "__proto__" }, foreign(), forged),
  ],
  ["a crit that nobody knows", () => signed(header({ crit: ["exp"], exp: 1 }), claims())],
  ["a crit that is empty", () => signed(header({ crit: [] }), claims())],
  ["a body that is not encoded", () => signed(header({ b64: false, crit: ["b64"] }), claims())],
  ["a header that is compressed", () => signed(header({ zip: "DEF" }), claims())],
  ["another audience", async () => provider.sign(foreign({ aud: "https://elsewhere.example" }))],
  ["an audience that ours begins with", async () => provider.sign(foreign({ aud: AUDIENCE.slice(0, -1) }))],
  ["no audience", async () => provider.sign(foreign({ aud: undefined }))],
  ["an end that is over", async () => provider.sign(foreign({ exp: seconds(-3_600) }))],
  ["an end that is no number", async () => provider.sign({ ...foreign(), exp: "9999999999" as never })],
  ["an end beyond all numbers", async () => provider.sign({ ...foreign(), exp: -1e308 })],
  ["no end", async () => provider.sign(foreign({ exp: undefined }))],
  ["a beginning that is to come", async () => provider.sign(foreign({ nbf: seconds(3_600) }))],
  ["the type of another token", async () => provider.sign(foreign(), { typ: "JWT" })],
  ["the type of a refresh token", async () => provider.sign(foreign(), { typ: "rt+jwt" })],
  ["a subject that is nobody", async () => provider.sign({ ...foreign(), sub: "nobody-at-all" })],
  ["a subject that is SQL", async () => provider.sign({ ...foreign(), sub: "' OR 1=1 --" })],
  ["a subject that is a number", async () => provider.sign({ ...foreign(), sub: 1 as never })],
  ["a subject of a thousand letters", async () => provider.sign({ ...foreign(), sub: "x".repeat(1_000) })],
  ["a subject with a zero in it", async () => provider.sign({ ...foreign(), sub: "a\u0000b" })],
  [
    "the claims of somebody else",
    () => `${pieces()[0]}.${part(claims({ sub: "user_00000000000000000000000000" }))}.${pieces()[2]}`,
  ],
  ["a later end under the old signature", () => `${pieces()[0]}.${part(claims({ exp: seconds(1e6) }))}.${pieces()[2]}`],
  ["half a signature", () => session.token.slice(0, -20)],
  ["an empty signature", () => `${pieces()[0]}.${pieces()[1]}.`],
  ["two signatures", () => `${session.token}.${pieces()[2]}`],
  ["two parts", () => pieces().slice(0, 2).join(".")],
  [
    "five parts, as if it were encrypted",
    () => `${part({ alg: "dir", enc: "A256GCM" })}..${part("iv")}.${part("text")}.${part("tag")}`,
  ],
  ["a payload that is no JSON", () => signed(header(), "{")],
  ["a payload that is a list", () => signed(header(), [])],
  ["a header that is no JSON", () => `e30x.${pieces()[1]}.${pieces()[2]}`],
  ["a header of everything's prototype", () => `${part('{"__proto__":{"alg":"none"},"alg":"none"}')}.${pieces()[1]}.`],
  ["a payload that nests without end", () => signed(header(), `${"[".repeat(4_000)}${"]".repeat(4_000)}`)],
  ["eleven thousand letters", () => `${"a".repeat(5_500)}.${"b".repeat(5_500)}.c`],
  ["dots alone", () => "..........".repeat(100)],
  ["the signature in other letters", () => session.token.toUpperCase()],
  ["its refresh token", () => session.refreshToken],
  ["padding", () => `${session.token}==`],
];

/** The answer to a query with this Authorization header, as bytes. */
function asking(authorization: string | string[]): Promise<{ status: number; body: string }> {
  const { url } = file.gateway;
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json", authorization };
    const sent = request(`${url}/graphql`, { method: "POST", headers: headers as never }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify({ query: "{ viewer { user { id } } }" }));
  });
}

describe("A token with", () => {
  it.each(TOKENS)("%s holds nothing, over HTTP and WebSockets", async (_, make) => {
    const token = await make();
    const { status, body } = await asking(`Bearer ${token}`);
    expect([status, faultOfResult(body), JSON.parse(body).errors[0].message]).toEqual([
      401,
      undefined,
      "The token is not known, has expired or was revoked.",
    ]);
    const socket = await Socket.open(file.gateway.url);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    expect((await socket.closed).code).toBe(4403);
  });
});

describe("An Authorization header that is", () => {
  it.each<[string, () => string | string[], number]>([
    ["empty", () => "", 401],
    ["a scheme alone", () => "Bearer", 401],
    ["a scheme and spaces", () => "Bearer      ", 401],
    ["another scheme", () => `Basic ${Buffer.from(`admin:${session.token}`).toString("base64")}`, 401],
    ["a token without its scheme", () => session.token, 401],
    ["two tokens in one", () => `Bearer ${session.token}, Bearer ${session.token}`, 401],
    ["a token with a space in it", () => `Bearer ${session.token.slice(0, 9)} ${session.token.slice(9)}`, 401],
    ["a token in quotes", () => `Bearer "${session.token}"`, 401],
    ["not of ASCII", () => "Bearer ÿþý", 401],
    ["longer than a token may be", () => `Bearer ${"a".repeat(12_500)}`, 401],
    ["sent twice", () => [`Bearer ${session.token}`, `Bearer ${session.token}`], 400],
  ])("%s holds nothing", async (_, make, expected) => {
    const { status, body } = await asking(make());
    expect([status, faultOfResult(body)]).toEqual([expected, undefined]);
    expect(body).not.toContain(session.token.slice(0, 20));
  });
});

describe("After all of them", () => {
  it("the tokens that hold still do, and nobody was asked for a key that a token named", async () => {
    expect(JSON.parse((await asking(`Bearer ${session.token}`)).body).data.viewer.user.id).toBe(session.id);
    expect((await asking(`bearer  ${await provider.sign(foreign())}`)).status).toBe(200);
    expect(asked).toBe(0);
  });
});
