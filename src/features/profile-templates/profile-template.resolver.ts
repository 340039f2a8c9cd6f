import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, carried, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import { AttributeDefinitionPreview } from "../attribute-definitions/attribute-definition.types.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import { templatesAgainst } from "./profile-template.definitions.ts";
import {
  CreateProfileTemplateInput,
  DeleteProfileTemplateInput,
  UpdateProfileTemplateInput,
} from "./profile-template.inputs.ts";
import type { ProfileTemplatePreviews } from "./profile-template.preview.ts";
import type { ProfileTemplateService } from "./profile-template.service.ts";
import {
  ProfileTemplate,
  ProfileTemplateEffect,
  ProfileTemplateEffectConnection,
  ProfileTemplatePayload,
  ProfileTemplatePreview,
} from "./profile-template.types.ts";

/** What people are given when they join or move. */
@Resolver(() => ProfileTemplatePreview)
export class ProfileTemplateResolver {
  constructor(
    private readonly service: ProfileTemplateService,
    private readonly previews: ProfileTemplatePreviews,
  ) {}

  /** The template with this id, for whoever may read templates. */
  async find({ viewer }: GraphContext, uuid: string): Promise<ProfileTemplate | null> {
    if (reachOf(viewer, "SETTINGS_MANAGE") !== "everywhere") return null;
    const found = await this.service.find(viewer, uuid);
    return found ? new ProfileTemplate(found) : null;
  }

  @ListSize(50)
  @Query(() => [ProfileTemplate], {
    nullable: true,
    description:
      "What people are given when they join or move, the strongest template first. Needs SETTINGS_MANAGE everywhere.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  async profileTemplates(@Ctx() { viewer }: GraphContext): Promise<ProfileTemplate[]> {
    return (await this.service.list(viewer)).map((record) => new ProfileTemplate(record));
  }

  @Query(() => ProfileTemplatePreview, {
    nullable: true,
    description:
      "Whom a template would change as they and it are now: nothing of that happens by itself. Only in what the viewer may read of everybody; FIELD_FORBIDDEN where they may not ask by its condition. null where there is none. Needs SETTINGS_MANAGE everywhere.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  async previewTemplate(
    @Arg("id", () => ID, { description: "Which template." }) id: string,
    @Ctx() { viewer }: GraphContext,
  ): Promise<ProfileTemplatePreview | null> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const template = await this.service.find(viewer, uuidOf("ProfileTemplate", id, "id"));
    return template ? { template: await this.previews.shownTo(viewer, template) } : null;
  }

  @FieldResolver(() => Int, { description: "How many people in the viewer's sight it fits, changed by it or not." })
  @Read(carried)
  matchCount(@Root() { template }: ProfileTemplatePreview, @Ctx() context: GraphContext): Promise<number> {
    return this.previews.matching(context, template);
  }

  @FieldResolver(() => ProfileTemplateEffectConnection, {
    nullable: true,
    description: "Those of them who lack something that it has; by id.",
  })
  @Read(carried)
  people(
    @Root() { template }: ProfileTemplatePreview,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<ProfileTemplateEffect>> {
    return this.previews.page(context, template, pageRequest(args));
  }

  @Mutation(() => ProfileTemplatePayload, {
    description:
      "Makes a template. Needs SETTINGS_MANAGE everywhere, and to be allowed by hand, of everybody, what it does: nobody makes a template that grants what they may not grant.",
  })
  @Needs("SETTINGS_MANAGE")
  async createProfileTemplate(
    @Arg("input", () => CreateProfileTemplateInput, { description: "The template." }) input: CreateProfileTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<ProfileTemplatePayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => ProfileTemplatePayload, {
    description:
      "Changes a template, for those who join or move from now on. Needs what making it as it will be needs.",
  })
  @Needs("SETTINGS_MANAGE")
  async updateProfileTemplate(
    @Arg("input", () => UpdateProfileTemplateInput, { description: "The changes." }) input: UpdateProfileTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<ProfileTemplatePayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, { description: "Takes a template away. Whoever was given something by it keeps it." })
  @Needs("SETTINGS_MANAGE")
  async deleteProfileTemplate(
    @Arg("input", () => DeleteProfileTemplateInput, { description: "Which." }) input: DeleteProfileTemplateInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("ProfileTemplate", value.id), position };
  }

  async #payload(context: GraphContext, { value, position }: Written<{ id: string }>): Promise<ProfileTemplatePayload> {
    return { template: await this.find(context, value.id), position };
  }
}

/** Whom a preview is about. */
@Resolver(() => ProfileTemplateEffect)
export class ProfileTemplateEffectResolver {
  constructor(private readonly people: UserLoader) {}

  @FieldResolver(() => User, { nullable: true, description: "Whom." })
  @Read(scoped)
  async user(@Root() { userId }: ProfileTemplateEffect, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(userId)) ?? null;
  }
}

/** Which templates stand against a definition. */
@Resolver(() => AttributeDefinitionPreview)
export class DefinitionTemplatesResolver {
  constructor(
    private readonly database: Database,
    private readonly service: ProfileTemplateService,
  ) {}

  @ListSize(50)
  @FieldResolver(() => [ProfileTemplate], {
    description:
      "Profile templates that fill a value which it would not allow: they are to be changed first, since the change is refused with CONFLICT.",
  })
  @Read(carried)
  async templates(
    @Root() { draft }: AttributeDefinitionPreview,
    @Ctx() { viewer }: GraphContext,
  ): Promise<ProfileTemplate[]> {
    const against = new Set((await templatesAgainst(this.database.reader, draft)).map(({ id }) => id));
    const all = against.size > 0 ? await this.service.list(viewer) : [];
    return all.filter(({ id }) => against.has(id)).map((record) => new ProfileTemplate(record));
  }
}
