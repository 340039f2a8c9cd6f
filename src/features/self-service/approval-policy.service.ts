import type { Viewer } from "../../access/actor.ts";
import { holdsAnywhere } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { Filter } from "../../search/filter.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { type ApprovalPolicyRecord, loadApprovalPolicies, type PolicyDecider } from "./approval-policy.rules.ts";
import { editableFields, type SelfServiceSettings } from "./own-profile.fields.ts";
import { PROFILE_CHANGE_OTHERWISE } from "./profile-change.ts";

/** A decider as it is asked for, with where its input stands. */
export interface AskedDecider extends Omit<PolicyDecider, "roleId"> {
  path: string;
}

export interface CreateApprovalPolicy extends CommandOptions {
  name: string;
  fields: string[];
  filter: object;
  priority: number;
  steps: AskedDecider[][];
  /** Undefined: as where there is no policy; so of the next. */
  expiresAfterHours: number | undefined;
  remindEveryHours: number | null | undefined;
}

export interface UpdateApprovalPolicy extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name: string | undefined;
  fields: string[] | undefined;
  filter: object | undefined;
  priority: number | undefined;
  steps: AskedDecider[][] | undefined;
  expiresAfterHours: number | undefined;
  remindEveryHours: number | null | undefined;
}

/** All of them are asked whenever somebody asks for a sensitive change. */
const POLICIES_LIMIT = 100;

/**
 * Who approves sensitive changes of whose profile, for whoever holds SETTINGS_MANAGE everywhere. Whoever decides a change is shown its values, so
 * whoever says who decides must hold USER_UPDATE everywhere too.
 */
export class ApprovalPolicyService {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly settings: SelfServiceSettings,
  ) {}

  /** All policies, the strongest first. */
  list(viewer: Viewer): Promise<ApprovalPolicyRecord[]> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    return loadApprovalPolicies(this.database.reader as Tx["sql"]);
  }

  /** One of them; undefined where there is none. */
  async find(viewer: Viewer, id: string): Promise<ApprovalPolicyRecord | undefined> {
    requireAt(viewer, "SETTINGS_MANAGE", []);
    return (await loadApprovalPolicies(this.database.reader as Tx["sql"], id))[0];
  }

  async create(author: Author, command: CreateApprovalPolicy): Promise<Written<{ id: string }>> {
    const { viewer } = author;
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const filter = await this.#filterOf(viewer, command.filter);
    const name = { mutation: "createApprovalPolicy", action: "approval_policy.created" };
    return carryOut(this.database, author, name, command, async (tx) => {
      requireAt(viewer, "USER_UPDATE", []);
      const others = await tx.sql.selectFrom("approval_policy").select("id").limit(POLICIES_LIMIT).execute();
      if (others.length >= POLICIES_LIMIT)
        throw conflict(`There are at most ${POLICIES_LIMIT} policies: delete one first.`, { limit: POLICIES_LIMIT });
      await this.#requireSensitive(tx, command.fields);
      const { fields, priority, expiresAfterHours = PROFILE_CHANGE_OTHERWISE.expiresAfterHours } = command;
      const { remindEveryHours = PROFILE_CHANGE_OTHERWISE.remindEveryHours } = command;
      const id = newId();
      await tx.sql
        .insertInto("approval_policy")
        .values({
          id,
          name: command.name,
          fields,
          filter: filter as never,
          priority,
          expires_after_hours: expiresAfterHours,
          remind_every_hours: remindEveryHours,
          created_at: tx.now,
          updated_at: tx.now,
        })
        .execute();
      await writeSteps(tx, viewer, id, command.steps);
      return { id };
    });
  }

  /** Changes a policy for the requests to come. */
  async update(author: Author, command: UpdateApprovalPolicy): Promise<Written<{ id: string }>> {
    const { viewer } = author;
    requireAt(viewer, "SETTINGS_MANAGE", []);
    const filter = command.filter && (await this.#filterOf(viewer, command.filter));
    const name = { mutation: "updateApprovalPolicy", action: "approval_policy.updated" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const before = await lockPolicy(tx, command.id);
      requireVersion(before.version, command.expectedVersion);
      requireAt(viewer, "USER_UPDATE", []);
      if (command.fields) await this.#requireSensitive(tx, command.fields);
      const { fields = before.fields, priority = before.priority } = command;
      const { expiresAfterHours = before.expiresAfterHours, remindEveryHours = before.remindEveryHours } = command;
      await tx.sql
        .updateTable("approval_policy")
        .set({
          name: command.name ?? before.name,
          fields,
          filter: (filter ?? before.filter) as never,
          priority,
          expires_after_hours: expiresAfterHours,
          remind_every_hours: remindEveryHours,
          version: before.version + 1,
          updated_at: tx.now,
        })
        .where("id", "=", before.id)
        .execute();
      if (command.steps) {
        await tx.sql.deleteFrom("approval_policy_decider").where("approval_policy_id", "=", before.id).execute();
        await writeSteps(tx, viewer, before.id, command.steps);
      }
      return { id: before.id };
    });
  }

  /** Takes a policy away: what it was about is decided as where there is none. */
  delete(author: Author, command: CommandOptions & { id: string }): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "SETTINGS_MANAGE", []);
    const name = { mutation: "deleteApprovalPolicy", action: "approval_policy.deleted" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { id } = await lockPolicy(tx, command.id);
      await tx.sql.deleteFrom("approval_policy").where("id", "=", id).execute();
      return { id };
    });
  }

  /** The filter as it is stored; what a search would refuse the viewer is refused. */
  async #filterOf(viewer: Viewer, input: object): Promise<Filter> {
    const parsed = parseFilterWithPaths(input, { catalogue: userCatalogue, path: "input.filter" });
    await this.users.requireAskable(viewer, parsed, new Map());
    return parsed.filter;
  }

  /** A change of any other field never waits: a policy about it would promise what does not happen. */
  async #requireSensitive(tx: Tx, fields: readonly string[]): Promise<void> {
    if (fields.length === 0) return;
    const allowed = (await editableFields(tx.sql, this.settings)).filter(({ sensitive }) => sensitive);
    const names: string[] = allowed.map(({ name }) => name);
    const wrong = fields.flatMap((field, place) => (names.includes(field) ? [] : [place]));
    const message = "must be a field that people may change of themselves and whose change is sensitive.";
    if (wrong.length > 0)
      throw invalidInput(wrong.map((place) => ({ path: `input.fields[${place}]`, message, allowed: names })));
  }
}

async function writeSteps(
  tx: Tx,
  viewer: Viewer,
  policyId: string,
  steps: readonly (readonly AskedDecider[])[],
): Promise<void> {
  const byRole = steps.flat().some(({ by }) => by === "ROLE");
  const graph = byRole ? await lockRoleGraph(tx) : undefined;
  const roleOf = ({ roleKey, path }: AskedDecider): string => {
    const role = holdsAnywhere(viewer, "ROLE_READ") ? graph?.byKey(roleKey as string) : undefined;
    if (!role) throw notFound("role", `${path}.roleKey`);
    return role.id;
  };
  const rows = steps.flatMap((deciders, place) =>
    deciders.map((decider) => ({
      id: newId(),
      approval_policy_id: policyId,
      step: place + 1,
      by: decider.by,
      role_id: decider.by === "ROLE" ? roleOf(decider) : null,
      permission: decider.permission,
      everywhere: decider.everywhere,
    })),
  );
  await tx.sql.insertInto("approval_policy_decider").values(rows).execute();
}

async function lockPolicy(tx: Tx, id: string): Promise<ApprovalPolicyRecord> {
  await tx.sql.selectFrom("approval_policy").select("id").where("id", "=", id).forUpdate().execute();
  const [policy] = await loadApprovalPolicies(tx.sql, id);
  if (!policy) throw notFound("approval policy", "input.id");
  return policy;
}
