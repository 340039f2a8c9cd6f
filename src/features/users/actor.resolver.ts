import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scopedByRights } from "../../graphql/rules.ts";
import { Actor } from "./actor.types.ts";
import type { NameableLoader, UserLoader } from "./user.loaders.ts";
import { User } from "./user.types.ts";

/** What somebody is called whom the viewer may not see: that a person acted is told, which one is not. */
export const OUT_OF_SIGHT = "somebody out of sight";

@Resolver(() => Actor)
export class ActorResolver {
  constructor(
    private readonly people: UserLoader,
    private readonly nameable: NameableLoader,
  ) {}

  @FieldResolver(() => String, {
    description: `The name that they had then; "${OUT_OF_SIGHT}" for a person outside the viewer's reach of USER_READ.`,
  })
  @Read(scopedByRights)
  async name(@Root() { kind, id, name }: Actor, @Ctx() context: GraphContext): Promise<string> {
    if (kind !== "USER" || reachOf(context.viewer, "USER_READ") === "everywhere") return name;
    return id !== null && (await context.load(this.nameable).load(id)) ? name : OUT_OF_SIGHT;
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The person; null for a machine, and where the viewer may not see them.",
  })
  @Read(scopedByRights)
  async user(@Root() actor: Actor, @Ctx() context: GraphContext): Promise<User | null> {
    return actor.kind === "USER" && actor.id ? ((await context.load(this.people).load(actor.id)) ?? null) : null;
  }
}
