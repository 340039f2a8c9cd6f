/** What a mail is about. */
export type MailKind =
  | "INVITATION"
  | "EMAIL_VERIFICATION"
  | "PASSWORD_RESET"
  | "PASSWORD_CHANGED"
  | "FILTER_NAMES_ERASED";

/** A mail to one address, as plain text and as HTML. */
export interface MailMessage {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** How mail leaves the gateway. */
export interface Mailer {
  /**
   * Hands the message over. The same id stands in it however often it is sent, so that a message that arrives twice can be told. Throws an
   * UndeliverableMail where it would be refused for ever, and any other error where it may be tried again.
   */
  send(id: string, message: MailMessage): Promise<void>;
  close(): void;
}

/** The message was refused for good: trying again would not help. */
export class UndeliverableMail extends Error {
  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The mail server refuses the message for good (${code}).`, options);
    this.name = "UndeliverableMail";
  }
}
