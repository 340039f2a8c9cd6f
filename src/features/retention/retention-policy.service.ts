import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { RetentionAction } from "../../database/retention-tables.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound, type Violation } from "../../kernel/errors.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { type Filter, TRUE } from "../../search/filter.ts";
import { canonical } from "../../search/normal-form.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { printText } from "../../search/text-form.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import { requireAskableFilter } from "../saved-searches/search.askable.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { ACTIONS, filterOf, isInForce, lacksWord, loosens, type RetentionPolicyRecord } from "./retention.policy.ts";
import { cancelRun, type RetentionRuns } from "./retention.runs.ts";

interface Given {
  name: string;
  status: UserStatus;
  days: number;
  filter: object | null;
  action: RetentionAction;
  enabled: boolean;
  maxPeople: number | null;
  maxPercent: number | null;
}

export type CreatePolicy = CommandOptions & Given;
/** Undefined: as it is. */
export type UpdatePolicy = CommandOptions & { [key in keyof Given]: Given[key] | undefined } & {
  id: string;
  expectedVersion: number | undefined;
};

/** A policy as it is to be. */
type Wanted = Pick<
  RetentionPolicyRecord,
  "name" | "status" | "days" | "filter" | "action" | "enabled" | "max_people" | "max_percent"
>;

export interface PolicyParts {
  database: Database;
  users: UserQueries;
  approvals: Approvals;
  runs: RetentionRuns;
  /** For how many days deleted people can be restored. */
  restorableDays: number;
}

const POLICIES_LIMIT = 50;

/**
 * Changes retention policies, and has them carried out. Every command is one transaction; it needs SETTINGS_MANAGE everywhere, and what doing
 * the same by hand needs, everywhere: a policy is a standing order.
 */
export class RetentionPolicyService {
  constructor(private readonly parts: PolicyParts) {}

  async create(author: Author, command: CreatePolicy): Promise<Written<{ id: string }>> {
    const wanted: Wanted = { ...columnsOf(command), filter: this.#filterOf(command.filter) };
    await this.#requireAllowed(author.viewer, wanted);
    const name = { mutation: "createRetentionPolicy", action: "retention_policy.created" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const others = await tx.sql.selectFrom("retention_policy").select("id").limit(POLICIES_LIMIT).execute();
      if (others.length >= POLICIES_LIMIT)
        throw conflict(`There are at most ${POLICIES_LIMIT} policies: delete one first.`, { limit: POLICIES_LIMIT });
      const id = newId();
      const approval_id = await this.#ask(tx, author, { id, version: 1, before: undefined, wanted });
      await tx.sql
        .insertInto("retention_policy")
        .values({
          ...wanted,
          ...authorOf(author.viewer),
          id,
          approved_version: null,
          approval_id,
          in_force_at: tx.now,
          created_at: tx.now,
          updated_at: tx.now,
        })
        .execute();
      return { id };
    });
  }

  /** Whoever changes a policy must be allowed what it was and what it will be. What waits for a word about it is taken back; a run ends. */
  update(author: Author, command: UpdatePolicy): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const filter = command.filter === undefined ? undefined : this.#filterOf(command.filter);
    const name = { mutation: "updateRetentionPolicy", action: "retention_policy.updated" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const policy = await this.#lock(tx, author.viewer, command.id, "input.id");
      requireVersion(policy.version, command.expectedVersion);
      const given = Object.entries({ ...columnsOf(command), filter }).filter(([, value]) => value !== undefined);
      const wanted = { ...wantedOf(policy), ...Object.fromEntries(given) } as Wanted;
      await this.#requireAllowed(author.viewer, wanted);
      const version = policy.version + 1;
      const approval_id = await this.#ask(tx, author, { id: policy.id, version, before: policy, wanted });
      await tx.sql
        .updateTable("retention_policy")
        .set({
          ...wanted,
          ...authorOf(author.viewer),
          filter: wanted.filter as never,
          version,
          approval_id,
          in_force_at: tx.now,
          updated_at: tx.now,
        })
        .where("id", "=", policy.id)
        .execute();
      return { id: policy.id };
    });
  }

  delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "deleteRetentionPolicy", action: "retention_policy.deleted" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const { id } = await this.#lock(tx, author.viewer, command.id, "input.id");
      await tx.sql.deleteFrom("retention_policy").where("id", "=", id).execute();
      return { id };
    });
  }

  /** Begins a run now; CONFLICT where the policy is not in force, or has one that is not over. Gives the run's id. */
  run(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "runRetention", action: "retention_run.begun" };
    const inputPath = "input.policyId";
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const policy = await lockPolicy(tx, command.id, inputPath);
      requireAt(author.viewer, ACTIONS[policy.action].permission, []);
      if (!isInForce(policy))
        throw conflict("The policy is not in force: turn it on, and where it erases, have it approved.", { inputPath });
      const open = await sql`SELECT FROM retention_run WHERE policy_id = ${policy.id}
        AND state IN ('WAITING_APPROVAL', 'RUNNING')`.execute(tx.sql);
      if (open.rows.length > 0) throw conflict("A run of the policy is not over yet.", { inputPath });
      return { id: await this.parts.runs.begin(tx, policy, author.viewer, null) };
    });
  }

  /** The policy, locked, which is about to be another one or gone: its run, and what waits for a word about either, end. */
  async #lock(tx: Tx, viewer: Viewer, id: string, inputPath: string): Promise<RetentionPolicyRecord> {
    // Requests before what they are about, as whoever decides them locks them.
    const { rows } = await sql<{ approval_id: string }>`
      SELECT approval_id FROM retention_policy WHERE id = ${id} AND approval_id IS NOT NULL
      UNION SELECT approval_id FROM retention_run WHERE policy_id = ${id} AND state = 'WAITING_APPROVAL' ORDER BY 1`.execute(
      tx.sql,
    );
    for (const { approval_id } of rows) await this.parts.approvals.cancel(tx, approval_id);
    const policy = await lockPolicy(tx, id, inputPath);
    requireAt(viewer, ACTIONS[policy.action].permission, []);
    const open = await sql<{ id: string }>`
      SELECT id FROM retention_run WHERE policy_id = ${id} AND state IN ('WAITING_APPROVAL', 'RUNNING') FOR UPDATE`.execute(
      tx.sql,
    );
    for (const run of open.rows) await cancelRun(tx, run.id, "Its policy was changed, turned off or deleted.");
    return policy;
  }

  /** Asks for a second person's word where the policy would erase, where its limit is loosened, and for what still lacks one. */
  async #ask(
    tx: Tx,
    { viewer }: Author,
    {
      id,
      version,
      before,
      wanted,
    }: { id: string; version: number; before: RetentionPolicyRecord | undefined; wanted: Wanted },
  ): Promise<string | null> {
    const lacking = before !== undefined && lacksWord(before);
    const asks =
      (wanted.enabled && (wanted.action === "ERASE" || lacking)) || (before !== undefined && loosens(before, wanted));
    if (!asks) return lacking ? before.approval_id : null;
    return this.parts.approvals.request(tx, {
      kind: "RETENTION_POLICY",
      requester: viewer,
      subjectId: publicId("RetentionPolicy", id),
      reason: tx.cause.reason ?? null,
      payload: { version, before: before ? shown(before) : null, after: shown(wanted) },
      steps: [[{ by: "PERMISSION", permission: ACTIONS[wanted.action].permission, over: "EVERYWHERE" }]],
    });
  }

  #filterOf(input: object | null): RetentionPolicyRecord["filter"] {
    if (input === null) return null;
    const { filter } = parseFilterWithPaths(input, { catalogue: userCatalogue, path: "input.filter" });
    // One that holds of everybody is none.
    return isDeepStrictEqual(canonical(filter, userCatalogue), TRUE) ? null : (filter as never);
  }

  async #requireAllowed(viewer: Viewer, wanted: Wanted): Promise<void> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    requireAt(viewer, ACTIONS[wanted.action].permission, []);
    const violations = this.#violationsOf(wanted);
    if (violations.length > 0) throw invalidInput(violations);
    if (wanted.filter) await requireAskableFilter(this.parts.users, viewer, filterOf(wanted));
  }

  #violationsOf({ action, status, days, filter, max_people, max_percent }: Wanted): Violation[] {
    const violations: Violation[] = [];
    const { from } = ACTIONS[action];
    if (!from.includes(status as UserStatus))
      violations.push({ path: "input.status", message: `must be one from which ${action} leads.`, allowed: [...from] });
    const least = this.parts.restorableDays;
    if (action === "ERASE" && days < least)
      violations.push({
        path: "input.days",
        message: `must be at least ${least}: for so many days deleted people can be restored.`,
        limit: least,
      });
    if (status === "ACTIVE" && filter === null)
      violations.push({ path: "input.filter", message: "must say who, of people who are active." });
    if (max_people === null && max_percent === null)
      violations.push({ path: "input", message: "needs maxPeople or maxPercent." });
    return violations;
  }
}

const columnsOf = <G extends Partial<Given> | { [key in keyof Given]: Given[key] | undefined }>({
  name,
  status,
  days,
  action,
  enabled,
  maxPeople,
  maxPercent,
}: G) =>
  ({ name, status, days, action, enabled, max_people: maxPeople, max_percent: maxPercent }) as Omit<Wanted, "filter">;

const wantedOf = (policy: RetentionPolicyRecord): Wanted => {
  const { name, status, days, filter, action, enabled, max_people, max_percent } = policy;
  return { name, status, days, filter, action, enabled, max_people, max_percent };
};

const authorOf = ({ kind, id, name }: Viewer) => ({ author_kind: kind, author_id: id, author_name: name });

/** A policy as whoever is to agree to it is shown it. */
const shown = (policy: Wanted): Record<string, unknown> => ({
  name: policy.name,
  status: policy.status,
  days: policy.days,
  filter: policy.filter && printText(policy.filter as unknown as Filter, userCatalogue),
  action: policy.action,
  enabled: policy.enabled,
  maxPeople: policy.max_people,
  maxPercent: policy.max_percent,
});

async function lockPolicy(tx: Tx, id: string, inputPath: string): Promise<RetentionPolicyRecord> {
  const { rows } = await sql<RetentionPolicyRecord>`SELECT * FROM retention_policy WHERE id = ${id} FOR UPDATE`.execute(
    tx.sql,
  );
  const [policy] = rows;
  if (!policy) throw notFound("retention policy", inputPath);
  return policy;
}
