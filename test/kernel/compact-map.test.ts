import { expect, it } from "vitest";
import { CompactMap } from "../../src/kernel/compact-map.ts";
import { newId } from "../../src/kernel/ids.ts";

it("A compact map gives what was set, of ids and of any text, while it grows", () => {
  const compact = new CompactMap<object>();
  const values = [["a"], ["b"], ["c"]];
  const kept = new Map<string, object>([["", values[0] as object]]);
  for (let n = 0; n < 2_000; n++) {
    const value = values[n % values.length] as object;
    for (const key of [newId(), `person${n}`, `${n}`, `é${n}`]) kept.set(key, value);
  }
  for (const [key, value] of kept) compact.set(key, value);
  expect([...kept.keys()].filter((key) => compact.has(`x${key}`))).toEqual([]);
  expect(compact.size).toBe(kept.size);
  expect([...kept].filter(([key, value]) => compact.get(key) !== value)).toEqual([]);
  compact.set("person1", values[2] as object);
  expect([compact.get("person1"), compact.get("nobody"), compact.size]).toEqual([values[2], undefined, kept.size]);
});
