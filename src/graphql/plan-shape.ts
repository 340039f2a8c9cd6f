/** What is selected of values that the gateway has itself, not the database: names in the answer, and what stands under them. */
export type Shape = readonly ShapedField[];

interface ShapedField {
  key: string;
  name: string;
  /** The name of the type, where that is what is asked for. */
  typeName?: string;
  /** What is selected of an object; undefined for a value that is its own JSON. */
  inner?: Shape;
}

/** The selected parts of an object, or of each object of a list, to be printed as JSON. */
export function shaped(value: unknown, shape: Shape | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (!shape) return value;
  if (Array.isArray(value)) return value.map((one) => shaped(one, shape));
  return Object.fromEntries(
    shape.map(({ key, name, typeName, inner }) => [key, typeName ?? shaped(Reflect.get(value as object, name), inner)]),
  );
}
