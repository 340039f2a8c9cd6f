/**
 * Whether two values are the same as JSON has them, in whichever order their objects have keys: what a database gives back has an order of its own. What is
 * absent and what is null are the same as a whole; within an object, undefined alone is absent.
 */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, place) => isSameJson(value, other[place]));
  if (!isObject(one) || !isObject(other)) return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
  const keys = given(one);
  return (
    keys.length === given(other).length &&
    keys.every((key) => other[key] !== undefined && isSameJson(one[key], other[key]))
  );
}

const given = (object: Record<string, unknown>): string[] =>
  Object.keys(object).filter((key) => object[key] !== undefined);

/** An object of keys and values: no list, and nothing that is written as a text. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !("toJSON" in value);
