import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { type MailOutbox, withdrawing } from "../mail/mail.outbox.ts";
import type { LinkSettings } from "./link.settings.ts";
import { linkMail } from "./link.texts.ts";

/** What a link is good for. */
export type LinkPurpose = "INVITATION" | "EMAIL_VERIFICATION" | "PASSWORD_RESET";

/** Somebody and the address that a link goes to. */
export interface Addressee {
  userId: string;
  displayName: string;
  emailId: string;
  email: string;
}

/** What a link that holds gives: whose it is, and what is true of them, locked for this transaction. */
export interface TakenLink extends Addressee {
  username: string;
  status: string;
  /** Whether the link went to the address that is the primary one now. */
  primary: boolean;
}

const SECRET_BYTES = 32;
const HOUR_MS = 3_600_000;
const PAGES: Readonly<Record<LinkPurpose, string>> = {
  INVITATION: "accept-invitation",
  EMAIL_VERIFICATION: "verify-email",
  PASSWORD_RESET: "reset-password",
};

const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** One answer for everything that a link can fail by: unknown, used, replaced, too old, or of somebody who has changed since. */
export const deadLink = (): RollcallError =>
  new RollcallError(
    "UNAUTHENTICATED",
    "The link was used already, is too old or does not hold any more: ask for another one.",
  );

/** Makes the links that are sent by mail, and takes them back in: each once. Only a hash of what a link holds is kept. */
export class Links {
  constructor(
    private readonly database: Database,
    private readonly outbox: MailOutbox,
    private readonly settings: LinkSettings,
  ) {}

  /** Sends a link with this transaction, and gives until when it holds. An earlier one of the same purpose holds no more. */
  async send(tx: Tx, purpose: LinkPurpose, to: Addressee): Promise<Date> {
    const { lasting, milliseconds } = this.#lasting(purpose);
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const expiresAt = new Date(tx.now.getTime() + milliseconds);
    const { userId, emailId, email, displayName: name } = to;
    await endLinks(tx, [userId], [purpose]);
    await tx.sql
      .insertInto("user_link")
      .values({
        id: newId(),
        user_id: userId,
        email_id: emailId,
        purpose,
        hash: hashOf(secret),
        email,
        created_at: tx.now,
        expires_at: expiresAt,
      })
      .execute();
    // Behind the #, which browsers send nowhere: not to the server, nor as a referrer.
    const link = `${this.settings.linkUrl}/${PAGES[purpose]}#token=${secret}`;
    const message = linkMail(purpose, { to: email, name, link, lasting });
    await this.outbox.add(tx, { userId, kind: purpose, message, until: expiresAt });
    return expiresAt;
  }

  /** Whose link this is, so that what follows can say who acts; to be asked again by `take`. Throws `deadLink`. */
  async holder(purpose: LinkPurpose, secret: string): Promise<{ userId: string; displayName: string }> {
    const found = await this.database.reader
      .selectFrom("user_link as l")
      .innerJoin("user_account as u", "u.id", "l.user_id")
      .select(["l.user_id", "u.display_name"])
      .where("l.hash", "=", hashOf(secret))
      .where("l.purpose", "=", purpose)
      .executeTakeFirst();
    if (!found) throw deadLink();
    return { userId: found.user_id, displayName: found.display_name };
  }

  /**
   * Uses a link up, where it holds: it was not used, is not too old, and the address that it went to is still its person's. Of many at the same
   * time one gets it. The person is locked first, as whoever changes their status or address does. Throws `deadLink`.
   */
  async take(tx: Tx, purpose: LinkPurpose, secret: string, userId: string): Promise<TakenLink> {
    await tx.sql.selectFrom("user_account").select("id").where("id", "=", userId).forNoKeyUpdate().execute();
    const { rows } = await sql<TakenLink>`
      DELETE FROM user_link l USING user_account u, user_email e
      WHERE l.hash = ${hashOf(secret)} AND l.purpose = ${purpose} AND l.user_id = ${userId} AND l.expires_at > ${tx.now}
        AND u.id = l.user_id AND e.id = l.email_id AND e.user_id = l.user_id AND e.value = l.email
      RETURNING u.id AS "userId", u.display_name AS "displayName", u.username, u.status, e.id AS "emailId", e.value AS email,
        e.is_primary AS "primary"`.execute(tx.sql);
    if (!rows[0]) throw deadLink();
    return rows[0];
  }

  #lasting(purpose: LinkPurpose): { lasting: string; milliseconds: number } {
    const { invitationHours, emailVerificationHours, passwordResetMinutes } = this.settings;
    if (purpose === "PASSWORD_RESET")
      return { lasting: `${passwordResetMinutes} minutes`, milliseconds: passwordResetMinutes * 60_000 };
    const hours = purpose === "INVITATION" ? invitationHours : emailVerificationHours;
    return { lasting: hours === 1 ? "an hour" : `${hours} hours`, milliseconds: hours * HOUR_MS };
  }
}

/** Ends people's links of these purposes; what mail has not sent yet of them it will not. Gives whose they were, for each that still held. */
export async function endLinks(
  tx: Tx,
  userIds: readonly string[],
  purposes: readonly LinkPurpose[],
): Promise<string[]> {
  const { rows } = await sql<{ userId: string; held: boolean }>`
    WITH ${withdrawing(tx, userIds, purposes)}
    DELETE FROM user_link WHERE user_id = ANY(${[...userIds]}::uuid[]) AND purpose = ANY(${[...purposes]}::text[])
    RETURNING user_id AS "userId", expires_at > ${tx.now} AS held`.execute(tx.sql);
  return rows.filter(({ held }) => held).map(({ userId }) => userId);
}

/** Removes links that are too old to be used. */
export async function pruneLinks(database: Database): Promise<void> {
  const { rows } = await sql`SELECT FROM user_link WHERE expires_at < rollcall_now() LIMIT 1`.execute(database.reader);
  if (rows.length === 0) return;
  const actor = { kind: "SYSTEM", id: null, name: "mail" } as const;
  await database.write({ kind: "SYSTEM", action: "user.link_ended", actor }, async (tx) => {
    await tx.sql.deleteFrom("user_link").where("expires_at", "<", tx.now).execute();
  });
}
