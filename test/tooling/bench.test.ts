import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Result, record } from "../../bench/results.ts";

function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const resultsIn = (folder: string): Result[] => JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));
const result = (more: Partial<Result>): Result => ({
  bench: "Reading",
  operation: "user by id",
  size: "10 people",
  rollcall: 1,
  peer: null,
  limit: 2,
  vsPeer: null,
  vsLimit: 0.5,
  measuredAt: "2026-01-01T00:00:00.000Z",
  ...more,
});

describe("The benchmark", () => {
  it("compares answers, measures both sides and records what it found", { timeout: 180_000 }, async () => {
    const out = folderForTest();
    const quick = ["--embedded", "--people=1000", "--seconds=0.1", "--rounds=1", "--connections=2", `--out=${out}`];
    await promisify(execFile)(process.execPath, ["scripts/launch.mjs", "bench", ...quick], {
      env: { PATH: process.env.PATH },
    });
    const results = resultsIn(out);
    expect(results.map(({ operation }) => operation)).toContain("facets by four fields over a filter");
    for (const { rollcall, limit, vsLimit } of results.filter((one) => one.limit !== null)) {
      expect(rollcall).toBeGreaterThan(0);
      expect(limit).toBeGreaterThan(0);
      expect(vsLimit).toBeGreaterThan(0);
    }
    expect(readFileSync(join(out, "RESULTS.md"), "utf8")).toContain("| page 10 of a listing |");
  });

  it("keeps what other benchmarks found, and replaces what it found before", () => {
    const folder = folderForTest();
    const other = result({ bench: "Writing" });
    record(folder, { bench: "Writing", results: [other], text: "Of writing." });
    record(folder, { bench: "Reading", results: [result({}), result({ size: "20 people" })], text: "Of reading." });
    record(folder, { bench: "Reading", results: [result({ rollcall: 9 })], text: "Of reading again." });
    expect(resultsIn(folder)).toEqual([other, result({ size: "20 people" }), result({ rollcall: 9 })]);
    const page = readFileSync(join(folder, "RESULTS.md"), "utf8");
    expect(page).toContain("## Writing\n\nOf writing.");
    expect(page).toContain("## Reading\n\nOf reading again.");
    expect(page).not.toContain("Of reading.");
  });

  it("leaves a record alone that it cannot read", () => {
    const folder = folderForTest();
    writeFileSync(join(folder, "results.json"), "not JSON");
    expect(() => record(folder, { bench: "Reading", results: [result({})], text: "" })).toThrow();
    expect(readFileSync(join(folder, "results.json"), "utf8")).toBe("not JSON");
  });
});
