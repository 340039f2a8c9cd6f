import { LockMode } from "@mikro-orm/core";
import type { Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { notFound, RollcallError } from "../../kernel/errors.ts";
import { newId, parseId } from "../../kernel/ids.ts";
import type { ApprovalKind, ApprovalKinds, ApprovalState, RequestToCarryOut } from "./approval.kinds.ts";
import { ApprovalRequestEntity, type Decider } from "./approval-request.entity.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What a feature asks approval for. */
export interface AskApproval {
  kind: ApprovalKind;
  /** Who asks. */
  requester: Pick<Viewer, "kind" | "id" | "name">;
  /** What it is about, by public id: a person is also whom it concerns. */
  subjectId: string | null;
  reason: string | null;
  /** What carrying it out needs. */
  payload: Record<string, unknown>;
  /** The steps in order; of each one of these decides. */
  steps: readonly (readonly Decider[])[];
  /** Another expiry than the kind's. */
  expiresAt?: Date;
  /** Another interval than the kind's; null: nobody is reminded. */
  remindEveryHours?: number | null;
}

/** What features do with approvals, inside of transactions of their own. */
export class Approvals {
  constructor(readonly kinds: ApprovalKinds) {}

  /** Asks for approval and gives the request's id. Whoever calls has decided that the requester may ask for this. */
  async request(tx: Tx, asked: AskApproval): Promise<string> {
    const rules = this.kinds.get(asked.kind);
    const subject = asked.subjectId === null ? undefined : parseId(asked.subjectId);
    const userId = subject?.kind === "User" ? subject.uuid : null;
    requireDecidable(asked.steps, userId);
    const { requester, remindEveryHours = rules.remindEveryHours ?? null } = asked;
    const remindMinutes = remindEveryHours === null ? null : Math.ceil(remindEveryHours * 60);
    const request = tx.em.create(ApprovalRequestEntity, {
      id: newId(),
      version: 1,
      kind: asked.kind,
      state: "PENDING",
      userId,
      subjectId: asked.subjectId,
      requesterKind: requester.kind,
      requesterId: requester.id,
      requesterName: requester.name,
      reason: asked.reason,
      payload: asked.payload,
      steps: asked.steps.map((deciders) => ({ deciders })),
      step: 1,
      expiresAt: asked.expiresAt ?? new Date(tx.now.getTime() + rules.expiresAfterHours * HOUR_MS),
      remindAt: remindMinutes === null ? null : new Date(tx.now.getTime() + remindMinutes * MINUTE_MS),
      remindMinutes,
      reminders: 0,
      failureCode: null,
      failureMessage: null,
      createdAt: tx.now,
      updatedAt: tx.now,
      closedAt: null,
    });
    tx.em.persist(request);
    await tx.flush();
    return request.id;
  }

  /** Takes a pending request back; one that is closed stays as it is. Gives whether it was pending. */
  async cancel(tx: Tx, id: string): Promise<boolean> {
    const request = await lockRequest(tx, id);
    if (request.state !== "PENDING") return false;
    await this.close(tx, request, "CANCELLED");
    return true;
  }

  /** Ends a locked request without carrying it out, and lets its kind know. */
  async close(
    tx: Tx,
    request: ApprovalRequestEntity,
    state: Exclude<ApprovalState, "PENDING" | "APPROVED">,
  ): Promise<void> {
    settle(request, state, tx.now);
    await tx.flush();
    await this.kinds.find(request.kind)?.closed?.(tx, toldOf(request), state);
  }
}

/** Writes down that a request has come to an end. */
export function settle(request: ApprovalRequestEntity, state: ApprovalState, now: Date): void {
  Object.assign(request, { state, closedAt: now, remindAt: null });
  touch(request, now);
}

/** Counts a change to a request. */
export function touch(request: ApprovalRequestEntity, now: Date): void {
  request.version += 1;
  request.updatedAt = now;
}

/** The request, locked for this transaction; NOT_FOUND where there is none. */
export async function lockRequest(tx: Tx, id: string, inputPath = "input.id"): Promise<ApprovalRequestEntity> {
  const request = await tx.em.findOne(ApprovalRequestEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!request) throw notFound("approval request", inputPath);
  return request;
}

/** A request as its kind is given it. */
export const toldOf = (request: ApprovalRequestEntity): RequestToCarryOut => ({
  id: request.id,
  userId: request.userId ?? null,
  subjectId: request.subjectId ?? null,
  requester: { kind: request.requesterKind, id: request.requesterId ?? null, name: request.requesterName },
  reason: request.reason ?? null,
  payload: request.payload,
});

/** A request that nobody could ever decide is a mistake of whoever asks. */
function requireDecidable(steps: AskApproval["steps"], userId: string | null): void {
  const personal = (decider: Decider) => decider.by === "MANAGER" || decider.by === "UNIT_HEAD";
  if (steps.length > 0 && steps.every((deciders) => deciders.some((one) => userId !== null || !personal(one)))) return;
  throw new RollcallError("INTERNAL", "An approval request has a step that nobody could decide.");
}
