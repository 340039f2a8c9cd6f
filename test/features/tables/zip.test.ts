import { buffer } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { writeZip } from "../../../src/features/exports/zip.writer.ts";
import { TABLE_LIMITS } from "../../../src/features/tables/table.limits.ts";
import { ZipArchive } from "../../../src/features/tables/zip.archive.ts";
import { sourceOf } from "./support.ts";

const FILES = {
  "a/one.txt": ["hello ", "world"],
  empty: [],
  "a/many.txt": Array.from({ length: 200 }, (_, n) => `${n},`),
};

describe("An archive that is written", () => {
  it.each([
    ["in 32 bits", undefined],
    ["in 64 bits", 10],
  ])("has every file as it was, with its numbers %s", async (_, large) => {
    const files = Object.entries(FILES).map(([path, parts]) => ({
      path,
      parts: parts.map((part) => Buffer.from(part)),
    }));
    const archive = await ZipArchive.open(
      sourceOf(await buffer(writeZip(files, large))),
      TABLE_LIMITS,
      () => undefined,
    );
    for (const [path, parts] of Object.entries(FILES))
      expect((await buffer(archive.read(path))).toString()).toBe(parts.join(""));
  });

  it("ends what makes its files where nobody takes the rest, and fails as that does", async () => {
    let ended = 0;
    async function* endless() {
      try {
        for (;;) {
          await nextTurn();
          yield Buffer.alloc(100_000, Math.random().toString());
        }
      } finally {
        ended += 1;
      }
    }
    for await (const _ of writeZip([{ path: "a", parts: endless() }])) if (_.length > 10_000) break;
    expect(ended).toBe(1);
    async function* failing() {
      yield Buffer.from("a");
      throw new Error("No more.");
    }
    await expect(buffer(writeZip([{ path: "a", parts: failing() }]))).rejects.toThrow("No more.");
  });
});
