import { expect, it } from "vitest";
import { SharedReadings } from "../../src/feed/shared-readings.ts";

const made = () => {
  const read: string[] = [];
  const shared = new SharedReadings<string>({ readings: 3, characters: 10, weigh: ({ length }) => length });
  const ask = (key: string, found: string) =>
    shared.read(key, async () => {
      read.push(key);
      if (found === "") throw new Error("The database is away.");
      return found;
    });
  return { read, ask, shared };
};

it("What many ask for at the same time is read once, and again once it failed or is to be forgotten", async () => {
  const { read, ask, shared } = made();
  expect(await Promise.all([ask("a", "1"), ask("a", "2"), ask("b", "3")])).toEqual(["1", "1", "3"]);
  expect(await Promise.allSettled([ask("c", ""), ask("c", "4")])).toMatchObject([
    { status: "rejected" },
    { status: "rejected" },
  ]);
  expect(await ask("c", "5")).toBe("5");
  expect(read).toEqual(["a", "b", "c", "c"]);
  shared.clear();
  expect(await ask("a", "6")).toBe("6");
});

it("So many readings are kept, and of those so much: the oldest go first, and one that is too heavy alone is kept for nobody", async () => {
  const { read, ask } = made();
  for (const key of ["a", "b", "c", "d"]) await ask(key, "1");
  expect(await ask("b", "2")).toBe("1");
  expect(await ask("a", "2")).toBe("2");
  await ask("heavy", "123456789");
  expect(await ask("a", "3")).toBe("2");
  expect(await ask("d", "3")).toBe("3");
  expect(await ask("vast", "12345678901")).toBe("12345678901");
  expect(await ask("vast", "4")).toBe("4");
  expect(read).toEqual(["a", "b", "c", "d", "a", "heavy", "d", "vast", "vast"]);
});
