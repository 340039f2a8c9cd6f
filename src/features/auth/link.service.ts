import { LockMode } from "@mikro-orm/core";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireOver } from "../../access/policy.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { conflict, invalidInput, notFound } from "../../kernel/errors.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import { fold } from "../../search/folding.ts";
import type { MailOutbox } from "../mail/mail.outbox.ts";
import { requireNoLess } from "../roles/role.seniority.ts";
import { UserEntity } from "../users/user.entity.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { UserService } from "../users/user.service.ts";
import { type Addressee, deadLink, type LinkPurpose, type Links, type TakenLink } from "./link.issue.ts";
import { passwordChangedMail } from "./link.texts.ts";
import type { PasswordService } from "./password.service.ts";

export interface InviteUser extends CommandOptions {
  id: string;
}

export interface RequestVerification extends CommandOptions {
  /** Null: the primary one. */
  email: string | null;
}

export interface SentLink {
  userId: string;
  expiresAt: Date;
}

/** What the use of a link did for whom. */
export interface UsedLink {
  username: string;
  email: string;
  /** When its person becomes active, where that is to come. */
  startsAt?: Date | null;
  consequences: Consequence[];
}

/** Where a request comes from that nobody is signed in for. */
export interface Caller {
  requestId: string;
  ip: string | undefined;
}

/** By what somebody who is PENDING becomes ACTIVE. */
export interface Start {
  /** When their start is scheduled for. */
  startsAt: Date | null;
  /** Whether they become active by their start alone, also where it was called off. */
  onboarded: boolean;
}

/** How a person's record and password are changed, and how it is known when they begin. */
export interface Changing {
  users: UserService;
  passwords: PasswordService;
  startOf(tx: Tx, userId: string): Promise<Start>;
}

/** How long the news of a changed password is worth sending. */
const NEWS_MS = 86_400_000;

/** Lets people in by links that are sent to them; every command is one transaction, the mail included. */
export class LinkService {
  constructor(
    private readonly database: Database,
    private readonly links: Links,
    private readonly outbox: MailOutbox,
    private readonly changing: Changing,
  ) {}

  /**
   * Asks somebody to choose their first password. Needs USER_LIFECYCLE over them, and whatever they were granted: whoever lets them in could
   * have the mail come to themselves. CONFLICT for whoever has a password, is neither PENDING nor ACTIVE, has no address, or whose start was called off.
   */
  invite(author: Author, command: InviteUser): Promise<Written<SentLink>> {
    const name = { mutation: "inviteUser", action: "user.invited" };
    return carryOut(this.database, author, name, command, (tx) => this.inviteIn(tx, author.viewer, command.id));
  }

  /** The same inside a transaction under way. */
  async inviteIn(tx: Tx, viewer: Viewer, id: string): Promise<SentLink> {
    const user = await lockPlaced(tx, viewer, id);
    if (user.status !== "PENDING" && user.status !== "ACTIVE")
      throw conflict("Only somebody who is PENDING or ACTIVE can be invited.", { inputPath: "input.id" });
    if (await hasPassword(tx, user.id))
      throw conflict("This user has a password already.", { inputPath: "input.id", field: "password" });
    if (user.status === "PENDING" && isCalledOff(await this.changing.startOf(tx, user.id)))
      throw conflict("The start of this user was called off: activate them, or schedule it anew.", {
        inputPath: "input.id",
        field: "status",
      });
    await requireNoLess(tx, viewer, user.id, "input.id");
    const address = await primaryAddress(tx, user.id);
    if (!address)
      throw conflict("This user has no e-mail address to send an invitation to.", {
        inputPath: "input.id",
        field: "email",
      });
    return { userId: user.id, expiresAt: await this.links.send(tx, "INVITATION", address) };
  }

  /**
   * Sets the first password of whoever was invited, and makes them ACTIVE where they were PENDING; whose start is scheduled becomes active by that, and is
   * told when. A start that was called off takes the invitation with it.
   */
  async acceptInvitation(caller: Caller, secret: string, password: string): Promise<Written<UsedLink>> {
    return this.#use("INVITATION", caller, secret, "user.invitation_accepted", async (tx, link) => {
      if (!link.primary || (await hasPassword(tx, link.userId))) throw deadLink();
      const startsAt = await this.#begin(tx, link);
      await markVerified(tx, link);
      const consequences = await this.changing.passwords.set(tx, link.userId, password, {
        inputPath: "input.newPassword",
      });
      return { consequences, startsAt };
    });
  }

  /** Whoever is PENDING begins with their invitation, unless their start is to come: then it is told when. */
  async #begin(tx: Tx, { status, userId }: TakenLink): Promise<Date | null> {
    if (status === "ACTIVE") return null;
    if (status !== "PENDING") throw deadLink();
    const start = await this.changing.startOf(tx, userId);
    if (isCalledOff(start)) throw deadLink();
    if (start.startsAt) return start.startsAt;
    const step = { id: userId, until: null, reason: null };
    await this.changing.users.transitions.move(tx, gateway(tx.now), "activate", step);
    return null;
  }

  /** Replaces a password, ends every session of its person, and tells them. */
  async resetPassword(caller: Caller, secret: string, password: string): Promise<Written<UsedLink>> {
    return this.#use("PASSWORD_RESET", caller, secret, "user.password_reset", async (tx, link) => {
      if (!link.primary || link.status !== "ACTIVE" || !(await hasPassword(tx, link.userId))) throw deadLink();
      const consequences = await this.changing.passwords.set(tx, link.userId, password, {
        inputPath: "input.newPassword",
      });
      const message = passwordChangedMail({ to: link.email, name: link.displayName });
      const until = new Date(tx.now.getTime() + NEWS_MS);
      await this.outbox.add(tx, { userId: link.userId, kind: "PASSWORD_CHANGED", message, until });
      return { consequences };
    });
  }

  /** Sends a link to one of the viewer's own addresses: the one that is given, or the primary one. */
  requestVerification(author: Author, command: RequestVerification): Promise<Written<SentLink>> {
    const { email } = command;
    const name = { mutation: "requestEmailVerification", action: "user.email_verification_requested" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const { userId } = author.viewer;
      if (userId === null) throw conflict("A machine has no address of its own.", { inputPath: "input" });
      const addresses = await addressesOf(tx, userId);
      const address = addresses.find((one) => (email === null ? one.primary : fold(one.email) === fold(email)));
      if (!address) throw invalidInput([{ path: "input.email", message: "must be one of your own addresses." }]);
      if (address.verified)
        throw conflict("This address is verified already.", { inputPath: "input.email", field: "email" });
      return { userId, expiresAt: await this.links.send(tx, "EMAIL_VERIFICATION", address) };
    });
  }

  /**
   * Keeps that mail to an address reaches its person, who must be the viewer: whoever changed somebody's address to their own has the mail, but is
   * not that person, and an address that is verified is one by which a password can be reset.
   */
  async verifyEmail(author: Author & Caller, secret: string): Promise<Written<UsedLink>> {
    const { userId } = await this.links.holder("EMAIL_VERIFICATION", secret);
    if (userId !== author.viewer.userId) throw deadLink();
    return this.#use("EMAIL_VERIFICATION", author, secret, "user.email_verified", async (tx, link) => {
      if (link.status !== "ACTIVE") throw deadLink();
      await markVerified(tx, link);
      return { consequences: [] };
    });
  }

  /** Uses a link up, as its person, and does what it is good for. What fails leaves the link as it was. */
  async #use(
    purpose: LinkPurpose,
    { requestId, ip }: Caller,
    secret: string,
    action: string,
    work: (tx: Tx, link: TakenLink) => Promise<Pick<UsedLink, "consequences" | "startsAt">>,
  ): Promise<Written<UsedLink>> {
    const { userId, displayName } = await this.links.holder(purpose, secret);
    const actor = { kind: "USER", id: userId, name: displayName } as const;
    const cause: Cause = { kind: "MUTATION", action, actor, requestId, ...(ip ? { ip } : {}) };
    return this.database.write(cause, async (tx) => {
      const link = await this.links.take(tx, purpose, secret, userId);
      return { username: link.username, email: link.email, ...(await work(tx, link)) };
    });
  }
}

const isCalledOff = ({ startsAt, onboarded }: Start): boolean => onboarded && startsAt === null;

/** Carries out what a link is good for; the link has decided that it may. */
const gateway = (now: Date): Viewer => ({
  kind: "SYSTEM",
  id: null,
  name: "Rollcall",
  userId: null,
  grants: new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"])),
  now,
});

async function lockPlaced(tx: Tx, viewer: Viewer, id: string): Promise<UserEntity> {
  const user = await tx.em.findOne(UserEntity, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const place = user && (await placeOfUser(tx.sql, id, viewer));
  if (!user || !place) throw notFound("user", "input.id");
  requireOver(viewer, "USER_LIFECYCLE", place);
  return user;
}

export async function hasPassword(tx: Tx, userId: string): Promise<boolean> {
  const password = await tx.sql
    .selectFrom("user_password")
    .select("user_id")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return password !== undefined;
}

/** Somebody's address, and what is known of it. */
export type KnownAddress = Addressee & { primary: boolean; verified: boolean };

export async function addressesOf(tx: Tx, userId: string): Promise<KnownAddress[]> {
  const rows = await tx.sql
    .selectFrom("user_email as e")
    .innerJoin("user_account as u", "u.id", "e.user_id")
    .select(["u.display_name", "e.id", "e.value", "e.is_primary", "e.verified"])
    .where("e.user_id", "=", userId)
    .execute();
  return rows.map(({ display_name, id, value, is_primary, verified }) => ({
    userId,
    displayName: display_name,
    emailId: id,
    email: value,
    primary: is_primary,
    verified,
  }));
}

const primaryAddress = async (tx: Tx, userId: string): Promise<KnownAddress | undefined> =>
  (await addressesOf(tx, userId)).find(({ primary }) => primary);

/** The address reached its person: a change of their profile, where it was not known. */
async function markVerified(tx: Tx, { userId, emailId }: TakenLink): Promise<void> {
  const changed = await tx.sql
    .updateTable("user_email")
    .set({ verified: true })
    .where("id", "=", emailId)
    .where("verified", "=", false)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) return;
  await tx.sql
    .updateTable("user_account")
    .set((eb) => ({ version: eb("version", "+", 1), updated_at: tx.now }))
    .where("id", "=", userId)
    .execute();
}
