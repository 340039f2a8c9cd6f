import { type GraphQLSchema, isInputObjectType } from "graphql";

const oneOfInputs = new Set<string>();

/** Declares an input type of which exactly one field must be given (GraphQL's @oneOf). type-graphql drops the directive, so `applyOneOf` sets it. */
export const OneOf = (): ClassDecorator => (target) => {
  oneOfInputs.add(target.name);
};

/** Marks the declared inputs on a built schema: graphql-js then refuses none, several or null, in literals and in variables. */
export function applyOneOf(schema: GraphQLSchema): void {
  for (const name of oneOfInputs) {
    const type = schema.getType(name);
    if (isInputObjectType(type)) type.isOneOf = true;
  }
}
