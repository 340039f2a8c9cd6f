import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ForViewer, Read, scoped } from "../../graphql/rules.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import type { ApprovalDelegationService } from "./approval-delegation.service.ts";
import {
  ApprovalDelegation,
  ApprovalDelegationPayload,
  DelegateApprovalsInput,
  EndDelegationInput,
} from "./approval-delegation.types.ts";

const PERSON = "Null for viewers who may not see them.";

@Resolver(() => ApprovalDelegation)
export class ApprovalDelegationResolver {
  constructor(
    private readonly service: ApprovalDelegationService,
    private readonly people: UserLoader,
  ) {}

  /** For `node(id:)`: null for anybody else's. */
  async find({ viewer }: GraphContext, uuid: string): Promise<ApprovalDelegation | null> {
    const found = await this.service.find(viewer, uuid);
    return found ? new ApprovalDelegation(found) : null;
  }

  @Query(() => [ApprovalDelegation], {
    nullable: true,
    description: "The viewer's delegations that are not over, those that they gave and those that they were given.",
  })
  @Read(scoped)
  async approvalDelegations(@Ctx() { viewer }: GraphContext): Promise<ApprovalDelegation[]> {
    return (await this.service.list(viewer)).map((record) => new ApprovalDelegation(record));
  }

  @FieldResolver(() => User, { nullable: true, description: `In whose place. ${PERSON}` })
  @Read(scoped)
  async user(@Root() { userId }: ApprovalDelegation, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(userId)) ?? null;
  }

  @FieldResolver(() => User, { nullable: true, description: `Who decides. ${PERSON}` })
  @Read(scoped)
  async delegate(@Root() { delegateId }: ApprovalDelegation, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(delegateId)) ?? null;
  }

  @Mutation(() => ApprovalDelegationPayload, {
    description: "Names somebody who may decide approval requests in the viewer's place for a time.",
  })
  @ForViewer()
  async delegateApprovals(
    @Arg("input", () => DelegateApprovalsInput, { description: "Who, and for how long." })
    input: DelegateApprovalsInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalDelegationPayload> {
    return this.#payload(context, await this.service.delegate(context, input.toCommand()));
  }

  @Mutation(() => ApprovalDelegationPayload, {
    description: "Ends a delegation at once. For the person who gave it, and for the delegate.",
  })
  @ForViewer()
  async endDelegation(
    @Arg("input", () => EndDelegationInput, { description: "Which one." }) input: EndDelegationInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalDelegationPayload> {
    return this.#payload(context, await this.service.end(context, input.toCommand()));
  }

  async #payload(
    context: GraphContext,
    { value, position }: Written<{ id: string }>,
  ): Promise<ApprovalDelegationPayload> {
    return { delegation: await this.find(context, value.id), position };
  }
}
