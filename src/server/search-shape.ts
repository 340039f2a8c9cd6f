import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from "graphql";

type Values = Readonly<Record<string, unknown>>;

/** The searches of a valid document: each field that takes a filter, with the filter as it was asked but for every value; none where nothing searches. */
export function searchShapes(schema: GraphQLSchema, document: DocumentNode, variables: Values): string[] {
  const info = new TypeInfo(schema);
  const shapes: string[] = [];
  visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const taken = info.getFieldDef()?.args.find(({ name }) => name === "filter");
        if (!taken) return;
        const given = node.arguments?.find(({ name }) => name.value === "filter");
        const value = given && valueFromASTUntyped(given.value, { ...variables });
        shapes.push(`${node.name.value}(${value == null ? "" : `filter: ${shapeOf(taken.type, value)}`})`);
      },
    }),
  );
  return shapes;
}

/** A value of an input type as its names alone: what is no name of the schema is a question mark. */
function shapeOf(type: GraphQLInputType, value: unknown): string {
  if (value == null) return "null";
  if (isNonNullType(type)) return shapeOf(type.ofType, value);
  if (isListType(type)) return listOf(type.ofType, Array.isArray(value) ? value : [value]);
  if (!isInputObjectType(type)) return "?";
  const fields = type.getFields();
  const members = Object.entries(value as Values).flatMap(([name, of]) => {
    const field = fields[name];
    return field && of !== undefined ? [`${name}: ${shapeOf(field.type, of)}`] : [];
  });
  return `{${members.join(", ")}}`;
}

function listOf(type: GraphQLInputType, values: readonly unknown[]): string {
  const shapes = values.map((one) => shapeOf(type, one));
  const [first = ""] = shapes;
  const alike = shapes.length > 3 && shapes.every((shape) => shape === first);
  return alike ? `[${first} × ${shapes.length}]` : `[${shapes.join(", ")}]`;
}
