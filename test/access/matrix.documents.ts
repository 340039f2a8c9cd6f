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
  Kind,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { ALWAYS, ARGUMENTS } from "./matrix.arguments.ts";

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
  const always = (name: string) =>
    ALWAYS.has(`${type.name}.${field.name}(${name})`) ||
    isRequiredArgument(field.args.find((arg) => arg.name === name) as never);
  const wanted = given.filter(({ name }) => all || always(name));
  if (all && given.every(({ name }) => always(name))) return undefined;
  const page = field.args.some(({ name }) => name === "first") ? ["first: 10"] : [];
  const texts = [...page, ...wanted.map(({ name, text }) => `${name}: ${text}`)];
  if (all && wanted.length === 0) return undefined;
  return texts.length > 0 ? `(${texts.join(", ")})` : "";
}

/** Behind the alias of a page: the ids of all that it is a page of. */
export const WHOLE = "__whole";

/** The selection of all ids of a page of things that have one; undefined for everything else. */
export function wholeOf(type: GraphQLNamedType): string | undefined {
  if (!isObjectType(type) || !type.name.endsWith("Connection")) return undefined;
  const nodes = type.getFields().nodes;
  if (!nodes || !isNode(getNamedType(nodes.type))) return undefined;
  const node = getNamedType(nodes.type);
  // By whom it is about, it is decided who sees some of them.
  const about = isObjectType(node) ? ["subjectId", "userId", "state"].filter((name) => node.getFields()[name]) : [];
  const fields = about.map((name) => `${name}__${node.name}: ${name}`);
  return `{ __typename totalCount__${type.name}: totalCount nodes__${type.name}: nodes { __typename id ${fields.join(" ")} } }`;
}

/** Shorter selections are not worth a name. */
const SHORT = 200;
const known = new Map<string, string>();

/** The same document, in which every longer selection stands once, as a fragment: it is read and validated many times faster. */
export function withFragments(schema: GraphQLSchema, document: string): string {
  const before = known.get(document);
  if (before !== undefined) return before;
  const types = new TypeInfo(schema);
  const fragments = new Map<string, string>();
  const short = visit(
    parse(document),
    visitWithTypeInfo(types, {
      SelectionSet: {
        leave(node, _key, parent) {
          const on = types.getParentType()?.name;
          const text = print(node);
          if (!parent || !("kind" in parent) || parent.kind !== Kind.FIELD || !on || text.length < SHORT) return;
          const selection = `on ${on} ${text}`;
          const name = fragments.get(selection) ?? `F${fragments.size}`;
          fragments.set(selection, name);
          const spread = { kind: Kind.FRAGMENT_SPREAD, name: { kind: Kind.NAME, value: name } } as const;
          return { ...node, selections: [spread] };
        },
      },
    }),
  );
  const made = [print(short), ...Array.from(fragments, ([selection, name]) => `fragment ${name} ${selection}`)].join(
    "\n",
  );
  known.set(document, made);
  return made;
}

/** All fields of a type, in braces. */
export function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  depth = DEPTH,
  within: readonly string[] = [],
): string {
  if (isAbstractType(type)) {
    const parts = schema
      .getPossibleTypes(type)
      .map((one) => `... on ${one.name} ${selectionOf(schema, one, depth, within)}`);
    return `{ __typename ${parts.join(" ")} }`;
  }
  if (!isObjectType(type)) return "";
  if (isNode(type)) {
    if (depth < 0) return "{ __typename id }";
    return `{ __typename ${fieldsOf(schema, type, depth - 1, [])} }`;
  }
  return `{ __typename ${fieldsOf(schema, type, depth, [...within, type.name])} }`;
}

function fieldsOf(schema: GraphQLSchema, type: GraphQLObjectType, depth: number, within: readonly string[]): string {
  return Object.values(type.getFields())
    .flatMap((field) => {
      const named = getNamedType(field.type);
      // A type inside itself says nothing new.
      if (within.includes(named.name)) return [];
      // Of a page inside something else the nodes are enough; the roots have the edges.
      if (field.name === "edges" && depth < DEPTH) return [];
      if (isNode(type) && depth < 0 && (isNode(named) || isAbstractType(named) || named.name.endsWith("Connection")))
        return [];
      const inner = isCompositeType(named) ? selectionOf(schema, named, depth, within) : "";
      const bare = argumentsOf(type, field, false) ?? "";
      const asked = argumentsOf(type, field, true);
      // Fields of one name in different types of a union must be of one shape: an alias keeps them apart.
      const alias = `${field.name}__${type.name}`;
      const ways = [[alias, bare] as const, ...(asked ? [[`${alias}__asked`, asked] as const] : [])];
      const whole = wholeOf(named);
      return ways.flatMap(([name, args]) => [
        `${name}: ${field.name}${args} ${inner}`,
        ...(whole ? [`${name}${WHOLE}: ${field.name}${args.replace("first: 10", "first: 500")} ${whole}`] : []),
      ]);
    })
    .join(" ");
}
