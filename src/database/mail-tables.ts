import type { Generated } from "kysely";

/** A mail to a person, and what became of it. */
export interface MailRow {
  id: string;
  user_id: string;
  kind: string;
  state: string;
  created_at: Date;
  finished_at: Date | null;
  problem: string | null;
}

/** A message that waits to be sent, encrypted. Not part of the log. */
export interface MailDeliveryRow {
  mail_id: string;
  sealed: Buffer;
  attempts: Generated<number>;
  next_at: Date;
  until: Date;
}

/** A link that was sent to a person; its hash and the address never reach the log. */
export interface UserLinkRow {
  id: string;
  user_id: string;
  email_id: string;
  purpose: string;
  hash: Buffer;
  email: string;
  created_at: Date;
  expires_at: Date;
}

/** An address for which a reset was asked, encrypted, until it is looked up. Not part of the log. */
export interface PasswordResetRequestRow {
  id: string;
  sealed: Buffer;
  requested_at: Date;
}

/** The tables of mail and of the links in it, by name. */
export interface MailTables {
  mail: MailRow;
  mail_delivery: MailDeliveryRow;
  user_link: UserLinkRow;
  password_reset_request: PasswordResetRequestRow;
}
