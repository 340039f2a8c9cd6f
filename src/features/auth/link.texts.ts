import type { MailMessage } from "../mail/mail.message.ts";

/** What a mail says beside what it always says. */
export interface Told {
  to: string;
  /** The person's name to show. */
  name: string;
  link: string;
  /** For how long the link holds, in words. */
  lasting: string;
}

/** The mails, each in short paragraphs; the link stands between the first and the rest. */
const TEXTS = {
  INVITATION: {
    subject: "Your account",
    before: "An account was made for you. Choose a password to begin:",
    button: "Choose a password",
    after: "Whoever has this link can begin in your place, so keep it to yourself.",
  },
  EMAIL_VERIFICATION: {
    subject: "Is this your address?",
    before: "Somebody gave this address as theirs. If that was you, say so here:",
    button: "This is my address",
    after: "If it was not you, there is nothing to do.",
  },
  PASSWORD_RESET: {
    subject: "A new password",
    before: "Somebody asked for a new password for your account. If that was you, choose one here:",
    button: "Choose a new password",
    after: "If it was not you, there is nothing to do: your password has not changed.",
  },
} as const;

/** A mail with a link. Names come from the directory, so they are escaped for HTML and kept out of the subject. */
export function linkMail(kind: keyof typeof TEXTS, { to, name, link, lasting }: Told): MailMessage {
  const { subject, before, button, after } = TEXTS[kind];
  const once = `The link can be used once, within ${lasting}.`;
  return {
    to,
    subject,
    text: `Hello ${name},\n\n${before}\n\n${link}\n\n${once} ${after}\n`,
    html: page(`<p>Hello ${escaped(name)},</p><p>${before}</p>
<p><a href="${escaped(link)}" style="display:inline-block;padding:10px 16px;background:#1f4b99;color:#fff;text-decoration:none;border-radius:4px">${button}</a></p>
<p>${once} ${after}</p>`),
  };
}

/** The mail that says that a password was set, to whoever it may be news to. */
export function passwordChangedMail({ to, name }: Pick<Told, "to" | "name">): MailMessage {
  const said = "Your password was changed, and you were signed out everywhere.";
  const warning = "If that was not you, tell your administrator at once.";
  return {
    to,
    subject: "Your password was changed",
    text: `Hello ${name},\n\n${said}\n\n${warning}\n`,
    html: page(`<p>Hello ${escaped(name)},</p><p>${said}</p><p>${warning}</p>`),
  };
}

/** The page of a mail, around paragraphs of HTML. */
export const page = (body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><body style="font-family:sans-serif;line-height:1.5;max-width:36em">${body}</body></html>\n`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text from the directory, fit to stand in HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
