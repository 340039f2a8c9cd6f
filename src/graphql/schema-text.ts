import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  printSchema,
} from "graphql";
import { fieldCost } from "./cost-declaration.ts";

/** The schema in its own language, with what its fields cost. graphql-js prints definitions of directives alone, never where they are used. */
export function schemaText(schema: GraphQLSchema): string {
  let type: GraphQLNamedType | undefined;
  let pending: string | undefined;
  let described = false;
  const lines = printSchema(schema)
    .split("\n")
    .map((line) => {
      // A description of several lines begins and ends with quotes alone.
      if (line.trim() === '"""') described = !described;
      if (described) return line;
      const opened = /^(?:type|input|interface) (\w+)/.exec(line)?.[1];
      if (opened !== undefined) type = schema.getType(opened);
      else if (line === "}") type = undefined;
      if (!type) return line;
      const name = /^ {2}(\w+)[(:]/.exec(line)?.[1];
      if (name !== undefined && line.endsWith("(")) {
        pending = name; // its arguments stand on lines of their own
        return line;
      }
      if (name !== undefined) return `${line}${directivesOf(schema, type, name)}`;
      if (!/^ {2}\): /.test(line) || pending === undefined) return line;
      const text = `${line}${directivesOf(schema, type, pending)}`;
      pending = undefined;
      return text;
    });
  return `${lines.join("\n")}\n`;
}

function directivesOf(schema: GraphQLSchema, type: GraphQLNamedType, name: string): string {
  if (isInputObjectType(type)) return costText(weightOf(type.getFields()[name]));
  if (!isObjectType(type) && !isInterfaceType(type)) return "";
  const { weight, size, pageOf } = fieldCost(schema, type, type.getFields()[name] as GraphQLField<unknown, unknown>);
  if (!size) return costText(weight);
  const parts = [
    `assumedSize: ${size.assumed}`,
    ...(size.by.length > 0 ? [`slicingArguments: ${JSON.stringify(size.by).replaceAll(",", ", ")}`] : []),
    ...(pageOf.length > 0 ? [`sizedFields: ${JSON.stringify(pageOf).replaceAll(",", ", ")}`] : []),
  ];
  return `${costText(weight)} @listSize(${parts.join(", ")})`;
}

const weightOf = (field: GraphQLInputField | undefined): number => (field?.extensions.cost as number | undefined) ?? 0;

const costText = (weight: number): string => (weight > 0 ? ` @cost(weight: ${weight})` : "");
