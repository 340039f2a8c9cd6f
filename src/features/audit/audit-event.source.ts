import { Arg, Resolver, Root, Subscription } from "type-graphql";
import { requireAnywhere } from "../../access/policy.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { boundAtStart, type Notify, type SubscriptionSource } from "../../graphql/subscription-source.ts";
import { invalidInput } from "../../kernel/errors.ts";
import type { Position } from "../../kernel/position.ts";
import type { AuditEventQueries } from "./audit-event.queries.ts";
import { type AuditEvent, AuditEventFilter, AuditNotification } from "./audit-event.types.ts";

/** The audit log as it grows: of each base change what a query for it would show the viewer at this moment, sealed or not. */
export class AuditEventSource implements SubscriptionSource {
  readonly byRights = true;

  constructor(private readonly queries: AuditEventQueries) {}

  /** Refuses viewers without AUDIT_READ, and a filter that asks about what the viewer may not read. */
  async open(args: { filter?: unknown }, context: GraphContext): Promise<Notify> {
    requireAnywhere(context.viewer, "AUDIT_READ");
    if (args.filter === null)
      throw invalidInput([{ path: "filter", message: "must not be null; leave it out, or send {}." }]);
    const { read, isRelative } = await this.queries.matching(context.viewer, args.filter);
    return async (changes) => {
      const base = changes.filter(({ derived }) => !derived);
      // A filter that asks about now is asked at the instant of each commit; any other, of all of them at once.
      const asked = isRelative ? [...Map.groupBy(base, ({ commit }) => commit.number).values()] : [base];
      const events: AuditEvent[] = [];
      for (const together of asked) {
        const now = together[0]?.commit.at;
        const positions = together.map(({ position }) => position);
        if (now) events.push(...(await read(positions, { now, today: context.dateOf(now) })));
      }
      return events.map((message) => ({ position: message.position, message }));
    };
  }
}

@Resolver()
export class AuditEventSubscription {
  @Subscription(() => AuditNotification, {
    ...boundAtStart,
    description:
      "Audit events as they happen, those that match the filter. Delivers first what happened after the given position, then what happens, without gap or repeat, in commit order. Needs AUDIT_READ.",
  })
  @Read(scoped)
  auditEvents(
    @Root() notification: object,
    @Arg("filter", () => AuditEventFilter, {
      nullable: true,
      description: "Which events; without it, all that the viewer may see.",
    })
    _filter: object | undefined,
    @Arg("after", () => PositionScalar, {
      nullable: true,
      description: "Strictly behind which position to begin; without it, now.",
    })
    _after: Position | undefined,
  ): object {
    return notification;
  }
}
