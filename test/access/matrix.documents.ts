import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from "graphql";
import { ARGUMENTS, PAGING } from "./matrix.arguments.ts";

/*
 * Selections of everything that a type has, made from the schema. A field that can be asked with arguments is selected twice: bare, and
 * under the alias `field__asked` with all of them.
 */

const SHOWN = new Set(["Node"]);

/** How far a selection goes: a thing with an id, and the things beside it without what lies beyond them, of which only the ids are told. */
const DEPTH = 1;

export const isNode = (type: GraphQLNamedType): boolean =>
  isObjectType(type) && type.getInterfaces().some(({ name }) => SHOWN.has(name));

/** The field that an alias stands for. */
export const fieldOfAlias = (alias: string): string => alias.split("__")[0] as string;

/** The text of arguments for a field, of this type; throws where the table has nothing for one that is required. */
function argumentsOf(type: GraphQLNamedType, field: GraphQLField<unknown, unknown>, all: boolean): string | undefined {
  const given = field.args.flatMap(({ name }) => {
    const text = ARGUMENTS[`${type.name}.${field.name}(${name})`];
    return text === undefined ? [] : [{ name, text }];
  });
  const missing = field.args.find((arg) => isRequiredArgument(arg) && !given.some(({ name }) => name === arg.name));
  if (missing)
    throw new Error(
      `${type.name}.${field.name} needs the argument ${missing.name}: give a value for "${type.name}.${field.name}(${missing.name})" in test/access/matrix.arguments.ts.`,
    );
  const wanted = given.filter(
    ({ name }) => all || isRequiredArgument(field.args.find((arg) => arg.name === name) as never),
  );
  const page = field.args.some(({ name }) => name === "first") ? ["first: 10"] : [];
  const texts = [...page, ...wanted.map(({ name, text }) => `${name}: ${text}`)];
  if (all && wanted.length === 0) return undefined;
  return texts.length > 0 ? `(${texts.join(", ")})` : "";
}

/** A query of a root field, with its arguments, for all fields of its type. */
export function queryOf(schema: GraphQLSchema, root: string, type: GraphQLNamedType): string {
  const selecting: Selecting = { schema, fragments: new Map() };
  const selection = selectionOf(selecting, type, DEPTH, []);
  return [`{ ${root} ${selection} }`, ...selecting.fragments.values()].join(" ");
}

interface Selecting {
  schema: GraphQLSchema;
  /** What is selected of things with an id stands once in a document, however often they are met. */
  fragments: Map<string, string>;
}

/** All fields of a type, in braces. */
function selectionOf(selecting: Selecting, type: GraphQLNamedType, depth: number, within: readonly string[]): string {
  if (isAbstractType(type)) {
    const parts = selecting.schema
      .getPossibleTypes(type)
      .map((one) => `... on ${one.name} ${selectionOf(selecting, one, depth, within)}`);
    return `{ __typename ${parts.join(" ")} }`;
  }
  if (!isObjectType(type)) return "";
  if (!isNode(type)) return `{ __typename ${fieldsOf(selecting, type, depth, [...within, type.name])} }`;
  if (depth < 0) return "{ __typename id }";
  const name = `${type.name}_${depth}`;
  if (!selecting.fragments.has(name))
    selecting.fragments.set(
      name,
      `fragment ${name} on ${type.name} { __typename ${fieldsOf(selecting, type, depth - 1, [])} }`,
    );
  return `{ ...${name} }`;
}

function fieldsOf(selecting: Selecting, type: GraphQLObjectType, depth: number, within: readonly string[]): string {
  return Object.values(type.getFields())
    .flatMap((field) => {
      const named = getNamedType(field.type);
      // A type inside itself says nothing new.
      if (within.includes(named.name)) return [];
      // Of a page inside something else the nodes are enough; the roots have the edges.
      if (field.name === "edges" && depth < DEPTH) return [];
      if (isNode(type) && depth < 0 && (isNode(named) || isAbstractType(named) || named.name.endsWith("Connection")))
        return [];
      const inner = isCompositeType(named) ? selectionOf(selecting, named, depth, within) : "";
      const bare = argumentsOf(type, field, false) ?? "";
      const asked = argumentsOf(type, field, true);
      // Fields of one name in different types of a union must be of one shape: an alias keeps them apart.
      const name = `${field.name}__${type.name}: ${field.name}`;
      return [
        `${name}${bare} ${inner}`,
        ...(asked ? [`${field.name}__${type.name}__asked: ${field.name}${asked} ${inner}`] : []),
      ];
    })
    .join(" ");
}

/** Arguments that the table says nothing about, and that no page has. */
export function unusedArguments(schema: GraphQLSchema): string[] {
  const roots = [schema.getMutationType(), schema.getSubscriptionType(), schema.getQueryType()];
  return Object.values(schema.getTypeMap())
    .filter(
      (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith("__") && !roots.includes(type),
    )
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) => field.args.map((arg) => ({ type, field, arg }))),
    )
    .filter(({ arg }) => !PAGING.has(arg.name))
    .map(({ type, field, arg }) => `${type.name}.${field.name}(${arg.name})`)
    .filter((name) => ARGUMENTS[name] === undefined);
}
