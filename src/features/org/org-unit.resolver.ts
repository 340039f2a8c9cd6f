import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import {
  CreateOrgUnitInput,
  DeleteOrgUnitInput,
  MoveOrgUnitInput,
  OrgUnitBy,
  OrgUnitsArgs,
  UpdateOrgUnitInput,
} from "./org-unit.inputs.ts";
import type { OrgUnitLoader } from "./org-unit.loaders.ts";
import type { OrgUnitQueries } from "./org-unit.queries.ts";
import type { OrgUnitOutcome, OrgUnitService } from "./org-unit.service.ts";
import { OrgUnit, OrgUnitConnection, OrgUnitPayload } from "./org-unit.types.ts";

const INPUT = { description: "What to change." };

@Resolver(() => OrgUnit)
export class OrgUnitResolver {
  constructor(
    private readonly service: OrgUnitService,
    private readonly queries: OrgUnitQueries,
    private readonly units: OrgUnitLoader,
  ) {}

  @Query(() => OrgUnit, { nullable: true, description: "One org unit; null where it is absent or out of sight." })
  @Read(anywhere("ORG_READ"))
  async orgUnit(
    @Arg("by", () => OrgUnitBy, { description: "Which one." }) by: OrgUnitBy,
    @Ctx() context: GraphContext,
  ): Promise<OrgUnit | null> {
    if (by.code != null) return this.queries.byCode(context.viewer, by.code);
    return (await context.load(this.units).load(uuidOf("OrgUnit", by.id as string, "by.id"))) ?? null;
  }

  @Query(() => OrgUnitConnection, { nullable: true, description: "The org units that the viewer may see." })
  @Read(anywhere("ORG_READ"))
  orgUnits(@Args(() => OrgUnitsArgs) args: OrgUnitsArgs, @Ctx() context: GraphContext): Promise<Page<OrgUnit>> {
    const { orderBy } = args;
    const sort = { field: orderBy?.field ?? "NAME", direction: orderBy?.direction ?? "ASC" } as const;
    return this.queries.search(context.viewer, args.toSearch(), sort, pageRequest(args));
  }

  @FieldResolver(() => OrgUnit, {
    nullable: true,
    description: "The unit that it stands below; null for a root, and where the viewer may not see it.",
  })
  @Read(scoped)
  async parent(@Root() unit: OrgUnit, @Ctx() context: GraphContext): Promise<OrgUnit | null> {
    return unit.parentId ? ((await context.load(this.units).load(unit.parentId)) ?? null) : null;
  }

  @ListSize(8)
  @FieldResolver(() => [OrgUnit], {
    description: "From the root down to the parent, as far as the viewer may see them.",
  })
  @Read(scoped)
  async ancestors(@Root() unit: OrgUnit, @Ctx() context: GraphContext): Promise<OrgUnit[]> {
    const found = await Promise.all(unit.path.slice(0, -1).map((id) => context.load(this.units).load(id)));
    return found.filter((ancestor) => ancestor !== undefined);
  }

  @FieldResolver(() => OrgUnitConnection, { nullable: true, description: "The units directly below it, by name." })
  @Read(scoped)
  children(
    @Root() unit: OrgUnit,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<OrgUnit>> {
    return this.queries.search(
      context.viewer,
      { parentId: unit.uuid },
      { field: "NAME", direction: "ASC" },
      pageRequest(args),
    );
  }

  @Mutation(() => OrgUnitPayload, {
    description: "Creates an org unit. Needs ORG_MANAGE over its parent, or everywhere for a root.",
  })
  @Needs("ORG_MANAGE")
  async createOrgUnit(
    @Arg("input", () => CreateOrgUnitInput, INPUT) input: CreateOrgUnitInput,
    @Ctx() context: GraphContext,
  ): Promise<OrgUnitPayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => OrgUnitPayload, { description: "Changes an org unit. Needs ORG_MANAGE over it." })
  @Needs("ORG_MANAGE")
  async updateOrgUnit(
    @Arg("input", () => UpdateOrgUnitInput, INPUT) input: UpdateOrgUnitInput,
    @Ctx() context: GraphContext,
  ): Promise<OrgUnitPayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => OrgUnitPayload, {
    description: "Moves an org unit with everything below it. Needs ORG_MANAGE over it and over its new parent.",
  })
  @Needs("ORG_MANAGE")
  async moveOrgUnit(
    @Arg("input", () => MoveOrgUnitInput, INPUT) input: MoveOrgUnitInput,
    @Ctx() context: GraphContext,
  ): Promise<OrgUnitPayload> {
    return this.#payload(context, await this.service.move(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description: "Deletes an org unit. Needs ORG_MANAGE over it, and over the unit that its members move to.",
  })
  @Needs("ORG_MANAGE")
  async deleteOrgUnit(
    @Arg("input", () => DeleteOrgUnitInput, INPUT) input: DeleteOrgUnitInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("OrgUnit", value.unitId), position };
  }

  async #payload(
    context: GraphContext,
    { value, position }: { value: OrgUnitOutcome; position: Position },
  ): Promise<OrgUnitPayload> {
    const [orgUnit] = await this.queries.byIds(context.viewer, [value.unitId]);
    return { orgUnit: orgUnit ?? null, consequences: value.consequences as never, position };
  }
}
