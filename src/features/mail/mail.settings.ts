/** How mail leaves the gateway, as far as an operator decides it. */
export interface MailSettings {
  /** An smtp: or smtps: address; without one, mail is written to files. */
  smtpUrl: string | undefined;
  /** Where those files are: an absolute path. */
  outboxDir: string;
  /** From whom. */
  from: string;
}

const HOST = /^[^\s/?#@]+$/;

/** What is wrong with an SMTP address; undefined where nothing is. Never what it held: there is a password in it. */
export function smtpUrlProblem(value: string): string | undefined {
  const accepted =
    "must be an SMTP address, such as smtps://user:password@mail.example.com:465 or smtp://mail.example.com:587.";
  if (!URL.canParse(value)) return accepted;
  const { protocol, hostname, pathname, search, hash } = new URL(value);
  const whole = ["smtp:", "smtps:"].includes(protocol) && HOST.test(hostname);
  return whole && ["", "/"].includes(pathname) && search === "" && hash === "" ? undefined : accepted;
}

export const MAIL_FROM_DEFAULT = "Rollcall <rollcall@localhost>";

/** What `from` looks like: an address, or a name and an address in angle brackets. */
export const MAIL_FROM = /^(?:[^<>\p{Cc}"]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u;
