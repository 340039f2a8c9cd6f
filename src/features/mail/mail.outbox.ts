import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { decrypt, encrypt } from "../../feed/audit-keys.ts";
import { newId } from "../../kernel/ids.ts";
import type { MailKind, MailMessage } from "./mail.message.ts";

/** A mail to somebody of the directory. */
export interface NewMail {
  userId: string;
  kind: MailKind;
  message: MailMessage;
  /** It is of no use after this. */
  until: Date;
}

/**
 * Mail that waits to be sent. A message is written by the transaction that has something to say, so there is no mail about what did not happen,
 * and none is lost that did. It is encrypted under a key that follows from the master key: a copy of the database opens no link.
 */
export class MailOutbox {
  /** `key` has 32 bytes. */
  constructor(private readonly key: Buffer) {}

  /** Adds a mail to the transaction; one of the same kind to the same person that still waits is withdrawn. */
  async add(tx: Tx, { userId, kind, message, until }: NewMail): Promise<void> {
    await withdrawMail(tx, [userId], [kind]);
    const id = newId();
    const row = { id, user_id: userId, kind, state: "WAITING", created_at: tx.now };
    await tx.sql.insertInto("mail").values(row).execute();
    const sealed = encrypt(this.key, JSON.stringify(message), id);
    await tx.sql.insertInto("mail_delivery").values({ mail_id: id, sealed, next_at: tx.now, until }).execute();
  }

  /** The message that was sealed; undefined where the master key is another one. */
  open(id: string, sealed: Buffer): MailMessage | undefined {
    const text = decrypt(this.key, sealed, id);
    return text && (JSON.parse(text.toString()) as MailMessage);
  }
}

/** Takes back what waits for these people: what it says holds no longer. */
export async function withdrawMail(tx: Tx, userIds: readonly string[], kinds: readonly MailKind[]): Promise<void> {
  await sql`WITH ${withdrawing(tx, userIds, kinds)} SELECT FROM withdrawn`.execute(tx.sql);
}

/** The same as parts of a statement that begins WITH, for whoever ends what the mail is about. */
export const withdrawing = (tx: Tx, userIds: readonly string[], kinds: readonly MailKind[]): RawBuilder<unknown> => sql`
  withdrawn AS (
    UPDATE mail SET state = 'WITHDRAWN', finished_at = ${tx.now}
    WHERE user_id = ANY(${[...userIds]}::uuid[]) AND state = 'WAITING' AND kind = ANY(${[...kinds]}::text[]) RETURNING id),
  undelivered AS (DELETE FROM mail_delivery WHERE mail_id IN (SELECT id FROM withdrawn))`;
