import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Start } from "../auth/link.service.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { givenTo, type TemplateChanges } from "../profile-templates/profile-template.changes.ts";
import type { OtherStep } from "../schedules/scheduled-step.ts";
import type { ScheduledTransitionService } from "../schedules/scheduled-transition.service.ts";
import { mayReadNamed } from "../users/user.readable.ts";
import type { CreateUser, UserService } from "../users/user.service.ts";
import { rehearse } from "./employment.rehearsal.ts";

export interface Onboard extends CommandOptions {
  /** Who joins: PENDING until their start. */
  user: CreateUser;
  /** Their first day, where they are. */
  startsOn: string;
  /** Whether they are invited to choose a password: on that day where they are, at once without one. */
  invite: boolean;
  inviteOn: string | null;
}

export interface Onboarded {
  userId: string;
  /** The activation, where it waits. */
  transitionId: string | null;
  /** The invitation, where it waits. */
  invitationId: string | null;
  changes: TemplateChanges;
  consequences: Consequence[];
}

/** Sends somebody an invitation, in the name of whoever asks for it. */
export type Invite = (tx: Tx, author: Author, about: { userId: string }) => Promise<Consequence[]>;

/** People join: one transaction makes the account, gives what templates say, and schedules the start. */
export class OnboardingService {
  constructor(
    private readonly database: Database,
    private readonly users: UserService,
    private readonly schedules: ScheduledTransitionService,
    private readonly invite: Invite,
  ) {}

  onboard(author: Author, command: Onboard): Promise<Written<Onboarded>> {
    const name = { mutation: "onboard", action: "user.onboarded" };
    return carryOut(this.database, author, name, command, (tx) => this.#join(tx, author, command));
  }

  /** What it would do: it is done, told and rolled back. */
  preview(author: Author, command: Onboard): Promise<Onboarded> {
    return rehearse(this.database, author.cause("user.onboarded"), (tx) => this.#join(tx, author, command));
  }

  async #join(tx: Tx, author: Author, command: Onboard): Promise<Onboarded> {
    const { viewer } = author;
    const { orgUnitId } = command.user.profile;
    const unitPath = orgUnitId ? await pathOfUnit(tx.sql, orgUnitId) : [];
    const { userId, consequences } = await this.users.createIn(tx, author, command.user);
    // They are nobody's search result yet, so that what is held over people who meet a condition is not held over them.
    for (const permission of ["USER_READ", "USER_LIFECYCLE"] as const) requireAt(viewer, permission, unitPath);
    const given = await givenTo(tx, userId, this.schedules.orgTimezone);
    const started = await this.#start(tx, author, userId, command);
    const invited = command.invite ? await this.#invite(tx, author, userId, command) : NOTHING;
    const waiting = [started, invited].flatMap(({ id }) => (id ? [publicId("ScheduledTransition", id)] : []));
    const mayRead = mayReadNamed(viewer, { userId, unitPath });
    return {
      userId,
      transitionId: started.id,
      invitationId: invited.id,
      changes: { ...given, fields: given.fields.filter(({ field }) => mayRead(field)) },
      consequences: [
        ...consequences,
        ...started.consequences,
        ...invited.consequences,
        ...consequence("STEPS_SCHEDULED", waiting),
      ],
    };
  }

  /** Activates somebody whose first day has begun where they are, and schedules it of others. */
  async #start(tx: Tx, author: Author, userId: string, { startsOn, reason = null }: Onboard): Promise<Waiting> {
    const begins = await this.schedules.beginningOf(tx, userId, startsOn);
    if (begins <= tx.now) {
      const step = { id: userId, until: null, reason };
      const { consequences } = await this.users.transitions.move(tx, author.viewer, "activate", step);
      return { id: null, consequences };
    }
    const id = await this.#schedule(tx, author, { userId, operation: "activate", reason }, startsOn);
    await tx.sql
      .insertInto("onboarding")
      .values({ user_id: userId, starts_on: startsOn, created_at: tx.now })
      .execute();
    return { id, consequences: [] };
  }

  async #invite(tx: Tx, author: Author, userId: string, { inviteOn, reason = null }: Onboard): Promise<Waiting> {
    if (inviteOn !== null && (await this.schedules.beginningOf(tx, userId, inviteOn)) > tx.now) {
      const id = await this.#schedule(tx, author, { userId, operation: "invite", reason }, inviteOn);
      return { id, consequences: [] };
    }
    return { id: null, consequences: await this.invite(tx, author, { userId }) };
  }

  async #schedule(
    tx: Tx,
    { viewer }: Author,
    step: { userId: string; operation: "activate" | Extract<OtherStep, "invite">; reason: string | null },
    effectiveOn: string,
  ): Promise<string> {
    const due = { effectiveAt: null, effectiveOn, until: null, expectedVersion: undefined };
    const scheduled = await this.schedules.scheduleIn(tx, viewer, { ...step, ...due }).catch((error: unknown) => {
      if (!(error instanceof RollcallError) || error.code !== "INVALID_INPUT") throw error;
      throw invalidInput([{ path: "input.startsOn", message: "must not be more than 20 years ahead." }]);
    });
    return scheduled.id;
  }
}

interface Waiting {
  id: string | null;
  consequences: Consequence[];
}

const NOTHING: Waiting = { id: null, consequences: [] };

/** By what somebody who is PENDING becomes active: by their start where one waits, or where they were onboarded, also one that was called off. */
export async function startOf(tx: Tx, userId: string): Promise<Start> {
  const found = await tx.sql
    .selectNoFrom((eb) => [
      eb
        .selectFrom("scheduled_transition")
        .select((one) => one.fn.min("due_at").as("due"))
        .where("user_id", "=", userId)
        .where("operation", "=", "activate")
        .where("state", "=", "SCHEDULED")
        .as("startsAt"),
      eb.exists(eb.selectFrom("onboarding").select("user_id").where("user_id", "=", userId)).as("onboarded"),
    ])
    .executeTakeFirstOrThrow();
  return { startsAt: found.startsAt ?? null, onboarded: Boolean(found.onboarded) };
}
