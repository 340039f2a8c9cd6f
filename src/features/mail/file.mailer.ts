import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Mailer, MailMessage } from "./mail.message.ts";
import { envelope } from "./smtp.mailer.ts";

/** Writes each mail as a file that mail programs open (.eml), for whoever has no mail server. Only the gateway's own account may read them. */
export class FileMailer implements Mailer {
  readonly #transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });

  constructor(
    private readonly directory: string,
    private readonly from: string,
  ) {}

  async send(id: string, message: MailMessage): Promise<void> {
    const { message: text } = await this.#transport.sendMail(envelope(id, this.from, message));
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const path = join(this.directory, `${id}.eml`);
    await writeFile(`${path}.part`, text as Buffer, { mode: 0o600 });
    await rename(`${path}.part`, path);
  }

  close(): void {
    this.#transport.close();
  }
}
