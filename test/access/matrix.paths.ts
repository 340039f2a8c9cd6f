import {
  astFromValue,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  print,
} from "graphql";
import { inputFor } from "./matrix.inputs.ts";
import type { Subjects, World } from "./matrix.world.ts";

/*
 * Every place of the schema at which people can be asked about: found by the types of arguments and of what is answered. A place below a type
 * that nothing here is of fails, until a subject of that type is named.
 */

/** One place: how it is asked with a value, as a variable or as text, and whose field it is. */
export interface Path {
  name: string;
  /** The thing that it is a field of; absent for roots. */
  holder?: string;
  ask(value: string): string;
}

/** Whom or what a field of a type is asked of. */
const HOLDERS: Readonly<Record<string, keyof Subjects>> = {
  Group: "insideGroup",
  OrgUnit: "division",
  Role: "role",
  SavedSearch: "peopleSearch",
  User: "inside",
};

/** What says nothing of anybody: it only writes the question down. */
export const SAYS_NOTHING = new Set(["Query.formatFilter(filter)"]);

function outputTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  const others = [schema.getMutationType(), schema.getSubscriptionType()];
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith("__") && !others.includes(type),
  );
}

/** What is asked back: the ids of whomever it finds, where it finds somebody. */
function answerOf(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return "";
  const fields = type.getFields();
  const nodes = fields.nodes && getNamedType(fields.nodes.type);
  // What would be refused is estimated as not accepted.
  if (fields.accepted) return "{ accepted estimatedRows reasons }";
  if (!nodes) return "{ __typename }";
  const id = isObjectType(nodes) && nodes.getFields().userId ? "id: userId" : "id";
  return `{ ${fields.totalCount ? "totalCount" : ""} nodes { ${id} } }`;
}

function literal(world: World, field: GraphQLField<unknown, unknown>, name: string): string {
  const arg = field.args.find((one) => one.name === name);
  if (name === "at") return `"${new Date().toISOString()}"`;
  const value = arg && inputFor(arg.type, name, world.subjects);
  if (typeof value === "string") return JSON.stringify(value);
  const ast = arg && astFromValue(value, arg.type);
  return ast ? print(ast) : "null";
}

/** The places that take an argument of this type. */
export function pathsTaking(world: World, argumentType: string): Path[] {
  return outputTypes(world.schema).flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) =>
      field.args
        .filter((arg) => getNamedType(arg.type).name === argumentType)
        .map((arg) => pathOf(world, type, field, arg.name)),
    ),
  );
}

/** The places that answer something of this type. */
export const pathsAnswering = (world: World, typeName: string, ask: (value: string) => string): Path[] =>
  outputTypes(world.schema).flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name === typeName)
      .map((field) => pathOf(world, type, field, undefined, ask)),
  );

function pathOf(
  world: World,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  argument: string | undefined,
  inside?: (value: string) => string,
): Path {
  const required = field.args.filter((arg) => isRequiredArgument(arg) && arg.name !== argument);
  const page = field.args.some(({ name }) => name === "first") ? ["first: 100"] : [];
  const others = [...page, ...required.map(({ name }) => `${name}: ${literal(world, field, name)}`)];
  const ask = (value: string) => {
    const args = [...others, ...(argument ? [`${argument}: ${value}`] : [])];
    const answer = inside ? inside(value) : answerOf(getNamedType(field.type));
    return `${field.name}${args.length > 0 ? `(${args.join(", ")})` : ""} ${answer}`;
  };
  const name = `${type.name}.${field.name}${argument ? `(${argument})` : ""}`;
  if (type === world.schema.getQueryType()) return { name, ask };
  const key = HOLDERS[type.name];
  if (!key)
    throw new Error(`${name} can be asked of nothing: name a ${type.name} in HOLDERS of test/access/matrix.paths.ts.`);
  const holder = world.subjects[key];
  return { name, holder, ask: (value) => `node(id: "${holder}") { ... on ${type.name} { ${ask(value)} } }` };
}

/** Inputs of mutations that hold a filter of people, as `mutation input.path`. */
export function filteredInputs(schema: GraphQLSchema): string[] {
  const mutations = Object.values((schema.getMutationType() as GraphQLObjectType).getFields());
  return mutations.flatMap(({ name, args }) =>
    args.flatMap((arg) => holding(getNamedType(arg.type), [name, arg.name], new Set())),
  );
}

function holding(type: GraphQLNamedType, path: readonly string[], seen: ReadonlySet<string>): string[] {
  if (type.name === "UserFilter") return [path.join(".")];
  if (!isInputObjectType(type) || seen.has(type.name)) return [];
  return Object.values((type as GraphQLInputObjectType).getFields()).flatMap((field) =>
    holding(getNamedType(field.type), [...path, field.name], new Set([...seen, type.name])),
  );
}
