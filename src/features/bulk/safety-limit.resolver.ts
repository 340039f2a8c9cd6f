import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { anywhere, Needs, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import { CreateSafetyLimitInput, DeleteSafetyLimitInput, UpdateSafetyLimitInput } from "./safety-limit.inputs.ts";
import type { SafetyLimitService } from "./safety-limit.service.ts";
import { SafetyLimit, SafetyLimitPayload } from "./safety-limit.types.ts";

/** Above what a change of many people takes a second person. */
@Resolver()
export class SafetyLimitResolver {
  constructor(private readonly service: SafetyLimitService) {}

  /** For `node(id:)`: null for whoever does not hold SETTINGS_MANAGE everywhere. */
  async find({ viewer }: GraphContext, uuid: string): Promise<SafetyLimit | null> {
    const found = (await this.service.list(viewer))?.find(({ id }) => id === uuid);
    return found ? new SafetyLimit(found) : null;
  }

  @Query(() => [SafetyLimit], {
    nullable: true,
    description: "All safety limits, by name; null for viewers without SETTINGS_MANAGE everywhere.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  async safetyLimits(@Ctx() { viewer }: GraphContext): Promise<SafetyLimit[] | null> {
    return (await this.service.list(viewer))?.map((record) => new SafetyLimit(record)) ?? null;
  }

  @Mutation(() => SafetyLimitPayload, {
    description: "Sets a limit above which a plan takes a second person. Needs SETTINGS_MANAGE everywhere.",
  })
  @Needs("SETTINGS_MANAGE")
  async createSafetyLimit(
    @Arg("input", () => CreateSafetyLimitInput, { description: "The limit." }) input: CreateSafetyLimitInput,
    @Ctx() context: GraphContext,
  ): Promise<SafetyLimitPayload> {
    const { value, position } = await this.service.create(context, input.toCommand());
    return { limit: new SafetyLimit(value), position };
  }

  @Mutation(() => SafetyLimitPayload, { description: "Changes a safety limit. Needs SETTINGS_MANAGE everywhere." })
  @Needs("SETTINGS_MANAGE")
  async updateSafetyLimit(
    @Arg("input", () => UpdateSafetyLimitInput, { description: "The changes." }) input: UpdateSafetyLimitInput,
    @Ctx() context: GraphContext,
  ): Promise<SafetyLimitPayload> {
    const { value, position } = await this.service.update(context, input.toCommand());
    return { limit: new SafetyLimit(value), position };
  }

  @Mutation(() => DeletePayload, { description: "Takes a safety limit away. Needs SETTINGS_MANAGE everywhere." })
  @Needs("SETTINGS_MANAGE")
  async deleteSafetyLimit(
    @Arg("input", () => DeleteSafetyLimitInput, { description: "Which limit." }) input: DeleteSafetyLimitInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("SafetyLimit", value.id), position };
  }
}
