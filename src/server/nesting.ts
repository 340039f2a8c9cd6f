/** Far above what a filter at its published depth needs, far below where parsing or coercing one overflows the stack. */
export const NESTING_LIMIT = 100;

/** Whether a GraphQL document or a JSON text nests brackets deeper than the limit. Brackets in strings and comments do not count. */
export function textNestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
      case "[":
      case "(":
        depth++;
        if (depth > NESTING_LIMIT) return true;
        break;
      case "}":
      case "]":
      case ")":
        depth--;
        break;
      case '"':
        at = endOfString(text, at);
        break;
      case "#":
        at = orEnd(text.indexOf("\n", at), text);
        break;
    }
  }
  return false;
}

/** Whether a parsed JSON value nests objects and lists deeper than the limit. */
export function valueNestsTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= NESTING_LIMIT; depth++) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** Where the string that begins at `start` has its last quote; a block string is one of three. */
function endOfString(text: string, start: number): number {
  if (text.startsWith('"""', start)) {
    let end = text.indexOf('"""', start + 3);
    while (end !== -1 && text[end - 1] === "\\") end = text.indexOf('"""', end + 3);
    return orEnd(end === -1 ? -1 : end + 2, text);
  }
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
    // A string of one line ends with it: what follows is a syntax error, and its brackets count.
    else if (text[at] === "\n") return at;
  }
  return text.length;
}

const orEnd = (at: number, text: string): number => (at === -1 ? text.length : at);
