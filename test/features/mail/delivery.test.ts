import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { FileMailer } from "../../../src/features/mail/file.mailer.ts";
import { MailDelivery, pruneMail } from "../../../src/features/mail/mail.delivery.ts";
import type { Mailer, MailMessage } from "../../../src/features/mail/mail.message.ts";
import { MailOutbox } from "../../../src/features/mail/mail.outbox.ts";
import { SmtpMailer } from "../../../src/features/mail/smtp.mailer.ts";
import { directoryForTest, someCause } from "../../support/database.ts";
import { makeUser, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { Mailbox, TestSmtp, testOutbox } from "../../support/mail.ts";

/*
 * Mail on its way: from a transaction, by a real SMTP server or into a file.
 */

const file = gatewayForFile();
const SECRET = "a-link-that-nobody-else-may-see";
const FROM = "Rollcall <rollcall@example.com>";

let userId: string;
beforeAll(async () => {
  userId = uuid((await makeUser(file.gateway)).id);
});

const message = (to: string): MailMessage => ({
  to,
  subject: "Grüße",
  text: `Hello, https://app.example/#token=${SECRET}\n`,
  html: `<p>Hello <a href="https://app.example/#token=${SECRET}">here</a></p>`,
});

async function queue(to: string, { hours = 1, kind = "INVITATION" as const, outbox = testOutbox } = {}): Promise<void> {
  const { database } = file.gateway;
  await database.write(someCause, (tx) => {
    const until = new Date(tx.now.getTime() + hours * 3_600_000);
    return outbox.add(tx, { userId, kind, message: message(to), until });
  });
}

const reports: unknown[] = [];
const delivery = (mailer: Mailer) =>
  new MailDelivery(file.gateway.database, testOutbox, mailer, (error) => reports.push(error));
const lastMail = () =>
  file.gateway.database.reader
    .selectFrom("mail")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirstOrThrow();
const waiting = async () =>
  Number(
    (await sql<{ n: bigint }>`SELECT count(*) AS n FROM mail_delivery`.execute(file.gateway.database.reader)).rows[0]
      ?.n,
  );
/** As if this many seconds had passed for what waits. */
const later = (seconds: number) =>
  sql`UPDATE mail_delivery SET next_at = next_at - make_interval(secs => ${seconds}),
    until = until - make_interval(secs => ${seconds})`.execute(file.gateway.database.reader);

async function smtpForTest(options = {}) {
  const smtp = await TestSmtp.start(options);
  const mailer = new SmtpMailer(smtp.url, FROM);
  onTestFinished(async () => {
    mailer.close();
    await smtp.close();
  });
  return { smtp, mailer };
}

describe("A mail", () => {
  it("is sent once, as text and as HTML, and then nothing of it is left but that it was sent", async () => {
    const { smtp, mailer } = await smtpForTest();
    await queue("ada@example.com");
    expect(await delivery(mailer).run()).toBe(1);
    expect(await delivery(mailer).run()).toBe(0);
    const [mail] = smtp.received;
    expect(smtp.received).toHaveLength(1);
    expect(mail).toMatchObject({ from: "rollcall@example.com", to: ["ada@example.com"] });
    const { id, ...row } = await lastMail();
    for (const part of [
      `<${id}@rollcall>`,
      "multipart/alternative",
      "text/plain",
      "text/html",
      "auto-generated",
      SECRET,
    ])
      expect(mail?.text).toContain(part);
    expect(row).toMatchObject({ state: "SENT", problem: null });
    expect(await waiting()).toBe(0);
    const { rows } = await sql<{ all: string }>`
      SELECT (SELECT jsonb_agg(c) FROM change c)::text || coalesce((SELECT jsonb_agg(m) FROM mail m)::text, '') AS all`.execute(
      file.gateway.database.reader,
    );
    expect(rows[0]?.all).not.toContain(SECRET);
    expect(rows[0]?.all).not.toContain("ada@example.com");
  });

  it("waits in a form that a copy of the database does not open", async () => {
    await queue("ada@example.com");
    const { sealed, mail_id } = await file.gateway.database.reader
      .selectFrom("mail_delivery")
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(sealed.toString("latin1")).not.toContain("token");
    expect(new MailOutbox(Buffer.alloc(32)).open(mail_id, sealed)).toBeUndefined();
    await delivery(new Mailbox()).run();
  });

  it("is not sent where the transaction that says it fails", async () => {
    const { database } = file.gateway;
    const failing = database.write(someCause, async (tx) => {
      await testOutbox.add(tx, { userId, kind: "INVITATION", message: message("ada@example.com"), until: tx.now });
      throw new Error("No.");
    });
    await expect(failing).rejects.toThrow("No.");
    expect(await waiting()).toBe(0);
  });

  it("is tried again, ever less often, while the server is not ready", async () => {
    const { smtp, mailer } = await smtpForTest();
    smtp.refuseWith = 451;
    await queue("bo@example.com");
    expect(await delivery(mailer).run()).toBe(0);
    expect((await lastMail()).state).toBe("WAITING");
    await later(14);
    smtp.refuseWith = undefined;
    expect(await delivery(mailer).run()).toBe(0);
    await later(1);
    expect(await delivery(mailer).run()).toBe(1);
    expect(smtp.received.map(({ to }) => to)).toEqual([["bo@example.com"]]);
  });

  it("is given up where the server refuses it for good, and the audit log shows it", async () => {
    const { smtp, mailer } = await smtpForTest();
    smtp.refuseWith = 550;
    await queue("gone@example.com");
    await delivery(mailer).run();
    const mail = await lastMail();
    expect(mail).toMatchObject({ state: "GIVEN_UP", problem: "550" });
    expect(await waiting()).toBe(0);
    const { auditEvents } = await file.gateway.run(
      `query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { action changes { field after } } } }`,
      { filter: { action: { eq: "mail.given_up" } } },
    );
    expect(auditEvents.nodes).toHaveLength(1);
    expect(auditEvents.nodes[0].changes).toContainEqual({ field: "problem", after: "550" });
  });

  it("is given up when it is of no use any more", async () => {
    const { smtp, mailer } = await smtpForTest();
    await smtp.close();
    await queue("late@example.com");
    await delivery(mailer).run();
    await later(3_601);
    await delivery(mailer).run();
    expect(await lastMail()).toMatchObject({ state: "GIVEN_UP", problem: "EXPIRED" });
  });

  it("goes to no server whose certificate nobody vouches for", async () => {
    const { smtp, mailer } = await smtpForTest({ secure: true });
    await queue("ada@example.com");
    reports.length = 0;
    expect(await delivery(mailer).run()).toBe(0);
    expect(String(reports[0])).toMatch(/self.signed|certificate/i);
    expect(smtp.received).toEqual([]);
    await later(3_601);
    await delivery(mailer).run();
  });

  it("is taken by one of several gateways that send at once", async () => {
    const mailbox = new Mailbox();
    for (let n = 0; n < 3; n++)
      await queue(`${n}@example.com`, {
        kind: (["INVITATION", "PASSWORD_RESET", "PASSWORD_CHANGED"] as const)[n] as "INVITATION",
      });
    const sent = await Promise.all([delivery(mailbox).run(), delivery(mailbox).run(), delivery(mailbox).run()]);
    expect(sent.reduce((a, b) => a + b)).toBe(3);
    expect(mailbox.mails.map(({ to }) => to).sort()).toEqual(["0@example.com", "1@example.com", "2@example.com"]);
  });

  it("takes the place of one of its kind that still waits", async () => {
    const mailbox = new Mailbox();
    await queue("first@example.com");
    await queue("second@example.com");
    await delivery(mailbox).run();
    expect(mailbox.mails.map(({ to }) => to)).toEqual(["second@example.com"]);
  });

  it("is forgotten after a month", async () => {
    await queue("old@example.com");
    await delivery(new Mailbox()).run();
    await file.gateway.database.write(someCause, async (tx) => {
      await sql`UPDATE mail SET finished_at = finished_at - interval '31 days'`.execute(tx.sql);
    });
    await pruneMail(file.gateway.database);
    expect(await file.gateway.database.reader.selectFrom("mail").select("id").execute()).toEqual([]);
  });
});

describe("A file", () => {
  it("is written for each mail, that its owner alone reads, and again where it is sent again", async () => {
    const directory = join(directoryForTest(), "outbox");
    const mailer = new FileMailer(directory, FROM);
    for (let n = 0; n < 2; n++) await mailer.send("mail-1", message("ada@example.com"));
    expect(readdirSync(directory)).toEqual(["mail-1.eml"]);
    const text = readFileSync(join(directory, "mail-1.eml"), "utf8");
    for (const part of ["To: ada@example.com", "From: Rollcall <rollcall@example.com>", SECRET])
      expect(text).toContain(part);
    expect(statSync(join(directory, "mail-1.eml")).mode & 0o777).toBe(0o600);
  });

  it("has no header that an address smuggles in", async () => {
    const directory = directoryForTest();
    await new FileMailer(directory, FROM).send("x", message("ada@example.com\r\nBcc: eve@example.com"));
    expect(readFileSync(join(directory, "x.eml"), "utf8")).not.toMatch(/^Bcc:/im);
  });
});
