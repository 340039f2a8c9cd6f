import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from "type-graphql";
import { invalidInput } from "../kernel/errors.ts";
import { type IdKind, parseId } from "../kernel/ids.ts";
import type { GraphContext } from "./context.ts";
import { ListSize } from "./cost-declaration.ts";
import { Read, scoped } from "./rules.ts";

@InterfaceType({
  description: "Anything with an id (Relay global object identification). Ids are TypeIDs, unique across all types.",
  resolveType: (value: Node) => value.nodeType,
})
export abstract class Node {
  @Field(() => ID, {
    description: "The id: a type prefix and a sortable suffix, e.g. user_01jd8m5k3tf0vbq2z7y6x4w9ra.",
  })
  id!: string;

  /** The GraphQL object type's name. */
  abstract readonly nodeType: string;
}

/** Finds a thing that the viewer may see by its UUID; null where it is absent or out of sight. */
export type FindNode = (context: GraphContext, uuid: string) => Promise<Node | null>;

export const NODES_LIMIT = 500;

/** Relay's `node` and `nodes` over everything that registers a finder. */
@Resolver()
export class NodeResolver {
  constructor(private readonly finders: ReadonlyMap<IdKind, FindNode>) {}

  @Query(() => Node, {
    nullable: true,
    description:
      "Relay global object identification. An id that does not exist and one the viewer may not see both give null.",
  })
  @Read(scoped)
  node(
    @Arg("id", () => ID, { description: "The global id." }) id: string,
    @Ctx() context: GraphContext,
  ): Promise<Node | null> {
    return this.#find(context, id, "id");
  }

  @ListSize(10, "ids")
  @Query(() => [Node], { nullable: "items", description: `The same for up to ${NODES_LIMIT} ids, in their order.` })
  @Read(scoped)
  nodes(
    @Arg("ids", () => [ID], { description: "The global ids." }) ids: string[],
    @Ctx() context: GraphContext,
  ): Promise<(Node | null)[]> {
    if (ids.length > NODES_LIMIT)
      throw invalidInput([{ path: "ids", message: `must hold at most ${NODES_LIMIT} ids.`, limit: NODES_LIMIT }]);
    return Promise.all(ids.map((id, place) => this.#find(context, id, `ids[${place}]`)));
  }

  async #find(context: GraphContext, id: string, path: string): Promise<Node | null> {
    const parsed = parseId(id);
    if (!parsed) throw invalidInput([{ path, message: "must be an id that this gateway gave out." }]);
    return (await this.finders.get(parsed.kind)?.(context, parsed.uuid)) ?? null;
  }
}
