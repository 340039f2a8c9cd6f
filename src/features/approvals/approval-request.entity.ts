import { defineEntity, p } from "@mikro-orm/core";
import type { ActorKind } from "../../access/actor.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { ApprovalKind, ApprovalState } from "./approval.kinds.ts";

/** Who may decide a step: schema/APPROVALS.md says who that is. */
export type Decider =
  | { by: "MANAGER" }
  | { by: "UNIT_HEAD" }
  | { by: "ROLE"; roleId: string }
  | { by: "PERMISSION"; permission: Permission; over: "SUBJECT" | "EVERYWHERE" };

/** One step of a request as it is stored; what was decided is absent until it is. */
export interface ApprovalStepRecord {
  /** One of any of them decides. */
  deciders: readonly Decider[];
  decision?: "APPROVED" | "REJECTED";
  at?: string;
  /** The person who decided. */
  by?: string;
  /** In whose place, where that is somebody else. */
  for?: string;
  comment?: string | null;
}

const schema = defineEntity({
  name: "ApprovalRequestEntity",
  tableName: "approval_request",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    kind: p.text().$type<ApprovalKind>(),
    state: p.text().$type<ApprovalState>(),
    userId: p.uuid().strictNullable(),
    subjectId: p.text().strictNullable(),
    requesterKind: p.text().$type<ActorKind>(),
    requesterId: p.uuid().strictNullable(),
    requesterName: p.text(),
    reason: p.text().strictNullable(),
    payload: p.json<Record<string, unknown>>(),
    steps: p.json<ApprovalStepRecord[]>(),
    step: p.integer(),
    expiresAt: p.datetime(3),
    remindAt: p.datetime(3).strictNullable(),
    remindMinutes: p.integer().strictNullable(),
    reminders: p.integer(),
    failureCode: p.text().strictNullable(),
    failureMessage: p.text().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    closedAt: p.datetime(3).strictNullable(),
  },
});

/** A change that waits for another person's word, as it is stored. */
export class ApprovalRequestEntity extends schema.class {}
schema.setClass(ApprovalRequestEntity);
