import { createTransport } from "nodemailer";
import { type Mailer, type MailMessage, UndeliverableMail } from "./mail.message.ts";

const CONNECTION_MS = 10_000;
const SILENCE_MS = 30_000;
const CONNECTIONS = 2;
const HERE = ["localhost", "127.0.0.1", "[::1]"];

/** What nodemailer tells of a refusal. */
interface SmtpFault {
  /** EENVELOPE, EMESSAGE: the message itself; others: the way to the server. */
  code?: string;
  responseCode?: number;
}

/** Sends mail by SMTP (RFC 5321), over TLS unless the server is this machine. */
export class SmtpMailer implements Mailer {
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;

  /** `url` is one that `smtpUrlProblem` finds nothing wrong with. */
  constructor(url: string, from: string) {
    const { protocol, hostname, port, username, password } = new URL(url);
    const secure = protocol === "smtps:";
    this.#from = from;
    this.#transport = createTransport({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (secure ? 465 : 587)),
      secure,
      requireTLS: !secure && !HERE.includes(hostname),
      ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
      pool: true,
      maxConnections: CONNECTIONS,
      connectionTimeout: CONNECTION_MS,
      greetingTimeout: CONNECTION_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(id: string, message: MailMessage): Promise<void> {
    try {
      await this.#transport.sendMail(envelope(id, this.#from, message));
    } catch (error) {
      const { code, responseCode = 0 } = error as SmtpFault;
      const about = code === "EENVELOPE" || code === "EMESSAGE";
      if (about && responseCode >= 500) throw new UndeliverableMail(String(responseCode), { cause: error });
      throw error;
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** A message with its headers, the same however it leaves. */
export const envelope = (id: string, from: string, { to, ...rest }: MailMessage) => ({
  from,
  to: { name: "", address: to },
  messageId: `<${id}@rollcall>`,
  // RFC 3834: nobody's out-of-office answer should come back.
  headers: { "auto-submitted": "auto-generated" },
  ...rest,
});
