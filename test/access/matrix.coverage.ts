import {
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";

/*
 * What of the schema's arguments, and of the fields of inputs that they hold, documents use: so that an argument that joins the schema is asked
 * with, or named here as what it says.
 */

/** Every page has these; the cursors are looked at by test/features/users/paging.test.ts and test/regressions/oracles.test.ts. */
const PAGING = new Set(["first", "last", "after", "before"]);

/** Inputs of which another part of the matrix makes values from the schema, or that only write down or rehearse what a mutation is asked with. */
const BY_VALUES = new Set([
  "AuditEventFilter",
  "FacetInput",
  "OffboardInput",
  "OnboardInput",
  "PreviewAttributeDefinitionInput",
  "TransferInput",
  "UserFilter",
  "UserOrder",
]);

/** Arguments of fields, and fields of inputs, that can be asked with: `Type.field(argument)` and `Input.field`. */
export function askable(schema: GraphQLSchema): string[] {
  const found = new Set<string>();
  const walk = (type: GraphQLNamedType): void => {
    if (!isInputObjectType(type) || BY_VALUES.has(type.name)) return;
    for (const field of Object.values((type as GraphQLInputObjectType).getFields())) {
      const name = `${type.name}.${field.name}`;
      if (found.has(name)) continue;
      found.add(name);
      walk(getNamedType(field.type));
    }
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__") || type === schema.getMutationType()) continue;
    for (const field of Object.values(type.getFields()))
      for (const arg of field.args) {
        // Where a subscription begins is an argument like any other.
        if (PAGING.has(arg.name) && type !== schema.getSubscriptionType()) continue;
        found.add(`${type.name}.${field.name}(${arg.name})`);
        walk(getNamedType(arg.type));
      }
  }
  return [...found].sort();
}

/** Which of them a document asks with; null asks nothing. */
export function askedBy(schema: GraphQLSchema, document: string): Set<string> {
  const found = new Set<string>();
  const info = new TypeInfo(schema);
  visit(
    parse(document),
    visitWithTypeInfo(info, {
      Argument(node) {
        if (node.value.kind === "NullValue") return;
        found.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}(${node.name.value})`);
      },
      ObjectField: {
        enter(node) {
          if (node.value.kind === "NullValue") return;
          const parent = info.getParentInputType();
          if (parent) found.add(`${getNamedType(parent).name}.${node.name.value}`);
        },
      },
    }),
  );
  return found;
}
