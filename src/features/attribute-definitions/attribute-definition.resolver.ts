import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { requireAt } from "../../access/policy.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, carried, Needs, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import {
  CreateAttributeDefinitionInput,
  DeleteAttributeDefinitionInput,
  PreviewAttributeDefinitionInput,
  UpdateAttributeDefinitionInput,
} from "./attribute-definition.inputs.ts";
import type { AttributeDefinitionPreviews } from "./attribute-definition.previews.ts";
import type { AttributeDefinitionService } from "./attribute-definition.service.ts";
import {
  AttributeDefinition,
  AttributeDefinitionPayload,
  AttributeDefinitionPreview,
  type AttributeViolation,
  AttributeViolationConnection,
} from "./attribute-definition.types.ts";

/** What custom attributes may hold. */
@Resolver(() => AttributeDefinitionPreview)
export class AttributeDefinitionResolver {
  constructor(
    private readonly service: AttributeDefinitionService,
    private readonly previews: AttributeDefinitionPreviews,
  ) {}

  /** For `node(id:)`: null for whoever may not read people. */
  async find({ viewer }: GraphContext, uuid: string): Promise<AttributeDefinition | null> {
    const found = (await this.service.list(viewer, true))?.find(({ id }) => id === uuid);
    return found ? new AttributeDefinition(found) : null;
  }

  @Query(() => [AttributeDefinition], {
    nullable: true,
    description: "The custom attributes that people may have, by key.",
  })
  @Read(anywhere("USER_READ"))
  async attributeDefinitions(
    @Arg("includeRemoved", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether those that were removed are listed too.",
    })
    includeRemoved: boolean | null,
    @Ctx() { viewer }: GraphContext,
  ): Promise<AttributeDefinition[] | null> {
    return (
      (await this.service.list(viewer, includeRemoved ?? false))?.map((one) => new AttributeDefinition(one)) ?? null
    );
  }

  @Query(() => AttributeDefinitionPreview, {
    nullable: true,
    description:
      "Whom a definition would make invalid, before it is made. Needs SETTINGS_MANAGE everywhere, and what reading the attribute of everybody needs.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  async previewAttributeDefinition(
    @Arg("input", () => PreviewAttributeDefinitionInput, { description: "The definition." })
    input: PreviewAttributeDefinitionInput,
    @Ctx() { viewer }: GraphContext,
  ): Promise<AttributeDefinitionPreview> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const draft = await this.service.draft(viewer, input.toDraft());
    return { draft, invalidCount: await this.previews.count(draft) };
  }

  @FieldResolver(() => AttributeViolationConnection, {
    nullable: true,
    description: "Those of them whom the viewer may see, each with what would be wrong; by id.",
  })
  @Read(carried)
  people(
    @Root() { draft }: AttributeDefinitionPreview,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<AttributeViolation>> {
    return this.previews.page(context, draft, pageRequest(args));
  }

  @Mutation(() => AttributeDefinitionPayload, {
    description:
      "Defines a custom attribute. Needs SETTINGS_MANAGE everywhere, and to read the attribute of everybody.",
  })
  @Needs("SETTINGS_MANAGE")
  async createAttributeDefinition(
    @Arg("input", () => CreateAttributeDefinitionInput, { description: "The attribute." })
    input: CreateAttributeDefinitionInput,
    @Ctx() context: GraphContext,
  ): Promise<AttributeDefinitionPayload> {
    const { value, position } = await this.service.create(context, input.toCommand());
    return { definition: new AttributeDefinition(value), position };
  }

  @Mutation(() => AttributeDefinitionPayload, {
    description:
      "Changes a custom attribute; CONFLICT with how many where people would become invalid, unless that is accepted. Needs what defining it needs.",
  })
  @Needs("SETTINGS_MANAGE")
  async updateAttributeDefinition(
    @Arg("input", () => UpdateAttributeDefinitionInput, { description: "The changes." })
    input: UpdateAttributeDefinitionInput,
    @Ctx() context: GraphContext,
  ): Promise<AttributeDefinitionPayload> {
    const { value, position } = await this.service.update(context, input.toCommand());
    return { definition: new AttributeDefinition(value), position };
  }

  @Mutation(() => DeletePayload, {
    description:
      "Removes a custom attribute; CONFLICT with how many people have values of it, unless these go too. Needs what defining it needs.",
  })
  @Needs("SETTINGS_MANAGE")
  async deleteAttributeDefinition(
    @Arg("input", () => DeleteAttributeDefinitionInput, { description: "Which attribute." })
    input: DeleteAttributeDefinitionInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("AttributeDefinition", value.id), position };
  }
}
