import type { Violation } from "../../kernel/errors.ts";

/** In code points of the normalised text (NIST SP 800-63B-4, section 3.1.1.2). */
export const PASSWORD_MIN_ALONE = 15;
export const PASSWORD_MIN_BESIDE_A_FACTOR = 8;
export const PASSWORD_MAX = 128;

/** No text of at most PASSWORD_MAX code points is longer than this before it is normalised, but for piles of combining marks. */
const RAW_LIMIT = 4 * PASSWORD_MAX;
/** Shorter words say too little about whom they belong to: they occur in anything. */
const WORD_MIN = 4;

/** What is known of whoever chooses a password. */
export interface PasswordSurroundings {
  /** Whether the person has a second factor. */
  besideAFactor: boolean;
  /** Names of the person and of the organisation, as they are. */
  words: readonly string[];
  /** Passwords that everybody tries first, folded. */
  common: ReadonlySet<string>;
}

/** The text that is hashed: in Normalization Form C, as RFC 8265 (OpaqueString) has it. Undefined for what no password can be. */
export function normalisedPassword(password: string): string | undefined {
  if (password.length > RAW_LIMIT || !password.isWellFormed()) return undefined;
  const text = password.normalize("NFC");
  return lengthOf(text) <= PASSWORD_MAX ? text : undefined;
}

/** How many characters a password counts as. */
export const lengthOf = (password: string): number => [...password].length;

/** What is wrong with a new password, never with what it is; undefined where nothing is. No character is demanded or forbidden. */
export function passwordProblem(
  password: string,
  { besideAFactor, words, common }: PasswordSurroundings,
): Omit<Violation, "path"> | undefined {
  const text = normalisedPassword(password);
  if (text === undefined)
    return { message: `must be a text of at most ${PASSWORD_MAX} characters.`, limit: PASSWORD_MAX };
  const limit = besideAFactor ? PASSWORD_MIN_BESIDE_A_FACTOR : PASSWORD_MIN_ALONE;
  if (lengthOf(text) < limit) {
    const shorter = besideAFactor ? "" : ` With a second factor ${PASSWORD_MIN_BESIDE_A_FACTOR} are enough.`;
    return { message: `must have at least ${limit} characters.${shorter}`, limit };
  }
  const folded = text.toLowerCase();
  const core = repeatedPart(folded);
  if (common.has(folded) || common.has(core) || common.has(undecorated(folded)) || [...core].length < WORD_MIN)
    return { message: "is one of the passwords that are tried first, or one of them with little around it." };
  if (leftOf(folded, words) === "")
    return { message: "is made of names that are known of you or of the organisation: choose something else." };
  return undefined;
}

/** `abcabcabc` is `abc`: what a text repeats, or the text. */
function repeatedPart(text: string): string {
  const period = (text + text).indexOf(text, 1);
  return text.slice(0, period);
}

const DECORATION = /[\p{N}\p{P}\p{S}\s]+/gu;

/** Without the digits and punctuation at both ends. */
const undecorated = (text: string): string => text.replace(/^[\p{N}\p{P}\p{S}\s]+|[\p{N}\p{P}\p{S}\s]+$/gu, "");

/** What is left without these words, digits and punctuation; the text itself where no word occurs in it. */
function leftOf(text: string, words: readonly string[]): string {
  const parts = words.flatMap((word) => [word, ...word.split(DECORATION)]).map((word) => word.toLowerCase());
  const known = [...new Set(parts)].filter((word) => word.length >= WORD_MIN).sort((a, b) => b.length - a.length);
  const rest = known.reduce((left, word) => left.replaceAll(word, " "), text);
  return rest === text ? text : rest.replaceAll(DECORATION, "");
}

let commonPasswords: Promise<ReadonlySet<string>> | undefined;

/** Nearly 50,000 passwords of leaks, the most frequent first, folded; loaded when it is first asked for. */
export function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  commonPasswords ??= import("@zxcvbn-ts/language-common").then(
    ({ dictionary }) => new Set(dictionary["passwords-common"].map((one) => String(one).toLowerCase())),
  );
  return commonPasswords;
}
