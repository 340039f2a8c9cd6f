import { sql } from "kysely";
import { publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeHolder, unique } from "../../support/directory.ts";
import type { TestGateway } from "../../support/gateway.ts";
import { userRow } from "../../support/rows.ts";

/*
 * Retention policies for tests, and people who have been in their status for so long.
 */

const POLICY = "id version name status days filterText action enabled inForce maxPeople approvalRequest { id state }";
const RUN = `id state action scheduled peopleCount doneCount passedOverCount problem operationId approvalRequest { id state }
  limits { name exceeded people of } people(first: 500) { totalCount nodes { userId user { id status } outcome obstacle problem { code message } } }`;

export const CREATE = `mutation ($input: CreateRetentionPolicyInput!) { createRetentionPolicy(input: $input) { policy { ${POLICY} } position } }`;
export const UPDATE = `mutation ($input: UpdateRetentionPolicyInput!) { updateRetentionPolicy(input: $input) { policy { ${POLICY} } position } }`;
export const DELETE =
  "mutation ($input: DeleteRetentionPolicyInput!) { deleteRetentionPolicy(input: $input) { deletedId position } }";
export const RUN_NOW = `mutation ($input: RunRetentionInput!) { runRetention(input: $input) { run { ${RUN} } position } }`;
export const PREVIEW = `query ($policyId: ID!, $first: Int, $after: String) { previewRetention(policyId: $policyId) { dueCount passedOverCount limits { name exceeded people of }
  people(first: $first, after: $after) { totalCount nodes { userId outcome obstacle problem { code } } pageInfo { hasNextPage endCursor } } } }`;

/** A policy or a run, as the tests read it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the documents'.
export type Any = any;

/** People who have been in a status for so many days; gives their public ids, and the tag that they have in common. */
export async function settled(
  gateway: TestGateway,
  status: string,
  days: number,
  { count = 1, tag = unique("settled"), more = {} }: { count?: number; tag?: string; more?: object } = {},
): Promise<{ tag: string; ids: string[] }> {
  const { value } = await gateway.database.write(someCause, async (tx) => {
    const at = new Date(tx.now.getTime() - days * 86_400_000);
    const deleted = status === "DELETED" ? { deleted_at: at, status_before: "INACTIVE" } : {};
    const rows = Array.from({ length: count }, () =>
      userRow({ status, status_changed_at: at, tags: [tag], ...deleted, ...more }),
    );
    await tx.sql.insertInto("user_account").values(rows).execute();
    if (status === "DELETED")
      await tx.sql
        .insertInto("user_deletion")
        .values(rows.map(({ id }) => ({ user_id: id, consequences: "[]", created_at: at })))
        .execute();
    return rows.map(({ id }) => publicId("User", id)).sort();
  });
  return { tag, ids: value };
}

/** A policy, made by the administrator unless another token is given, for people with a tag. */
export async function policy(gateway: TestGateway, tag: string, input: object, token?: string): Promise<Any> {
  const { createRetentionPolicy } = await gateway.run(
    CREATE,
    {
      input: {
        name: unique("policy"),
        status: "INACTIVE",
        days: 180,
        action: "ARCHIVE",
        enabled: true,
        maxPeople: 1000,
        filter: { tags: { any: [tag] } },
        ...input,
      },
    },
    token,
  );
  return createRetentionPolicy.policy;
}

/** Begins a run and carries on until nothing is left to do. */
export async function runNow(gateway: TestGateway, policyId: string, token?: string): Promise<Any> {
  const { runRetention } = await gateway.run(RUN_NOW, { input: { policyId } }, token);
  await gateway.retention.worker.run();
  return runOf(gateway, runRetention.run.id);
}

export async function runOf(gateway: TestGateway, id: string): Promise<Any> {
  return (await gateway.run(`query ($id: ID!) { node(id: $id) { ... on RetentionRun { ${RUN} } } }`, { id })).node;
}

export async function runsOf(gateway: TestGateway, policyId: string): Promise<Any[]> {
  const { retentionRuns } = await gateway.run(
    `query ($policyId: ID!) { retentionRuns(policyId: $policyId, first: 10) { totalCount nodes { id state scheduled peopleCount doneCount } } }`,
    { policyId },
  );
  return retentionRuns.nodes;
}

/** The statuses that people have. */
export async function statuses(gateway: TestGateway, tag: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ status: string; count: bigint }>`
    SELECT status, count(*) FROM user_account WHERE tags @> ARRAY[${tag}::text] GROUP BY status ORDER BY status`.execute(
    gateway.database.reader,
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

/** Two people who may do whatever policies do. */
export async function keepers(gateway: TestGateway) {
  const permissions = ["SETTINGS_MANAGE", "USER_READ", "USER_LIFECYCLE", "USER_DELETE", "USER_ERASE"] as const;
  return { one: await makeHolder(gateway, permissions), two: await makeHolder(gateway, permissions) };
}
