import { Ctx, FieldResolver, ID, Resolver, Root } from "type-graphql";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { parseId } from "../../kernel/ids.ts";
import type { UserLoader } from "./user.loaders.ts";

/** What a change brought about reaches further than whoever made it may see: people out of their sight are counted, not named. */
@Resolver(() => ConsequenceType)
export class ConsequenceResolver {
  constructor(private readonly people: UserLoader) {}

  @FieldResolver(() => [ID], { description: "To whom or what; people out of the viewer's sight are left out." })
  @Read(scoped)
  async subjectIds(@Root() { subjectIds }: ConsequenceType, @Ctx() context: GraphContext): Promise<string[]> {
    const seen = await Promise.all(subjectIds.map((id) => this.#sees(context, id)));
    return subjectIds.filter((_, place) => seen[place]);
  }

  async #sees(context: GraphContext, id: string): Promise<boolean> {
    const subject = parseId(id);
    return subject?.kind !== "User" || (await context.load(this.people).load(subject.uuid)) !== undefined;
  }
}
