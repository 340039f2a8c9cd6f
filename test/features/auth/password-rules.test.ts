import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PasswordHashing } from "../../../src/features/auth/password.hashing.ts";
import { loadCommonPasswords, normalisedPassword, passwordProblem } from "../../../src/features/auth/password.rules.ts";
import { hashOfCode, newRecoveryCodes } from "../../../src/features/auth/recovery-codes.ts";
import { networkOf } from "../../../src/kernel/network-address.ts";

const WORDS = ["rollcall", "ada.admin", "Ada", "Adéyẹmí", "ada@terntide.example", "Terntide"];
const problemOf = async (password: string, besideAFactor = false) =>
  passwordProblem(password, { besideAFactor, words: WORDS, common: await loadCommonPasswords() })?.message;

const hashing = new PasswordHashing({ memoryKib: 64, passes: 1, lanes: 1 }, Buffer.alloc(32, 1));

describe("A new password", () => {
  it.each([
    ["violet cabbage 71 harbour", false],
    ["aaaaaaabcdefghi", false],
    ["correct horse battery staple", false],
    ["日本語のパスワードをつくりました", false],
    ["🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆", false],
    ["kd8 hq2z", true],
    ["x7".padEnd(128, "qwfpgjluy;arstdhneio"), false],
  ])("may be %s", async (password, besideAFactor) => {
    expect(await problemOf(password, besideAFactor)).toBeUndefined();
  });

  it.each([
    ["fourteen chars", false, "at least 15 characters"],
    ["7 chars", true, "at least 8 characters"],
    ["e\u0301".repeat(14), false, "at least 15 characters"],
    ["x7".padEnd(129, "qwfpgjluy;arstdhneio"), false, "at most 128 characters"],
    ["password", true, "tried first"],
    ["PassWord", true, "tried first"],
    ["password1234567", false, "tried first"],
    ["!!!!letmein2026!!!", false, "tried first"],
    ["aaaaaaaaaaaaaaaaaaaa", false, "tried first"],
    ["abcabcabcabcabcabc", false, "tried first"],
    ["dragondragondragon", false, "tried first"],
    ["Ada.Admin-2026-2026", false, "names"],
    ["Terntide Rollcall 1", false, "names"],
    ["ADÉYẸMÍ123456789", false, "names"],
  ])("may not be %s", async (password, besideAFactor, why) => {
    expect(await problemOf(password, besideAFactor)).toContain(why);
  });

  it("is refused for no character in it, and never repeated", async () => {
    const common = await loadCommonPasswords();
    expect(common.size).toBeGreaterThan(40_000);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 15, maxLength: 60 }), (password) => {
        const problem = passwordProblem(password, { besideAFactor: false, words: [], common });
        const whole = normalisedPassword(password);
        const long = whole !== undefined && [...whole].length >= 15;
        if (problem && long) expect(problem.message).toMatch(/tried first/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("A hash", () => {
  it("is of the whole password: one that differs in the 128th character is another one, and composed or not it is the same", async () => {
    const long = "q".repeat(64) + "w".repeat(63);
    const hash = await hashing.hash(`${long}é`);
    expect(await hashing.verify(hash, `${long}e\u0301`, "name")).toBe(true);
    expect(await hashing.verify(hash, `${long}e`, "name")).toBe(false);
    expect(await hashing.verify(hash, `${long}éx`, "name")).toBe(false);
  });

  it("is of no use without the key that is kept apart from the database", async () => {
    const elsewhere = new PasswordHashing({ memoryKib: 64, passes: 1, lanes: 1 }, Buffer.alloc(32, 2));
    const hash = await hashing.hash("violet cabbage 71 harbour");
    expect(await elsewhere.verify(hash, "violet cabbage 71 harbour", "name")).toBe(false);
  });

  it("of nobody is verified like any other, and never right", async () => {
    const before = hashing.verifications;
    expect(await hashing.verify(undefined, "", "name")).toBe(false);
    expect(await hashing.verify(undefined, "anything at all", "name")).toBe(false);
    expect(hashing.verifications - before).toBe(2);
  });

  it("is not waited for by whoever would wait for seconds", async () => {
    const answers = await Promise.allSettled(Array.from({ length: 400 }, () => hashing.verify(undefined, "x", "name")));
    const refused = answers
      .filter((one) => one.status === "rejected")
      .map((one) => (one.reason as { code: string }).code);
    expect(new Set(refused)).toEqual(new Set(["RATE_LIMITED"]));
    expect(refused.length).toBeLessThan(400);
    expect(await hashing.verify(undefined, "x", "name")).toBe(false);
  });
});

it("Recovery codes have 120 random bits, and are the same in any writing", () => {
  const [code = ""] = newRecoveryCodes();
  expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
  const written = code.toUpperCase().replaceAll("-", "").replaceAll("0", "O").replaceAll("1", "l");
  expect(hashOfCode(written)).toEqual(hashOfCode(code));
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
  ["2001:0db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
])("The address %s is counted as %s", (address, subject) => {
  expect(networkOf(address)).toBe(subject);
});
