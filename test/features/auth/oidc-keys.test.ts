import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { KeyTimes } from "../../../src/features/auth/oidc.keys.ts";
import { readOidcIssuers } from "../../../src/features/auth/oidc.settings.ts";
import { OidcTokens } from "../../../src/features/auth/oidc.tokens.ts";
import { AUDIENCE, TestProvider } from "../../support/oidc.ts";

/*
 * How an issuer's keys are read, kept and renewed, against a real provider.
 */

const COOLDOWN_MS = 500;

async function readerOf(times: KeyTimes = {}) {
  const provider = await TestProvider.start();
  onTestFinished(() => provider.stop());
  const reports: unknown[] = [];
  const { issuers } = readOidcIssuers(
    JSON.stringify([{ issuer: provider.issuer, audience: AUDIENCE, userKey: "username" }]),
  );
  const tokens = new OidcTokens(issuers, (error) => reports.push(error), { cooldownMs: COOLDOWN_MS, ...times });
  const reads = async (token: string) => (await tokens.read(token))?.value;
  return { provider, reads, reports };
}

describe("An issuer's keys", () => {
  it("are found by discovery and read once, however many tokens arrive at once", async () => {
    const { provider, reads } = await readerOf();
    const { accessToken } = await provider.signIn("ada");
    expect(provider.keyReadings).toBe(0);
    expect(await Promise.all(Array.from({ length: 50 }, () => reads(accessToken)))).toEqual(Array(50).fill("ada"));
    expect(provider.keyReadings).toBe(1);
  });

  it("are read once more for an unknown key id, and not again for the next ones", async () => {
    const { provider, reads } = await readerOf();
    await reads(await provider.sign(provider.payload("ada")));
    await sleep(COOLDOWN_MS);
    const forged = await provider.sign(provider.payload("ada"), { kid: "made-up" });
    expect(await Promise.all(Array.from({ length: 50 }, () => reads(forged)))).toEqual(Array(50).fill(undefined));
    expect(provider.keyReadings).toBe(2);
  });

  it("may change: a new key works at once, and an old one no longer", async () => {
    const { provider, reads } = await readerOf();
    const before = await provider.sign(provider.payload("ada"));
    expect(await reads(before)).toBe("ada");
    await sleep(COOLDOWN_MS);
    await provider.rotate();
    expect(await reads(await provider.sign(provider.payload("ada")))).toBe("ada");
    expect(await reads(before)).toBeUndefined();
  });

  it("go on while the issuer is down, for as long as they are kept; others are refused, and it is reported", async () => {
    const { provider, reads, reports } = await readerOf({ freshMs: 0, keptMs: 3_000, cooldownMs: 0 });
    const known = await provider.sign(provider.payload("ada"));
    expect(await reads(known)).toBe("ada");
    await provider.stop();
    expect(await reads(known)).toBe("ada");
    expect(await reads(await provider.sign(provider.payload("ada"), { kid: "newer" }))).toBeUndefined();
    expect(reports.length).toBeGreaterThan(0);
    await sleep(3_000);
    expect(await reads(known)).toBeUndefined();
    await provider.startAgain();
    expect(await reads(known)).toBe("ada");
  });

  it("are given up where the issuer does not answer in time", async () => {
    const { provider, reads, reports } = await readerOf({ timeoutMs: 100 });
    provider.silent = true;
    expect(await reads(await provider.sign(provider.payload("ada")))).toBeUndefined();
    expect(reports).toHaveLength(1);
  });
});
