import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { MailDelivery } from "../../src/features/mail/mail.delivery.ts";
import type { Mailer, MailMessage } from "../../src/features/mail/mail.message.ts";
import { MailOutbox } from "../../src/features/mail/mail.outbox.ts";
import { type TestGateway, testCustody } from "./gateway.ts";

/*
 * Mail in tests: a real SMTP server, and a mailbox that takes what a gateway has to send.
 */

/** A mail as the server got it. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body, as they came. */
  text: string;
}

/** A mail server that takes everything, unless it is told otherwise. */
export class TestSmtp {
  readonly received: ReceivedMail[] = [];
  /** The code with which recipients are refused; undefined takes them. */
  refuseWith: number | undefined;

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(options: { secure?: boolean } = {}): Promise<TestSmtp> {
    const smtp: { current?: TestSmtp } = {};
    const server = new SMTPServer({
      secure: options.secure ?? false,
      authOptional: true,
      disabledCommands: options.secure ? [] : ["STARTTLS"],
      onRcptTo(_address, _session, done) {
        const code = smtp.current?.refuseWith;
        done(code === undefined ? null : Object.assign(new Error("Refused by the test"), { responseCode: code }));
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom ? mailFrom.address : "";
          const text = Buffer.concat(chunks).toString();
          smtp.current?.received.push({ from, to: rcptTo.map(({ address }) => address), text });
          done();
        });
      },
    });
    server.on("error", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    const { port } = server.server.address() as AddressInfo;
    const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
    smtp.current = new TestSmtp(`smtp${options.secure ? "s" : ""}://127.0.0.1:${port}`, close);
    return smtp.current;
  }
}

/** What a test gateway's mails are sealed with. */
export const testOutbox = new MailOutbox(testCustody.derive("mail"));

/** Takes everything that a gateway has to send. */
export class Mailbox implements Mailer {
  readonly mails: (MailMessage & { id: string })[] = [];

  async send(id: string, message: MailMessage): Promise<void> {
    this.mails.push({ id, ...message });
  }

  close(): void {}

  /** Has the gateway send what waits, and gives the mails to this address, the last one first. */
  async collect(gateway: TestGateway, to: string): Promise<MailMessage[]> {
    const report = (error: unknown) => {
      throw error;
    };
    await new MailDelivery(gateway.database, testOutbox, this, report).run();
    return this.mails.filter((mail) => mail.to === to).reverse();
  }
}

/** What a mail's link holds. */
export const tokenIn = ({ text }: MailMessage): string => /#token=([\w-]+)/.exec(text)?.[1] ?? "";
