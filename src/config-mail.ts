import { resolve } from "node:path";
import { LINK_DEFAULTS, LINK_URL, type LinkSettings } from "./features/auth/link.settings.ts";
import { MAIL_FROM, MAIL_FROM_DEFAULT, type MailSettings, smtpUrlProblem } from "./features/mail/mail.settings.ts";

/** What reads the environment, as far as mail needs it. */
interface Reads {
  text(name: string): string | undefined;
  secret(name: string, problemOf: (value: string) => string | undefined): string | undefined;
  matching(name: string, form: RegExp, accepted: string, otherwise: string): string;
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
}

const FROM = "an address, such as Rollcall <rollcall@example.com>";
const URL_ACCEPTED = "an https address, or an http one of this machine, without a slash at its end";

/** How mail leaves the gateway, as the environment says. */
export const readMail = (read: Reads): MailSettings => ({
  smtpUrl: read.secret("SMTP_URL", smtpUrlProblem),
  outboxDir: resolve(read.text("DATA_DIR") ?? "data", "outbox"),
  from: read.matching("MAIL_FROM", MAIL_FROM, FROM, MAIL_FROM_DEFAULT),
});

/** What the links in mails lead to and how long they hold, as the environment says. */
export function readLinks(read: Reads): LinkSettings {
  const { linkUrl, invitationHours, emailVerificationHours, passwordResetMinutes } = LINK_DEFAULTS;
  const hours = (name: string, to: number, otherwise: number) => read.integer(name, { from: 1, to, otherwise });
  return {
    linkUrl: read.matching("LINK_URL", LINK_URL, URL_ACCEPTED, linkUrl),
    invitationHours: hours("INVITATION_HOURS", 720, invitationHours),
    emailVerificationHours: hours("EMAIL_VERIFICATION_HOURS", 168, emailVerificationHours),
    passwordResetMinutes: read.integer("PASSWORD_RESET_MINUTES", {
      from: 5,
      to: 1440,
      otherwise: passwordResetMinutes,
    }),
  };
}
