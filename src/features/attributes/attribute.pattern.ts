/*
 * The patterns of text attributes are regular expressions of a part of the syntax that PostgreSQL and JavaScript read alike: literals, `.`, classes,
 * groups, alternatives and greedy quantifiers. What is left out (references back, looking ahead and behind) is what makes matching
 * exponential. PostgreSQL alone matches them, by an automaton, in time that grows with the length of the text.
 */

/** The longest pattern, and how often its quantifiers may repeat something in all: what an automaton of it takes. */
export const PATTERN_LENGTH = 200;
const REPEATS_LIMIT = 1_000;
const REPEAT_LIMIT = 255;

/** What is wrong with a pattern; undefined where nothing is. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length === 0 || pattern.length > PATTERN_LENGTH) return `must have 1 to ${PATTERN_LENGTH} characters`;
  try {
    new PatternReader(pattern).read();
    return undefined;
  } catch (error) {
    if (error instanceof PatternFault) return `${error.message} (at character ${error.column})`;
    throw error;
  }
}

class PatternFault extends Error {
  constructor(
    message: string,
    readonly column: number,
  ) {
    super(message);
  }
}

const QUANTIFIER = /[?*+{]/;
const PUNCTUATION = /[^\p{L}\p{N}\s]/u;

class PatternReader {
  readonly #text: string[];
  #at = 0;

  constructor(pattern: string) {
    this.#text = [...pattern];
  }

  read(): void {
    this.#alternatives();
    if (this.#at < this.#text.length) this.#refuse("must not close a group that it does not open");
  }

  /** How much an automaton takes at the most. */
  #alternatives(): number {
    let size = this.#sequence();
    while (this.#take("|")) size += this.#sequence();
    return size;
  }

  #sequence(): number {
    let size = 1;
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek())
      size += this.#quantified();
    return size;
  }

  #quantified(): number {
    const size = this.#atom();
    const next = this.#peek();
    if (next === undefined || !QUANTIFIER.test(next)) return size;
    const repeats = this.#quantifier();
    const following = this.#peek();
    if (following !== undefined && QUANTIFIER.test(following))
      this.#refuse("must not put a quantifier behind a quantifier");
    const whole = size * Math.max(1, repeats);
    if (whole > REPEATS_LIMIT) this.#refuse(`must not repeat more than ${REPEATS_LIMIT} characters in all`);
    return whole;
  }

  #quantifier(): number {
    if (!this.#take("{")) {
      this.#at += 1;
      return 1;
    }
    const least = this.#number();
    const most = this.#take(",") ? (this.#peek() === "}" ? least : this.#number()) : least;
    if (!this.#take("}") || most < least) this.#refuse("must write repeats as {2}, {2,} or {2,5}");
    return most;
  }

  #number(): number {
    let digits = "";
    while (/^[0-9]$/.test(this.#peek() ?? "")) digits += this.#text[this.#at++];
    const value = Number(digits);
    if (digits === "" || value > REPEAT_LIMIT) this.#refuse(`must repeat 0 to ${REPEAT_LIMIT} times`);
    return value;
  }

  #atom(): number {
    const character = this.#text[this.#at++] as string;
    if (character === "(") return this.#group();
    if (character === "[") return this.#class();
    if (character === "\\") return this.#escape("dwsDWS");
    if (character === "^" || character === "$")
      this.#refuse("must not hold ^ or $: the whole value is compared; escape them to mean themselves");
    if (QUANTIFIER.test(character)) this.#refuse("must put something before a quantifier");
    if (character === "]" || character === "}") this.#refuse(`must escape ${character}`);
    return 1;
  }

  #group(): number {
    if (this.#take("?") && !this.#take(":")) this.#refuse("must open groups by ( or (?:");
    const size = this.#alternatives();
    if (!this.#take(")")) this.#refuse("must close every group");
    return size;
  }

  /** Ranges are PostgreSQL's to judge. */
  #class(): number {
    this.#take("^");
    for (let members = 0; ; members++) {
      const character = this.#text[this.#at++];
      if (character === undefined) this.#refuse("must close every class");
      if (character === "]" && members > 0) return 1;
      if (character === "]" || character === "[") this.#refuse("must escape [ and ] inside of a class");
      if (character === "\\") this.#escape("dws");
    }
  }

  /** A class by its letter, or a punctuation mark that means itself. */
  #escape(letters: string): number {
    const character = this.#text[this.#at++];
    if (character === undefined || !(letters.includes(character) || PUNCTUATION.test(character)))
      this.#refuse(`must put ${[...letters].join(", ")} or a punctuation mark behind \\`);
    return 1;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #refuse(message: string): never {
    throw new PatternFault(message, Math.min(this.#at, this.#text.length));
  }
}
