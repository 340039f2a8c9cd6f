import { type GraphQLSchema, isObjectType } from "graphql";
import { invalidInput, type Violation } from "../kernel/errors.ts";
import { isStorable } from "../search/folding.ts";

/**
 * Has every text in a field's arguments, also in JSON, be one that the database holds as it was sent: INVALID_INPUT lists
 * those with U+0000 or a lone surrogate at their paths, before the field is resolved. Subscriptions' sources read their own.
 */
export function requireStorableText(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      if (field.args.length === 0 || !resolve) continue;
      field.resolve = (source, args, context, info) => {
        requireStorable(args);
        return resolve(source, args, context, info);
      };
    }
  }
}

/** Passes where every text in these arguments can be stored as it is. */
export function requireStorable(args: Readonly<Record<string, unknown>>): void {
  const violations = Object.entries(args).flatMap(([name, value]) => [...unstorable(value, name)]);
  if (violations.length > 0) throw invalidInput(violations);
}

/** A key of JSON that is at fault is shown by its object's path: keys are values here, and values are not echoed. */
function* unstorable(value: unknown, path: string): Generator<Violation> {
  if (typeof value === "string") {
    if (!isStorable(value)) yield { path, message: "must be a text without U+0000 and lone surrogates." };
  } else if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) yield* unstorable(item, `${path}[${place}]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (isStorable(key)) yield* unstorable(item, `${path}.${key}`);
      else yield { path, message: "must have keys without U+0000 and lone surrogates." };
    }
  }
}
