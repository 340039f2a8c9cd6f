/*
 * The code blocks of a document, as tests run them. What stands behind a block's language says what it is for:
 *
 *   ```graphql            an operation; `as=<username>` runs it as that person of the demo
 *   ```json variables     its variables
 *   ```json answer        what it, or the shell command above, is answered; "…" stands for whatever differs from start to start
 */

export interface Block {
  language: string;
  /** What else stands in the opening line, word by word. */
  info: readonly string[];
  text: string;
  /** Where it begins in the document, counted from 1. */
  line: number;
}

/** Every fenced block of a document, in its order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; info: string[]; lines: string[]; line: number } | undefined;
  for (const [place, line] of markdown.split("\n").entries()) {
    if (open && line.trimEnd() === "```") {
      const { lines, ...block } = open;
      blocks.push({ ...block, text: lines.join("\n") });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (line.startsWith("```")) {
      const [language = "", ...info] = line.slice(3).trim().split(/\s+/);
      open = { language, info, lines: [], line: place + 1 };
    }
  }
  if (open) throw new Error(`The block of line ${open.line} does not end.`);
  return blocks;
}

/** A block that runs, with the blocks that belong to it. */
export interface Trial {
  block: Block;
  variables: Readonly<Record<string, unknown>>;
  /** Undefined where the document shows none. */
  answer: unknown;
}

/** The operations and curl commands of a document, each with the variables and the answer that follow it. */
export function trialsOf(markdown: string): Trial[] {
  const trials: Trial[] = [];
  for (const block of blocksOf(markdown)) {
    const last = trials.at(-1);
    if (block.language === "graphql" || (block.language === "sh" && block.text.includes("curl ")))
      trials.push({ block, variables: {}, answer: undefined });
    else if (block.language === "json" && block.info[0] === "variables" && last)
      last.variables = JSON.parse(block.text);
    else if (block.language === "json" && block.info[0] === "answer" && last) last.answer = JSON.parse(block.text);
  }
  return trials;
}

/** The rows of the table whose first column has this heading: cells by heading, without code marks. */
export function tableOf(markdown: string, firstHeading: string): Record<string, string>[] {
  const lines = markdown.split("\n");
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", ""));
  const head = lines.findIndex((line) => line.startsWith("|") && cells(line)[0] === firstHeading);
  if (head < 0) throw new Error(`There is no table that begins with ${firstHeading}.`);
  const headings = cells(lines[head] as string);
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return (end < 0 ? rows : rows.slice(0, end)).map((line) =>
    Object.fromEntries(cells(line).map((cell, place) => [headings[place] ?? "", cell])),
  );
}

/** What "…" stands for: as a value anything, as the last of a list whatever else is in it. */
export function withWildcards(expected: unknown, actual: unknown): unknown {
  if (expected === "…") return actual === undefined ? expected : "…";
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const open = expected.at(-1) === "…";
    const shown = open ? actual.slice(0, expected.length - 1) : actual;
    return [...shown.map((value, place) => withWildcards(expected[place], value)), ...(open ? ["…"] : [])];
  }
  if (isObject(expected) && isObject(actual))
    return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, withWildcards(expected[key], value)]));
  return actual;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
