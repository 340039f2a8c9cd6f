import { type Kysely, sql } from "kysely";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import type { Database } from "../../database/database.ts";
import { isTransient, mapDatabaseError } from "../../database/error-mapping.ts";
import type { Tables } from "../../database/tables.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { notFound, RollcallError } from "../../kernel/errors.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Circumstances } from "../access-rules/access-rule.narrowing.ts";
import { holdDeciding } from "./approval.holding.ts";
import { type Approvals, lockRequest, settle, toldOf, touch } from "./approval.requests.ts";
import { type Right, rightsOf } from "./approval.rights.ts";
import { type Deciding, decidableBy, FROM_REQUESTS, isAudited, isParty } from "./approval.sight.ts";
import type { ApprovalRequestEntity, ApprovalStepRecord } from "./approval-request.entity.ts";

/** Who decides, and from where. */
export type Asker = Author & Circumstances;

export interface DecideRequest extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  comment: string | null;
}

export interface RequestOutcome {
  requestId: string;
}

const PAST = { APPROVED: "approve", REJECTED: "reject", CANCELLED: "cancel" } as const;

/** Decides requests, by schema/APPROVALS.md. Every command is one transaction; who may is asked in it. */
export class ApprovalService {
  constructor(
    private readonly database: Database,
    private readonly approvals: Approvals,
  ) {}

  /** Approves the step that is due; with the last one the request is carried out, or FAILED. */
  approve(asker: Asker, command: DecideRequest): Promise<Written<RequestOutcome>> {
    const name = { mutation: "approve", action: "approval.approved" };
    return carryOut(this.database, asker, name, command, async (tx) => {
      const request = await lockRequest(tx, command.id);
      const right = await requireRight(tx, asker, request, { command, decision: "APPROVED" });
      decide(request, "APPROVED", { asker, right, comment: command.comment, now: tx.now });
      if (request.step < request.steps.length) {
        request.step += 1;
        touch(request, tx.now);
        return { requestId: request.id };
      }
      settle(request, "APPROVED", tx.now);
      await tx.flush();
      const failure = await attempt(tx, (inner) =>
        this.approvals.kinds.get(request.kind).carryOut(inner, toldOf(request), asker),
      );
      if (failure) {
        Object.assign(request, { state: "FAILED", failureCode: failure.code, failureMessage: failure.message });
        await tx.flush();
        await this.approvals.kinds.get(request.kind).closed?.(tx, toldOf(request), "FAILED");
      }
      return { requestId: request.id };
    });
  }

  reject(asker: Asker, command: DecideRequest): Promise<Written<RequestOutcome>> {
    const name = { mutation: "reject", action: "approval.rejected" };
    return carryOut(this.database, asker, name, command, async (tx) => {
      const request = await lockRequest(tx, command.id);
      const right = await requireRight(tx, asker, request, { command, decision: "REJECTED" });
      decide(request, "REJECTED", { asker, right, comment: command.comment, now: tx.now });
      await this.approvals.close(tx, request, "REJECTED");
      return { requestId: request.id };
    });
  }

  /** Takes one's own request back. */
  cancel(asker: Asker, command: Omit<DecideRequest, "comment">): Promise<Written<RequestOutcome>> {
    const name = { mutation: "cancelApprovalRequest", action: "approval.cancelled" };
    return carryOut(this.database, asker, name, command, async (tx) => {
      const request = await lockRequest(tx, command.id);
      const { viewer } = asker;
      const own =
        request.requesterId !== null && request.requesterId === viewer.id && request.requesterKind === viewer.kind;
      if (!own) {
        await requireSeen(tx, request.id, await decidingOf(tx.sql, asker, tx.now));
        throw new RollcallError(
          "FORBIDDEN",
          "Only its requester takes a request back; whoever decides it can reject it.",
        );
      }
      requireVersion(request.version, command.expectedVersion);
      requirePending(request, tx.now, "CANCELLED");
      await this.approvals.close(tx, request, "CANCELLED");
      return { requestId: request.id };
    });
  }
}

/** Who asks, with the rights in which they may decide. */
export async function decidingOf(
  db: Kysely<Tables>,
  { viewer, ip, dateOf }: Pick<Asker, "viewer" | "ip" | "dateOf">,
  now: Date,
): Promise<Deciding> {
  return { viewer, rights: await rightsOf(db, viewer, now, { ip, dateOf }), now, today: dateOf(now) };
}

/** The right in which the viewer may decide, their own before another's; what stands in the way is thrown, and an absent request is like one out of sight. */
async function requireRight(
  tx: Tx,
  asker: Asker,
  request: ApprovalRequestEntity,
  { command, decision }: { command: DecideRequest; decision: "APPROVED" | "REJECTED" },
): Promise<Right> {
  await holdDeciding(tx, asker.viewer, request);
  const deciding = await decidingOf(tx.sql, asker, tx.now);
  await requireSeen(tx, request.id, deciding);
  requireVersion(request.version, command.expectedVersion);
  requirePending(request, tx.now, decision);
  for (const right of deciding.rights) {
    const { rows } =
      await sql`SELECT FROM ${FROM_REQUESTS} WHERE r.id = ${request.id} AND ${decidableBy(right, deciding)}`.execute(
        tx.sql,
      );
    if (rows.length > 0) return right;
  }
  throw new RollcallError(
    "FORBIDDEN",
    "You may not decide this step: it is not yours to decide, it is your own or about you, or you have decided an earlier one.",
  );
}

async function requireSeen(tx: Tx, id: string, deciding: Deciding): Promise<void> {
  const { rows } =
    await sql`SELECT FROM ${FROM_REQUESTS} WHERE r.id = ${id} AND (${isParty(deciding)} OR ${isAudited(deciding)})`.execute(
      tx.sql,
    );
  if (rows.length === 0) throw notFound("approval request", "input.id");
}

function requirePending(request: ApprovalRequestEntity, now: Date, to: "APPROVED" | "REJECTED" | "CANCELLED"): void {
  const expired = request.state === "PENDING" && request.expiresAt <= now;
  const from = expired ? "EXPIRED" : request.state;
  if (from === "PENDING") return;
  throw new RollcallError("ILLEGAL_TRANSITION", `Nobody can ${PAST[to]} a request that is ${from}.`, { from, to });
}

function decide(
  request: ApprovalRequestEntity,
  decision: "APPROVED" | "REJECTED",
  { asker, right, comment, now }: { asker: Asker; right: Right; comment: string | null; now: Date },
): void {
  const by = asker.viewer.userId as string;
  const decided: Partial<ApprovalStepRecord> = {
    decision,
    at: now.toISOString(),
    by,
    ...(right.userId === by ? {} : { for: right.userId }),
    comment,
  };
  request.steps = request.steps.map((step, place) => (place === request.step - 1 ? { ...step, ...decided } : step));
}

/**
 * Does work that may be refused: then all that it wrote is undone and the refusal is given, while the transaction goes on. What is no refusal
 * is thrown, and undoes the transaction.
 */
async function attempt(tx: Tx, work: (inner: Tx) => Promise<void>): Promise<RollcallError | undefined> {
  await sql`SAVEPOINT carried_out`.execute(tx.sql);
  const em = tx.em.fork({ keepTransactionContext: true, clear: true });
  try {
    await work({ ...tx, em, flush: () => em.flush() });
    await em.flush();
    await sql`RELEASE SAVEPOINT carried_out`.execute(tx.sql);
    return undefined;
  } catch (error) {
    if (isTransient(error)) throw error;
    const refusal = mapDatabaseError(error);
    if (!(refusal instanceof RollcallError) || refusal.code === "INTERNAL") throw error;
    await sql`ROLLBACK TO SAVEPOINT carried_out`.execute(tx.sql);
    return refusal;
  }
}
