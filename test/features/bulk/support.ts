import { sql } from "kysely";
import { userCascades } from "../../../src/assembly.ts";
import { AttributeChecks } from "../../../src/features/attributes/attribute.checks.ts";
import { BulkWorker, type WorkerParts } from "../../../src/features/bulk/bulk.worker.ts";
import { someCause } from "../../support/database.ts";
import { unique } from "../../support/directory.ts";
import type { TestGateway } from "../../support/gateway.ts";

/*
 * Plans for tests: made, applied and looked at through the API.
 */

const SHOWN = `id state kind needsApproval approvalRequestId peopleCount changingCount unchangedCount errorCount estimatedSeconds operationId problem
  target change consequences { kind count subjectIds } limits { name exceeded people of }
  progress { total done changed unchanged conflicts refused failed skipped secondsLeft }
  items(first: 500) { totalCount nodes { userId finding notes outcome problem { code message permission field } outcomeProblem { code }
    changes { field before after redacted } } }`;

/** A plan as the tests read it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is SHOWN's.
export type Plan = any;

/** Plans a change. */
export async function plan(
  gateway: TestGateway,
  target: object,
  change: object,
  token?: string,
  more: object = {},
): Promise<Plan> {
  const { planBulk } = await gateway.run(
    `mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { ${SHOWN} } position } }`,
    { input: { target, change, ...more } },
    token,
  );
  return planBulk.plan;
}

export const PLAN = "mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { id } } }";
export const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id state } } }";
export const CANCEL = "mutation ($input: CancelBulkInput!) { cancelBulk(input: $input) { plan { id state } } }";
export const REVERT = `mutation ($input: PlanRevertInput!) { planRevert(input: $input) { plan { ${SHOWN} } } }`;

/** The plan as it stands. */
export async function planOf(gateway: TestGateway, id: string, token?: string): Promise<Plan> {
  const { bulkPlan } = await gateway.run(`query ($id: ID!) { bulkPlan(id: $id) { ${SHOWN} } }`, { id }, token);
  return bulkPlan;
}

/** Applies a plan to its end. */
export async function apply(gateway: TestGateway, id: string, token?: string): Promise<Plan> {
  await gateway.run(APPLY, { input: { id } }, token);
  await gateway.bulk.worker.run();
  return planOf(gateway, id, token);
}

/** What a worker is made of that applies plans beside the gateway's own; `rules` and `database` may be others. */
export function workerParts(
  gateway: TestGateway,
  rules: object = {},
  database: object = gateway.database,
): WorkerParts {
  return {
    database: database as TestGateway["database"],
    rules: { cascades: userCascades, attributes: new AttributeChecks(), orgTimezone: "UTC", ...rules },
    dateOf: (at: Date) => at.toISOString().slice(0, 10),
  };
}

/** Applies at most this many batches of a plan that is ready, as a gateway that dies then would. */
export async function batches(gateway: TestGateway, size: number, count: number): Promise<void> {
  const ending = new AbortController();
  let left = count;
  const stop = gateway.database.onCommit(() => {
    left -= 1;
    if (left === 0) ending.abort();
  });
  await new BulkWorker(workerParts(gateway), size).run(ending.signal);
  stop();
}

/** Makes this many active people in one commit; gives the tag that they have in common. */
export async function makePeople(gateway: TestGateway, count: number): Promise<string> {
  const tag = unique("crowd");
  await gateway.database.write(someCause, async (tx) => {
    await sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, tags, created_at, updated_at)
      SELECT gen_random_uuid(), ${tag} || '-' || n, 'Person ' || n, 'ACTIVE', ${tx.now}, 'LOCAL', ARRAY[${tag}::text], ${tx.now}, ${tx.now}
      FROM generate_series(1, ${count}::integer) n`.execute(tx.sql);
  });
  return tag;
}

export const tagged = (tag: string) => ({ tags: { any: [tag] } });

/** What the items of a plan come to, by person. */
export const byPerson = (found: Plan): ReadonlyMap<string, Plan> =>
  new Map(found.items.nodes.map((item: Plan) => [item.userId, item]));
