import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { carried, ForViewer, Read, scoped } from "../../graphql/rules.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import type { ScopeLoader } from "../roles/role.loaders.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import type { ServiceTokenCommands } from "./service-token.commands.ts";
import {
  CreateServiceTokenInput,
  RevokeServiceTokenInput,
  RotateServiceTokenInput,
  ServiceTokensArgs,
} from "./service-token.inputs.ts";
import type { ServiceTokenQueries } from "./service-token.queries.ts";
import {
  ServiceToken,
  ServiceTokenConnection,
  ServiceTokenPayload,
  ServiceTokenSecretPayload,
} from "./service-token.types.ts";

const INPUT = { description: "Which token, and what of it." };

@Resolver(() => ServiceToken)
export class ServiceTokenResolver {
  constructor(
    private readonly commands: ServiceTokenCommands,
    private readonly queries: ServiceTokenQueries,
    private readonly people: UserLoader,
    private readonly units: ScopeLoader,
  ) {}

  /** For `node(id:)`. */
  find(context: GraphContext, uuid: string): Promise<ServiceToken | null> {
    return this.queries.byId(context.viewer, uuid);
  }

  @Query(() => ServiceTokenConnection, {
    nullable: true,
    description:
      "Service tokens by name, without their secrets: the viewer's own; with USER_READ_SECURITY those of people; with SETTINGS_MANAGE those of the organisation, as far as everything that they reach over is in reach.",
  })
  @Read(scoped)
  serviceTokens(
    @Args(() => ServiceTokensArgs) args: ServiceTokensArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<ServiceToken>> {
    return this.queries.list(context.viewer, args.toListing(), pageRequest(args));
  }

  @FieldResolver(() => User, { nullable: true, description: "The person whose token it is; null for a machine's." })
  @Read(scoped)
  async user(@Root() token: ServiceToken, @Ctx() context: GraphContext): Promise<User | null> {
    return token.userId ? ((await context.load(this.people).load(token.userId)) ?? null) : null;
  }

  @ListSize(5)
  @FieldResolver(() => [OrgUnit], {
    nullable: true,
    description:
      "The org units over which a machine's token holds, with everything below them; null: everywhere, or a person's.",
  })
  @Read(carried)
  async scopes(@Root() token: ServiceToken, @Ctx() context: GraphContext): Promise<OrgUnit[] | null> {
    if (token.scopeIds === null) return null;
    const units = await Promise.all(token.scopeIds.map((id) => context.load(this.units).load(id)));
    return units.filter((unit) => unit !== undefined);
  }

  @Mutation(() => ServiceTokenSecretPayload, {
    description:
      "Makes a token. One of the viewer's own needs a sign-in, not a token; one of the organisation needs SETTINGS_MANAGE and everything that it allows, over all of its scope and until it ends.",
  })
  @ForViewer()
  @Action("token.created")
  async createServiceToken(
    @Arg("input", () => CreateServiceTokenInput, INPUT) input: CreateServiceTokenInput,
    @Ctx() context: GraphContext,
  ): Promise<ServiceTokenSecretPayload> {
    const { value, position } = await this.commands.create(context, input.toCommand());
    return { serviceToken: await this.find(context, value.tokenId), secret: value.secret, position };
  }

  @Mutation(() => ServiceTokenSecretPayload, {
    description:
      "Gives a token another secret. A token may do it to itself, a person who signed in to their own; one of the organisation needs what making it would need.",
  })
  @ForViewer()
  @Action("token.rotated")
  async rotateServiceToken(
    @Arg("input", () => RotateServiceTokenInput, INPUT) input: RotateServiceTokenInput,
    @Ctx() context: GraphContext,
  ): Promise<ServiceTokenSecretPayload> {
    const { value, position } = await this.commands.rotate(context, input.toCommand());
    return { serviceToken: await this.find(context, value.tokenId), secret: value.secret, position };
  }

  @Mutation(() => ServiceTokenPayload, {
    description:
      "Ends a token at once and for good. One's own, or that of a person with SESSION_MANAGE over them, or with SETTINGS_MANAGE over all of its scope one of the organisation.",
  })
  @ForViewer()
  @Action("token.revoked")
  async revokeServiceToken(
    @Arg("input", () => RevokeServiceTokenInput, INPUT) input: RevokeServiceTokenInput,
    @Ctx() context: GraphContext,
  ): Promise<ServiceTokenPayload> {
    const { value, position } = await this.commands.revoke(context, input.toCommand());
    return { serviceToken: await this.find(context, value.tokenId), position };
  }
}
