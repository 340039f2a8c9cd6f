import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ANY } from "./matrix.pruning.ts";
import { short } from "./matrix.world.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

/** Where an answer differs from what it should be, as paths. */
export function differences(expected: Any, actual: Any, path: string): string[] {
  if (expected === ANY) return [];
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length)
    return expected.flatMap((one, place) => differences(one, actual[place], `${path}[${place}]`));
  if (isObject(expected) && isObject(actual))
    return Object.keys(expected).flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
  return JSON.stringify(expected) === JSON.stringify(actual)
    ? []
    : [`${path}: ${short(actual)} was answered, ${short(expected)} is right`];
}

/** Whether a test, or what the tests beside it share, speaks of something by its name. */
export const speaksOf = (name: string, file: string): boolean =>
  existsSync(file) &&
  [file, `${dirname(file)}/support.ts`].some((one) => existsSync(one) && readFileSync(one, "utf8").includes(name));

const isObject = (value: unknown): value is Record<string, Any> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
