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
/** What is told of a shape, in characters; a filter may have hundreds of criteria. */
const SHAPE_LIMIT = 2_000;

/** Shapes that were found, by type and value: a variable may stand in many places, and be large. */
type Known = Map<GraphQLInputType, Map<object, string>>;

/** The searches of a valid document: each field that takes a filter, with the filter as it was asked but for every value; none where nothing searches. */
export function searchShapes(schema: GraphQLSchema, document: DocumentNode, variables: Values): string[] {
  const info = new TypeInfo(schema);
  const known: Known = new Map();
  const shapes: string[] = [];
  visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const taken = info.getFieldDef()?.args.find(({ name }) => name === "filter");
        if (!taken) return;
        const given = node.arguments?.find(({ name }) => name.value === "filter");
        const value = given && valueFromASTUntyped(given.value, variables);
        shapes.push(`${node.name.value}(${value == null ? "" : `filter: ${shapeOf(taken.type, value, known)}`})`);
      },
    }),
  );
  return shapes;
}

/** A value of an input type as its names alone: what is no name of the schema is a question mark. */
function shapeOf(type: GraphQLInputType, value: unknown, known: Known): string {
  if (value == null) return "null";
  if (isNonNullType(type)) return shapeOf(type.ofType, value, known);
  if (typeof value !== "object") return isListType(type) ? listOf(type.ofType, [value], known) : "?";
  const shapes = known.get(type) ?? new Map<object, string>();
  known.set(type, shapes);
  const shape = shapes.get(value) ?? partsOf(type, value, known).slice(0, SHAPE_LIMIT);
  shapes.set(value, shape);
  return shape;
}

function partsOf(type: GraphQLInputType, value: object, known: Known): string {
  if (isListType(type)) return listOf(type.ofType, Array.isArray(value) ? value : [value], known);
  if (!isInputObjectType(type)) return "?";
  const fields = type.getFields();
  const members = Object.entries(value).flatMap(([name, of]) => {
    const field = fields[name];
    return field && of !== undefined ? [`${name}: ${shapeOf(field.type, of, known)}`] : [];
  });
  return `{${members.join(", ")}}`;
}

function listOf(type: GraphQLInputType, values: readonly unknown[], known: Known): string {
  const shapes = values.map((one) => shapeOf(type, one, known));
  const [first = ""] = shapes;
  const alike = shapes.length > 3 && shapes.every((shape) => shape === first);
  return alike ? `[${first} × ${shapes.length}]` : `[${shapes.join(", ")}]`;
}
