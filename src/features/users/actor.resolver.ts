import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { Actor } from "./actor.types.ts";
import type { UserLoader } from "./user.loaders.ts";
import { User } from "./user.types.ts";

@Resolver(() => Actor)
export class ActorResolver {
  constructor(private readonly people: UserLoader) {}

  @FieldResolver(() => User, {
    nullable: true,
    description: "The person; null for a machine, and where the viewer may not see them.",
  })
  @Read(scoped)
  async user(@Root() actor: Actor, @Ctx() context: GraphContext): Promise<User | null> {
    return actor.kind === "USER" && actor.id ? ((await context.load(this.people).load(actor.id)) ?? null) : null;
  }
}
