import { sql } from "kysely";
import type { AskApproval } from "../../../src/features/approvals/approval.requests.ts";
import type { Decider } from "../../../src/features/approvals/approval-request.entity.ts";
import { publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { uuid } from "../../support/directory.ts";
import type { TestGateway } from "../../support/gateway.ts";

/*
 * Requests for approval as a feature asks for them: here, that a person's nickname, or address, be changed.
 */

export const MANAGER: Decider = { by: "MANAGER" };
export const UNIT_HEAD: Decider = { by: "UNIT_HEAD" };

interface Asked {
  subjectId: string;
  after: string;
  expiresAt: Date;
  kind: "USER" | "SERVICE";
  field: "nickName" | "email";
}

/** Asks in the name of a person, or of a machine; gives the request's public id. */
export async function ask(
  gateway: TestGateway,
  requesterId: string,
  steps: AskApproval["steps"],
  { subjectId = requesterId, after = "Ace", expiresAt, kind = "USER", field = "nickName" }: Partial<Asked> = {},
): Promise<string> {
  const { value } = await gateway.database.write(someCause, async (tx) => {
    const { rows } = await sql<{ nick: string | null }>`
      SELECT CASE WHEN ${field} = 'nickName' THEN nick_name ELSE (SELECT value FROM user_email e WHERE e.user_id = a.id AND e.is_primary) END AS nick
      FROM user_account a WHERE id = ${uuid(subjectId)}`.execute(tx.sql);
    return gateway.approvals.approvals.request(tx, {
      kind: "PROFILE_CHANGE",
      requester: { kind, id: uuid(requesterId), name: "Requester" },
      subjectId,
      reason: "They call me so.",
      payload: { changes: [{ field, before: rows[0]?.nick ?? null, after }] },
      steps,
      ...(expiresAt ? { expiresAt } : {}),
    });
  });
  return publicId("ApprovalRequest", value);
}

const DECISION = `approvalRequest { id version state currentStep viewerMayDecide failure { code message }
  steps { decision comment decidedBy { user { id } } decidedFor { user { id } } } } position`;
export const APPROVE = `mutation ($input: ApproveInput!) { approve(input: $input) { ${DECISION} } }`;
export const REJECT = `mutation ($input: RejectInput!) { reject(input: $input) { ${DECISION} } }`;
export const CANCEL = `mutation ($input: CancelApprovalRequestInput!) { cancelApprovalRequest(input: $input) { ${DECISION} } }`;

/** What a decision was answered: the request's state, or the code of the refusal. */
export async function decide(gateway: TestGateway, mutation: string, id: string, token: string): Promise<string> {
  const { data, errors } = await gateway.ask(mutation, { input: { id } }, token);
  if (errors?.[0]) return errors[0].extensions.code;
  return (Object.values(data)[0] as { approvalRequest: { state: string } }).approvalRequest.state;
}

export const approve = (gateway: TestGateway, id: string, token: string) => decide(gateway, APPROVE, id, token);

/** The ids of the requests that the viewer is shown, of those that were asked for. */
export async function listed(
  gateway: TestGateway,
  token: string,
  filter: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const { approvalRequests } = await gateway.run(
    "query ($filter: ApprovalRequestFilter) { approvalRequests(first: 500, filter: $filter) { totalCount nodes { id } } }",
    { filter },
    token,
  );
  const ids = approvalRequests.nodes.map(({ id }: { id: string }) => id);
  if (approvalRequests.totalCount !== ids.length) throw new Error("The total is not that of the list.");
  return ids;
}

/** Makes somebody another's manager. */
export const setManager = (gateway: TestGateway, id: string, managerId: string | null) =>
  gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
    input: { id, managerId },
  });
