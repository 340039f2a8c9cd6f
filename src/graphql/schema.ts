import { type GraphQLSchema, lexicographicSortSchema } from "graphql";
import { buildSchema, type ContainerType, type NonEmptyArray, type PubSub } from "type-graphql";
import { type RecordAttempt, watchAttempts } from "./attempts.ts";
import { withCostDirectives } from "./cost-declaration.ts";
import { applyOneOf } from "./one-of.ts";
import { applyRules } from "./rules.ts";
import { requireStorableText } from "./storable-text.ts";
import { bindSources, type SubscriptionSource } from "./subscription-source.ts";
import { validateInput } from "./validation.ts";

/** type-graphql wants one where there are subscriptions; what they tell comes from the sources that `bindSources` gives them. */
const UNUSED: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error("Nothing is published here.");
  },
};

/** What the operation types are for; type-graphql has no place for it. */
const OPERATIONS: Readonly<Record<string, string>> = {
  Query: "What can be read, as far as the viewer may see it.",
  Mutation: "What can be changed. Each is one transaction, and its payload says where in the change feed it stands.",
  Subscription: "What can be followed as it changes, in commit order.",
};

/**
 * The schema of these resolvers, with text and input rules checked, every access rule enforced, what is refused recorded, and `@oneOf` set.
 * Resolvers are the instances given, and every field of the Subscription type has the source of its name.
 */
export async function buildGatewaySchema(
  resolvers: readonly object[],
  sources: Readonly<Record<string, SubscriptionSource>>,
  recordAttempt: RecordAttempt,
): Promise<GraphQLSchema> {
  const instances = new Map<unknown, object>(resolvers.map((resolver) => [resolver.constructor, resolver]));
  const container: ContainerType = { get: (resolverClass) => instances.get(resolverClass) };
  const schema = await buildSchema({
    resolvers: [...instances.keys()] as NonEmptyArray<never>,
    container,
    pubSub: UNUSED,
    validateFn: async (argument) => {
      if (typeof argument === "object" && argument !== null && "toCommand" in argument) await validateInput(argument);
    },
  });
  const sorted = withCostDirectives(lexicographicSortSchema(schema));
  for (const [name, description] of Object.entries(OPERATIONS))
    Object.assign(sorted.getType(name) ?? {}, { description });
  applyOneOf(sorted);
  requireStorableText(sorted);
  applyRules(sorted);
  bindSources(sorted, sources);
  watchAttempts(sorted, recordAttempt);
  return sorted;
}
