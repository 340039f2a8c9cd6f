/*
 * What a program might take for a formula when it opens CSV is written with an apostrophe in front, and read without:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** What is written with one apostrophe more: a text that begins so already must be told from one that was written so. */
const MARKED = /^'*[=+\-@\t\r\n＝＋－＠]/;
const WRITTEN = /^'+[=+\-@\t\r\n＝＋－＠]/;

/** Whether a program might take a text for a formula. */
export const looksLikeFormula = (text: string): boolean => FORMULA.test(text);

/** Looks for texts that stand in CSV as they are, between these delimiters: neither marked nor quoted. Nearly all are such. */
export const plainText = (delimiter: string): RegExp =>
  new RegExp(`^(?!'*[=+\\-@＝＋－＠])[^"\t\r\n${delimiter === "|" ? "\\|" : delimiter}]*$`);

/** A text as it is written to CSV. */
export const markedText = (text: string): string => (MARKED.test(text) ? `'${text}` : text);

/** A text as it was before it was written to CSV. */
export const formulaText = (written: string): string => (WRITTEN.test(written) ? written.slice(1) : written);
