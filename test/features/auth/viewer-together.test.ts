import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Sequence } from "../../../src/database/pipeline.ts";
import { LookUpsTogether } from "../../../src/features/auth/viewer.together.ts";

/** Asks for viewers by a look-up that tells what it was asked. */
const together = (lookUp: (authorization: string, known: boolean) => Promise<undefined>) => {
  const looking = new LookUpsTogether(lookUp);
  return (authorization: string, known: boolean) => looking.of(authorization, known);
};

it("looks a token up once for all that ask in one turn, and behind the last of them", async () => {
  const begun: string[] = [];
  const lookUp = together(async (authorization, known) => {
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
  const lookUp = together(async () => {
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
  const lookUp = together(() => new Promise<undefined>((resolve) => void ends.push(() => resolve(undefined))));
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
  const lookUp = together(async () => {
    if (revoked) throw new Error("refused");
    return undefined;
  });
  const answers = await Promise.allSettled([lookUp("a", false), lookUp("a", false)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  revoked = false;
  expect(await lookUp("a", false)).toBeUndefined();
});

it("lets statements of operations that wait for a look-up go behind it, and none once it has begun", async () => {
  const begun = Promise.withResolvers<Sequence>();
  const looking = new LookUpsTogether(async (_authorization, _known, begins) => {
    begun.resolve(begins);
    return undefined;
  });
  expect(looking.sequenceOf("a", false)).toBeUndefined();
  const asked = looking.of("a", false);
  const sequence = looking.sequenceOf("a", false);
  expect(sequence).toBeDefined();
  expect(looking.sequenceOf("a", true)).toBeUndefined();
  expect(await begun.promise).toBe(sequence);
  expect(looking.sequenceOf("a", false)).toBeUndefined();
  await asked;
  // A look-up that sent no statement leaves nobody waiting.
  expect(await sequence?.begun).toBeUndefined();
});
