import DataLoader from "dataloader";
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { type FindNode, Node } from "../../graphql/node.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { ForViewer, Read, scoped } from "../../graphql/rules.ts";
import { type IdKind, parseId } from "../../kernel/ids.ts";
import { ApprovalRequestsArgs, ApproveInput, CancelApprovalRequestInput, RejectInput } from "./approval.inputs.ts";
import type { ApprovalQueries } from "./approval.queries.ts";
import type { ApprovalService, Asker, RequestOutcome } from "./approval.service.ts";
import { ApprovalRequest, ApprovalRequestConnection, ApprovalRequestPayload } from "./approval.types.ts";

export type ApprovalLoader = LoaderKey<DataLoader<string, ApprovalRequest | undefined>>;

/** Requests by UUID, in one statement a tick; undefined for those that the viewer may not see. */
export const approvalLoader = (queries: ApprovalQueries): ApprovalLoader => ({
  create: (context) => new DataLoader((ids) => queries.byIds(askerOf(context), ids)),
});

/** Who asks, and from where. */
export const askerOf = (context: GraphContext): Asker => ({
  viewer: context.viewer,
  ip: context.ip,
  dateOf: context.dateOf,
  cause: (action, reason) => context.cause(action, reason),
});

const INPUT = { description: "What is decided." };

@Resolver(() => ApprovalRequest)
export class ApprovalResolver {
  constructor(
    private readonly service: ApprovalService,
    private readonly queries: ApprovalQueries,
    private readonly loader: ApprovalLoader,
    private readonly finders: ReadonlyMap<IdKind, FindNode>,
  ) {}

  /** For `node(id:)`. */
  async find(context: GraphContext, uuid: string): Promise<ApprovalRequest | null> {
    return (await context.load(this.loader).load(uuid)) ?? null;
  }

  @Query(() => ApprovalRequestConnection, {
    nullable: true,
    description:
      "Approval requests that the viewer asked for, may decide or has decided, and those about people whose audit log they read; the newest first. With filter.mine TO_DECIDE: the viewer's queue.",
  })
  @Read(scoped)
  approvalRequests(
    @Args(() => ApprovalRequestsArgs) args: ApprovalRequestsArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<ApprovalRequest>> {
    return this.queries.list(askerOf(context), args.toListing(), pageRequest(args));
  }

  @FieldResolver(() => Node, {
    nullable: true,
    description: "What it is about; null where that is gone, or out of the viewer's sight.",
  })
  @Read(scoped)
  async subject(@Root() { subjectId }: ApprovalRequest, @Ctx() context: GraphContext): Promise<Node | null> {
    const subject = subjectId === null ? undefined : parseId(subjectId);
    return subject ? ((await this.finders.get(subject.kind)?.(context, subject.uuid)) ?? null) : null;
  }

  @Mutation(() => ApprovalRequestPayload, {
    description:
      "Approves the step that is due; with the last one the request is carried out in the same transaction. For whoever may decide it: schema/APPROVALS.md.",
  })
  @ForViewer()
  @Action("approval.approved")
  async approve(
    @Arg("input", () => ApproveInput, INPUT) input: ApproveInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalRequestPayload> {
    return this.#payload(context, await this.service.approve(askerOf(context), input.toCommand()));
  }

  @Mutation(() => ApprovalRequestPayload, {
    description: "Rejects a request, which closes it. For whoever may decide the step that is due.",
  })
  @ForViewer()
  @Action("approval.rejected")
  async reject(
    @Arg("input", () => RejectInput, INPUT) input: RejectInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalRequestPayload> {
    return this.#payload(context, await this.service.reject(askerOf(context), input.toCommand()));
  }

  @Mutation(() => ApprovalRequestPayload, { description: "Takes a request back. For its requester." })
  @ForViewer()
  async cancelApprovalRequest(
    @Arg("input", () => CancelApprovalRequestInput, { description: "Which request." })
    input: CancelApprovalRequestInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalRequestPayload> {
    return this.#payload(context, await this.service.cancel(askerOf(context), input.toCommand()));
  }

  async #payload(context: GraphContext, { value, position }: Written<RequestOutcome>): Promise<ApprovalRequestPayload> {
    return { approvalRequest: await this.find(context, value.requestId), position };
  }
}
