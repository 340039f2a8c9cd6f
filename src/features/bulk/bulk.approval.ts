import { parseId, publicId } from "../../kernel/ids.ts";
import type { ApprovalKindRules } from "../approvals/approval.kinds.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import { APPROVAL_HOURS, approvePlan, dismissPlan, type SecondPerson } from "./bulk.service.ts";

/** Half a day: whoever planned waits. */
const REMIND_HOURS = 12;

const planOf = (subjectId: string | null): string => parseId(subjectId ?? "")?.uuid ?? "";

/** What the word of a second person does to a plan that exceeds a safety limit. */
export const bulkApproval: ApprovalKindRules = {
  kind: "BULK_PLAN",
  expiresAfterHours: APPROVAL_HOURS,
  remindEveryHours: REMIND_HOURS,
  carryOut: (tx, { subjectId }) => approvePlan(tx, planOf(subjectId)),
  closed: (tx, { subjectId }, state) =>
    dismissPlan(tx, planOf(subjectId), state === "EXPIRED" ? "EXPIRED" : "CANCELLED"),
};

/** Asks a person who may change people in bulk everywhere, and so sees the plan; never whoever planned it. */
export const secondPersonBy = (approvals: Approvals): SecondPerson => ({
  ask: (tx, { viewer }, plan, reason) =>
    approvals.request(tx, {
      kind: "BULK_PLAN",
      requester: viewer,
      subjectId: publicId("BulkPlan", plan.id),
      reason,
      payload: { people: plan.people, changing: plan.changing },
      steps: [[{ by: "PERMISSION", permission: "BULK_RUN", over: "EVERYWHERE" }]],
    }),
  withdraw: async (tx, approvalId) => {
    await approvals.cancel(tx, approvalId);
  },
});
