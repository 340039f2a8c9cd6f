import type { Catalogue } from "./field.ts";
import { FALSE, type Filter, TRUE } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import { FILTER_LIMITS } from "./limits.ts";
import { readCriterion } from "./text-criterion.ts";
import { refusedAt, Tokens, tooComplex } from "./text-tokens.ts";
import type { NameOf } from "./text-value.ts";

/** Parentheses and `not`s within each other: more than any filter of the published depth is written with, far less than exhausts the stack. */
const NESTING = 64;

/** One reading of a text, from its first token to its last. */
export class TextReading {
  readonly tokens: Tokens;
  readonly nameOf: NameOf;
  readonly grantFilter = (): Filter => this.#inParentheses(GRANT_CATALOGUE);
  #nesting = 0;
  #leaves = 0;

  constructor(text: string, nameOf: NameOf) {
    this.tokens = new Tokens(text);
    this.nameOf = nameOf;
  }

  /** The filter that the whole text is. */
  whole(catalogue: Catalogue): Filter {
    const filter = this.#filter(catalogue);
    if (this.tokens.peek().kind !== "end") throw refusedAt(this.tokens.peek(), ["and", "or", "the end"]);
    return filter;
  }

  #filter(catalogue: Catalogue): Filter {
    return this.#several("or", () => this.#several("and", () => this.#negation(catalogue)));
  }

  #several(kind: "and" | "or", member: () => Filter): Filter {
    const first = member();
    if (!this.tokens.is(kind)) return first;
    const of = [first];
    while (this.tokens.skip(kind)) of.push(member());
    return { kind, of };
  }

  #negation(catalogue: Catalogue): Filter {
    if (!this.tokens.skip("not")) return this.#primary(catalogue);
    return { kind: "not", of: this.#deeper(() => this.#negation(catalogue)) };
  }

  #primary(catalogue: Catalogue): Filter {
    const { tokens } = this;
    if (tokens.is("(")) return this.#inParentheses(catalogue);
    for (const kind of ["and", "or"] as const)
      if (tokens.skip(kind)) return { kind, of: [this.#inParentheses(catalogue)] };
    if (tokens.skip("true")) return this.#leaf(TRUE);
    if (tokens.skip("false")) return this.#leaf(FALSE);
    const token = tokens.peek();
    const field = token.kind === "word" ? catalogue.fields.get(token.text) : undefined;
    if (!field?.filter) throw refusedAt(token, ["a field", "not", "(", "true", "false"], fieldNames(catalogue));
    tokens.take();
    // Of grants the criteria inside are counted, as in the input.
    const criterion = readCriterion(this, field, catalogue);
    return field.kind === "grants" ? criterion : this.#leaf(criterion);
  }

  #inParentheses(catalogue: Catalogue): Filter {
    this.tokens.require("(");
    const filter = this.#deeper(() => this.#filter(catalogue));
    if (!this.tokens.skip(")")) throw refusedAt(this.tokens.peek(), ["and", "or", ")"]);
    return filter;
  }

  #deeper(read: () => Filter): Filter {
    this.#nesting += 1;
    if (this.#nesting > NESTING)
      throw tooComplex("parentheses and nots nest too deep", NESTING, { column: this.tokens.peek().column });
    const filter = read();
    this.#nesting -= 1;
    return filter;
  }

  /** Counts as the limits do, and stops at the first criterion too many. */
  #leaf(filter: Filter): Filter {
    this.#leaves += 1;
    const limit = FILTER_LIMITS.leaves;
    if (this.#leaves > limit)
      throw tooComplex(`the filter has more than ${limit} criteria`, limit, { column: this.tokens.peek().column });
    return filter;
  }
}

const fieldNames = (catalogue: Catalogue): string[] =>
  [...catalogue.fields.values()].filter((field) => field.filter).map(({ name }) => name);
