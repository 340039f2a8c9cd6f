/** What sort of thing a token is; errors name it, and never the token itself. */
export type TokenKind = "word" | "number" | "text" | "sign" | "fault" | "end";

/** A piece of the text form. */
export interface Token {
  kind: TokenKind;
  /** As written; of a text what stands between its quotes, unescaped. */
  text: string;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** What would have been accepted at the column of a fault. */
  expected?: string;
}

/** Words that mean something by themselves; a text that reads like one is quoted. */
const KEYWORDS: ReadonlySet<string> = new Set(
  "and or not true false null in is as any all none some contains starts ends with within last next older than reports to exists empty matching case".split(
    " ",
  ),
);

export const isKeyword = (word: string): boolean => KEYWORDS.has(word.toLowerCase());

const SPACE = /\s*/y;
// A duration first: as a whole it is a word, whatever stands between its digits.
const WORD =
  /P(?=[0-9T])(?:[0-9]+[YMWD])*(?:T(?:[0-9]+(?:[.,][0-9]+)?[HMS])+)?(?![A-Za-z0-9_])|[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /[0-9+-][A-Za-z0-9_+\-.:]*/y;
const SIGN = /[<>!]=|[=<>(),.]/y;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a text is a word of letters, digits and `_`. */
export const isPlainWord = (text: string): boolean => PLAIN.test(text);

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;
/** What ends a line, cannot be seen, or turns the direction of writing: in a text that is to be read in one line it is escaped. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text in double quotes, on one line, that reads back the same. */
export const quote = (text: string): string =>
  JSON.stringify(text).replace(HIDDEN, (hidden) => `\\u${hidden.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The token that begins at or behind an offset, and where it ends. Never throws: what is no token is a fault. */
export function tokenAt(source: string, offset: number): { token: Token; end: number } {
  const at = offset + (match(SPACE, source, offset) ?? "").length;
  const column = at + 1;
  if (at >= source.length) return { token: { kind: "end", text: "", column }, end: at };
  if (source[at] === '"') return textAt(source, at);
  for (const [kind, pattern] of SHAPES) {
    const text = match(pattern, source, at);
    if (text) return { token: { kind, text, column }, end: at + text.length };
  }
  return { token: { kind: "fault", text: "", column }, end: at + 1 };
}

const SHAPES: readonly (readonly [TokenKind, RegExp])[] = [
  ["word", WORD],
  ["number", NUMBER],
  ["sign", SIGN],
];

function match(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

/** By hand, since a text may be as long as the whole source. */
function textAt(source: string, start: number): { token: Token; end: number } {
  const fault = (at: number, expected: string) => ({
    token: { kind: "fault" as const, text: "", column: at + 1, expected },
    end: source.length,
  });
  let at = start + 1;
  while (at < source.length && source[at] !== '"') {
    const escaped = source[at] === "\\" ? match(ESCAPE, source, at) : undefined;
    if (source[at] === "\\" && !escaped) return fault(at, 'an escape of JSON, such as \\" or \\u00e9');
    if (source.charCodeAt(at) < 0x20) return fault(at, "a closing quote, or an escape such as \\n");
    at += escaped?.length ?? 1;
  }
  if (at >= source.length) return fault(at, "a closing quote");
  const text = JSON.parse(source.slice(start, at + 1)) as string;
  return { token: { kind: "text", text, column: start + 1 }, end: at + 1 };
}
