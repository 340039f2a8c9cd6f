/** What the links in mails lead to and how long they hold, as far as an operator decides it. */
export interface LinkSettings {
  /** Where the pages are that take what a link holds, without a slash at its end. */
  linkUrl: string;
  invitationHours: number;
  emailVerificationHours: number;
  passwordResetMinutes: number;
}

export const LINK_DEFAULTS: LinkSettings = {
  linkUrl: "http://localhost:4000",
  invitationHours: 72,
  emailVerificationHours: 24,
  passwordResetMinutes: 30,
};

/** An address over TLS, or of this machine, for trying; without a slash at its end, a query or a fragment. */
export const LINK_URL: RegExp =
  /^(?:https:\/\/[^\s/?#@]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?)(?:\/[^\s/?#]+)*$/;
