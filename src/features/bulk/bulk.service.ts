import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAnywhere } from "../../access/policy.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, forbidden, invalidInput } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Moment } from "../../search/operator.ts";
import type { SavedSearchQueries } from "../saved-searches/saved-search.queries.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { changeCandidates, changedBy, revertCandidates } from "./bulk.candidates.ts";
import { changesNothing, type PersonChange, permissionsFor, writesGroups } from "./bulk.change.ts";
import { requireTemplates } from "./bulk.offers.ts";
import type { BulkPlanner, Preview } from "./bulk.planner.ts";
import { endPlan, lockPlan, planned, requireState, setPlan } from "./bulk.plans.ts";
import { runningRights } from "./bulk.rights.ts";
import { type AskedTarget, type FileTarget, resolveTarget } from "./bulk.target.ts";
import { limitsKnown, loadLimits, measuredAgain } from "./safety-limit.check.ts";

export interface PlanBulk extends CommandOptions {
  target: AskedTarget;
  change: PersonChange;
}

export interface OfPlan extends CommandOptions {
  planId: string;
}

export interface PlanOutcome {
  planId: string;
}

/** How a second person is asked, and no longer asked. */
export interface SecondPerson {
  /** Gives the id of the request. */
  ask(tx: Tx, author: Author, plan: BulkPlanRecord, reason: string | null): Promise<string>;
  withdraw(tx: Tx, approvalId: string): Promise<void>;
}

/** The files that people have uploaded. */
export interface TargetFiles {
  requireMayUpload(viewer: Viewer): void;
  /** One of the viewer's; NOT_FOUND otherwise. */
  find(tx: Tx, viewer: Viewer, id: string, inputPath: string): Promise<{ file_name: string }>;
}

/** Of so many people a plan is taken back within the request; of more it is planned in the background. */
const AT_ONCE = 1_000;

/** How long a second person may take. */
export const APPROVAL_HOURS = 7 * 24;

type Answer = Promise<Written<PlanOutcome>>;
type Asker = Author & { readonly ip: string | undefined };

interface Parts {
  database: Database;
  planner: BulkPlanner;
  users: UserQueries;
  searches: SavedSearchQueries;
  secondPerson: SecondPerson;
  files: TargetFiles;
}

const PLANNED = { mutation: "planBulk", action: "bulk_plan.planned" };

/** Makes plans and says what is to become of them; BulkWorker applies them. Every command needs BULK_RUN. */
export class BulkService {
  constructor(private readonly parts: Parts) {}

  /**
   * Plans one change for everybody in a target. Refuses what would be refused for everybody; what is refused for some is in the plan. Of a target that is a
   * file the plan is only begun.
   */
  async plan(author: Asker, command: PlanBulk): Answer {
    const { viewer } = author;
    const { change, target } = command;
    if (changesNothing(change)) throw invalidInput([{ path: "input.change", message: "must change something." }]);
    for (const permission of permissionsFor(change)) requireAnywhere(viewer, permission);
    if (writesGroups(change)) requireAnywhere(viewer, "GROUP_MANAGE");
    refusePast(change, viewer.now);
    return target.file ? this.#begin(author, command, target.file) : this.#plan(author, command);
  }

  async #plan(author: Author, command: PlanBulk): Answer {
    const { viewer } = author;
    const { change } = command;
    const withDeleted = change.status?.operation === "restore";
    const target = await resolveTarget(this.parts, viewer, command.target, withDeleted);
    const searches = await this.parts.planner.searchesOf(viewer);
    return carryOut(this.parts.database, author, PLANNED, command, async (tx) => {
      await requireTemplates(tx, viewer, change);
      const request = { kind: "CHANGE", target: target.kept, change, reason: command.reason ?? null } as const;
      const candidates = (moment: Moment) => changeCandidates(tx, viewer, { target, change }, moment);
      return { planId: await this.parts.planner.plan(tx, author, { ...request, candidates }, searches) };
    });
  }

  /** Whoever reads uploads makes the plan: it is PLANNING until then. */
  async #begin(author: Asker, command: PlanBulk, { uploadId, reading }: FileTarget): Answer {
    const { viewer } = author;
    const { planner, files } = this.parts;
    files.requireMayUpload(viewer);
    return carryOut(this.parts.database, author, PLANNED, command, async (tx) => {
      await requireTemplates(tx, viewer, command.change);
      const { file_name: file } = await files.find(tx, viewer, uploadId, "input.target.file.uploadId");
      const request = { target: { file, reading }, reason: command.reason ?? null, uploadId, ip: author.ip ?? null };
      return { planId: await planner.begin(tx, author, { ...request, change: command.change }) };
    });
  }

  /** Plans to take back what a plan has done, as far as it can be; only by whoever sees that plan. Of more than AT_ONCE people the plan is only begun. */
  async planRevert(author: Asker, command: OfPlan): Answer {
    const { viewer } = author;
    const searches = await this.parts.planner.searchesOf(viewer);
    const name = { mutation: "planRevert", action: "bulk_plan.planned" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const plan = await lockPlan(tx, viewer, command.planId);
      requireState(plan, ["DONE", "CANCELLED", "FAILED"]);
      const people = await changedBy(tx, plan.id);
      if (people === 0)
        throw conflict("There is nothing to take back: the plan has changed nobody, or it is no longer kept whom.", {
          inputPath: "input.id",
        });
      const target = { people, reverts: publicId("BulkPlan", plan.id) };
      const request = { target, reason: command.reason ?? null, revertsId: plan.id };
      if (people > AT_ONCE)
        return { planId: await this.parts.planner.begin(tx, author, { ...request, ip: author.ip ?? null }) };
      const candidates = (moment: Moment) => revertCandidates(tx, viewer, plan.id, moment);
      return {
        planId: await this.parts.planner.plan(tx, author, { ...request, kind: "REVERT", candidates }, searches),
      };
    });
  }

  /** Lets a plan be applied: at once, or, where it exceeds a safety limit, once a second person agrees. By its planner alone. */
  apply(author: Asker, command: OfPlan): Answer {
    const { viewer } = author;
    const name = { mutation: "applyBulk", action: "bulk_plan.ready" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const plan = await lockPlan(tx, viewer, command.planId);
      if (!planned(viewer, plan)) throw forbidden("BULK_RUN", "input.id");
      for (const permission of runningRights(plan)) requireAnywhere(viewer, permission);
      requireState(plan, ["PLANNED"]);
      if (plan.expires_at <= tx.now)
        throw conflict("The plan is too old to be applied: plan again.", { inputPath: "input.id" });
      if (plan.limits_known !== limitsKnown(await loadLimits(tx)))
        throw conflict("The safety limits have changed since: plan again.", { inputPath: "input.id" });
      const ip = author.ip ?? null;
      const preview = plan.preview as unknown as Preview;
      const limits = await measuredAgain(tx, plan, preview.limits);
      if (limits.some(({ exceeded }) => exceeded)) {
        const measured = { ...preview, limits } as unknown as Record<string, unknown>;
        await setPlan(tx, plan.id, { needs_approval: true, preview: measured });
        const approval = await this.parts.secondPerson.ask(tx, author, plan, command.reason ?? plan.reason);
        const expires = new Date(tx.now.getTime() + APPROVAL_HOURS * 3_600_000);
        await setPlan(tx, plan.id, { state: "WAITING_APPROVAL", approval_id: approval, expires_at: expires, ip });
      } else await setPlan(tx, plan.id, { state: "READY", ready_at: tx.now, ip });
      return { planId: plan.id };
    });
  }

  /** Stops a plan where it is: behind the batch under way. By whoever sees it. */
  cancel(author: Author, command: OfPlan): Answer {
    const { viewer } = author;
    const name = { mutation: "cancelBulk", action: "bulk_plan.cancelled" };
    return carryOut(this.parts.database, author, name, command, async (tx) => {
      const plan = await lockPlan(tx, viewer, command.planId);
      requireState(plan, ["PLANNING", "PLANNED", "WAITING_APPROVAL", "READY", "APPLYING"]);
      // Withdrawing the request ends the plan that waits for it.
      if (plan.state === "WAITING_APPROVAL" && plan.approval_id)
        await this.parts.secondPerson.withdraw(tx, plan.approval_id);
      else await endPlan(tx, plan, "CANCELLED");
      return { planId: plan.id };
    });
  }
}

/** Nothing is given or done until an instant that is over. */
function refusePast({ addRoles = [], status }: PersonChange, now: Date): void {
  const isPast = (until: string | null | undefined) => until != null && new Date(until) <= now;
  const roles = addRoles.flatMap(({ expiresAt }, place) =>
    isPast(expiresAt) ? [`input.change.add.roles[${place}].expiresAt`] : [],
  );
  const violations = [...roles, ...(isPast(status?.until) ? ["input.change.status.until"] : [])].map((path) => ({
    path,
    message: "must be in the future.",
  }));
  if (violations.length > 0) throw invalidInput(violations);
}

/** A second person has agreed: the plan is applied as soon as a gateway gets to it. */
export async function approvePlan(tx: Tx, planId: string): Promise<void> {
  const plan = await waiting(tx, planId);
  if (!plan) throw conflict("The plan no longer waits for approval.");
  await setPlan(tx, planId, { state: "READY", ready_at: tx.now });
}

/** A second person has disagreed, or nobody agreed in time. */
export async function dismissPlan(tx: Tx, planId: string, state: "CANCELLED" | "EXPIRED"): Promise<void> {
  const plan = await waiting(tx, planId);
  if (plan) await endPlan(tx, plan, state);
}

const waiting = (tx: Tx, planId: string) =>
  tx.sql
    .selectFrom("bulk_plan")
    .select(["id", "skipped"])
    .where("id", "=", planId)
    .where("state", "=", "WAITING_APPROVAL")
    .forUpdate()
    .executeTakeFirst();
