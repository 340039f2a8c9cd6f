import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { lookedUpTogether } from "../../../src/features/auth/viewer.together.ts";

it("looks a token up once for all that ask in one turn, and behind the last of them", async () => {
  const begun: string[] = [];
  const lookUp = lookedUpTogether(async (authorization, known) => {
    begun.push(`${authorization} ${known}`);
    return undefined;
  });
  const asked = [lookUp("a", false), lookUp("a", false), lookUp("b", false), lookUp("a", true)];
  expect(begun).toEqual([]);
  await Promise.all(asked);
  expect(begun).toEqual(["a false", "b false", "a true"]);
});

it("looks it up again for whoever asks once the look-up has begun, however long that takes", async () => {
  let ended = (): void => undefined;
  let count = 0;
  const lookUp = lookedUpTogether(async () => {
    count += 1;
    await new Promise<void>((resolve) => {
      ended = resolve;
    });
    return undefined;
  });
  const first = lookUp("a", false);
  await nextTurn();
  await nextTurn();
  expect(count).toBe(1);
  const end = ended;
  const second = lookUp("a", false);
  await nextTurn();
  await nextTurn();
  expect(count).toBe(2);
  end();
  ended();
  await Promise.all([first, second]);
});

it("looks it up four times at once at the most: who asks meanwhile shares the next one", async () => {
  const ends: (() => void)[] = [];
  const lookUp = lookedUpTogether(() => new Promise<undefined>((resolve) => void ends.push(() => resolve(undefined))));
  const asked: Promise<unknown>[] = [];
  for (let turn = 0; turn < 10; turn++) {
    asked.push(lookUp("a", false));
    await nextTurn();
    await nextTurn();
  }
  expect(ends).toHaveLength(4);
  ends[2]?.();
  await nextTurn();
  expect(ends).toHaveLength(5);
  for (const end of ends) end();
  await Promise.all(asked);
  expect(ends).toHaveLength(5);
});

it("refuses all that ask together, and keeps no refusal", async () => {
  let revoked = true;
  const lookUp = lookedUpTogether(async () => {
    if (revoked) throw new Error("refused");
    return undefined;
  });
  const answers = await Promise.allSettled([lookUp("a", false), lookUp("a", false)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  revoked = false;
  expect(await lookUp("a", false)).toBeUndefined();
});
