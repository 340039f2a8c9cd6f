import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { holdsAnywhere } from "../../access/actor.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { verifyChain } from "../../feed/chain-verification.ts";
import { type Checkpoint, CheckpointFault } from "../../feed/checkpoint.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Cost, ListSize } from "../../graphql/cost-declaration.ts";
import { type FindNode, Node } from "../../graphql/node.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { invalidInput } from "../../kernel/errors.ts";
import type { IdKind } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { User } from "../users/user.types.ts";
import type { Custody } from "./audit.custody.ts";
import { eventPosition } from "./audit-event.id.ts";
import type { AuditEventQueries } from "./audit-event.queries.ts";
import { type ReceiptLoader, receiptFor } from "./audit-event.receipt.ts";
import {
  AuditEvent,
  AuditEventConnection,
  AuditEventFilter,
  AuditEventOrder,
  AuditVerification,
} from "./audit-event.types.ts";

@ArgsType()
export class EventsOfUserArgs extends PageArgs {
  @Field(() => AuditEventFilter, {
    nullable: true,
    description: "Which events; without it, all that the viewer may see.",
  })
  filter?: object | null;
}

@ArgsType()
export class AuditEventsArgs extends EventsOfUserArgs {
  @Field(() => AuditEventOrder, { nullable: true, description: "Which way; the newest first where nothing is said." })
  orderBy?: AuditEventOrder | null;
}

/** The filter that the arguments carry; INVALID_INPUT for an explicit null. */
function filterOf({ filter }: EventsOfUserArgs): object | undefined {
  if (filter === null) throw invalidInput([{ path: "filter", message: "must not be null; leave it out, or send {}." }]);
  return filter;
}

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  constructor(
    private readonly queries: AuditEventQueries,
    private readonly finders: ReadonlyMap<IdKind, FindNode>,
    private readonly database: Database,
    private readonly custody: Pick<Custody, "keys" | "checkpoint">,
    private readonly receipts: ReceiptLoader,
  ) {}

  /** For `node(id:)`. */
  readonly find: FindNode = async (context, uuid) => {
    const position = eventPosition(uuid);
    const [event] = position ? await this.queries.byPositions(context.viewer, [position]) : [];
    return event ?? null;
  };

  @Query(() => AuditEventConnection, {
    nullable: true,
    description:
      "The audit log, the newest first. Events about users are seen by those who hold AUDIT_READ where the user stood then, all others by those who hold it everywhere. A query after a mutation sees that mutation's events.",
  })
  @Read(anywhere("AUDIT_READ"))
  auditEvents(
    @Args(() => AuditEventsArgs) args: AuditEventsArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<AuditEvent>> {
    const direction = args.orderBy?.direction ?? "DESC";
    return this.queries.search(context, { filter: filterOf(args), direction }, pageRequest(args));
  }

  @Cost(1000)
  @Query(() => AuditVerification, {
    nullable: true,
    description:
      "Recomputes the hash chain over a range of the audit log and names the first position that does not verify. Without a range all of it, up to the last signed checkpoint and beyond. Needs AUDIT_READ everywhere.",
  })
  @Read(anywhere("AUDIT_READ"))
  async verifyAudit(
    @Arg("from", () => PositionScalar, {
      nullable: true,
      description: "The first event; without it the log's beginning.",
    })
    from: Position | null,
    @Arg("through", () => PositionScalar, { nullable: true, description: "The last event; without it the log's end." })
    through: Position | null,
    @Ctx() context: GraphContext,
  ): Promise<AuditVerification> {
    requireAt(context.viewer, "AUDIT_READ", []);
    const { keys } = this.custody;
    const witness = through ? undefined : await this.#witness();
    const forged = witness instanceof CheckpointFault;
    const range = { from: from ?? undefined, through: through ?? undefined, checkpoint: forged ? undefined : witness };
    const found = await verifyChain(this.database.reader, keys, range);
    return {
      verified: found.verified && !forged,
      eventCount: found.events,
      through: found.through,
      firstBrokenPosition: found.firstBroken ?? null,
      fault:
        found.fault ??
        (forged ? "The checkpoint file was not signed with this master key, or was changed since." : null),
      headHash: found.head.toString("hex"),
    };
  }

  /** What the checkpoint file says, or that it cannot be believed. */
  async #witness(): Promise<Checkpoint | CheckpointFault | undefined> {
    try {
      return await this.custody.checkpoint?.read();
    } catch (error) {
      if (error instanceof CheckpointFault) return error;
      throw error;
    }
  }

  @FieldResolver(() => Node, {
    nullable: true,
    description: "Whom or what it is about, as it is now; null where it is gone or out of the viewer's sight.",
  })
  @Read(scoped)
  async subject(@Root() event: AuditEvent, @Ctx() context: GraphContext): Promise<Node | null> {
    const find = event.subjectKind && this.finders.get(event.subjectKind);
    return find && event.subjectUuid ? find(context, event.subjectUuid) : null;
  }

  @ListSize(5)
  @FieldResolver(() => [ConsequenceType], {
    description:
      "The receipt of a step of the lifecycle: what the same commit ended of the person (sessions, tokens, grants, scheduled steps). Empty for every other event. Which they were is left out where the viewer may not read it.",
  })
  @Read(scoped)
  async consequences(@Root() { step }: AuditEvent, @Ctx() context: GraphContext): Promise<Consequence[]> {
    return step ? receiptFor(context.viewer, step, await context.load(this.receipts).load(step)) : [];
  }
}

@Resolver(() => User)
export class UserAuditResolver {
  constructor(private readonly queries: AuditEventQueries) {}

  @FieldResolver(() => AuditEventConnection, {
    nullable: true,
    description: "What the audit log holds about this user, the newest first; null for viewers without AUDIT_READ.",
  })
  @Read(scoped)
  auditEvents(
    @Root() user: User,
    @Args(() => EventsOfUserArgs) args: EventsOfUserArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<AuditEvent>> | null {
    if (!holdsAnywhere(context.viewer, "AUDIT_READ")) return null;
    const within = { kind: "criterion", field: "subjectId", operator: "eq", operand: user.userId } as const;
    return this.queries.search(context, { filter: filterOf(args), within, direction: "DESC" }, pageRequest(args));
  }
}
