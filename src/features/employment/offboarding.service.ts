import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { maySee, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { conflict, invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { type ScheduledTransitionService, seesSchedulesOf } from "../schedules/scheduled-transition.service.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { UserTransitions } from "../users/user.transitions.ts";
import { endHoldings, handOver } from "./employment.handover.ts";
import { lockPeople } from "./employment.people.ts";
import { rehearse } from "./employment.rehearsal.ts";

export interface Offboard extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  successorId: string | null;
  /** Null: they leave at once. */
  lastDay: string | null;
}

export interface CancelOffboarding extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
}

export interface Offboarded {
  userId: string;
  /** The deactivation, where it waits. */
  transitionId: string | null;
  consequences: Consequence[];
}

/** People leave: each command is one transaction, with everything that follows. */
export class OffboardingService {
  constructor(
    private readonly database: Database,
    private readonly transitions: UserTransitions,
    private readonly schedules: ScheduledTransitionService,
  ) {}

  /** Ends somebody's access and hands over what they leave behind: at once, or as the day behind their last one begins where they are. */
  offboard(author: Author, command: Offboard): Promise<Written<Offboarded>> {
    const name = { mutation: "offboard", action: "user.offboarded" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const status = await requireLeaver(tx, author.viewer, command);
      if (command.lastDay !== null && status === "INACTIVE")
        throw conflict("Whoever is deactivated has no last day to come: offboard them at once.", {
          inputPath: "input.lastDay",
          field: "status",
        });
      return command.lastDay === null
        ? {
            userId: command.id,
            transitionId: null,
            consequences: await this.#leave(tx, author.viewer, command, status),
          }
        : this.#schedule(tx, author.viewer, command, command.lastDay);
    });
  }

  /** What it would do now: it is done, told and rolled back. */
  preview(author: Author, command: Offboard): Promise<Consequence[]> {
    return rehearse(this.database, author.cause("user.offboarded"), async (tx) => {
      const status = await requireLeaver(tx, author.viewer, command);
      return this.#leave(tx, author.viewer, command, status);
    });
  }

  /** Takes a leave back that waits. */
  cancel(author: Author, command: CancelOffboarding): Promise<Written<Offboarded>> {
    const name = { mutation: "cancelOffboarding", action: "user.offboarding_cancelled" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const version = await lockPeople(tx, [command.id]);
      const placed = await placeOfUser(tx.sql, command.id, author.viewer);
      if (!placed || !maySee(author.viewer, placed)) throw notFound("user", "input.id");
      requireOver(author.viewer, "USER_LIFECYCLE", placed);
      if (!seesSchedulesOf(author.viewer, placed)) throw notFound("user", "input.id");
      requireVersion(version.get(command.id)?.version as number, command.expectedVersion);
      const waiting = await waitingLeave(tx, command.id);
      if (!waiting) throw conflict("No leave of this person waits.", { inputPath: "input.id" });
      await this.schedules.cancelIn(tx, author.viewer, { id: waiting, expectedVersion: undefined });
      const consequences = consequence("SCHEDULES_CANCELLED", [publicId("ScheduledTransition", waiting)]);
      return { userId: command.id, transitionId: waiting, consequences };
    });
  }

  async #leave(tx: Tx, viewer: Viewer, command: Offboard, status: string): Promise<Consequence[]> {
    const { id, successorId, expectedVersion, reason = null } = command;
    tx.about.add(id);
    const given = await handOver(tx, viewer, { userId: id, successorId });
    // Whoever was deactivated in haste is offboarded all the same: their access ended, what they leave behind did not.
    const isOut = status === "INACTIVE";
    const step = { id, expectedVersion, until: null, reason };
    const moved = isOut ? [] : (await this.transitions.move(tx, viewer, "deactivate", step)).consequences;
    return [...given, ...moved, ...(await endHoldings(tx, id))];
  }

  async #schedule(tx: Tx, viewer: Viewer, command: Offboard, lastDay: string): Promise<Offboarded> {
    const { id: userId, successorId, expectedVersion, reason = null } = command;
    if (await waitingLeave(tx, userId))
      throw conflict("A leave of this person waits already: cancel it first.", { inputPath: "input.id" });
    const due = { effectiveAt: null, effectiveOn: dayBehind(lastDay) };
    const step = {
      userId,
      expectedVersion,
      operation: "deactivate" as const,
      until: null,
      reason,
      ...due,
    };
    const { id } = await this.schedules.scheduleIn(tx, viewer, step).catch((error: unknown) => {
      if (!(error instanceof RollcallError) || error.code !== "INVALID_INPUT") throw error;
      const message =
        "must not be over where the person is, nor more than 20 years ahead: leave it out to offboard at once.";
      throw invalidInput([{ path: "input.lastDay", message }]);
    });
    await tx.sql
      .insertInto("offboarding")
      .values({ transition_id: id, user_id: userId, successor_id: successorId, last_day: lastDay, created_at: tx.now })
      .execute();
    const consequences = consequence("STEPS_SCHEDULED", [publicId("ScheduledTransition", id)]);
    return { userId, transitionId: id, consequences };
  }
}

/** The date behind another one. */
const dayBehind = (date: string): string =>
  new Date(new Date(`${date}T00:00:00Z`).getTime() + 86_400_000).toISOString().slice(0, 10);

/** The person's status, where the viewer may offboard them, and the successor is active and in sight; both are locked. */
async function requireLeaver(tx: Tx, viewer: Viewer, { id, successorId, expectedVersion }: Offboard): Promise<string> {
  const people = await lockPeople(tx, successorId === null ? [id] : [id, successorId]);
  const placed = await placeOfUser(tx.sql, id, viewer);
  if (!placed) throw notFound("user", "input.id");
  requireOver(viewer, "USER_LIFECYCLE", placed);
  requireVersion(people.get(id)?.version as number, expectedVersion);
  const status = people.get(id)?.status as string;
  if (successorId === null) return status;
  const successor = await placeOfUser(tx.sql, successorId, viewer);
  if (!successor || !maySee(viewer, successor)) throw notFound("user", "input.successorId");
  if (successorId === id)
    throw invalidInput([{ path: "input.successorId", message: "must be somebody else than who leaves." }]);
  if (people.get(successorId)?.status !== "ACTIVE")
    throw conflict("Only somebody who is active can be a successor.", {
      inputPath: "input.successorId",
      field: "status",
    });
  return status;
}

async function waitingLeave(tx: Tx, userId: string): Promise<string | undefined> {
  const found = await tx.sql
    .selectFrom("offboarding as o")
    .innerJoin("scheduled_transition as t", "t.id", "o.transition_id")
    .select("t.id")
    .where("o.user_id", "=", userId)
    .where("t.state", "=", "SCHEDULED")
    .executeTakeFirst();
  return found?.id;
}
