import { RollcallError } from "../kernel/errors.ts";
import { isKeyword, type Token, tokenAt } from "./text-lexer.ts";

/** The tokens of a text, read as far as they are asked for. */
export class Tokens {
  readonly #source: string;
  readonly #ahead: Token[] = [];
  #offset = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** A token that is still to be taken: the next one, or one that stands so many behind it. */
  peek(further = 0): Token {
    while (this.#ahead.length <= further) {
      const { token, end } = tokenAt(this.#source, this.#offset);
      this.#offset = end;
      this.#ahead.push(token);
    }
    return this.#ahead[further] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /** Whether the next token, or one behind it, is this sign, or this keyword in any case. */
  is(what: string, further = 0): boolean {
    const { kind, text } = this.peek(further);
    return (kind === "sign" && text === what) || (kind === "word" && text.toLowerCase() === what);
  }

  /** Takes the next token where it is this sign or keyword, and says whether it was. */
  skip(what: string): boolean {
    const there = this.is(what);
    if (there) this.take();
    return there;
  }

  /** Takes a sign or keyword that must be next. */
  require(what: string): void {
    if (!this.skip(what)) throw refusedAt(this.peek(), [what]);
  }
}

const KINDS: Readonly<Record<Token["kind"], string>> = {
  word: "a word",
  number: "a number or a date",
  text: "a text",
  sign: "a sign",
  fault: "a character that means nothing here",
  end: "the end",
};

/** INVALID_INPUT at a token: what would be accepted in its place (`allowed` names all of it), and what sort of thing stands there. */
export function refusedAt(token: Token, expected: readonly string[], allowed = expected): RollcallError {
  if (token.expected !== undefined) return unreadable(token.column, `expected ${token.expected}.`, [token.expected]);
  const found = token.kind === "word" && isKeyword(token.text) ? "a keyword" : KINDS[token.kind];
  return unreadable(token.column, `expected ${joined(expected)}; found ${found}.`, allowed);
}

/** INVALID_INPUT at a column of the text. */
export function unreadable(column: number, message: string, allowed?: readonly string[]): RollcallError {
  const violation = { path: "text", message: `column ${column}: ${message}`, column, ...(allowed ? { allowed } : {}) };
  return new RollcallError("INVALID_INPUT", `text: ${violation.message}`, {
    violations: [violation],
    inputPath: "text",
    column,
  });
}

/** FILTER_TOO_COMPLEX about the text; how much there is may be unknown, since reading ends where there is too much. */
export function tooComplex(what: string, limit: number, found: { actual?: number; column?: number }): RollcallError {
  return new RollcallError("FILTER_TOO_COMPLEX", `text: ${what}; the limit is ${limit}.`, {
    inputPath: "text",
    limit,
    ...found,
  });
}

/** As many as a message can hold; all of them stand in `allowed`. */
const NAMED = 8;

const joined = (names: readonly string[]): string =>
  names.length > NAMED
    ? `one of ${names.slice(0, NAMED).join(", ")}, …`
    : names.length > 1
      ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`
      : (names[0] ?? "");
