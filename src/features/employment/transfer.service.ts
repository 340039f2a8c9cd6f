import { LockMode } from "@mikro-orm/core";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { type Placed, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { consequencesOf, type TemplateChanges } from "../profile-templates/profile-template.changes.ts";
import { carryOutMove, type Promised, planMove, requirePromised } from "../profile-templates/profile-template.move.ts";
import { OTHER_STEPS, type TakenStep } from "../schedules/scheduled-step.ts";
import type { ScheduledTransitionService } from "../schedules/scheduled-transition.service.ts";
import { UserEntity } from "../users/user.entity.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { mayReadNamed } from "../users/user.readable.ts";
import { refuseErased } from "../users/user.rules.ts";
import type { UserService } from "../users/user.service.ts";
import { rehearse } from "./employment.rehearsal.ts";

/** A move: what is said of somebody from then on. */
export interface Move {
  id: string;
  expectedVersion: number | undefined;
  profile: ProfileValues;
  /** Which of the fields that templates offer are filled; null: all. */
  fill: readonly string[] | null;
}

export interface Transfer extends CommandOptions, Move {
  /** Null: they move at once. */
  effectiveOn: string | null;
}

export interface Transferred {
  userId: string;
  /** The move, where it waits. */
  transitionId: string | null;
  /** What templates made of it; null where it waits. */
  changes: TemplateChanges | null;
  consequences: Consequence[];
}

interface Terms {
  /** In which statuses the person may be: undefined: those who can be moved. */
  statuses?: "ANY_STATUS";
  /** The most that it gives; null or undefined: what templates say. */
  promised?: Promised | null;
}

interface Moved {
  changes: TemplateChanges;
  promised: Promised;
}

const NAME = { mutation: "transfer", action: OTHER_STEPS.transfer.action };

/** People move: one transaction writes what is said of them and brings them to what templates say now. */
export class TransferService {
  constructor(
    private readonly database: Database,
    private readonly users: UserService,
    private readonly schedules: ScheduledTransitionService,
  ) {}

  /** Moves somebody at once, or as a date begins where they are. */
  transfer(author: Author, command: Transfer): Promise<Written<Transferred>> {
    const { effectiveOn } = command;
    if (effectiveOn !== null) return this.#scheduleRehearsed(author, command, effectiveOn);
    return carryOut(this.database, author, NAME, command, async (tx) => {
      const { changes } = await this.#move(tx, author, command);
      return { userId: command.id, transitionId: null, changes, consequences: consequencesOf(changes) };
    });
  }

  /** What it would do now: it is done, told and rolled back. */
  preview(author: Author, command: Transfer): Promise<TemplateChanges> {
    const cause = author.cause(NAME.action);
    return rehearse(this.database, cause, async (tx) => (await this.#move(tx, author, command)).changes);
  }

  /** Takes a move that is due, with the values that it was scheduled with: what no longer holds of them is refused now. */
  async takeDue(tx: Tx, author: Author, { scheduledId, userId }: TakenStep): Promise<Consequence[]> {
    const kept = await tx.sql
      .selectFrom("transfer")
      .select(["changes", "fill", "promised"])
      .where("transition_id", "=", scheduledId)
      .executeTakeFirst();
    if (!kept) throw notFound("transfer", "input.id");
    const move = { id: userId, expectedVersion: undefined, profile: kept.changes, fill: kept.fill };
    const { changes } = await this.#move(tx, author, move, { promised: kept.promised });
    return consequencesOf(changes);
  }

  async #move(tx: Tx, author: Author, move: Move, terms: Terms = {}): Promise<Moved> {
    const { id, expectedVersion, profile, fill } = move;
    await this.users.holdDefinitions(tx);
    const { user, placed } = await lockMover(tx, author.viewer, id, expectedVersion, terms.statuses);
    const mayRead = mayReadNamed(author.viewer, placed);
    const { orgTimezone } = this.schedules;
    const mover = { user, placed, changes: profile, fill: fill ?? undefined, mayRead, orgTimezone };
    const plan = await planMove(tx, author, mover, "input.id");
    if (terms.promised) requirePromised(plan, terms.promised, "input.id");
    const write = async (values: ProfileValues) => {
      await this.users.updateIn(tx, author, { id, expectedVersion, profile: values, contacts: {} });
    };
    const changes = await carryOutMove(tx, author, plan, write, "input.id");
    return { changes, promised: plan.promised };
  }

  /**
   * Whoever schedules a move must be able to make it now, with the rules on hours and networks of this moment: it is done and rolled back. What
   * templates would give by it is all that it gives on its day.
   */
  async #scheduleRehearsed(author: Author, command: Transfer, effectiveOn: string): Promise<Written<Transferred>> {
    const cause = author.cause(NAME.action);
    const rehearsed = await rehearse(this.database, cause, (tx) =>
      this.#move(tx, author, command, { statuses: "ANY_STATUS" }),
    ).catch((error: unknown) => ({ error }));
    return carryOut(this.database, author, NAME, command, async (tx) => {
      // Not before: a repeat has the first answer, whatever the person became meanwhile.
      if ("error" in rehearsed) throw rehearsed.error;
      return this.#schedule(tx, author.viewer, { ...command, promised: rehearsed.promised }, effectiveOn);
    });
  }

  async #schedule(
    tx: Tx,
    viewer: Viewer,
    command: Transfer & { promised: Promised },
    effectiveOn: string,
  ): Promise<Transferred> {
    const { id: userId, expectedVersion, profile, fill, promised, reason = null } = command;
    await lockMover(tx, viewer, userId, expectedVersion, "ANY_STATUS");
    const due = { effectiveAt: null, effectiveOn, until: null };
    const step = { userId, expectedVersion, operation: "transfer" as const, reason, ...due };
    const { id } = await this.schedules.scheduleIn(tx, viewer, step).catch((error: unknown) => {
      if (!(error instanceof RollcallError) || error.code !== "INVALID_INPUT") throw error;
      const message =
        "must not have begun where the person is, nor be more than 20 years ahead: leave it out to transfer at once.";
      throw invalidInput([{ path: "input.effectiveOn", message }]);
    });
    const row = {
      transition_id: id,
      user_id: userId,
      changes: JSON.stringify(profile) as never,
      fill: (fill === null ? null : JSON.stringify(fill)) as never,
      promised: JSON.stringify(promised) as never,
      created_at: tx.now,
    };
    await tx.sql.insertInto("transfer").values(row).execute();
    const consequences = consequence("STEPS_SCHEDULED", [publicId("ScheduledTransition", id)]);
    return { userId, transitionId: id, changes: null, consequences };
  }
}

/** The person, locked, where the viewer may move them and they are somebody who can be moved: that is asked when they are. */
async function lockMover(
  tx: Tx,
  viewer: Viewer,
  id: string,
  expectedVersion: number | undefined,
  statuses?: "ANY_STATUS",
): Promise<{ user: UserEntity; placed: Placed }> {
  const user = await tx.em.findOne(UserEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const placed = user && (await placeOfUser(tx.sql, id, viewer));
  if (!placed) throw notFound("user", "input.id");
  requireOver(viewer, "USER_LIFECYCLE", placed);
  requireOver(viewer, "USER_UPDATE", placed);
  refuseErased(user);
  requireVersion(user.version, expectedVersion);
  const { from } = OTHER_STEPS.transfer;
  if (statuses !== "ANY_STATUS" && !from.includes(user.status))
    throw new RollcallError("ILLEGAL_TRANSITION", `A user who is ${user.status} cannot be moved by transfer.`, {
      from: user.status,
      inputPath: "input.id",
    });
  return { user, placed };
}
