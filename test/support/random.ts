import { createHash, randomInt } from "node:crypto";

/*
 * Every random choice of a test comes from one seed, which whatever fails prints. The seed is the same in every run, so that a run says something about
 * the change under test and not about the day. PROPERTY_SEED=random npm test draws another one, PROPERTY_SEED=<number> repeats it.
 */

const wanted = process.env.PROPERTY_SEED ?? "20261120";

/** What the random choices of this run come from, and how to have them again. */
export const seed: number = wanted === "random" ? randomInt(2 ** 31) : Number(wanted);
export const repeat = `PROPERTY_SEED=${seed} npm test repeats the random choices of this run.`;

/** Numbers from 0 up to 1, the same sequence for a seed and a name (mulberry32). */
export function seeded(name: string): () => number {
  let state = createHash("sha256").update(`${seed} ${name}`).digest().readInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
