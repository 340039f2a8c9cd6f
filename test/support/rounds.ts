/** Tests that let things fail run a few rounds with all others, and many by `npm run test:faults`, or at most so many as a number says. */
const wanted = process.env.TEST_FAULTS ?? "";
const long = wanted !== "";
const most = Number(wanted) || Number.POSITIVE_INFINITY;

/** What takes too long to be tried with every change. */
export const onlyLong = (possible: boolean): boolean => long && possible;

const embedded = !process.env.TEST_DATABASE_URL;

/** How often, or how much; among all others less on the embedded database, where a gateway and a person cost several times as much. */
export const rounds = (short: number, many: number, shortEmbedded = short): number => {
  if (long) return Math.max(short, Math.min(many, most));
  return embedded ? shortEmbedded : short;
};

/** How long a test of so many rounds may take. */
export const patience = (count: number): number => 60_000 + count * 30_000;
