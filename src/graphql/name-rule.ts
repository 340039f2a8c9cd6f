/** For `@Matches`: what a name to show looks like, on one line and not blank. */
export const NAME: readonly [RegExp, { message: string }] = [
  /^(?=.*\S)[^\p{Cc}]*$/u,
  { message: "must not be blank, nor hold control characters" },
];
