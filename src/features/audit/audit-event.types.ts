import { type ClassType, createUnionType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { Viewer } from "../../access/actor.ts";
import type { CauseKind } from "../../database/cause.ts";
import type { AuditEventColumns } from "../../database/tables.ts";
import type { ActorPart, SubjectPart } from "../../feed/audit-event.ts";
import { enumOf, filterInput } from "../../graphql/catalogue-types.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { FeedCheckpoint, FeedReset } from "../../graphql/feed-messages.ts";
import { FieldChange } from "../../graphql/field-change.ts";
import { IdFilter } from "../../graphql/filter-inputs.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, PositionScalar } from "../../graphql/scalars.ts";
import { type SortDirection, SortDirectionEnum } from "../../graphql/sort-direction.ts";
import { ID_PREFIXES, type IdKind, publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { Cause } from "../users/cause.types.ts";
import { AUDIT_OUTCOME, auditCatalogue } from "./audit.fields.ts";
import { mayReadChange, mayReadReason, shownChange } from "./audit.redaction.ts";
import { eventUuid } from "./audit-event.id.ts";
import { type Step, stepOf } from "./audit-event.receipt.ts";

/** An event as queries read it, decrypted as far as its keys still exist. */
export interface AuditRecord extends AuditEventColumns {
  subjectPart: SubjectPart | undefined;
  actorPart: ActorPart | undefined;
  /** Null until sealed. */
  hash: Buffer | null;
}

const AuditOutcomeEnum = enumOf(AUDIT_OUTCOME);

/** What an actor is called whose data were erased. */
const ERASED = "erased";

@ObjectType({
  implements: Node,
  description:
    "One change of one record, or one denied or failed attempt. Sealed into the append-only, hash-chained log a moment after the commit.",
})
@Read(carried)
export class AuditEvent extends Node {
  readonly nodeType = "AuditEvent";
  readonly subjectKind: IdKind | null;
  readonly subjectUuid: string | null;
  /** The step of the lifecycle that it is; null where it is none. */
  readonly step: Step | null;

  @Field(() => PositionScalar, { description: "Its place in the log; events are ordered by it." })
  position: Position;

  @Field(() => DateTimeScalar, { description: "When its commit was." })
  occurredAt: Date;

  @Field(() => String, {
    description:
      "What happened to the record, dotted and stable, e.g. user.suspended, role.granted. It follows from the change itself, however that was made.",
  })
  action: string;

  @Field(() => AuditOutcomeEnum, { description: "Whether it was done, denied, or failed." })
  outcome: string;

  @Field(() => Cause, { description: "Who acted, by what way, and why." })
  cause: Cause;

  @Field(() => ID, {
    nullable: true,
    description: "Whom or what it is about: the user to whom the record belongs, or the role, the unit, the token.",
  })
  subjectId: string | null;

  @ListSize(5)
  @Field(() => [FieldChange], {
    description:
      "The fields that changed. Values are redacted that the viewer may not read; so are secrets, and what was erased.",
  })
  changes: FieldChange[];

  @Field(() => String, {
    nullable: true,
    description: "The network address of the actor; null where the viewer may not read it (USER_READ_SECURITY).",
  })
  ip: string | null;

  @Field(() => Boolean, { description: "Whether it is sealed into the hash chain already." })
  sealed: boolean;

  @Field(() => String, { nullable: true, description: "Its hash in the chain, in hexadecimal; null until sealed." })
  hash: string | null;

  /** The event as a viewer sees it. Whether they may see it at all is decided before. */
  constructor(record: AuditRecord, viewer: Viewer) {
    super();
    const { commit_number, ordinal, subject_kind, subject_id, actorPart, subjectPart } = record;
    this.id = publicId("AuditEvent", eventUuid(commit_number, ordinal));
    this.position = { commit: commit_number, ordinal };
    this.occurredAt = record.at;
    this.action = record.action;
    this.outcome = record.outcome;
    this.cause = new Cause({
      kind: record.kind as CauseKind,
      actor: { kind: record.actor_kind as "USER", id: record.actor_id, name: actorPart?.name ?? ERASED },
      operationId: record.operation_id,
      reason: mayReadReason(viewer, record) ? (subjectPart?.reason ?? null) : null,
      requestId: record.request_id,
    });
    this.subjectKind = subject_kind && Object.hasOwn(ID_PREFIXES, subject_kind) ? (subject_kind as IdKind) : null;
    this.subjectUuid = this.subjectKind ? subject_id : null;
    this.subjectId = this.subjectKind && subject_id ? publicId(this.subjectKind, subject_id) : null;
    this.step = stepOf(record);
    this.changes = changesOf(record, viewer);
    this.ip = actorPart && mayReadChange(viewer, { ...record, table_name: "network" }, "ip") ? actorPart.ip : null;
    this.sealed = record.hash !== null;
    this.hash = record.hash?.toString("hex") ?? null;
  }
}

function changesOf(record: AuditRecord, viewer: Viewer): FieldChange[] {
  return record.fields.map((field, place) => {
    const change = record.subjectPart?.changes[place];
    // A secret's values never reach the log: that it changed is all there is.
    if (!change || (change.before === null && change.after === null) || !mayReadChange(viewer, record, change.column))
      return { field, before: null, after: null, redacted: true };
    const shown = shownChange(change, viewer, record);
    // What changed in a record's attributes may be nothing that the viewer may read.
    if (JSON.stringify(shown.before) === JSON.stringify(shown.after))
      return { field, before: null, after: null, redacted: true };
    return { field, ...shown, redacted: false };
  });
}

export const AuditEventConnection = connectionOf("AuditEvent", () => AuditEvent, "audit events");

export const AuditEventFilter: ClassType = filterInput(
  auditCatalogue,
  "Which audit events, by the same rules as UserFilter.",
  { operationId: IdFilter },
);

export const AuditNotification = createUnionType({
  name: "AuditNotification",
  description: "An audit event, or a word on where the subscription stands.",
  types: () => [AuditEvent, FeedReset, FeedCheckpoint] as const,
});

@InputType({ description: "How to sort audit events: by their position, which is the order in which they happened." })
export class AuditEventOrder {
  @Field(() => SortDirectionEnum, { description: "DESC: the newest first." })
  direction!: SortDirection;
}

@ObjectType({ description: "What recomputing the hash chain over a range of the audit log found." })
@Read(carried)
export class AuditVerification {
  @Field(() => Boolean, { description: "Whether every event is what the chain says, and none is missing." })
  verified!: boolean;

  @Field(() => Int, { description: "How many events were recomputed and found right." })
  eventCount!: number;

  @Field(() => PositionScalar, { description: "The last event that was found right." })
  through!: Position;

  @Field(() => PositionScalar, {
    nullable: true,
    description: "The first event that does not verify, or the place of the first that is missing.",
  })
  firstBrokenPosition!: Position | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What is wrong, where it is more than one event: the log's beginning is gone and no event says so, or the checkpoint file cannot be believed.",
  })
  fault!: string | null;

  @Field(() => String, { description: "The hash of the last event that was found right, in hexadecimal." })
  headHash!: string;
}
