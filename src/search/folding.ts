/** The text as it is compared case-insensitively: what `fold()` makes of it in the database. */
export const fold = (text: string): string => text.toLowerCase();

const SEPARATORS = /[\s!-/:-@[-`{-~]+/u;

/** The folded words of a text: what white space and ASCII punctuation leave between them. */
export const wordsOf = (text: string): string[] =>
  fold(text)
    .split(SEPARATORS)
    .filter((word) => word !== "");

/** A text as a pattern of LIKE that matches it alone. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

/**
 * A pattern that the folded text matches wherever the text itself contains the operand. Sigma folds by what stands
 * beside it, which an operand cut out of a word does not show; so either form is let through.
 */
export const escapeFoldedLike = (text: string): string => escapeLike(fold(text)).replace(/[σς]/g, "_");

/** Whether PostgreSQL can hold the text as JavaScript does: no U+0000, no lone surrogate. */
export const isStorable = (text: string): boolean => !text.includes("\u0000") && text.isWellFormed();
