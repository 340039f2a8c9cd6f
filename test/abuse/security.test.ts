import { createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encrypt } from "../../src/feed/audit-keys.ts";

/* docs/security.md: complete by numbers, and of nothing that is not there. */

const text = readFileSync("docs/security.md", "utf8");

/** How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, in chapters V1 to V16: their numbers begin at 1, and those of level 3 follow. */
const SECTIONS: Readonly<Record<string, number>> = {
  "1.1": 2,
  "1.2": 9,
  "1.3": 11,
  "1.4": 3,
  "1.5": 2,
  "2.1": 3,
  "2.2": 3,
  "2.3": 4,
  "2.4": 1,
  "3.2": 2,
  "3.3": 4,
  "3.4": 6,
  "3.5": 5,
  "3.7": 2,
  "4.1": 3,
  "4.2": 1,
  "4.3": 2,
  "4.4": 4,
  "5.1": 1,
  "5.2": 3,
  "5.3": 2,
  "5.4": 3,
  "6.1": 3,
  "6.2": 12,
  "6.3": 4,
  "6.4": 4,
  "6.5": 5,
  "6.6": 3,
  "6.8": 4,
  "7.1": 3,
  "7.2": 4,
  "7.3": 2,
  "7.4": 5,
  "7.5": 2,
  "7.6": 2,
  "8.1": 2,
  "8.2": 3,
  "8.3": 1,
  "8.4": 1,
  "9.1": 3,
  "9.2": 4,
  "10.1": 2,
  "10.2": 2,
  "10.3": 4,
  "10.4": 11,
  "10.5": 5,
  "10.6": 2,
  "10.7": 3,
  "11.1": 2,
  "11.2": 3,
  "11.3": 3,
  "11.4": 4,
  "11.5": 1,
  "11.6": 1,
  "12.1": 3,
  "12.2": 2,
  "12.3": 4,
  "13.1": 1,
  "13.2": 5,
  "13.3": 2,
  "13.4": 5,
  "14.1": 2,
  "14.2": 4,
  "14.3": 3,
  "15.1": 3,
  "15.2": 3,
  "15.3": 7,
  "16.1": 1,
  "16.2": 5,
  "16.3": 4,
  "16.4": 3,
  "16.5": 3,
};
const STATES = ["yes", "part", "operator", "no", "n/a"];

/** The cells of every row that has a state. */
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  )
  .filter(([, state]) => STATES.includes(state ?? ""));

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(`src/${path}`, "utf8"));

describe("Cryptography", () => {
  it("is of these algorithms alone, in what is Rollcall's own", () => {
    const weighed = /"(sha-?\d+|md\d|rc4|aes-[^"]*|des(?:-[^"]*)?|[^"]*-(?:ecb|cbc|gcm|ccm|ctr))"/gi;
    const named = sources.flatMap((source) => [...source.matchAll(weighed)].map(([, name]) => name));
    expect(new Set(named)).toEqual(new Set(["aes-256-gcm", "sha256"]));
    const making = /\bcreate(?:Hash|Hmac|Cipheriv|Decipheriv)\(([^,)]+)/g;
    const made = sources.flatMap((source) => [...source.matchAll(making)].map(([, algorithm]) => algorithm));
    expect(new Set(made)).toEqual(new Set(['"sha256"', "CIPHER"]));
  });

  it("seals values by AES-256-GCM under a nonce of 96 bits, which is never the same", () => {
    const key = randomBytes(32);
    const [sealed, again] = [encrypt(key, "a value", "its row"), encrypt(key, "a value", "its row")];
    const opened = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
    opened.setAAD(Buffer.from("its row")).setAuthTag(sealed.subarray(-16));
    expect(`${opened.update(sealed.subarray(12, -16))}${opened.final()}`).toBe("a value");
    expect(again.subarray(0, 12)).not.toEqual(sealed.subarray(0, 12));
  });
});

describe("The page on security", () => {
  it("has each requirement of levels 1 and 2 once, in order", () => {
    const expected = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, at) => `${section}.${at + 1}`),
    );
    expect(expected).toHaveLength(246);
    expect(rows.map(([number]) => number).filter((number) => /^\d+\.\d+\.\d+$/.test(number ?? ""))).toEqual(expected);
  });

  it("says of each what is done, or why it is not", () => {
    expect(rows.filter(([, , what]) => !what)).toEqual([]);
  });

  it("names files and folders that are there", () => {
    const named = [
      ...text.matchAll(/`((?:src|test|deploy|docs|schema)\/[^`\s]+|package-lock\.json|biome\.json)`/g),
    ].map(([, path]) => path as string);
    expect(named.length).toBeGreaterThan(200);
    expect([...new Set(named)].filter((path) => !existsSync(path))).toEqual([]);
    const linked = [...text.matchAll(/\]\((?!https)([^)#]+)[^)]*\)/g)].map(
      ([, path]) => new URL(path as string, new URL("../../docs/", import.meta.url)),
    );
    expect(linked.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("names a test wherever something is done of which a test can tell", () => {
    const untold = rows.filter(
      ([, state, , tests]) => (state === "yes" || state === "part") && !tests?.startsWith("`test/"),
    );
    expect(untold.map(([number]) => number)).toEqual(["1.3.2", "1.4.1", "11.1.2", "11.2.1", "11.4.1", "15.1.2"]);
  });
});
