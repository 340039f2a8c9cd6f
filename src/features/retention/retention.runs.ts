import { type Selectable, sql } from "kysely";
import type { BulkProblem } from "../../database/bulk-tables.ts";
import type { RetentionItemRow, RetentionRunRow } from "../../database/retention-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import type { Row } from "../../search/field.ts";
import { scopeUnits } from "../../search/fields-used.ts";
import { and, type Filter } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import type { AbsentAuthor } from "../auth/author.viewer.ts";
import type { Aspect } from "../bulk/bulk.change.ts";
import { type LimitFinding, loadLimits, SafetyCheck } from "../bulk/safety-limit.check.ts";
import { inBatches } from "../imports/bulk.write.ts";
import { loadRoleGraph } from "../roles/role.graph.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { ACTIONS, filterOf, isDue, obstacleOf, PEOPLE, type RetentionPolicyRecord } from "./retention.policy.ts";

/** A run as it is read. */
export type RetentionRunRecord = Selectable<RetentionRunRow>;

/** How retention is set. */
export interface RetentionSettings {
  /** For how many days deleted people can be restored: nobody is erased before. */
  restorableDays: number;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf(instant: Date): string;
}

/** What a policy would do now. */
export interface RetentionForecast {
  policy: RetentionPolicyRecord;
  limits: LimitFinding[];
  /** Whom a guard of the lifecycle would refuse, and how. */
  guarded: ReadonlyMap<string, BulkProblem>;
}

/** The most people of one run; the others are due again at the next. */
const PEOPLE_LIMIT = 100_000;

/** Whom a run touches, and whom it passes over. */
interface DuePerson {
  id: string;
  obstacle: string | null;
}

/** Begins runs: who is due is listed, measured by the safety limits, and waits for a second person where it exceeds one. */
export class RetentionRuns {
  constructor(
    private readonly approvals: Approvals,
    private readonly settings: RetentionSettings,
  ) {}

  /** Adds a run of a locked policy to the transaction and gives its id. `day`: the day for which it is the policy's own. */
  async begin(tx: Tx, policy: RetentionPolicyRecord, author: AbsentAuthor, day: string | null): Promise<string> {
    const moment: Moment = { now: tx.now, today: this.settings.dateOf(tx.now) };
    const due = await this.#due(tx, policy, moment);
    const touched = due.filter(({ obstacle }) => obstacle === null).map(({ id }) => id);
    const limits = await measure(tx, policy, touched, moment);
    const exceeded = limits.filter((limit) => limit.exceeded);
    const id = newId();
    const approval_id =
      exceeded.length === 0
        ? null
        : await this.approvals.request(tx, {
            kind: "RETENTION_RUN",
            requester: author,
            subjectId: publicId("RetentionRun", id),
            reason: null,
            payload: {
              policy: policy.name,
              action: policy.action,
              people: touched.length,
              exceeds: exceeded.map(({ name }) => name),
            },
            steps: [[{ by: "PERMISSION", permission: ACTIONS[policy.action].permission, over: "EVERYWHERE" }]],
          });
    const over = touched.length === 0;
    await tx.sql
      .insertInto("retention_run")
      .values({
        id,
        policy_id: policy.id,
        policy_version: policy.version,
        policy_name: policy.name,
        action: policy.action,
        state: over ? "DONE" : approval_id === null ? "RUNNING" : "WAITING_APPROVAL",
        day,
        author_kind: author.kind,
        author_id: author.id,
        author_name: author.name,
        operation_id: newId(),
        people: touched.length,
        passed_over: due.length - touched.length,
        limits: JSON.stringify(limits),
        approval_id,
        problem: null,
        created_at: tx.now,
        started_at: over || approval_id === null ? tx.now : null,
        finished_at: over ? tx.now : null,
      })
      .execute();
    await writeItems(tx, id, due);
    return id;
  }

  async #due(tx: Tx, policy: RetentionPolicyRecord, moment: Moment): Promise<DuePerson[]> {
    const { rows } = await sql<DuePerson>`
      SELECT a.id, ${obstacleOf(policy, moment.now, this.settings.restorableDays)} AS obstacle FROM ${PEOPLE}
      WHERE ${isDue(policy, moment)} ORDER BY a.status_changed_at, a.id LIMIT ${PEOPLE_LIMIT}`.execute(tx.sql);
    return rows;
  }
}

async function writeItems(tx: Tx, runId: string, due: readonly DuePerson[]): Promise<void> {
  if (due.length === 0) return;
  await sql`
    INSERT INTO retention_item (run_id, place, user_id, outcome, obstacle)
    SELECT ${runId}, d.place - 1, d.id, CASE WHEN d.obstacle IS NOT NULL THEN 'PASSED_OVER' END, d.obstacle
    FROM unnest(${due.map(({ id }) => id)}::uuid[], ${due.map(({ obstacle }) => obstacle)}::text[]) WITH ORDINALITY d (id, obstacle, place)`.execute(
    tx.sql,
  );
}

/** What of people an action changes, for the safety limits. */
const ASPECTS: Readonly<Record<RetentionPolicyRecord["action"], readonly Aspect[]>> = {
  ARCHIVE: ["STATUS"],
  DELETE: ["STATUS"],
  ERASE: ["STATUS", "PROFILE", "PLACE", "ROLES", "GROUPS"],
};

/** What the policy's own limit, and everybody's, are found to be for these people. */
export async function measure(
  tx: Pick<Tx, "sql">,
  policy: RetentionPolicyRecord,
  people: readonly string[],
  moment: Moment,
): Promise<LimitFinding[]> {
  const own = {
    id: policy.id,
    name: policy.name,
    max_people: policy.max_people,
    max_percent: policy.max_percent,
    share_of: "DIRECTORY" as const,
    filter: null,
    search_name: null,
    aspects: [],
    created_at: policy.created_at,
    updated_at: policy.updated_at,
  };
  const check = new SafetyCheck([own as never, ...(await loadLimits(tx))], moment, await loadRoleGraph(tx));
  for (const batch of inBatches(people)) {
    const { rows } = await sql<Row>`SELECT u.* FROM user_search u WHERE u.user_id = ANY(${[...batch]}::uuid[])`.execute(
      tx.sql,
    );
    for (const row of rows) check.add(ASPECTS[policy.action], row, { ...row, status: ACTIONS[policy.action].to });
  }
  const bounds = scopeUnits(filterOf(policy), userCatalogue).map(
    (units): Filter => ({ kind: "criterion", field: "orgUnit", operator: "withinAny", operand: [...units] }),
  );
  return check.findings(tx, undefined, and(...bounds));
}

/** Writes down that a run is over before everybody had their turn; whoever was not reached has no outcome. */
export async function cancelRun(tx: Tx, id: string, problem: string): Promise<void> {
  await tx.sql
    .updateTable("retention_run")
    .set({ state: "CANCELLED", problem, finished_at: tx.now })
    .where("id", "=", id)
    .where("state", "in", ["WAITING_APPROVAL", "RUNNING"])
    .execute();
}

/** Writes what became of people of a run. */
export async function writeOutcomes(
  tx: Tx,
  runId: string,
  outcomes: readonly Pick<RetentionItemRow, "place" | "outcome" | "obstacle" | "problem">[],
): Promise<void> {
  await sql`
    UPDATE retention_item i SET outcome = o.outcome, obstacle = o.obstacle, problem = o.problem
    FROM json_to_recordset(${JSON.stringify(outcomes)}::json) o (place integer, outcome text, obstacle text, problem jsonb)
    WHERE i.run_id = ${runId} AND i.place = o.place`.execute(tx.sql);
}
