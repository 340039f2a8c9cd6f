/** Tests that let things fail run a few rounds with all others, and many by `npm run test:faults`. */
const long = process.env.TEST_FAULTS === "long";

/** What takes too long to be tried with every change. */
export const onlyLong = (possible: boolean): boolean => long && possible;

/** How often, or how much. */
export const rounds = (short: number, many: number): number => (long ? many : short);

/** How long a test of so many rounds may take. */
export const patience = (count: number): number => 60_000 + count * 30_000;
