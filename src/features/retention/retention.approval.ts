import type { Tx } from "../../database/transaction.ts";
import { conflict } from "../../kernel/errors.ts";
import { parseId } from "../../kernel/ids.ts";
import type { ApprovalKindRules } from "../approvals/approval.kinds.ts";
import { cancelRun } from "./retention.runs.ts";

const HOUR_PER_DAY = 24;
/** A run's list is of the day on which it was made. */
const RUN_DAYS = 7;
const POLICY_DAYS = 14;
const REMIND_DAYS = 2;

const uuidOf = (subjectId: string | null): string => parseId(subjectId ?? "")?.uuid ?? "";

/** A second person agrees to a policy that erases, or whose limit is loosened: to the version that they were shown, and no other. */
const policyApproval: ApprovalKindRules = {
  kind: "RETENTION_POLICY",
  expiresAfterHours: POLICY_DAYS * HOUR_PER_DAY,
  remindEveryHours: REMIND_DAYS * HOUR_PER_DAY,
  changes: ({ before, after }) => {
    const [was, is] = [(before ?? {}) as Record<string, unknown>, after as Record<string, unknown>];
    return Object.keys(is)
      .filter((field) => JSON.stringify(was[field] ?? null) !== JSON.stringify(is[field] ?? null))
      .map((field) => ({ field, before: was[field] ?? null, after: is[field] ?? null }));
  },
  async carryOut(tx, { subjectId, payload }) {
    const version = payload.version as number;
    const { numUpdatedRows } = await tx.sql
      .updateTable("retention_policy")
      .set({ approved_version: version, in_force_at: tx.now })
      .where("id", "=", uuidOf(subjectId))
      .where("version", "=", version)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw conflict("The policy has changed since it was asked for, or is gone.");
  },
};

/** A second person agrees to a run that exceeds a safety limit. */
const runApproval: ApprovalKindRules = {
  kind: "RETENTION_RUN",
  expiresAfterHours: RUN_DAYS * HOUR_PER_DAY,
  remindEveryHours: HOUR_PER_DAY,
  changes: (payload) =>
    Object.entries(payload)
      .filter(([, value]) => value !== undefined)
      .map(([field, after]) => ({ field, before: null, after })),
  carryOut: (tx, { subjectId }) => releaseRun(tx, uuidOf(subjectId)),
  closed: (tx, { subjectId }, state) =>
    cancelRun(tx, uuidOf(subjectId), state === "EXPIRED" ? "Nobody approved it in time." : "It was not approved."),
};

async function releaseRun(tx: Tx, id: string): Promise<void> {
  const { numUpdatedRows } = await tx.sql
    .updateTable("retention_run")
    .set({ state: "RUNNING", started_at: tx.now })
    .where("id", "=", id)
    .where("state", "=", "WAITING_APPROVAL")
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw conflict("The run no longer waits for approval.");
}

export const retentionApprovals: readonly ApprovalKindRules[] = [policyApproval, runApproval];
