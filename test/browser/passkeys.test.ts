import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestGateway } from "../support/gateway.ts";
import { answered, makeSignedIn, signIn } from "../support/sign-in.ts";
import { browserInstalled, openBrowser } from "./page.ts";

/*
 * Passkeys as a browser makes and uses them: Chromium's virtual authenticator, on a page of the gateway's own origin.
 */

const PASSKEY_BEGIN = "mutation { beginPasskeyEnrolment(input: {}) { challenge options } }";
const PASSKEY_ADD = "mutation ($input: AddPasskeyInput!) { addPasskey(input: $input) { factor { id kind name } } }";
const SIGN_IN_BEGIN = "mutation { beginPasskeySignIn(input: {}) { challenge options } }";
const COMPLETE = `mutation ($input: CompleteSignInInput!) { completeSignIn(input: $input) {
  accessToken session { method mfa factors user { id } } } }`;
const USE_BEGIN = "mutation { beginPasskeyUse(input: {}) { challenge options } }";
const REAUTHENTICATE =
  "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { factors } } }";

/** What the page has of WebAuthn, which Node's own types do not know. */
interface WebAuthn {
  PublicKeyCredential: {
    parseCreationOptionsFromJSON(json: object): object;
    parseRequestOptionsFromJSON(json: object): object;
  };
  navigator: { credentials: Record<"create" | "get", (options: object) => Promise<{ toJSON(): object }>> };
}

/** A port that was free a moment ago: a passkey belongs to an origin, which has to be known before the gateway is built. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!browserInstalled())("Passkeys in a browser", { timeout: 180_000 }, () => {
  let gateway: TestGateway;
  let browser: Browser;
  let page: Page;
  let devtools: CDPSession;
  let authenticatorId: string;

  beforeAll(async () => {
    const port = await freePort();
    const publicUrl = `http://localhost:${port}`;
    gateway = await TestGateway.start({ port, times: { signIn: { publicUrl, addressAttempts: 1_000_000 } } });
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(`${publicUrl}/livez`);
    devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    authenticatorId = await plugIn();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  /** An authenticator that keeps passkeys and knows its person. */
  async function plugIn(): Promise<string> {
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    } as const;
    const plugged = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
    return plugged.authenticatorId;
  }

  /** What `navigator.credentials.create` gives. */
  const make = (options: object): Promise<object> =>
    page.evaluate(async (json) => {
      const api = globalThis as unknown as WebAuthn;
      const publicKey = api.PublicKeyCredential.parseCreationOptionsFromJSON(json);
      return (await api.navigator.credentials.create({ publicKey })).toJSON();
    }, options);

  /** What `navigator.credentials.get` gives. */
  const use = (options: object): Promise<object> =>
    page.evaluate(async (json) => {
      const api = globalThis as unknown as WebAuthn;
      const publicKey = api.PublicKeyCredential.parseRequestOptionsFromJSON(json);
      return (await api.navigator.credentials.get({ publicKey })).toJSON();
    }, options);

  /** Somebody new with the one passkey that the authenticator holds. */
  async function withPasskey() {
    await devtools.send("WebAuthn.clearCredentials", { authenticatorId });
    const person = await makeSignedIn(gateway);
    const { challenge, options } = (await gateway.run(PASSKEY_BEGIN, {}, person.token)).beginPasskeyEnrolment;
    const input = { challenge, credential: await make(options), name: "My laptop" };
    const { factor } = (await gateway.run(PASSKEY_ADD, { input }, person.token)).addPasskey;
    return { ...person, input, factor };
  }

  it("are made for the challenge, once, by whoever it was given to", async () => {
    const { id, factor, input, token } = await withPasskey();
    expect(factor).toMatchObject({ kind: "PASSKEY", name: "My laptop" });
    const again = await gateway.refusal(PASSKEY_ADD, { input }, token);
    expect(again.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.credential" });
    const other = await makeSignedIn(gateway);
    expect((await gateway.refusal(PASSKEY_ADD, { input }, other.token)).extensions.code).toBe("INVALID_INPUT");
    const { node } = await gateway.run("query ($id: ID!) { node(id: $id) { ... on User { mfaMethods } } }", { id });
    expect(node.mfaMethods).toEqual(["PASSKEY"]);
  });

  it("sign in without a name or a password, as two factors, and an answer is good once", async () => {
    const { id } = await withPasskey();
    const { challenge, options } = (await answered(gateway, SIGN_IN_BEGIN, {})).beginPasskeySignIn;
    expect(options.allowCredentials ?? []).toEqual([]);
    const proof = { passkey: await use(options) };
    const { session, accessToken } = (await answered(gateway, COMPLETE, { input: { challenge, proof } }))
      .completeSignIn;
    expect(session).toMatchObject({ method: "passkey", mfa: true, factors: ["PASSKEY"] });
    expect((await gateway.run("{ viewer { user { id } } }", {}, accessToken)).viewer.user.id).toBe(id);
    expect((await gateway.refusal(COMPLETE, { input: { challenge, proof } }, null)).extensions.code).toBe(
      "UNAUTHENTICATED",
    );
    const next = (await answered(gateway, SIGN_IN_BEGIN, {})).beginPasskeySignIn;
    const replayed = await gateway.refusal(COMPLETE, { input: { challenge: next.challenge, proof } }, null);
    expect(replayed.extensions.code).toBe("UNAUTHENTICATED");
  });

  it("complete a sign-in that a password began: the person's own, nobody else's", async () => {
    const person = await withPasskey();
    const { challenge } = await signIn(gateway, person.username);
    expect([challenge.methods, challenge.passkeyOptions.allowCredentials.length]).toEqual([["PASSKEY"], 1]);
    const proof = { passkey: await use(challenge.passkeyOptions) };
    const input = { challenge: challenge.id, proof };
    const { session } = (await answered(gateway, COMPLETE, { input })).completeSignIn;
    expect(session.factors).toEqual(["PASSWORD", "PASSKEY"]);

    const victim = await withPasskey();
    const theirs = (await signIn(gateway, victim.username)).challenge;
    const signed = await use({ ...theirs.passkeyOptions });
    const mine = (await signIn(gateway, person.username)).challenge;
    const crossed = await gateway.refusal(
      COMPLETE,
      { input: { challenge: mine.id, proof: { passkey: signed } } },
      null,
    );
    expect(crossed.extensions.code).toBe("UNAUTHENTICATED");
  });

  it("prove anew that it is their person", async () => {
    const { token } = await withPasskey();
    const { challenge, options } = (await gateway.run(USE_BEGIN, {}, token)).beginPasskeyUse;
    const input = { challenge, proof: { passkey: await use(options) } };
    const { session } = (await gateway.run(REAUTHENTICATE, { input }, token)).reauthenticate;
    expect(session.factors).toEqual(["PASSWORD", "PASSKEY"]);
    expect((await gateway.refusal(REAUTHENTICATE, { input }, token)).extensions.code).toBe("UNAUTHENTICATED");
  });

  it("are of no use without the person's verification", async () => {
    await withPasskey();
    const { challenge, options } = (await answered(gateway, SIGN_IN_BEGIN, {})).beginPasskeySignIn;
    const unverified = await use({ ...options, userVerification: "discouraged" }).catch(() => undefined);
    const altered = structuredClone(unverified) as { response: { authenticatorData: string } } | undefined;
    if (altered) {
      const data = Buffer.from(altered.response.authenticatorData, "base64url");
      data[32] = (data[32] as number) & ~0x04;
      altered.response.authenticatorData = data.toString("base64url");
    }
    const input = { challenge, proof: { passkey: altered ?? {} } };
    expect((await gateway.refusal(COMPLETE, { input }, null)).extensions.code).toBe("UNAUTHENTICATED");
  });
});
